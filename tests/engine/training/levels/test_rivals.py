"""Baselines and spoiled controls."""

import numpy as np

from engine.levels.corpus.maker import make_level
from engine.levels.solver import solve
from engine.training.levels.rivals import MarkovTiles, blanked, bsp_levels, repeated, shuffled


def test_bsp_levels_can_be_won() -> None:
    assert all(solve(grid).solvable for grid in bsp_levels(16, 5, 100))


def test_markov_tiles_follow_what_they_saw() -> None:
    stripes = np.tile(np.array([2, 3], np.uint8), (8, 4))
    drawn = MarkovTiles([stripes]).draw(8, seed=1)
    assert (drawn == stripes).all()
    levels = [make_level(seed, 16).grid for seed in range(20)]
    chain = MarkovTiles(levels)
    assert (chain.draw(16, 1) == chain.draw(16, 1)).all()
    assert (chain.draw(16, 1) != chain.draw(16, 2)).any()


def test_controls_are_spoiled_in_their_own_way() -> None:
    levels = [make_level(seed, 16).grid for seed in range(4)]
    for mixed, grid in zip(shuffled(levels, 1), levels, strict=True):
        assert np.array_equal(np.sort(mixed.ravel()), np.sort(grid.ravel()))
        assert (mixed != grid).any()
    assert all((grid == levels[0]).all() for grid in repeated(levels))
    assert all(solve(grid).solvable for grid in blanked(levels))
