"""A designer's strokes as targets for the land: what they ask of the vertices of one middle level of the pyramid.

The finer octaves are made on top of that, so a stroke gets spurs, gullies and rubble like the land around it.
"""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.codecs.image import decode_png
from engine.errors import DataError, InvalidRequestError
from engine.requests.landscape import Sketch
from engine.terrain.masks import smoothstep

SKETCH_LEVEL = 3
SKETCH_MAX_CELLS = 8192
SKETCH_MIN_PX, SKETCH_MAX_PX = 16, 4096
STROKES = {"ridge": (255, 0, 0), "river": (0, 0, 255), "flat": (0, 255, 0), "sea": (0, 255, 255)}
COLOR_TOLERANCE = 120.0
"""Largest distance in RGB at which a pixel still counts as a stroke's: brushes have soft edges."""

RIDGE_CELLS, RIDGE_FALLOFF_CELLS = 34.0, 64.0
RIVER_CELLS, RIVER_FALLOFF_CELLS = 7.0, 10.0
SEA_CELLS, SOFT_CELLS = 10.0, 16.0
BANK_SLOPE, BANK_BORDER_CELLS = 0.4, 160.0
"""How steeply land falls to a sea at most, before details: where it lies high, its banks reach far. They end at the
border of the sketch, from so many cells inside of it on more steeply."""

