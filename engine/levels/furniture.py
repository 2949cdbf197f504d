"""What stands in a level: doors, keys, enemies, loot, the start and the exit, models that are placed many times."""

import math
from collections.abc import Mapping

import numpy as np

from engine.geometry.mesh import Mesh
from engine.geometry.props.shapes.solids import Shape, ball, box, together, turned_profile
from engine.geometry.props.shapes.surface import surfaced
from engine.geometry.scene import Instances, Material
from engine.levels.building import CELL_M, LINTEL_M, middle_of
from engine.levels.grid import DOORS, Grid, one_of
from engine.requests.level import Tile

WOOD, IRON, GOLD, RED, YELLOW, BLUE, BEAST, GREEN, LIGHT = (
    Material("wood", (0.22, 0.125, 0.065, 1.0), roughness=0.8),
    Material("iron", (0.12, 0.12, 0.13, 1.0), roughness=0.5, metallic=0.9),
    Material("gold", (0.86, 0.58, 0.18, 1.0), roughness=0.3, metallic=1.0),
    Material("red", (0.62, 0.035, 0.03, 1.0), roughness=0.45),
    Material("yellow", (0.80, 0.50, 0.03, 1.0), roughness=0.45),
    Material("blue", (0.04, 0.13, 0.62, 1.0), roughness=0.45),
    Material("beast", (0.36, 0.025, 0.06, 1.0), roughness=0.55),
    Material("green", (0.07, 0.48, 0.18, 1.0), roughness=0.6),
    Material("light", (0.78, 0.80, 0.86, 1.0), roughness=0.7),
)
FURNITURE_MATERIALS = (WOOD, IRON, GOLD, RED, YELLOW, BLUE, BEAST, GREEN, LIGHT)
COLORS = {Tile.RED_KEY: RED, Tile.YELLOW_KEY: YELLOW, Tile.BLUE_KEY: BLUE}
COLORS |= {Tile.RED_DOOR: RED, Tile.YELLOW_DOOR: YELLOW, Tile.BLUE_DOOR: BLUE}

Piece = tuple[Shape, Material]


def furniture() -> Mapping[Tile, tuple[tuple[Mesh, Material], ...]]:
    """The meshes of every tile that stands on the ground, by material."""
    shapes: dict[Tile, list[Piece]] = {tile: _door(COLORS.get(tile, WOOD)) for tile in DOORS}
    shapes |= {tile: _key(COLORS[tile]) for tile in (Tile.RED_KEY, Tile.YELLOW_KEY, Tile.BLUE_KEY)}
    shapes |= {Tile.ENEMY: _enemy(), Tile.LOOT: _loot(), Tile.START: _start(), Tile.EXIT: _exit()}
    return {tile: tuple((surfaced(shape), material) for shape, material in pieces) for tile, pieces in shapes.items()}


def placements(grid: Grid, tile: Tile, model: int) -> Instances | None:
    """Where things of a tile stand; None where there are none."""
    cells = np.argwhere(grid == tile)
    if not len(cells):
        return None
    size = len(grid)
    places = [middle_of(int(row), int(column), size) for row, column in cells]
    turned = [_runs_north_south(grid, int(row), int(column)) if tile in DOORS else False for row, column in cells]
    angle = np.where(turned, math.pi / 2.0, 0.0)
    rotation = np.zeros((len(cells), 4), np.float32)
    rotation[:, 1], rotation[:, 3] = np.sin(angle / 2.0), np.cos(angle / 2.0)
    translation = np.array([[x, 0.0, z] for x, z in places], np.float32)
    return Instances(tile.name.lower(), model, translation, rotation, np.ones((len(cells), 3), np.float32))


def _runs_north_south(grid: Grid, row: int, column: int) -> bool:
    """Whether the wall that a door stands in runs north to south."""
    solid = np.pad((grid == Tile.WALL) | (grid == Tile.VOID) | one_of(grid, DOORS), 1, constant_values=True)
    north_south = int(solid[row, column + 1]) + int(solid[row + 2, column + 1])
    return north_south > int(solid[row + 1, column]) + int(solid[row + 1, column + 2])


