"""Attributes are measured from the grid alone."""

import numpy as np
import pytest

from engine.levels.attributes import difficulty_of, measure, symmetry_of
from engine.levels.corpus.maker import make_level
from engine.levels.grid import Grid
from engine.levels.solver import solve
from engine.requests.level import Symmetry, Tile


def test_hand_made_level_is_measured_as_a_person_would(locked_level: Grid) -> None:
    attributes = measure(locked_level)
    assert (attributes.rooms, attributes.loops, attributes.keys) == (3, 0, 2)
    assert (attributes.enemies, attributes.loot) == (1, 1)
    assert attributes.path_length == len(solve(locked_level).path) - 1
    assert attributes.reachable_share == 1.0
    assert attributes.openness == pytest.approx((9 + 13 + 1 + 28) / 100, abs=0.03)


@pytest.mark.parametrize("turn", range(8))
def test_turned_and_mirrored_level_has_the_same_attributes(turn: int) -> None:
    level = make_level(3, 24)
    grid = np.rot90(level.grid, turn % 4)[:, :: -1 if turn >= 4 else 1].copy()
    turned = measure(grid)
    for name in ("rooms", "room_edge", "loops", "enemies", "loot", "keys", "openness", "path_length"):
        assert getattr(turned, name) == pytest.approx(getattr(level.attributes, name)), name


def test_symmetry_is_found_along_its_axis() -> None:
    grid = np.full((16, 16), Tile.WALL, np.uint8)
    grid[3:6, 2:14] = Tile.FLOOR
    grid[6:12, 4] = grid[6:12, 11] = Tile.FLOOR
    assert symmetry_of(grid) == Symmetry.X
    assert symmetry_of(grid.T.copy()) == Symmetry.Y
    assert symmetry_of(np.full((16, 16), Tile.FLOOR, np.uint8)) == Symmetry.BOTH
    grid[8:15, 13:15] = Tile.FLOOR
    grid[12:15, 6:9] = Tile.FLOOR
    assert symmetry_of(grid) == Symmetry.NONE


def test_difficulty_grows_with_enemies_near_the_way_only(locked_level: Grid) -> None:
    path = solve(locked_level).path
    before = difficulty_of(locked_level, path)
    x, y = path[4]
    locked_level[locked_level == Tile.ENEMY] = Tile.FLOOR
    without = difficulty_of(locked_level, path)
    locked_level[y, x] = Tile.ENEMY
    assert without < difficulty_of(locked_level, path) == before <= 1.0
    assert difficulty_of(locked_level, ()) == 0.0
