"""Pictures of levels: one small picture per tile, levels put together from them, and sheets of several levels."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.levels.grid import KEYS, LOCKED_DOORS, Cell, Grid, walkable
from engine.requests.level import Tile

Image = NDArray[np.uint8]
"""RGB [height, width, 3]."""

TILE_PX = 16
PAPER = (18, 18, 24)
LOCK_COLORS = ((206, 62, 58), (226, 188, 62), (74, 122, 222))
PATH_COLOR = (120, 226, 160)
_SCALE = 4
"""Shapes are drawn so many times larger and averaged down, which smooths their edges."""


def draw_level(grid: Grid, path: Sequence[Cell] = ()) -> Image:
    """The level at 16 px per cell, with the way as a line; walls throw a shadow on the ground south of them."""
    size = grid.shape[0]
    tiles = tile_pictures()
    image = np.ascontiguousarray(tiles[grid].transpose(0, 2, 1, 3, 4).reshape(size * TILE_PX, size * TILE_PX, 3))
    shade = _shade(grid)
    image = (image * shade[..., None]).astype(np.uint8)
    if len(path) > 1:
        line = np.array([[x * TILE_PX + TILE_PX // 2, y * TILE_PX + TILE_PX // 2] for x, y in path], np.int32)
        drawn = image.copy()
        cv2.polylines(drawn, [line], isClosed=False, color=PATH_COLOR, thickness=2, lineType=cv2.LINE_AA)
        image = (0.55 * drawn + 0.45 * image).astype(np.uint8)
    return image


def tile_strip() -> Image:
    """All tiles side by side in the order of their numbers: the picture of the Tiled tileset."""
    return np.ascontiguousarray(np.concatenate(list(tile_pictures()), 1))


def sheet(images: Sequence[Image], columns: int, edge_px: int) -> Image:
    """Pictures side by side in rows, each in a square of `edge_px`, with gaps between."""
    gap = edge_px // 20
    rows = -(-len(images) // columns)
    canvas = np.full((rows * (edge_px + gap) + gap, columns * (edge_px + gap) + gap, 3), PAPER, np.uint8)
    for index, image in enumerate(images):
        top, left = (gap + place * (edge_px + gap) for place in divmod(index, columns))
        canvas[top : top + edge_px, left : left + edge_px] = cv2.resize(
            image, (edge_px, edge_px), interpolation=cv2.INTER_AREA
        )
    return canvas


def _shade(grid: Grid) -> NDArray[np.float64]:
    """Brightness per pixel: darker on ground right below and right of a wall, a little uneven everywhere."""
    size = grid.shape[0]
    wall = (grid == Tile.WALL).astype(np.float64)
    shadow = np.zeros((size, size))
    shadow[1:] += 0.30 * wall[:-1]
    shadow[:, 1:] += 0.16 * wall[:, :-1]
    shadow *= walkable(grid)
    shade = 1.0 - np.kron(shadow, np.ones((TILE_PX, TILE_PX)))
    fade = np.tile(np.linspace(0.0, 1.0, TILE_PX), size)[:, None]
    shade = shade + np.kron(shadow, np.ones((TILE_PX, TILE_PX))) * fade * 0.8
    random = np.random.Generator(np.random.Philox(key=1))
    uneven = 1.0 + 0.05 * (np.kron(random.random((size, size)), np.ones((TILE_PX, TILE_PX))) - 0.5)
    return np.clip(shade * uneven, 0.0, 1.0)


def tile_pictures() -> NDArray[np.uint8]:
    """One picture per tile [tile, 16, 16, 3]."""
    pictures = np.zeros((len(Tile), TILE_PX, TILE_PX, 3), np.uint8)
    for tile in Tile:
        large = _ground(tile)
        _things(tile, large)
        pictures[tile] = cv2.resize(large, (TILE_PX, TILE_PX), interpolation=cv2.INTER_AREA)
    return pictures


def _ground(tile: Tile) -> Image:
    """What lies under everything, at four times the size."""
    edge = TILE_PX * _SCALE
    if tile == Tile.VOID:
        return np.full((edge, edge, 3), PAPER, np.uint8)
    if tile == Tile.WALL:
        image = np.full((edge, edge, 3), (84, 82, 98), np.uint8)
        for row in range(4):
            top, shift = row * edge // 4, (row % 2) * edge // 4
            cv2.line(image, (0, top), (edge, top), (58, 56, 70), 3)
            for column in (0, edge // 2):
                cv2.line(image, (column + shift, top), (column + shift, top + edge // 4), (58, 56, 70), 3)
        return image
    if tile == Tile.HAZARD:
        image = np.full((edge, edge, 3), (196, 84, 30), np.uint8)
        for y in (14, 36, 56):
            cv2.ellipse(image, (20 if y != 36 else 44, y), (15, 4), 0, 0, 360, (250, 176, 60), -1)
        return image
    image = np.full((edge, edge, 3), (166, 152, 130), np.uint8)
    cv2.rectangle(image, (0, 0), (edge - 1, edge - 1), (152, 138, 118), 3)
    return image


def _things(tile: Tile, image: Image) -> None:
    """What stands on the ground."""
    edge = TILE_PX * _SCALE
    if tile == Tile.DOOR or tile in LOCKED_DOORS:
        color = (122, 84, 50) if tile == Tile.DOOR else LOCK_COLORS[LOCKED_DOORS.index(tile)]
        cv2.rectangle(image, (4, 4), (edge - 5, edge - 5), color, -1)
        cv2.rectangle(image, (4, 4), (edge - 5, edge - 5), (46, 32, 22), 5)
        cv2.circle(image, (edge - 18, edge // 2), 5, (30, 22, 16), -1)
    elif tile in KEYS:
        color = LOCK_COLORS[KEYS.index(tile)]
        for ink, thickness in (((40, 32, 24), 14), (color, 8)):
            cv2.circle(image, (22, 24), 11, ink, thickness)
            cv2.line(image, (30, 32), (50, 52), ink, thickness)
            cv2.line(image, (44, 46), (52, 38), ink, thickness)
    elif tile == Tile.ENEMY:
        cv2.circle(image, (edge // 2, edge // 2 + 2), 22, (40, 18, 26), -1)
        cv2.circle(image, (edge // 2, edge // 2), 19, (178, 44, 66), -1)
        for x in (24, 40):
            cv2.circle(image, (x, 28), 6, (255, 240, 210), -1)
            cv2.circle(image, (x, 30), 3, (20, 10, 10), -1)
    elif tile == Tile.LOOT:
        points = np.array([[32, 10], [54, 32], [32, 54], [10, 32]], np.int32)
        cv2.fillPoly(image, [points], (74, 52, 14))
        cv2.fillPoly(image, [((points - 32) * 3 // 4 + 32).astype(np.int32)], (246, 206, 76))
    elif tile == Tile.START:
        cv2.circle(image, (edge // 2, edge // 2), 24, (24, 70, 44), -1)
        cv2.circle(image, (edge // 2, edge // 2), 18, (88, 206, 128), -1)
    elif tile == Tile.EXIT:
        for step in range(4):
            shade = 230 - 46 * step
            cv2.rectangle(
                image, (6 + 13 * step, 6), (19 + 13 * step, edge - 7), (shade, shade, min(255, shade + 20)), -1
            )
