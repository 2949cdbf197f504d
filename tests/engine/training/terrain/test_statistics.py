"""Descriptions of landscapes and distances between sets of them."""

import numpy as np
import pytest

from engine.terrain.fractal import fractal
from engine.training.terrain.statistics import (
    coverage,
    described,
    energy_distance,
    nearest_ratio,
    slopes,
    spectrum,
)


def rows(seed: int, count: int = 80, shift: float = 0.0) -> np.ndarray:
    return np.random.default_rng(seed).normal(shift, 1.0, (count, 3))


def test_slopes_of_a_plane_are_its_slope() -> None:
    y, x = np.mgrid[0:32, 0:32].astype(np.float32)
    assert slopes(0.3 * x + 0.4 * y) == pytest.approx(np.full(6, np.log(0.501)), abs=1e-4)


def test_spectrum_falls_with_smoothness_at_short_wavelengths() -> None:
    rough, smooth = (spectrum(fractal(128, 1, gain)) for gain in (0.8, 0.3))
    assert rough[0] > smooth[0] + 1.0
    assert len(rough) == 6


def test_energy_distance_is_about_zero_for_equal_distributions() -> None:
    assert abs(energy_distance(rows(1), rows(2))) < 0.1
    assert energy_distance(rows(1), rows(2, shift=1.0)) > 0.3


def test_coverage_counts_the_kinds_that_are_there() -> None:
    reals = np.concatenate([rows(1), rows(2, shift=8.0)])
    assert coverage(reals, np.concatenate([rows(3), rows(4, shift=8.0)])) > 0.9
    assert coverage(reals, rows(3, 160)) == pytest.approx(0.5, abs=0.1)


def test_copies_lie_near_what_they_were_copied_from() -> None:
    known, fresh = rows(1), rows(2)
    assert nearest_ratio(known, fresh, known + 0.01) < 0.1
    assert 0.7 < nearest_ratio(known, fresh, rows(3)) < 1.4


def test_a_set_is_described_by_every_statistic() -> None:
    found = described([fractal(64, seed) for seed in range(3)])
    assert {name: values.shape for name, values in found.statistics.items()} == {
        "slope": (3, 6),
        "spectrum": (3, 5),
        "drainage": (3, 5),
    }
    assert found.everything().shape == (3, 16)
    assert found.thumbnails.shape == (3, 256)
