"""Repairs of the number of rooms.

Too many: the wall between two is opened, or a pillar takes a small one its open space. Too few: a wall with a door
divides one, or a piece of corridor is widened.
"""

from collections.abc import Iterable, Iterator

import numpy as np

from engine.levels.grid import Cell, Grid, Mask, ground, walkable
from engine.levels.topology import ROOM_EDGE_MIN, Labels, loop_count, regions, room_labels
from engine.requests.level import Tile

ROOM_TOLERANCE = 1
"""So many rooms more or fewer than wished stay as they are."""

ROOM_EDITS_MIN = 5
"""So many rooms may be added or taken away, in large levels one per three cells of edge."""

OPENING = 3
"""Cells of wall that have to go for two rooms to be one."""

DIVISION_MAX = 9
"""Longest wall, in cells, that divides a room."""

PILLAR_AREA_MAX = 25
"""Largest room, in cells, that a pillar undoes."""

CHAMBER_MAX = 6
"""Cells that are dug for a room at most."""

TRIALS_MAX = 120

Change = list[tuple[Cell, Tile]]


def mend_rooms(grid: Grid, fixed: Mask, wished: int | None) -> None:
    """Bring the number of rooms to within ROOM_TOLERANCE of `wished`, as far as few cells can do that. In place."""
    if wished is None:
        return
    for _ in range(max(ROOM_EDITS_MIN, grid.shape[0] // 3)):
        count, labels = room_labels(grid)
        if abs(count - wished) <= ROOM_TOLERANCE:
            return
        if count > wished:
            found = _apply_first_good(grid, _openings(grid, fixed, labels), count - 1)
            found = found or _apply_first_good(grid, _pillars(grid, fixed, labels), count - 1)
            found = found or _apply_first_good(grid, _openings(grid, fixed, labels), count - 1, new_loops=1)
        else:
            changes = [*_divisions(grid, fixed, labels), *_chambers(grid, fixed, labels)]
            found = _apply_first_good(grid, changes, count + 1)
        if not found:
            return


def _apply_first_good(grid: Grid, changes: Iterable[Change], rooms: int, new_loops: int = 0) -> bool:
    """Make the shortest change that leads to `rooms` rooms, keeps all ground together and makes few or no loops."""
    loops, whole = loop_count(grid), regions(walkable(grid))[0]
    candidates = sorted(changes, key=len)
    for change in candidates[:: max(1, len(candidates) // TRIALS_MAX)]:
        trial = grid.copy()
        for (x, y), tile in change:
            trial[y, x] = tile
        if (
            room_labels(trial)[0] == rooms
            and loop_count(trial) <= loops + new_loops
            and regions(walkable(trial))[0] == whole
        ):
            grid[:] = trial
            return True
    return False


def _openings(grid: Grid, fixed: Mask, labels: Labels) -> Iterator[Change]:
    """Stretches of thin wall with one room on the one side and another on the other; doors in them go too."""
    size = grid.shape[0]
    wall = ((~ground(grid)) | (grid == Tile.DOOR)) & ~fixed
    for turned in (False, True):
        rooms = labels.T if turned else labels
        thin = wall.T if turned else wall
        for y in range(2, size - 2):
            for x in range(1, size - OPENING):
                stretch = slice(x, x + OPENING)
                above, below = rooms[y - 1, stretch], rooms[y + 1, stretch]
                if not thin[y, stretch].all() or not above.all() or not below.all():
                    continue
                if above[0] != below[0] and (above == above[0]).all() and (below == below[0]).all():
                    cells = [(y, column) if turned else (column, y) for column in range(x, x + OPENING)]
                    yield [(cell, Tile.FLOOR) for cell in cells]


def _pillars(grid: Grid, fixed: Mask, labels: Labels) -> Iterator[Change]:
    """A pillar in the middle of each room that is no more than 5x5 cells."""
    areas = np.bincount(labels.ravel())
    for label in range(1, len(areas)):
        if areas[label] <= PILLAR_AREA_MAX:
            cells = np.argwhere(labels == label)
            y, x = cells[len(cells) // 2].tolist()
            if grid[y, x] == Tile.FLOOR and not fixed[y, x]:
                yield [((x, y), Tile.WALL)]


def _chambers(grid: Grid, fixed: Mask, labels: Labels) -> Iterator[Change]:
    """Blocks of 3x3 cells outside of rooms that lack few cells of ground."""
    size = grid.shape[0]
    diggable = ~ground(grid) & ~fixed
    usable = (diggable | (walkable(grid) & (grid != Tile.DOOR))) & (labels == 0)
    for y in range(1, size - ROOM_EDGE_MIN):
        for x in range(1, size - ROOM_EDGE_MIN):
            block = (slice(y, y + ROOM_EDGE_MIN), slice(x, x + ROOM_EDGE_MIN))
            if usable[block].all() and int(diggable[block].sum()) <= CHAMBER_MAX:
                yield [((x + column, y + row), Tile.FLOOR) for row, column in np.argwhere(diggable[block]).tolist()]


def _divisions(grid: Grid, fixed: Mask, labels: Labels) -> Iterator[Change]:
    """Straight walls across rooms, from solid to solid, with a door in the middle."""
    size = grid.shape[0]
    plain = (grid == Tile.FLOOR) & ~fixed & (labels > 0)
    solid = ~ground(grid)
    for turned in (False, True):
        free, rock = (plain.T, solid.T) if turned else (plain, solid)
        for y in range(4, size - 4):
            x = 1
            while x < size - 1:
                end = x
                while end < size - 1 and free[y, end]:
                    end += 1
                if OPENING <= end - x <= DIVISION_MAX and rock[y, x - 1] and rock[y, end]:
                    door = (x + end) // 2
                    yield [
                        ((y, column) if turned else (column, y), Tile.DOOR if column == door else Tile.WALL)
                        for column in range(x, end)
                    ]
                x = max(end, x + 1)
