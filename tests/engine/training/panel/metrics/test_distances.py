from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.training.panel.metrics.distances import energy_distance, kernel_distance, neighbour_scores
from engine.training.panel.metrics.estimate import Estimate
from engine.training.panel.metrics.told_apart import told_apart

Features = NDArray[np.float32]


def cloud(seed: int, shift: float = 0.0, count: int = 200) -> Features:
    return (np.random.default_rng(seed).normal(size=(count, 12)) + shift).astype(np.float32)


@pytest.mark.parametrize("distance", [kernel_distance, energy_distance])
def test_equal_distributions_are_zero_apart_within_errors_and_shifted_ones_are_not(
    distance: Callable[[Features, Features], Estimate],
) -> None:
    same, shifted = distance(cloud(1), cloud(2)), distance(cloud(1), cloud(2, 0.5))
    assert abs(same.value) < 4 * same.standard_error
    assert shifted.value > 6 * shifted.standard_error


def test_equal_distributions_are_told_apart_by_chance_only() -> None:
    assert told_apart(cloud(1), cloud(2)).value == pytest.approx(0.5, abs=0.1)


def test_a_shift_is_told_apart_in_most_pairs() -> None:
    assert told_apart(cloud(1), cloud(2, 0.5)).value > 0.8


def test_a_set_is_covered_by_its_like() -> None:
    scores = neighbour_scores(cloud(1), cloud(2))
    assert min(scores[name].value for name in ("precision", "recall", "coverage")) > 0.8
    assert scores["density"].value == pytest.approx(1, abs=0.15)


def test_repeating_two_items_loses_recall_and_coverage_but_not_precision() -> None:
    reference = cloud(1)
    scores = neighbour_scores(reference, np.tile(reference[:2], (100, 1)))
    assert scores["precision"].value == 1
    assert scores["recall"].value < 0.05
    assert scores["coverage"].value < 0.3


def test_a_far_away_set_has_no_precision() -> None:
    assert neighbour_scores(cloud(1), cloud(2, 9.0))["precision"].value == 0
