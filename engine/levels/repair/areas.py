"""Repairs of the layout: joins or fills areas that are cut off, and adds or closes ways around."""

import heapq

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.levels.grid import Cell, Grid, Mask, ground, neighbours, one_of, walkable
from engine.levels.solver import cell_with
from engine.levels.topology import loop_count, narrow_places, region_around, regions, room_labels
from engine.requests.level import Tile

LOOP_TOLERANCE = 1
"""So many loops more or fewer than wished stay as they are."""

BREACH_MAX = 3
"""Longest wall, in cells, that is opened for a loop."""

ROCK_TRIALS = 40

FRAME_COST = 1000
"""What opening a cell of the outermost ring costs."""

LOOP_EDITS_MIN = 8
"""So many loops may be added or closed, in large levels one per two cells of edge."""


def join_areas(grid: Grid, fixed: Mask) -> None:
    """Join every area to the start's by the shortest breach, or fill it where that changes fewer cells. In place.

    Without a start, to the largest one.
    """
    start = cell_with(grid, Tile.START) or _middle_of_largest(grid)
    if start is None:
        return
    given_up = np.zeros(grid.shape, bool)
    while True:
        main = region_around(walkable(grid), start)
        count, labels = regions(walkable(grid) & ~main & ~given_up)
        if not count:
            return
        areas = [labels == label + 1 for label in range(count)]
        area = max(areas, key=lambda mask: (bool((mask & (grid == Tile.EXIT)).any()), int(mask.sum())))
        breach = _breach(grid, fixed, area, main)
        keeps = (area & fixed).any() or one_of(grid[area], (Tile.EXIT, Tile.START)).any()
        if breach and (keeps or len(breach) <= area.sum()):
            for x, y in breach:
                grid[y, x] = Tile.FLOOR
        elif not keeps:
            grid[area] = Tile.WALL
        elif not breach:
            given_up |= area


