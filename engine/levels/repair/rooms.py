"""Repairs of the number of rooms.

Too many: the wall between two is opened, or a corner of a small one is walled up, so that it is corridor. Too few: a
wall with a door divides one, or a piece of corridor is widened.
"""

from collections.abc import Iterable, Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.levels.grid import DOORS, LOCKED_DOORS, Cell, Grid, Mask, beside, ground, one_of, walkable
from engine.levels.topology import ROOM_EDGE_MIN, Labels, loop_count, regions, room_labels
from engine.requests.level import Tile

ROOM_TOLERANCE = 1
"""So many rooms more or fewer than wished stay as they are."""

ROOM_EDITS_MIN = 8
"""So many rooms may be added or taken away, in large levels one per two cells of edge."""

OPENING_WIDTH = 3
"""Cells of wall side by side that have to go for two rooms to be one."""

OPENING_DEPTH_MAX = 3
"""Thickest wall, in cells, that is opened between two rooms."""

DIVISION_MAX = 9
"""Longest wall, in cells, that divides a room."""

WIDE_PLACE_AREA_MAX, NARROWED_AREA_MAX = 12, 36
"""Largest wide place of a corridor, and largest room, in cells, that is narrowed so that it is one no more."""

NARROWING_MAX = 4
"""Cells of wall that narrow a room at most."""

CHAMBER_MAX = 6
"""Cells that are dug for a room at most."""

TRIALS_MAX = 120

Change = list[tuple[Cell, Tile]]


def mend_rooms(grid: Grid, fixed: Mask, wished: int | None) -> None:
    """Bring the number of rooms to within ROOM_TOLERANCE of `wished`, as far as few cells can do that. In place."""
    if wished is None:
        return
    for _ in range(max(ROOM_EDITS_MIN, grid.shape[0] // 2)):
        count, labels = room_labels(grid)
        if abs(count - wished) <= ROOM_TOLERANCE:
            return
        if not (_take_one(grid, fixed, labels, count) if count > wished else _add_one(grid, fixed, labels, count)):
            return


def _take_one(grid: Grid, fixed: Mask, labels: Labels, count: int) -> bool:
    """One room less: first a wide place of a corridor, then one of two neighbours, at last any small room."""
    return (
        _apply_first_good(grid, _narrowings(grid, fixed, labels, WIDE_PLACE_AREA_MAX, doored=False), count - 1)
        or _apply_first_good(grid, _openings(grid, fixed, labels), count - 1)
        or _apply_first_good(grid, _narrowings(grid, fixed, labels, NARROWED_AREA_MAX, doored=True), count - 1)
        or _apply_first_good(grid, _openings(grid, fixed, labels), count - 1, new_loops=1)
    )


def _add_one(grid: Grid, fixed: Mask, labels: Labels, count: int) -> bool:
    """One room more."""
    return _apply_first_good(grid, [*_divisions(grid, fixed, labels), *_chambers(grid, fixed, labels)], count + 1)


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
    """Walls, with the doors and gaps in them, of which a stretch parts one room from another."""
    kept = fixed | (grid == Tile.HAZARD) | one_of(grid, LOCKED_DOORS)
    shut = ~ground(grid) | (grid == Tile.DOOR)
    for turned in (False, True):
        rooms, usable, dug = (plane.T if turned else plane for plane in (labels, ~kept, shut))
        edge = _side_by_side(rooms)
        for depth in range(1, OPENING_DEPTH_MAX + 1):
            above, below = edge[: -depth - 1], edge[depth + 1 :]
            apart = (above > 0) & (below > 0) & (above != below)
            for y, x in np.argwhere(apart).tolist():
                band = (slice(y + 1, y + 1 + depth), slice(x, x + OPENING_WIDTH))
                if usable[band].all():
                    cells = [(y + 1 + row, x + column) for row, column in np.argwhere(dug[band]).tolist()]
                    yield [(cell if turned else cell[::-1], Tile.FLOOR) for cell in cells]


def _side_by_side(labels: Labels) -> Labels:
    """The room that a cell and the two after it in its row belong to, all three [size, size - 2]; 0 where none."""
    first, second, third = labels[:, :-2], labels[:, 1:-1], labels[:, 2:]
    return np.where((first == second) & (second == third), first, 0)


def _narrowings(grid: Grid, fixed: Mask, labels: Labels, area_max: int, *, doored: bool) -> Iterator[Change]:
    """For each small room the few cells, best of all beside its walls, that leave no block of 3x3 when walled up.

    Without `doored` rooms beside a door are left alone: they were meant as rooms.
    """
    usable = (grid == Tile.FLOOR) & ~fixed & _stays_whole(ground(grid))
    block = np.ones((ROOM_EDGE_MIN, ROOM_EDGE_MIN), np.uint8)
    solid_around = _sum_around(~ground(grid))
    areas = np.bincount(labels.ravel())
    with_door = np.unique(labels[beside(one_of(grid, DOORS))])
    for label in range(1, len(areas)):
        if areas[label] > area_max or (label in with_door and not doored):
            continue
        open_ground = (labels == label).astype(np.uint8)
        walls: list[Cell] = []
        while len(walls) <= NARROWING_MAX:
            middles = cv2.erode(open_ground, block, borderType=cv2.BORDER_CONSTANT, borderValue=0)
            if not middles.any():
                yield [(cell, Tile.WALL) for cell in walls]
                break
            score = np.where(usable & (open_ground > 0), 10 * _sum_around(middles > 0) + solid_around, 0)
            y, x = divmod(int(score.argmax()), grid.shape[1])
            if score[y, x] < 10:
                break
            open_ground[y, x] = 0
            walls.append((x, y))


def _sum_around(mask: Mask) -> NDArray[np.int32]:
    """Cells of the mask in the block of 3x3 around each cell."""
    padded = np.pad(mask.astype(np.int32), 1)
    rows = padded[:-2] + padded[1:-1] + padded[2:]
    total: NDArray[np.int32] = rows[:, :-2] + rows[:, 1:-1] + rows[:, 2:]
    return total


def _stays_whole(area: Mask) -> NDArray[np.bool_]:
    """Where a cell can be taken from `area` and its neighbours still hang together (Yokoi's number is 0 or 1)."""
    padded = np.pad(area, 1)
    size = area.shape[0]
    ring = [
        padded[1 + dy : 1 + dy + size, 1 + dx : 1 + dx + size]
        for dx, dy in ((1, 0), (1, 1), (0, 1), (-1, 1), (-1, 0), (-1, -1), (0, -1), (1, -1))
    ]
    parts = sum((ring[k] & ~(ring[k + 1] & ring[(k + 2) % 8])).astype(np.int8) for k in (0, 2, 4, 6))
    whole: NDArray[np.bool_] = np.asarray(parts) <= 1
    return whole


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
                if OPENING_WIDTH <= end - x <= DIVISION_MAX and rock[y, x - 1] and rock[y, end]:
                    door = (x + end) // 2
                    yield [
                        ((y, column) if turned else (column, y), Tile.DOOR if column == door else Tile.WALL)
                        for column in range(x, end)
                    ]
                x = max(end, x + 1)
