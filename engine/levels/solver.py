"""Can the level be won, by which path, and if not, what stands in the way."""

from collections import deque
from dataclasses import dataclass

import numpy as np

from engine.levels.grid import KEYS, LOCKED_DOORS, Cell, Grid, Mask, beside, one_of, walkable
from engine.levels.topology import region_around
from engine.requests.level import Tile

COLORS = ("red", "yellow", "blue")


@dataclass(frozen=True, slots=True)
class Solution:
    """Either a witness or a reason.

    path       the cells of a shortest way from start to exit, both included; empty where there is none
    obstacle   what stops the figure, in words; empty where the level can be won
    """

    path: tuple[Cell, ...]
    obstacle: str

    @property
    def solvable(self) -> bool:
        """Whether the exit can be reached."""
        return not self.obstacle


def solve(grid: Grid) -> Solution:
    """A shortest witness path: breadth-first search over (cell, keys held), neighbours in the order south, east, north,
    west, so equal grids give equal paths.
    """
    counts = np.bincount(grid.ravel(), minlength=len(Tile))
    for tile in (Tile.START, Tile.EXIT):
        if counts[tile] != 1:
            return Solution((), f"{counts[tile]} cells are the {tile.name.lower()}; exactly one is needed")
    path = _search(grid)
    return Solution(path, "") if path else Solution((), _obstacle(grid))


def reachable(grid: Grid, start: Cell) -> Mask:
    """Every cell that a figure at `start` can get to, with the keys it finds on its way."""
    held: set[int] = set()
    while True:
        shut = [door for color, door in enumerate(LOCKED_DOORS) if color not in held]
        reached = region_around(walkable(grid) & ~one_of(grid, shut), start)
        found = {color for color, key in enumerate(KEYS) if (reached & (grid == key)).any()}
        if found <= held:
            return reached
        held |= found


def cell_with(grid: Grid, tile: Tile) -> Cell | None:
    """The first cell, row by row, that holds `tile`."""
    where = np.flatnonzero(grid == tile)
    return (int(where[0]) % grid.shape[1], int(where[0]) // grid.shape[1]) if where.size else None


def _search(grid: Grid) -> tuple[Cell, ...]:
    """The path, or nothing. Cells are numbers in a grid with a solid frame, states are cell * 8 + keys held."""
    width = grid.shape[1] + 2
    tiles = np.pad(grid, 1, constant_values=Tile.VOID).ravel().tolist()
    needs = {int(door): 1 << color for color, door in enumerate(LOCKED_DOORS)}
    gives = {int(key): 1 << color for color, key in enumerate(KEYS)}
    first = tiles.index(Tile.START) * 8
    came_from = {first: first}
    queue = deque((first,))
    while queue:
        state = queue.popleft()
        cell, held = state >> 3, state & 7
        for step in (width, 1, -width, -1):
            tile = tiles[cell + step]
            if tile <= Tile.WALL or tile == Tile.HAZARD or needs.get(tile, 0) & ~held:
                continue
            following = (cell + step) * 8 + (held | gives.get(tile, 0))
            if following not in came_from:
                came_from[following] = state
                if tile == Tile.EXIT:
                    return _walked(came_from, following, width)
                queue.append(following)
    return ()


def _walked(came_from: dict[int, int], last: int, width: int) -> tuple[Cell, ...]:
    path = [last]
    while came_from[path[-1]] != path[-1]:
        path.append(came_from[path[-1]])
    return tuple(((state >> 3) % width - 1, (state >> 3) // width - 1) for state in reversed(path))


def _obstacle(grid: Grid) -> str:
    """Why the exit of a level with one start and one exit cannot be reached."""
    start, goal = cell_with(grid, Tile.START), cell_with(grid, Tile.EXIT)
    assert start is not None
    assert goal is not None
    reached = reachable(grid, start)
    near = beside(reached)
    reasons = []
    for color, door, key in zip(COLORS, LOCKED_DOORS, KEYS, strict=True):
        if (near & (grid == door) & ~reached).any():
            missing = "does not exist" if not (grid == key).any() else "cannot be reached"
            reasons.append(f"a {color} door is shut and the {color} key {missing}")
    if region_around(walkable(grid), start)[goal[1], goal[0]]:
        return "; ".join(reasons)
    if region_around(walkable(grid) | (grid == Tile.HAZARD), start)[goal[1], goal[0]]:
        reasons.append("hazards lie between the start and the exit")
    else:
        reasons.append("walls lie between the start and the exit")
    return "; ".join(reasons)
