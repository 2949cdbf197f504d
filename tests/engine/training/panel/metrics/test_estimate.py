import numpy as np
import pytest

from engine.training.panel.metrics.estimate import jackknife, wasserstein


def test_standard_error_of_a_mean_is_the_textbook_one() -> None:
    values = np.random.default_rng(1).normal(size=4000)
    estimate = jackknife(lambda keep: float(values[keep].mean()), len(values))
    assert estimate.value == pytest.approx(values.mean())
    assert estimate.standard_error == pytest.approx(1 / np.sqrt(4000), rel=0.6)


def test_what_paired_sets_share_cancels_in_their_difference() -> None:
    random = np.random.default_rng(2)
    shared = random.normal(size=400)
    lifted = shared + 0.01 * random.normal(size=400) + 1
    first = jackknife(lambda keep: float(shared[keep].mean()), 400)
    second = jackknife(lambda keep: float(lifted[keep].mean()), 400)
    difference, error = second.minus(first)
    assert difference == pytest.approx(1, abs=0.01)
    assert error < 0.1 * first.standard_error


def test_wasserstein_distance_of_a_shift_is_the_shift() -> None:
    values = np.random.default_rng(3).normal(size=(500, 2))
    assert wasserstein(values, values + 0.5) == pytest.approx(0.5, abs=0.02)
