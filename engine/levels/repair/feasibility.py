"""Whether fixed cells leave any level at all: what would be impossible even if all other cells were open ground."""

from collections.abc import Mapping

import numpy as np

from engine.errors import InvalidRequestError
from engine.levels.decoding.conditions import Wishes
from engine.levels.grid import Cell, Grid, Mask
from engine.levels.repair.mender import repair
from engine.requests.level import LevelRequest, Tile


def check_feasible(request: LevelRequest, fixed: Mapping[Cell, Tile]) -> None:
    """Raises InvalidRequestError naming what the fixed cells rule out: a way to the exit, or space for the contents."""
    mask, grid = fixed_mask(fixed, request.size)
    inside = np.zeros(mask.shape, bool)
    inside[1:-1, 1:-1] = True
    free = int((inside & ~mask).sum())
    present = np.bincount(grid[mask], minlength=len(Tile))
    missing = {
        "enemies": max(0, (request.enemies or 0) - int(present[Tile.ENEMY])),
        "loot": max(0, (request.loot or 0) - int(present[Tile.LOOT])),
    }
    ends = sum(1 for tile in (Tile.START, Tile.EXIT) if not present[tile])
    if sum(missing.values()) + ends > free:
        name = max(missing, key=lambda key: missing[key]) if any(missing.values()) else "locked_cells"
        allowed = f"what fits into the {free} cells that are not kept, beside {ends} for start and exit"
        raise InvalidRequestError(name, missing.get(name, len(fixed)), allowed)
    open_ground = np.where(mask, grid, np.where(inside, np.uint8(Tile.FLOOR), np.uint8(Tile.WALL)))
    repair(open_ground, Wishes(request.size), mask, np.zeros((*mask.shape, len(Tile))))


def fixed_mask(fixed: Mapping[Cell, Tile], size: int) -> tuple[Mask, Grid]:
    """Where cells are fixed [size, size], and their tiles (void elsewhere)."""
    mask, grid = np.zeros((size, size), bool), np.zeros((size, size), np.uint8)
    for (x, y), tile in fixed.items():
        mask[y, x], grid[y, x] = True, tile
    return mask, grid