def _middle_of_largest(grid: Grid) -> Cell | None:
    """A cell of the largest area; None where nothing can be walked on."""
    count, labels = regions(walkable(grid))
    if not count:
        return None
    cells = _cells(labels == 1 + int(np.bincount(labels.ravel())[1:].argmax()))
    return cells[len(cells) // 2]


def _breach(grid: Grid, fixed: Mask, area: Mask, main: Mask) -> list[Cell]:
    """The fewest solid or hazardous cells that, opened, join `area` to `main`; empty where fixed cells stop it.

    Dijkstra's search with costs 0 (ground) and 1 (to be opened); the outermost ring is opened if nothing else helps.
    """
    size = grid.shape[0]
    open_ground = walkable(grid)
    shut = fixed & ~open_ground
    best = dict.fromkeys(_cells(area), 0)
    came_from: dict[Cell, Cell] = {}
    queue = [(0, cell) for cell in best]
    while queue:
        cost, cell = heapq.heappop(queue)
        if main[cell[1], cell[0]]:
            return _opened(grid, came_from, cell)
        if cost > best[cell]:
            continue
        for following in neighbours(cell, size):
            x, y = following
            if shut[y, x]:
                continue
            inside = 0 < x < size - 1 and 0 < y < size - 1
            total = cost + (0 if open_ground[y, x] else 1 if inside else FRAME_COST)
            if total < best.get(following, size * size * FRAME_COST):
                best[following] = total
                came_from[following] = cell
                heapq.heappush(queue, (total, following))
    return []


def _opened(grid: Grid, came_from: dict[Cell, Cell], cell: Cell) -> list[Cell]:
    way = [cell]
    while way[-1] in came_from:
        way.append(came_from[way[-1]])
    return [(x, y) for x, y in way if not walkable(grid)[y, x]]


def _cells(mask: Mask) -> list[Cell]:
    return [(int(x), int(y)) for y, x in np.argwhere(mask)]


def mend_loops(grid: Grid, fixed: Mask, wished: int | None) -> None:
    """Bring the number of loops to within LOOP_TOLERANCE of `wished`, as far as few cells can do that. In place."""
    if wished is None:
        return
    for _ in range(max(LOOP_EDITS_MIN, grid.shape[0] // 2)):
        lacking = wished - loop_count(grid)
        if abs(lacking) <= LOOP_TOLERANCE:
            return
        if not (_open_one(grid, fixed) if lacking > 0 else _close_one(grid, fixed)):
            return


def _open_one(grid: Grid, fixed: Mask) -> bool:
    """Open the straight wall between two places that are far apart on foot, where that makes a loop more."""
    rooms, loops = room_labels(grid)[0], loop_count(grid)
    walls = sorted(_thin_walls(grid, fixed), key=lambda wall: (len(wall), wall))
    found: list[tuple[int, list[Cell]]] = []
    for wall in walls[:: max(1, len(walls) // 64)]:
        trial = grid.copy()
        for x, y in wall:
            trial[y, x] = Tile.FLOOR
        if loop_count(trial) == loops + 1 and room_labels(trial)[0] == rooms:
            found.append((_solid_around(grid, wall) - 2 * len(wall), wall))
    if not found:
        return _add_rock(grid, fixed)
    _, best = max(found, key=lambda entry: entry[0])
    for index, (x, y) in enumerate(best):
        grid[y, x] = Tile.DOOR if len(best) == 1 and index == 0 else Tile.FLOOR
    return True


def _add_rock(grid: Grid, fixed: Mask) -> bool:
    """Put a rock of 2x2 cells where there is floor all around it."""
    rooms, loops = room_labels(grid)[0], loop_count(grid)
    plain = ((grid == Tile.FLOOR) & ~fixed).astype(np.uint8)
    space = cv2.erode(np.pad(plain, 1), np.ones((4, 4), np.uint8), anchor=(1, 1))[1:-1, 1:-1] > 0
    corners = _cells(space)
    for x, y in corners[len(corners) // 2 :: max(1, len(corners) // ROCK_TRIALS)]:
        trial = grid.copy()
        trial[y : y + 2, x : x + 2] = Tile.WALL
        if loop_count(trial) == loops + 1 and room_labels(trial)[0] == rooms:
            grid[:] = trial
            return True
    return False


def _solid_around(grid: Grid, wall: list[Cell]) -> int:
    """Solid cells among those within two cells of the wall's middle."""
    x, y = wall[len(wall) // 2]
    return int((~ground(grid))[max(0, y - 2) : y + 3, max(0, x - 2) : x + 3].sum())


def _thin_walls(grid: Grid, fixed: Mask) -> list[list[Cell]]:
    """Straight runs of up to BREACH_MAX solid cells, not fixed, with walkable cells before and behind them."""
    size = grid.shape[0]
    open_ground, solid = walkable(grid), ~ground(grid) & ~fixed
    walls = []
    for dx, dy in ((1, 0), (0, 1)):
        for y, x in np.argwhere(open_ground).tolist():
            run: list[Cell] = []
            column, row = x + dx, y + dy
            while len(run) <= BREACH_MAX and column < size - 1 and row < size - 1 and solid[row, column]:
                run.append((column, row))
                column, row = column + dx, row + dy
            if 1 <= len(run) <= BREACH_MAX and open_ground[row, column]:
                walls.append(run)
    return walls


def _close_one(grid: Grid, fixed: Mask) -> bool:
    """Wall up a door or a narrow place on a way around; nothing is cut off by it and no room is lost."""
    rooms, loops = room_labels(grid)[0], loop_count(grid)
    whole = regions(walkable(grid))[0]
    places = ((grid == Tile.DOOR) | (narrow_places(grid) & (grid == Tile.FLOOR))) & ~fixed
    for x, y in _cells(places):
        before = int(grid[y, x])
        grid[y, x] = Tile.WALL
        if loop_count(grid) == loops - 1 and regions(walkable(grid))[0] == whole and room_labels(grid)[0] == rooms:
            return True
        grid[y, x] = before
    return _fill_smallest(grid, fixed, loops)


def _fill_smallest(grid: Grid, fixed: Mask, loops: int) -> bool:
    """Open the smallest enclosed body of rock, where it has few cells."""
    solid: NDArray[np.bool_] = ~ground(grid)
    count, labels = regions(solid)
    bodies = sorted((int((labels == label + 1).sum()), label + 1) for label in range(count))
    for area, label in bodies:
        body = labels == label
        if area <= grid.shape[0] // 2 and not (body & fixed).any() and not _touches_border(body):
            trial = np.where(body, np.uint8(Tile.FLOOR), grid)
            if loop_count(trial) == loops - 1:
                grid[body] = Tile.FLOOR
                return True
    return False


def _touches_border(mask: Mask) -> bool:
    return bool(mask[0].any() or mask[-1].any() or mask[:, 0].any() or mask[:, -1].any())
