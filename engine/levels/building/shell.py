"""Floors, walls and pits of a level as meshes: one face for every side that somebody could see.

A cell is CELL_M wide; walls stand WALL_M high around the ground, pits lie PIT_M below it. The middle of the level is
the origin, its rows run along +Z.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.geometry.mesh import Mesh
from engine.levels.grid import Grid, Mask, ground
from engine.requests.level import Tile

CELL_M, WALL_M, PIT_M = 2.0, 3.0, 0.35

Floats = NDArray[np.float64]

_SIDES = ((0, -1), (1, 0), (0, 1), (-1, 0))
"""Steps (x, y) to the north, east, south and west."""


@dataclass(frozen=True, slots=True, eq=False)
class Shell:
    """The fixed parts of a level; None where it has none of a kind."""

    floor: Mesh
    wall: Mesh | None
    pit: Mesh | None


def shell_of(grid: Grid) -> Shell:
    """The meshes of a level, texture coordinates in meters."""
    floor = ground(grid)
    pit = grid == Tile.HAZARD
    walls = ~floor & _beside(floor)
    sides: list[Floats] = []
    lips: list[Floats] = []
    for dx, dy in _SIDES:
        beyond_floor, beyond_wall, beyond_pit = (_shifted(mask, dx, dy) for mask in (floor, walls, pit))
        sides.append(_uprights(walls & ~beyond_wall & ~beyond_pit, dx, dy, 0.0, WALL_M))
        sides.append(_uprights(walls & beyond_pit, dx, dy, -PIT_M, WALL_M))
        lips.append(_uprights(floor & ~pit & beyond_pit & beyond_floor, dx, dy, -PIT_M, 0.0))
    tops = _flats(walls, WALL_M)
    upright = np.concatenate([*sides, tops])
    level = np.concatenate([_flats(floor & ~pit, 0.0), *lips])
    return Shell(
        floor=_mesh(level),
        wall=_mesh(upright) if len(upright) else None,
        pit=_mesh(_flats(pit, -PIT_M)) if pit.any() else None,
    )


def place_of(size: int, x: NDArray[np.integer], y: NDArray[np.integer]) -> Floats:
    """Middles of cells on the floor, float64 [cells, 3], in meters."""
    return np.stack([(x + 0.5 - size / 2) * CELL_M, np.zeros(len(x)), (y + 0.5 - size / 2) * CELL_M], axis=1)


def _shifted(mask: Mask, dx: int, dy: int) -> Mask:
    """Whether the cell one step further is set; outside of the level none is."""
    wide = np.pad(mask, 1)
    rows, columns = mask.shape
    shifted: Mask = wide[1 + dy : 1 + dy + rows, 1 + dx : 1 + dx + columns]
    return shifted


def _beside(mask: Mask) -> Mask:
    """Cells with a set one among their eight neighbours."""
    near: Mask = np.zeros_like(mask)
    for dy in (-1, 0, 1):
        for dx in (-1, 0, 1):
            near |= _shifted(mask, dx, dy)
    return near


def _flats(mask: Mask, height_m: float) -> Floats:
    """Level faces over cells, float64 [faces, 4, 3], counter-clockwise seen from above."""
    y, x = np.nonzero(mask)
    middle = place_of(len(mask), x, y) + np.array([0.0, height_m, 0.0])
    half = CELL_M / 2
    corner = np.array([[-half, 0.0, -half], [-half, 0.0, half], [half, 0.0, half], [half, 0.0, -half]])
    faces: Floats = middle[:, None] + corner
    return faces


def _uprights(mask: Mask, dx: int, dy: int, low_m: float, high_m: float) -> Floats:
    """Faces on that side of cells which look to that side, float64 [faces, 4, 3]."""
    y, x = np.nonzero(mask)
    half = CELL_M / 2
    outward, along = np.array([dx, 0.0, dy]), np.array([dy, 0.0, -dx])
    middle = place_of(len(mask), x, y) + half * outward
    low, high = np.array([0.0, low_m, 0.0]), np.array([0.0, high_m, 0.0])
    corner = np.stack([-half * along + low, half * along + low, half * along + high, -half * along + high])
    faces: Floats = middle[:, None] + corner
    return faces


def _mesh(faces: Floats) -> Mesh:
    """Two triangles for each face [faces, 4, 3]; texture coordinates are meters along and down the face."""
    across = faces[:, 1] - faces[:, 0]
    normal = np.cross(across, faces[:, 3] - faces[:, 0])
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    flat = normal[:, 1] > 0.5
    along = np.where(flat[:, None], np.array([1.0, 0.0, 0.0]), across / np.linalg.norm(across, axis=1, keepdims=True))
    down = np.where(flat[:, None], np.array([0.0, 0.0, 1.0]), np.array([0.0, -1.0, 0.0]))
    u, v = (np.einsum("fca,fa->fc", faces, axis) for axis in (along, down))
    first = 4 * np.arange(len(faces), dtype=np.uint32)[:, None]
    triangle = np.concatenate([first + np.array([0, 1, 2], np.uint32), first + np.array([0, 2, 3], np.uint32)], axis=1)
    return Mesh(
        position=faces.reshape(-1, 3).astype(np.float32),
        normal=np.repeat(normal, 4, axis=0).astype(np.float32),
        triangle=triangle.reshape(-1, 3),
        texture_coordinate=np.stack([u, v], axis=-1).reshape(-1, 2).astype(np.float32),
    )