def _door(color: Material) -> list[Piece]:
    """A leaf of planks with iron bands in a frame; locked ones are painted and have a large lock."""
    width = CELL_M - 0.24
    planks = [
        box(width / 4 - 0.02, LINTEL_M - 0.12, 0.1).moved((step - 1.5) * width / 4, 0.0, 0.0) for step in range(4)
    ]
    frame = [box(0.12, LINTEL_M, 0.34).moved(side * (CELL_M / 2 - 0.06), 0.0, 0.0) for side in (-1, 1)]
    frame.append(box(CELL_M, 0.12, 0.34).moved(0.0, LINTEL_M - 0.12, 0.0))
    iron = [box(width - 0.04, 0.1, 0.14).moved(0.0, height, 0.0) for height in (0.35, LINTEL_M - 0.6)]
    iron.append(ball(1).moved(0.0, 0.0, 0.0))
    iron[-1] = Shape(iron[-1].position * 0.07, iron[-1].triangle).moved(width / 2 - 0.25, 1.05, 0.09)
    if color is not WOOD:
        iron.append(box(0.3, 0.36, 0.2).moved(0.0, 0.95, 0.0))
    return [(together(planks), color), (together(frame), WOOD), (together(iron), IRON)]


def _key(color: Material) -> list[Piece]:
    """A key that stands on its bit, large enough to be seen from afar."""
    bow = turned_profile([(0.16, -0.05), (0.26, -0.05), (0.26, 0.05), (0.16, 0.05), (0.16, -0.05)], 16)
    shaft = [box(0.09, 0.62, 0.09).moved(0.0, 0.3, 0.0)]
    shaft += [box(0.2, 0.09, 0.09).moved(0.12, height, 0.0) for height in (0.3, 0.46)]
    return [(together([bow.turned(pitch=math.pi / 2).moved(0.0, 1.15, 0.0), *shaft]), color)]


def _enemy() -> list[Piece]:
    """A round beast with horns and eyes."""
    body = turned_profile([(0.0, 0.0), (0.42, 0.0), (0.55, 0.35), (0.48, 0.8), (0.28, 1.05), (0.0, 1.12)], 14)
    horns = [
        turned_profile([(0.0, 0.0), (0.1, 0.0), (0.06, 0.22), (0.0, 0.42)], 7)
        .turned(roll=-side * 0.5)
        .moved(side * 0.28, 0.92, 0.0)
        for side in (-1, 1)
    ]
    eyes = [Shape(ball(1).position * 0.1, ball(1).triangle).moved(side * 0.19, 0.78, 0.42) for side in (-1, 1)]
    return [(body, BEAST), (together([*horns, *eyes]), LIGHT)]


def _loot() -> list[Piece]:
    """A chest with a golden lock."""
    iron = [box(0.08, 0.66, 0.66).moved(side * 0.3, 0.0, 0.0) for side in (-1, 1)]
    chest = [box(0.9, 0.4, 0.6), box(0.9, 0.22, 0.6, 0.8).moved(0.0, 0.41, 0.0)]
    return [(together(chest), WOOD), (together(iron), IRON), (box(0.2, 0.2, 0.1).moved(0.0, 0.32, 0.32), GOLD)]


def _start() -> list[Piece]:
    """A round plate on the ground."""
    plate = turned_profile([(0.0, 0.0), (0.8, 0.0), (0.76, 0.06), (0.0, 0.06)], 24)
    ring = turned_profile([(0.0, 0.0), (0.5, 0.0), (0.46, 0.12), (0.0, 0.12)], 24)
    return [(plate, LIGHT), (ring, GREEN)]


def _exit() -> list[Piece]:
    """Stairs upwards between two posts."""
    steps = [box(1.3, 0.22 * (step + 1), 0.42).moved(0.0, 0.0, 0.63 - 0.42 * step) for step in range(4)]
    posts = [box(0.16, 1.5, 0.16).moved(side * 0.78, 0.0, -0.63) for side in (-1, 1)]
    return [(together(steps), LIGHT), (together(posts), GOLD)]
