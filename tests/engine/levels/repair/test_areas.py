"""Areas are joined or filled, ways around opened or closed."""

import numpy as np
import pytest

from engine.levels.corpus.maker import make_level
from engine.levels.grid import from_rows, to_rows, walkable
from engine.levels.repair.areas import join_areas, mend_loops
from engine.levels.topology import loop_count, regions, room_labels
from engine.requests.level import LevelStyle, Tile

CUT_OFF = ("########", "#@..####", "#...####", "#...####", "#####..#", "#####..#", "#####..#", "########")


def test_speck_is_filled_and_chamber_joined() -> None:
    grid = from_rows(CUT_OFF)
    grid[1, 6] = Tile.FLOOR
    join_areas(grid, np.zeros(grid.shape, bool))
    assert regions(walkable(grid))[0] == 1
    assert walkable(grid)[4, 5]
    assert not walkable(grid)[1, 6]


def test_fixed_speck_is_joined() -> None:
    grid = from_rows(CUT_OFF)
    grid[1, 6] = Tile.FLOOR
    fixed = np.zeros(grid.shape, bool)
    fixed[1, 6] = True
    join_areas(grid, fixed)
    assert regions(walkable(grid))[0] == 1
    assert walkable(grid)[1, 6]


@pytest.mark.parametrize("style", list(LevelStyle))
@pytest.mark.parametrize("change", [-3, 3])
def test_loops_come_within_one_of_the_wish(style: LevelStyle, change: int) -> None:
    met = 0
    for seed in range(6):
        grid = make_level(seed, 32, style).grid
        before, rooms = loop_count(grid), room_labels(grid)[0]
        wished = max(0, before + change)
        mend_loops(grid, np.zeros(grid.shape, bool), wished)
        assert regions(walkable(grid))[0] == 1
        assert abs(room_labels(grid)[0] - rooms) <= 1
        met += abs(loop_count(grid) - wished) <= 1
    assert met >= 4


def test_open_hall_gets_a_rock_to_walk_around() -> None:
    grid = np.full((16, 16), Tile.WALL, np.uint8)
    grid[1:-1, 1:-1] = Tile.FLOOR
    mend_loops(grid, np.zeros(grid.shape, bool), 2)
    assert loop_count(grid) == 1
    assert (grid == Tile.WALL).sum() == 60 + 4


def test_nothing_is_wished_nothing_is_done() -> None:
    grid = make_level(1, 24).grid
    before = to_rows(grid)
    mend_loops(grid, np.zeros(grid.shape, bool), None)
    assert to_rows(grid) == before


def test_many_loops_too_many_in_a_large_level_are_closed() -> None:
    grid = np.full((64, 64), Tile.WALL, np.uint8)
    grid[1:63, 1:63] = Tile.FLOOR
    for top in range(6, 56, 10):
        for left in range(6, 56, 10):
            grid[top : top + 2, left : left + 2] = Tile.WALL
    assert loop_count(grid) == 25
    mend_loops(grid, np.zeros(grid.shape, bool), 2)
    assert loop_count(grid) == 3
    assert regions(walkable(grid))[0] == 1
