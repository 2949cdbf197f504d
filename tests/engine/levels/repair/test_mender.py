"""Repair: whatever comes in, what goes out can be won, and fixed cells are as they were."""

from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from engine.errors import InvalidRequestError
from engine.levels.attributes import measure
from engine.levels.corpus.maker import make_level
from engine.levels.decoding.conditions import Wishes
from engine.levels.grid import KEYS, LOCKED_DOORS, Grid, one_of
from engine.levels.repair.mender import repair
from engine.levels.solver import solve
from engine.requests.level import LevelStyle, Tile


def noise(seed: int, size: int, solid_share: float) -> Grid:
    """Tiles at random, some of them solid."""
    random = np.random.Generator(np.random.Philox(key=[seed, size]))
    grid = random.integers(0, len(Tile), (size, size)).astype(np.uint8)
    grid[random.random((size, size)) < solid_share] = Tile.WALL
    return grid


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from([8, 16, 19]), st.floats(0.0, 1.0))
def test_any_grid_becomes_a_level_that_can_be_won(seed: int, size: int, solid_share: float) -> None:
    grid = noise(seed, size, solid_share)
    wishes = Wishes(size, enemies=3, loot=2, keys=1)
    repaired = repair(grid, wishes, np.zeros((size, size), bool), np.zeros((size, size, len(Tile))))
    assert solve(repaired.grid).solvable
    assert repaired.solution == solve(repaired.grid)
    counts = np.bincount(repaired.grid.ravel(), minlength=len(Tile))
    assert counts[Tile.START] == counts[Tile.EXIT] == 1
    for key, door in zip(KEYS, LOCKED_DOORS, strict=True):
        assert counts[key] <= 1
        assert not counts[door] or counts[key] == 1


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32), st.floats(0.0, 0.6))
def test_fixed_cells_are_never_touched(seed: int, fixed_share: float) -> None:
    grid = noise(seed, 16, 0.4)
    random = np.random.Generator(np.random.Philox(key=[seed, 1]))
    fixed = random.random((16, 16)) < fixed_share
    repaired = None
    with suppress(InvalidRequestError):
        repaired = repair(grid, Wishes(16, enemies=4), fixed, np.zeros((16, 16, len(Tile))))
    assert repaired is not None or fixed.any()
    if repaired is not None:
        assert (repaired.grid == grid)[fixed].all()
        assert solve(repaired.grid).solvable


def test_good_level_stays_as_it_is() -> None:
    for seed in range(20):
        level = make_level(seed, 24)
        attributes = level.attributes
        wishes = Wishes(
            24, loops=attributes.loops, enemies=attributes.enemies, loot=attributes.loot, keys=attributes.keys
        )
        likelihood = np.zeros((24, 24, len(Tile)))
        repaired = repair(level.grid, wishes, np.zeros((24, 24), bool), likelihood)
        assert repaired.edited_cells == 0
        assert (repaired.grid == level.grid).all()


def test_wall_between_start_and_exit_is_breached_where_it_is_thinnest(
    two_halls: Grid, indifferent: NDArray[np.float64]
) -> None:
    two_halls[8, 8] = Tile.FLOOR  # here the wall is one cell thick
    repaired = repair(two_halls, Wishes(16), np.zeros((16, 16), bool), indifferent)
    assert repaired.edited_cells == 1
    assert repaired.grid[8, 7] == Tile.FLOOR


def test_breach_goes_around_fixed_walls(two_halls: Grid, indifferent: NDArray[np.float64]) -> None:
    fixed = np.zeros((16, 16), bool)
    fixed[:14, 7] = True
    repaired = repair(two_halls, Wishes(16), fixed, indifferent)
    assert repaired.grid[14, 7] == Tile.FLOOR
    assert repaired.edited_cells == 2


def test_fixed_wall_all_the_way_is_refused_with_the_reason(two_halls: Grid, indifferent: NDArray[np.float64]) -> None:
    fixed = np.zeros((16, 16), bool)
    fixed[:, 7] = fixed[2, 2] = fixed[13, 13] = True
    with pytest.raises(InvalidRequestError, match="walls lie between the start and the exit"):
        repair(two_halls, Wishes(16), fixed, indifferent)


def test_counts_come_out_as_wished_by_likelihood(two_halls: Grid, indifferent: NDArray[np.float64]) -> None:
    two_halls[3, 3:6] = Tile.ENEMY
    indifferent[3, 4, Tile.ENEMY] = -1.0
    indifferent[10, 10, Tile.LOOT] = 1.0
    repaired = repair(two_halls, Wishes(16, enemies=2, loot=1), np.zeros((16, 16), bool), indifferent)
    assert (repaired.grid[3, 3:6] == [Tile.ENEMY, Tile.FLOOR, Tile.ENEMY]).all()
    assert np.argwhere(repaired.grid == Tile.LOOT).tolist() == [[10, 10]]


def test_key_behind_its_own_door_is_moved_before_it(two_halls: Grid, indifferent: NDArray[np.float64]) -> None:
    two_halls[8, 7], two_halls[8, 8], two_halls[4, 12] = Tile.RED_DOOR, Tile.FLOOR, Tile.RED_KEY
    repaired = repair(two_halls, Wishes(16, keys=1), np.zeros((16, 16), bool), indifferent)
    assert np.argwhere(repaired.grid == Tile.RED_KEY)[0, 1] < 7
    assert repaired.edited_cells == 2


def test_wished_lock_is_added_with_its_key(two_halls: Grid, indifferent: NDArray[np.float64]) -> None:
    two_halls[8, 7:9] = Tile.DOOR, Tile.FLOOR
    repaired = repair(two_halls, Wishes(16, keys=1), np.zeros((16, 16), bool), indifferent)
    assert one_of(repaired.grid, LOCKED_DOORS)[8, 7]
    assert measure(repaired.grid).keys == 1


@pytest.mark.parametrize("loops", [0, 3])
def test_loops_are_opened_and_closed(loops: int) -> None:
    mazes = (make_level(seed, 32, LevelStyle.MAZE) for seed in range(99))
    level = next(made for made in mazes if made.attributes.loops in (5, 6))
    wishes = Wishes(32, loops=loops)
    repaired = repair(level.grid, wishes, np.zeros((32, 32), bool), np.zeros((32, 32, len(Tile))))
    after = measure(repaired.grid)
    assert abs(after.loops - loops) < abs(level.attributes.loops - loops)
    assert repaired.edited_cells <= 40


def test_niches_are_dug_where_the_floor_does_not_suffice(two_halls: Grid, indifferent: NDArray[np.float64]) -> None:
    fixed = np.ones((16, 16), bool)
    fixed[6:9, 7:9] = False  # nothing but wall, between the halls
    repaired = repair(two_halls, Wishes(16, enemies=4), fixed, indifferent)
    assert (repaired.grid == Tile.ENEMY).sum() == 4
    assert repaired.solution.solvable
