"""Levels of the corpus."""

import numpy as np
import pytest

from engine.levels.attributes import measure
from engine.levels.corpus.maker import make_level
from engine.levels.grid import ground, walkable, with_walls
from engine.levels.solver import solve
from engine.levels.topology import regions
from engine.requests.level import LevelStyle, Symmetry

SIZES = (16, 21, 32)


@pytest.mark.parametrize("style", list(LevelStyle))
@pytest.mark.parametrize("size", SIZES)
def test_every_level_can_be_won_and_seen_altogether(style: LevelStyle, size: int) -> None:
    for seed in range(8):
        level = make_level(seed, size, style)
        assert level.grid.shape == (size, size)
        assert solve(level.grid).solvable
        assert level.attributes == measure(level.grid)
        assert level.attributes.reachable_share == 1.0
        assert regions(walkable(level.grid))[0] == 1


def test_outermost_ring_is_solid_and_walls_are_where_ground_ends() -> None:
    for seed in range(12):
        grid = make_level(seed, 24).grid
        border = ground(grid).copy()
        border[1:-1, 1:-1] = False
        assert not border.any()
        assert (with_walls(grid) == grid).all()


def test_level_is_a_function_of_its_seed() -> None:
    assert (make_level(5, 20).grid == make_level(5, 20).grid).all()
    assert len({make_level(seed, 20).grid.tobytes() for seed in range(30)}) == 30


def test_largest_levels_are_made() -> None:
    level = make_level(1, 64)
    assert level.attributes.path_length > 20


def test_corpus_is_varied() -> None:
    made = [make_level(seed, 24).attributes for seed in range(80)]
    assert {level.keys for level in made} == {0, 1, 2, 3}
    assert {level.symmetry for level in made} >= {Symmetry.NONE, Symmetry.X, Symmetry.Y}
    assert np.ptp([level.rooms for level in made]) >= 8
    assert np.ptp([level.difficulty for level in made]) > 0.5
