"""Rooms are added and taken away with few cells."""

import numpy as np
import pytest

from engine.levels.corpus.maker import make_level
from engine.levels.grid import from_rows, to_rows, walkable
from engine.levels.repair.rooms import mend_rooms
from engine.levels.topology import loop_count, regions, room_labels
from engine.requests.level import LevelStyle

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
