"""A level's ground and walls as meshes: a cell is a square of CELL_M, north is -Z, the middle is the origin.

Corners of the ground that touch walls are darker, as is the foot of every wall: light that is baked in, for engines
that have no ambient occlusion of their own. Texture coordinates are meters.
"""

import numpy as np
from numpy.typing import NDArray

from engine.geometry.mesh import Mesh, joined
from engine.levels.grid import DOORS, Grid, ground, one_of
from engine.requests.level import Tile

CELL_M, WALL_M, LINTEL_M, BASIN_M = 2.0, 3.0, 2.3, 0.35
"""Edge of a cell, height of the walls, lower edge of the wall above a door, depth of a hazard."""

CORNER_SHADE, FOOT_SHADE, BASIN_SHADE = 0.16, 0.62, 0.5

Floats = NDArray[np.float32]
_SIDES = (
    ((-1, 0), (0.0, 0.0, -1.0)),
    ((1, 0), (0.0, 0.0, 1.0)),
    ((0, -1), (-1.0, 0.0, 0.0)),
    ((0, 1), (1.0, 0.0, 0.0)),
)
"""Row and column step to a neighbour, and the direction towards it."""


def middle_of(row: int, column: int, size: int) -> tuple[float, float]:
    """Where a cell's middle is: x and z in meters."""
    return (column + 0.5 - size / 2) * CELL_M, (row + 0.5 - size / 2) * CELL_M


def floor_mesh(grid: Grid) -> Mesh:
    """The ground of all cells that are neither solid nor a hazard."""
    wall = np.pad(grid == Tile.WALL, 1)
    # Walls among the four cells around each corner of the grid.
    around = wall[:-1, :-1].astype(int) + wall[:-1, 1:] + wall[1:, :-1] + wall[1:, 1:]
    rows, columns = np.nonzero(ground(grid) & (grid != Tile.HAZARD))
    shade = 1.0 - CORNER_SHADE * np.stack(
        [around[rows + y, columns + x] for y, x in ((0, 0), (0, 1), (1, 0), (1, 1))], axis=1
    )
    return _level_quads(rows, columns, 0.0, shade, len(grid))


def hazard_mesh(grid: Grid) -> Mesh | None:
    """The surface of the hazards, a step below the ground; None where there are none."""
    rows, columns = np.nonzero(grid == Tile.HAZARD)
    return _level_quads(rows, columns, -BASIN_M, np.ones((len(rows), 4)), len(grid)) if len(rows) else None


def walls_mesh(grid: Grid) -> Mesh:
    """The walls: their sides where there is no wall beside them, their tops, the pieces above doors, basins' rims."""
    size = len(grid)
    wall, door, basin = grid == Tile.WALL, one_of(grid, DOORS), grid == Tile.HAZARD
    parts = []
    for (down, right), facing in _SIDES:
        beside = _shifted(grid, down, right)
        rows, columns = np.nonzero(wall & (beside != Tile.WALL))
        parts.append(_sides(rows, columns, facing, 0.0, WALL_M, (FOOT_SHADE, 1.0), size))
        rows, columns = np.nonzero(door & (beside != Tile.WALL))
        parts.append(_sides(rows, columns, facing, LINTEL_M, WALL_M, (0.9, 1.0), size))
        # The rim of a basin faces into it: it belongs to the neighbour.
        rows, columns = np.nonzero(ground(grid) & ~basin & (beside == Tile.HAZARD))
        parts.append(_sides(rows, columns, facing, -BASIN_M, 0.0, (BASIN_SHADE, 1.0), size))
        rows, columns = np.nonzero(wall & (beside == Tile.HAZARD))
        parts.append(_sides(rows, columns, facing, -BASIN_M, 0.0, (BASIN_SHADE, FOOT_SHADE), size))
    rows, columns = np.nonzero(wall | door)
    parts.append(_level_quads(rows, columns, WALL_M, np.ones((len(rows), 4)), size))
    rows, columns = np.nonzero(door)
    parts.append(_level_quads(rows, columns, LINTEL_M, np.full((len(rows), 4), FOOT_SHADE), size, up=False))
    return joined([part for part in parts if part.vertex_count])


def _shifted(grid: Grid, down: int, right: int) -> Grid:
    """The neighbour of every cell; void outside."""
    padded = np.pad(grid, 1, constant_values=int(Tile.VOID))
    rows, columns = grid.shape
    return padded[1 + down : 1 + down + rows, 1 + right : 1 + right + columns]


def _level_quads(
    rows: NDArray[np.intp],
    columns: NDArray[np.intp],
    height_m: float,
    shade: NDArray[np.float64],
    size: int,
    *,
    up: bool = True,
) -> Mesh:
    """A level square per cell; `shade` [cells, 4] of the corners north-west, north-east, south-west, south-east."""
    corner = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    z = (rows[:, None] + corner[:, 0] - size / 2) * CELL_M
    x = (columns[:, None] + corner[:, 1] - size / 2) * CELL_M
    position = np.stack([x, np.full_like(x, height_m), z], axis=-1).reshape(-1, 3)
    normal = np.tile(np.array([0.0, 1.0 if up else -1.0, 0.0], np.float32), (len(position), 1))
    faces = np.array([[0, 2, 1], [1, 2, 3]] if up else [[0, 1, 2], [1, 3, 2]])
    return _quads(position, normal, position[:, [0, 2]], shade.ravel(), faces)


def _sides(
    rows: NDArray[np.intp],
    columns: NDArray[np.intp],
    facing: tuple[float, float, float],
    low_m: float,
    high_m: float,
    shade: tuple[float, float],
    size: int,
) -> Mesh:
    """An upright rectangle per cell on the side that faces a direction; `shade` of its lower and its upper edge."""
    east, _, south = facing
    # Seen from outside, left is where the cross product of up and facing points from.
    left_x, left_z = -south, east
    half = CELL_M / 2
    x = (columns + 0.5 - size / 2) * CELL_M + east * half
    z = (rows + 0.5 - size / 2) * CELL_M + south * half
    corners = [
        np.stack([x + side * left_x * half, np.full_like(x, height), z + side * left_z * half], axis=-1)
        for height in (high_m, low_m)
        for side in (1.0, -1.0)
    ]
    position = np.stack(corners, axis=1).reshape(-1, 3)
    along = position @ np.array([-left_x, 0.0, -left_z])
    coordinate = np.stack([along, WALL_M - position[:, 1]], axis=-1)
    shades = np.tile(np.array([shade[1], shade[1], shade[0], shade[0]]), len(rows))
    normal = np.tile(np.array(facing, np.float32), (len(position), 1))
    return _quads(position, normal, coordinate, shades, np.array([[0, 2, 1], [1, 2, 3]]))


def _quads(
    position: NDArray[np.float64],
    normal: Floats,
    coordinate: NDArray[np.float64],
    shade: NDArray[np.float64],
    faces: NDArray[np.int64],
) -> Mesh:
    """Four corners each, two triangles each."""
    starts = np.arange(0, len(position), 4)[:, None, None]
    color = np.repeat(shade[:, None], 4, axis=1)
    color[:, 3] = 1.0
    return Mesh(
        position.astype(np.float32),
        normal,
        (faces[None] + starts).reshape(-1, 3).astype(np.uint32),
        coordinate.astype(np.float32),
        color=np.rint(np.clip(color, 0.0, 1.0) * 255.0).astype(np.uint8),
    )
