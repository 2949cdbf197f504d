"""Rooms are added and taken away with few cells."""

import numpy as np
import pytest

from engine.levels.corpus.maker import make_level
from engine.levels.grid import from_rows, to_rows, walkable
from engine.levels.repair.rooms import mend_rooms
from engine.levels.topology import loop_count, regions, room_labels
from engine.requests.level import LevelStyle, Tile

CORRIDORS = (
    "#############",
    "#...#####...#",
    "#...........#",
    "#...#####...#",
    "###.#####.###",
    "#...#####...#",
    "#.#.#####...#",
    "#...........#",
    "#############",
    *("#############" for _ in range(4)),
)
"""Three places that came out as rooms, without a door between them."""

THICK_WALL = (
    "#############",
    "#....##.....#",
    "#....##.....#",
    "#....+......#",
    "#....##.....#",
    "#....##.....#",
    *("#############" for _ in range(7)),
)
"""Two rooms with two cells of wall between them, and a way with a door through it."""

HALL = ("#############", *("#...........#" for _ in range(5)), "#############", *("#############" for _ in range(6)))


@pytest.mark.parametrize("style", list(LevelStyle))
@pytest.mark.parametrize("change", [-3, 3])
def test_change_goes_towards_the_wish_and_keeps_the_rest(style: LevelStyle, change: int) -> None:
    nearer = possible = 0
    for seed in range(8):
        grid = make_level(seed, 24, style).grid
        before, loops = room_labels(grid)[0], loop_count(grid)
        wished = max(1, before + change)
        mended = grid.copy()
        mend_rooms(mended, np.zeros(grid.shape, bool), wished)
        after = room_labels(mended)[0]
        assert abs(after - wished) <= abs(before - wished)
        assert loop_count(mended) <= loops + max(0, before - after)
        assert regions(walkable(mended))[0] == 1
        assert (mended != grid).sum() <= 9 * abs(after - before)
        nearer += abs(after - wished) <= 1
        possible += abs(before - wished) > 1
    assert nearer >= possible - 2


def test_hall_is_divided_by_a_wall_with_a_door() -> None:
    grid = from_rows(HALL)
    mend_rooms(grid, np.zeros(grid.shape, bool), 3)
    assert room_labels(grid)[0] == 2
    assert sum(row.count("+") for row in to_rows(grid)) == 1


def test_fixed_cells_stay() -> None:
    grid = from_rows(HALL)
    mend_rooms(grid, np.ones(grid.shape, bool), 3)
    assert to_rows(grid) == HALL


def test_nothing_is_done_within_one_of_the_wish() -> None:
    grid = from_rows(HALL)
    mend_rooms(grid, np.zeros(grid.shape, bool), 2)
    mend_rooms(grid, np.zeros(grid.shape, bool), None)
    assert to_rows(grid) == HALL


def test_wide_place_of_a_corridor_loses_a_corner() -> None:
    grid = from_rows(CORRIDORS)
    mend_rooms(grid, np.zeros(grid.shape, bool), 1)
    assert room_labels(grid)[0] == 2
    (y, x), *others = np.argwhere(grid != from_rows(CORRIDORS)).tolist()
    assert not others
    assert grid[y, x] == Tile.WALL
    assert (grid[y - 1 : y + 2, x - 1 : x + 2] == Tile.WALL).sum() == 6  # the corner, and the five around it
    assert regions(walkable(grid))[0] == 1


def test_thick_wall_between_two_rooms_is_opened_and_none_is_narrowed() -> None:
    grid = from_rows(THICK_WALL)
    assert room_labels(grid)[0] == 2
    mend_rooms(grid, np.zeros(grid.shape, bool), 0)
    assert room_labels(grid)[0] == 1
    assert (grid[1:6, 5:7] == Tile.FLOOR).all(1).sum() == 3  # all three cells side by side, through the whole wall
    assert (walkable(grid) >= walkable(from_rows(THICK_WALL))).all()


@pytest.mark.parametrize("style", [LevelStyle.ROOMS, LevelStyle.HALLS, LevelStyle.MAZE])
def test_many_rooms_too_many_in_a_large_level_are_taken_away(style: LevelStyle) -> None:
    for seed in range(3):
        grid = make_level(seed, 64, style).grid
        wished = max(1, room_labels(grid)[0] // 2)
        mended = grid.copy()
        mend_rooms(mended, np.zeros(grid.shape, bool), wished)
        assert abs(room_labels(mended)[0] - wished) <= 1
        assert regions(walkable(mended))[0] == 1
        assert (mended != grid).mean() <= 0.03
