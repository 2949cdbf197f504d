import numpy as np
import pytest

from engine.training.motion.corpus import Take
from engine.training.motion.panel.encoder import (
    fitted_encoder,
    frechet_distance,
    kernel_distance,
    nearest_distance,
    spread_of,
    windows_of,
)

RANDOM = np.random.default_rng(1)


def test_windows_are_two_seconds_every_half_second(takes: list[Take]) -> None:
    windows = windows_of([takes[0].features])
    assert windows.shape == ((120 - 60) // 15 + 1, 20 * 117)
    assert windows_of([takes[0].features[:59]]).size == 0


def test_codes_of_the_reference_have_unit_variance() -> None:
    windows = RANDOM.normal(size=(300, 80)) @ RANDOM.normal(size=(80, 80))
    codes = fitted_encoder(windows.astype(np.float32)).codes(windows.astype(np.float32))
    assert np.allclose(codes.std(0), 1, atol=0.02)


def test_distances_see_a_shift_and_nothing_where_nothing_is() -> None:
    first, second = RANDOM.normal(size=(2, 400, 8))
    assert frechet_distance(first, first) == pytest.approx(0, abs=1e-6)
    assert frechet_distance(first, second + 1) == pytest.approx(8, abs=1.5)
    value, error = kernel_distance(first, second, 1)
    assert abs(value) < 5 * error + 0.05
    assert kernel_distance(first, second + 1, 1)[0] > 10 * error


def test_spread_and_nearest_know_copies() -> None:
    codes = RANDOM.normal(size=(100, 8))
    assert spread_of(np.repeat(codes[:1], 100, axis=0)) == 0
    assert nearest_distance(codes, codes) < 1e-6
    assert nearest_distance(codes + 3, codes) > 1