Grid = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Strokes:
    """What the sketch asks for on the vertices of SKETCH_LEVEL from (y, x) on.

    weight  float32 [rows, columns], 0 to 1: how much it matters
    target  heights in cells
    river   0 to 1, how far inside of a river
    """

    y: int
    x: int
    weight: Grid
    target: Grid
    river: Grid

    def applied(self, y: int, x: int, grid: Grid) -> Grid:
        """`grid`, whose first vertex is (y, x) of SKETCH_LEVEL, drawn towards the targets."""
        weight, target = self._window(self.weight, y, x, grid.shape), self._window(self.target, y, x, grid.shape)
        return grid + weight * (target - grid)

    def river_depth(self, y: int, x: int, rows: int, columns: int) -> Grid:
        """`river` on finest vertices from (y, x) on, smoothly in between."""
        step = 2**SKETCH_LEVEL
        first_y, first_x = y // step - 1, x // step - 1
        shape = ((y + rows - 1) // step - first_y + 3, (x + columns - 1) // step - first_x + 3)
        coarse = self._window(self.river, first_y, first_x, shape)
        at_y = (np.arange(y, y + rows) - first_y * step).astype(np.float32) / np.float32(step)
        at_x = (np.arange(x, x + columns) - first_x * step).astype(np.float32) / np.float32(step)
        return _bilinear(coarse, at_y, at_x)

    def _window(self, values: Grid, y: int, x: int, shape: tuple[int, ...]) -> Grid:
        """The values on a window, 0 where the sketch does not reach."""
        result = np.zeros(shape, np.float32)
        top, left = max(y, self.y), max(x, self.x)
        bottom = min(y + shape[0], self.y + values.shape[0])
        right = min(x + shape[1], self.x + values.shape[1])
        if top < bottom and left < right:
            result[top - y : bottom - y, left - x : right - x] = values[
                top - self.y : bottom - self.y, left - self.x : right - self.x
            ]
        return result


def read_strokes(
    sketch: Sketch, cell_m: float, sea_level_cells: float, land: Callable[[int, int, int, int], Grid]
) -> Strokes:
    """The strokes of a sketch. `land(y, x, rows, columns)` gives the heights of SKETCH_LEVEL without it, in cells.

    Raises InvalidRequestError (fields `sketch.png`, `sketch.extent_m`) for what is no sketch.
    """
    step = 2**SKETCH_LEVEL
    extent_cells = sketch.extent_m / cell_m
    if not 16 * step <= extent_cells <= SKETCH_MAX_CELLS:
        allowed = f"{16 * step * cell_m:g} to {SKETCH_MAX_CELLS * cell_m:g} meters at this cell size"
        raise InvalidRequestError("sketch.extent_m", sketch.extent_m, allowed)
    count = round(extent_cells / step)
    first = -(count // 2)
    masks = _stroke_masks(sketch.png, count)
    ground = land(first, first, count, count)
    bed = _sea_bed(masks["sea"], step) + np.float32(sea_level_cells)
    near_ridge = _near(masks["ridge"], RIDGE_FALLOFF_CELLS / step)
    near_river = _near(masks["river"], RIVER_FALLOFF_CELLS / step)
    # One after the other: ridges rise from the banks of a lake, but not in it, and rivers leave it at its shore.
    banks = _above(ground, bed) * _inside(count, BANK_BORDER_CELLS / step)
    shaped = _drawn(ground, banks, bed)
    ridge, flat = 0.85 * near_ridge, _near(masks["flat"], SOFT_CELLS / step)
    shaped = _drawn(shaped, ridge, _blurred(shaped, 6.0) + np.float32(RIDGE_CELLS) * near_ridge)
    shaped = _drawn(shaped, flat, _plateaus(masks["flat"], _blurred(shaped, 6.0)))
    sea = _near(masks["sea"], SOFT_CELLS / step) * _above(shaped, bed)
    shaped = _drawn(shaped, sea, bed)
    river = 0.9 * near_river
    shaped = _drawn(shaped, river, _blurred(shaped, 3.0) - np.float32(RIVER_CELLS))
    weight = 1.0 - (1.0 - banks) * (1.0 - ridge) * (1.0 - flat) * (1.0 - sea) * (1.0 - river)
    target = ground + (shaped - ground) / np.maximum(weight, np.float32(1e-3))
    return Strokes(first, first, weight.astype(np.float32), target.astype(np.float32), near_river)


def _above(land: Grid, bed: Grid) -> Grid:
    """0 where land is no higher than the bed of the sea or its banks, 1 where it is much higher."""
    return smoothstep(land - bed, 0.0, SOFT_CELLS)


def _inside(count: int, reach: float) -> Grid:
    """0 on the border of a grid of `count` x `count` vertices, 1 from `reach` vertices inside of it on."""
    inwards = np.minimum(np.arange(count), np.arange(count)[::-1]).astype(np.float32)
    return smoothstep(np.minimum(inwards[:, None], inwards[None]), 0.0, min(reach, count / 4))


def _drawn(land: Grid, share: Grid, target: Grid) -> Grid:
    return np.asarray(land + share * (target - land), np.float32)


def _stroke_masks(png: bytes, count: int) -> dict[str, Grid]:
    """How much of each vertex's surroundings every kind of stroke covers, float32 [count, count]."""
    try:
        pixels = decode_png(png)
    except DataError as error:
        raise InvalidRequestError("sketch.png", f"{len(png)} bytes", f"a PNG file: {error}") from error
    allowed = f"8-bit RGB or RGBA, square, {SKETCH_MIN_PX} to {SKETCH_MAX_PX} pixels"
    if pixels.ndim != 3 or pixels.dtype != np.uint8:
        raise InvalidRequestError("sketch.png", f"{pixels.dtype} {list(pixels.shape)}", allowed)
    height_px, width_px = pixels.shape[:2]
    if height_px != width_px or not SKETCH_MIN_PX <= height_px <= SKETCH_MAX_PX:
        raise InvalidRequestError("sketch.png", f"{width_px} x {height_px} pixels", allowed)
    colors = np.array(list(STROKES.values()), np.float32)
    distance = np.sqrt(((pixels[..., None, :3].astype(np.float32) - colors) ** 2).sum(axis=-1))
    nearest = distance.argmin(axis=-1)
    drawn = distance.min(axis=-1) <= COLOR_TOLERANCE
    if pixels.shape[2] == 4:
        drawn &= pixels[..., 3] >= 128
    masks = {}
    for index, name in enumerate(STROKES):
        mask = (drawn & (nearest == index)).astype(np.float32)
        area = cv2.resize(mask, (count, count), interpolation=cv2.INTER_AREA if count < height_px else cv2.INTER_LINEAR)
        masks[name] = np.asarray(area, np.float32)
    return masks


def _sea_bed(mask: Grid, step: int) -> Grid:
    """What land near a sea must not rise above, in cells above the sea's level: its bed, then its banks."""
    away = _distance(mask) * np.float32(step)
    shore = np.float32(SEA_CELLS)
    return np.asarray(np.minimum(away, shore) - shore + np.maximum(away - shore, 0.0) * BANK_SLOPE, np.float32)


def _near(mask: Grid, falloff: float) -> Grid:
    """1 on a stroke, falling off over `falloff` vertices around it: however thin it was drawn, it counts in full."""
    return smoothstep(-_distance(mask), -max(falloff, 1.0), 0.0)


def _distance(mask: Grid) -> Grid:
    """How far from a stroke, in vertices; further than anything where there is none."""
    outside = (mask < 0.15).astype(np.uint8)
    if outside.all():
        return np.full_like(mask, mask.size)
    return np.asarray(cv2.distanceTransform(outside, cv2.DIST_L2, cv2.DIST_MASK_PRECISE), np.float32)


def _plateaus(mask: Grid, base: Grid) -> Grid:
    """For each flat stroke the mean height of the land under it."""
    count, labels = cv2.connectedComponents((mask >= 0.15).astype(np.uint8))
    result = base.copy()
    wide = cv2.dilate(labels.astype(np.float32), np.ones((5, 5), np.uint8)).astype(np.int32)
    for label in range(1, count):
        result[wide == label] = base[labels == label].mean()
    return result


def _blurred(grid: Grid, sigma: float) -> Grid:
    return np.asarray(cv2.GaussianBlur(grid, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE), np.float32)


def _bilinear(grid: Grid, at_y: Grid, at_x: Grid) -> Grid:
    row, column = at_y.astype(np.intp), at_x.astype(np.intp)
    v, u = (at_y - row)[:, None], (at_x - column)[None]
    upper = grid[row][:, column] * (1 - u) + grid[row][:, column + 1] * u
    lower = grid[row + 1][:, column] * (1 - u) + grid[row + 1][:, column + 1] * u
    return np.asarray(upper * (1 - v) + lower * v, np.float32)
