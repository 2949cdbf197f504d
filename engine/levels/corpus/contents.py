"""Fills a layout: hazards, start and exit, locks with their keys, enemies, loot."""

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.levels.grid import KEYS, LOCKED_DOORS, Cell, Grid, Mask, cells_of, walkable
from engine.levels.solver import reachable
from engine.levels.topology import narrow_places, region_around, regions, room_labels, steps_from
from engine.requests.level import ENEMIES_MAX, LOOT_MAX, Tile

START_PEACE_CELLS = 4
"""No enemy stands nearer to the start than this, along the way."""


def fill(random: np.random.Generator, grid: Grid) -> bool:
    """Place everything into a layout of floor, doors, walls and void; False where it has no space for that."""
    if random.random() < 0.35:
        _hazards(random, grid)
    rooms = room_labels(grid)[1] > 0
    free = (grid == Tile.FLOOR) & (rooms if rooms.sum() >= 8 else True)
    if free.sum() < 8:
        return False
    start = _drawn(random, free)
    grid[start[1], start[0]] = Tile.START
    distance = steps_from(walkable(grid), start)
    far = free & (distance >= np.quantile(distance[free], 0.7)) & (grid == Tile.FLOOR)
    if not far.any():
        return False
    goal = _drawn(random, far)
    grid[goal[1], goal[0]] = Tile.EXIT
    for color in random.permutation(3)[: int(random.choice([0, 0, 1, 1, 2, 3]))].tolist():
        _lock(random, grid, start, goal, color)
    _scatter(random, grid, distance)
    return True


def _drawn(random: np.random.Generator, mask: Mask, weights: NDArray[np.float64] | None = None) -> Cell:
    where = np.flatnonzero(mask)
    chances = None if weights is None else weights.ravel()[where] / weights.ravel()[where].sum()
    index = int(random.choice(where, p=chances))
    return index % mask.shape[1], index // mask.shape[1]


def _hazards(random: np.random.Generator, grid: Grid) -> None:
    """Pools within rooms that cut nothing off."""
    size = grid.shape[0]
    noise = cv2.GaussianBlur(random.standard_normal((size, size)), (0, 0), float(random.uniform(1.0, 2.0)))
    inside = room_labels(grid)[1] > 0
    inside &= cv2.erode((grid == Tile.FLOOR).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    if not inside.any():
        return
    count, pools = regions(inside & (noise > np.quantile(noise[inside], float(random.uniform(0.6, 0.9)))))
    for label in random.permutation(count).tolist()[: int(random.integers(1, 2 + size // 8))]:
        pool = pools == label + 1
        if pool.sum() >= 2 and regions(walkable(grid) & ~pool)[0] == 1:
            grid[pool] = Tile.HAZARD


def _lock(random: np.random.Generator, grid: Grid, start: Cell, goal: Cell, color: int) -> None:
    """Shut one door, most often one that the way to the exit needs, and lay its key within reach."""
    places = cells_of((grid == Tile.DOOR) | ((grid == Tile.FLOOR) & narrow_places(grid)))
    on_the_way: list[Cell] = []
    beside: list[Cell] = []
    for x, y in places:
        shut = walkable(grid)
        shut[y, x] = False
        within = region_around(shut, start)
        if within.sum() >= 8 and (~within & walkable(grid)).sum() >= 6:
            (beside if within[goal[1], goal[0]] else on_the_way).append((x, y))
    choice = on_the_way if on_the_way and (not beside or random.random() < 0.8) else beside
    doors = [(x, y) for x, y in choice if grid[y, x] == Tile.DOOR]
    choice = doors or choice
    if not choice:
        return
    x, y = choice[int(random.integers(len(choice)))]
    before = grid[y, x]
    grid[y, x] = LOCKED_DOORS[color]
    within = reachable(grid, start)
    free = within & (grid == Tile.FLOOR) & ~narrow_places(grid)
    if free.sum() < 4:
        grid[y, x] = before
        return
    distance = steps_from(within, start)
    key = _drawn(random, free, 0.5 + distance.clip(0).astype(np.float64))
    grid[key[1], key[0]] = KEYS[color]


def _scatter(random: np.random.Generator, grid: Grid, distance: NDArray[np.int32]) -> None:
    """Enemies where there is space, more of them far from the start; loot in corners and at dead ends."""
    floor = int((grid == Tile.FLOOR).sum())
    blocked = np.pad(~walkable(grid), 1).astype(np.float64)
    shelter = blocked[:-2, 1:-1] + blocked[2:, 1:-1] + blocked[1:-1, :-2] + blocked[1:-1, 2:]
    enemy_count = int(random.integers(0, 1 + min(ENEMIES_MAX, floor // 9)))
    loot_count = int(random.integers(0, 1 + min(LOOT_MAX, floor // 10)))
    narrow = narrow_places(grid)
    for tile, count, weights in (
        (Tile.LOOT, loot_count, 0.1 + shelter**2),
        (Tile.ENEMY, enemy_count, (4.5 - shelter) * distance.clip(1)),
    ):
        for _ in range(count):
            free = (grid == Tile.FLOOR) & ~narrow
            if tile == Tile.ENEMY:
                free &= distance >= START_PEACE_CELLS
            if not free.any():
                break
            x, y = _drawn(random, free, weights)
            grid[y, x] = tile
