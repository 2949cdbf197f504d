"""Fractal noise."""

import numpy as np
import pytest

from engine.terrain.fractal import fractal


@pytest.mark.parametrize("ridged", [False, True])
def test_noise_has_mean_zero_and_spread_one_and_repeats(ridged: bool) -> None:
    first = fractal(64, 7, ridged=ridged)
    assert first.shape == (64, 64)
    assert first.dtype == np.float32
    assert float(first.mean()) == pytest.approx(0.0, abs=1e-4)
    assert float(first.std()) == pytest.approx(1.0, abs=1e-3)
    assert np.array_equal(first, fractal(64, 7, ridged=ridged))
    assert not np.array_equal(first, fractal(64, 8, ridged=ridged))


def test_gain_decides_how_rough_it_is() -> None:
    rough, smooth = (np.abs(np.diff(fractal(128, 1, gain))).mean() for gain in (0.8, 0.3))
    assert rough > 1.5 * smooth


def test_ridges_point_up() -> None:
    bends = [np.diff(fractal(128, seed, ridged=True), 2, axis=0).ravel() for seed in range(4)]
    together = np.concatenate(bends)
    assert ((together - together.mean()) ** 3).mean() < 0
