"""Turns any grid into a level that can be won, with few changed cells; fixed cells are never touched.

In order: a solid outermost ring, one start and one exit, every area joined or filled, rooms, loops, keys and locks in
a possible order, counts. The same arguments give the same level. Where fixed cells allow no way, it says so.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.errors import InvalidRequestError
from engine.levels.decoding.conditions import Wishes
from engine.levels.decoding.hiding import seen
from engine.levels.grid import KEYS, LOCKED_DOORS, Grid, Mask, beside, ground, one_of, walkable, with_walls
from engine.levels.repair.areas import join_areas, mend_loops
from engine.levels.repair.rooms import mend_rooms
from engine.levels.solver import Solution, cell_with, reachable, solve
from engine.levels.topology import narrow_places, region_around
from engine.requests.level import Tile

Likelihood = NDArray[np.float64]
"""How likely each tile is in each cell [size, size, tile]; any scale, higher is likelier."""


@dataclass(frozen=True, slots=True)
class Repaired:
    """A level that can be won, its witness, and how many cells were changed (void and wall count as one)."""

    grid: Grid
    solution: Solution
    edited_cells: int


def repair(grid: Grid, wishes: Wishes, fixed: Mask, likelihood: Likelihood) -> Repaired:
    """The repaired level. Raises InvalidRequestError (field `locked_cells`) where fixed cells rule out every way."""
    mender = _Mender(grid.copy(), wishes, fixed, likelihood)
    mender.close_frame()
    mender.one_each()
    mender.grid = repair_layout(mender.grid, wishes, fixed)
    mender.order_locks()
    mender.count(Tile.ENEMY, wishes.enemies)
    mender.count(Tile.LOOT, wishes.loot)
    mended = np.where(fixed, grid, with_walls(mender.grid))
    solution = solve(mended)
    if not solution.solvable:
        raise InvalidRequestError(
            "locked_cells", "the cells that are kept", f"cells that leave a way ({solution.obstacle})"
        )
    return Repaired(mended, solution, int((seen(mended) != seen(grid)).sum()))


def repair_layout(grid: Grid, wishes: Wishes, fixed: Mask) -> Grid:
    """The same layout with every area joined or filled, and as many rooms and loops as few cells can bring about."""
    mended = grid.copy()
    join_areas(mended, fixed)
    mend_rooms(mended, fixed, wishes.rooms)
    mend_loops(mended, fixed, wishes.loops)
    return mended


class _Mender:
    """The grid being mended, and the choices that repeat: the likeliest free cell, the least likely surplus one."""

    def __init__(self, grid: Grid, wishes: Wishes, fixed: Mask, likelihood: Likelihood) -> None:
        self.grid, self.wishes, self.fixed, self.likelihood = grid, wishes, fixed, likelihood

    def close_frame(self) -> None:
        """The outermost ring is solid, but for fixed cells."""
        self.grid[~_inner(self.grid.shape[0]) & ~self.fixed] = Tile.WALL

    def one_each(self) -> None:
        """Exactly one start and one exit."""
        for tile in (Tile.START, Tile.EXIT):
            self._thin_out(tile, 1)
            if not (self.grid == tile).any():
                self._add(tile, self._main_area())

    def order_locks(self) -> None:
        """Every locked door has a key within reach and every key a door, as many colors as wished."""
        for color, (key, door) in enumerate(zip(KEYS, LOCKED_DOORS, strict=True)):
            self._thin_out(key, 1)
            if not one_of(self.grid, (key, door)).any():
                continue
            wished = self.wishes.keys is None or self._locks() <= self.wishes.keys
            if not wished or not self._door_of(color):
                self._unlock(key, door)
        for color in range(len(KEYS)):
            absent = not one_of(self.grid, (KEYS[color], LOCKED_DOORS[color])).any()
            if self.wishes.keys is not None and self._locks() < self.wishes.keys and absent:
                self._door_of(color)
        self._keys_within_reach()

    def count(self, tile: Tile, wished: int | None) -> None:
        """Exactly as many of `tile` as wished; where the floor does not suffice, niches are dug beside it."""
        if wished is None:
            return
        self._thin_out(tile, wished)
        start = cell_with(self.grid, Tile.START)
        for _ in range(wished - int((self.grid == tile).sum())):
            if start is None:
                return
            reached = reachable(self.grid, start)
            if self._add(tile, reached):
                continue
            niches = beside(reached) & ~ground(self.grid) & ~self.fixed & _inner(self.grid.shape[0])
            if not niches.any():
                return
            self.grid.ravel()[int(np.where(niches, self.likelihood[..., tile], -np.inf).argmax())] = tile

    def _locks(self) -> int:
        return sum(1 for color in range(3) if one_of(self.grid, (KEYS[color], LOCKED_DOORS[color])).any())

    def _unlock(self, key: Tile, door: Tile) -> None:
        """Take a color out: its doors become plain ones, its key floor."""
        self.grid[(self.grid == door) & ~self.fixed] = Tile.DOOR
        if not (self.grid == door).any():
            self.grid[(self.grid == key) & ~self.fixed] = Tile.FLOOR

    def _door_of(self, color: int) -> bool:
        """Whether the color has a door; if not, one is shut that leaves space for the key before it."""
        if (self.grid == LOCKED_DOORS[color]).any():
            return True
        start = cell_with(self.grid, Tile.START)
        narrow = narrow_places(self.grid) & (self.grid == Tile.FLOOR)
        key = cell_with(self.grid, KEYS[color])
        for places in (self.grid == Tile.DOOR, narrow):
            for index in np.flatnonzero(places & ~self.fixed).tolist():
                x, y = index % self.grid.shape[1], index // self.grid.shape[1]
                before = int(self.grid[y, x])
                self.grid[y, x] = LOCKED_DOORS[color]
                within = reachable(self.grid, start) if start is not None else walkable(self.grid)
                space = bool(within[key[1], key[0]]) if key is not None else bool(self._floor(within).sum() >= 2)
                if space and (walkable(self.grid) & ~within).sum() >= 2:
                    return True
                self.grid[y, x] = before
        return False

    def _keys_within_reach(self) -> None:
        """Lay missing keys, and those beyond their own doors, where they can be had; else open the doors."""
        start = cell_with(self.grid, Tile.START)
        if start is None:
            return
        for _ in range(2 * len(KEYS)):
            reached = reachable(self.grid, start)
            late = [c for c in range(len(KEYS)) if self._lacks_key(c, reached)]
            if not late:
                return
            grown = beside(reached)
            color = next((c for c in late if (grown & (self.grid == LOCKED_DOORS[c])).any()), late[0])
            self.grid[(self.grid == KEYS[color]) & ~self.fixed] = Tile.FLOOR
            if (self.grid == KEYS[color]).any() or not self._add(KEYS[color], reached):
                self._unlock(KEYS[color], LOCKED_DOORS[color])

    def _lacks_key(self, color: int, reached: Mask) -> bool:
        return bool((self.grid == LOCKED_DOORS[color]).any()) and not (reached & (self.grid == KEYS[color])).any()

    def _thin_out(self, tile: Tile, most: int) -> None:
        """Turn the least likely of too many into floor."""
        surplus = int((self.grid == tile).sum()) - most
        free = (self.grid == tile) & ~self.fixed
        order = np.argsort(np.where(free, self.likelihood[..., tile], np.inf).ravel(), kind="stable")
        self.grid.ravel()[order[: max(0, min(surplus, int(free.sum())))]] = Tile.FLOOR

    def _add(self, tile: Tile, area: Mask) -> bool:
        """Put `tile` on the likeliest floor of `area`; False where there is none."""
        free = self._floor(area)
        if not free.any():
            return False
        scores = np.where(free, self.likelihood[..., tile], -np.inf)
        self.grid.ravel()[int(scores.argmax())] = tile
        return True

    def _floor(self, area: Mask) -> Mask:
        floor: Mask = area & (self.grid == Tile.FLOOR) & ~self.fixed
        return floor

    def _main_area(self) -> Mask:
        """The region around the start or the exit; else the one with most floor; a cell is dug where there is none."""
        for tile in (Tile.START, Tile.EXIT):
            cell = cell_with(self.grid, tile)
            if cell is not None and self._floor(region_around(walkable(self.grid), cell)).any():
                return region_around(walkable(self.grid), cell)
        if not self._floor(walkable(self.grid)).any():
            middle = np.flatnonzero(~self.fixed & _inner(self.grid.shape[0]) & ~walkable(self.grid))
            if middle.size:
                self.grid.ravel()[middle[middle.size // 2]] = Tile.FLOOR
        return walkable(self.grid)


def _inner(size: int) -> Mask:
    inner = np.zeros((size, size), bool)
    inner[1:-1, 1:-1] = True
    return inner
