"""What a level is, measured from its grid alone: the numbers a request can ask for."""

from dataclasses import dataclass

import numpy as np

from engine.levels.grid import KEYS, Cell, Grid, Mask, ground, one_of, walkable
from engine.levels.solver import cell_with, reachable, solve
from engine.levels.topology import loop_count, room_labels
from engine.requests.level import KEYS_MAX, Symmetry, Tile

SYMMETRIC_SHARE = 0.95
"""From this share of cells on that are as solid as their mirror image, a level counts as symmetric."""

NEAR_PATH_CELLS = 2


@dataclass(frozen=True, slots=True)
class Attributes:
    """The measured attributes of one level.

    rooms             regions of the ground that 3x3 blocks cover, doors excluded
    room_edge         mean over rooms of the square root of their area, in cells; 0 without rooms
    loops             solid bodies of at least 4 cells that ground encloses
    enemies, loot, keys   numbers of cells
    symmetry          axes along which at least 95 % of the cells are as solid as their mirror image
    openness          share of cells that can be walked on, 0 to 1
    difficulty        0 to 1, see `difficulty_of`; 0 where the level cannot be won
    path_length       steps of a shortest witness path; 0 where the level cannot be won
    reachable_share   share of the walkable cells that the figure can get to
    """

    rooms: int
    room_edge: float
    loops: int
    enemies: int
    loot: int
    keys: int
    symmetry: Symmetry
    openness: float
    difficulty: float
    path_length: int
    reachable_share: float


def measure(grid: Grid, path: tuple[Cell, ...] | None = None) -> Attributes:
    """The attributes of `grid`; `path` is its witness path where the caller has it already."""
    path = solve(grid).path if path is None else path
    count, labels = room_labels(grid)
    areas = np.bincount(labels.ravel(), minlength=count + 1)[1:]
    counts = np.bincount(grid.ravel(), minlength=len(Tile))
    floor = walkable(grid)
    start = cell_with(grid, Tile.START)
    reached = reachable(grid, start).sum() if start is not None else 0
    return Attributes(
        rooms=count,
        room_edge=float(np.sqrt(areas).mean()) if count else 0.0,
        loops=loop_count(grid),
        enemies=int(counts[Tile.ENEMY]),
        loot=int(counts[Tile.LOOT]),
        keys=int(counts[list(KEYS)].sum()),
        symmetry=symmetry_of(grid),
        openness=float(floor.mean()),
        difficulty=difficulty_of(grid, path),
        path_length=max(0, len(path) - 1),
        reachable_share=float(reached / max(1, floor.sum())),
    )


def mirrored_share(grid: Grid, axis: int) -> float:
    """Share of cells that are as solid as their mirror image; axis 1 mirrors left and right, 0 top and bottom."""
    solid = ground(grid)
    return float((solid == np.flip(solid, axis)).mean())


def symmetry_of(grid: Grid) -> Symmetry:
    """The axes along which the layout is symmetric."""
    across, down = (mirrored_share(grid, axis) >= SYMMETRIC_SHARE for axis in (1, 0))
    if across and down:
        return Symmetry.BOTH
    return Symmetry.X if across else Symmetry.Y if down else Symmetry.NONE


def difficulty_of(grid: Grid, path: tuple[Cell, ...]) -> float:
    """0.4 for a way of three edge lengths, 0.4 for one enemy near the way per three cells of edge, 0.2 for three keys.

    Each share grows linearly up to its full value. Near is at most two cells away along either axis.
    """
    if not path:
        return 0.0
    size = grid.shape[0]
    enemies = int((near(path, size) & (grid == Tile.ENEMY)).sum())
    way = min(1.0, (len(path) - 1) / (3 * size))
    difficulty: float = 0.4 * way + 0.4 * min(1.0, 3 * enemies / size) + 0.2 * int(one_of(grid, KEYS).sum()) / KEYS_MAX
    return difficulty


def near(path: tuple[Cell, ...], size: int) -> Mask:
    """Cells at most NEAR_PATH_CELLS from the path along either axis."""
    mask = np.zeros((size, size), bool)
    for x, y in path:
        mask[
            max(0, y - NEAR_PATH_CELLS) : y + NEAR_PATH_CELLS + 1, max(0, x - NEAR_PATH_CELLS) : x + NEAR_PATH_CELLS + 1
        ] = True
    return mask
