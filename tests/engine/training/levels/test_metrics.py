"""Figures of sets of levels."""

import numpy as np
import pytest

from engine.levels.corpus.maker import make_level
from engine.training.levels.metrics import distribution_gap, nearest_distances, pattern_divergence, spread


def levels(first: int, count: int) -> list[np.ndarray]:
    """Corpus levels of 16 x 16 cells."""
    return [make_level(seed, 16).grid for seed in range(first, first + count)]


def test_divergence_is_zero_for_equal_sets_and_grows_with_disorder() -> None:
    made = levels(0, 40)
    random = np.random.Generator(np.random.Philox(key=1))
    scrambled = [random.permutation(grid.ravel()).reshape(16, 16) for grid in made]
    assert pattern_divergence(made, made) == pytest.approx(0.0, abs=1e-9)
    assert 0.0 < pattern_divergence(levels(100, 40), made) < pattern_divergence(scrambled, made)


def test_copies_are_found_even_when_turned() -> None:
    train = np.stack(levels(0, 20))
    assert nearest_distances([np.rot90(train[3]), train[4][:, ::-1]], train).tolist() == [0.0, 0.0]
    assert (nearest_distances(levels(100, 5), train) > 0.05).all()


def test_spread_of_one_level_repeated_is_zero() -> None:
    made = levels(0, 10)
    assert spread([made[0]] * 5) == 0.0
    assert spread(made) > 0.1


def test_gap_between_distributions_is_their_shift() -> None:
    assert distribution_gap([1, 2, 3, 4], [3, 4, 5, 6]) == pytest.approx(2.0)
    assert distribution_gap([1, 5], [1, 5]) == 0.0
