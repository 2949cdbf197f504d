import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.patterns.canvas import Canvas, Layer, hash_table, hash_values, wrap_index

PERIODS = st.integers(1, 40)
SIZES_PX = st.sampled_from([32, 48, 64, 100])


def canvas(seed: int, size_px: int, first_row: int = 0, first_column: int = 0) -> Canvas:
    pixels = np.arange(size_px)
    return Canvas(seed, size_px, pixels + first_row, pixels + first_column)


@settings(deadline=None)
@given(st.integers(0, 2**32 - 1), SIZES_PX, PERIODS, PERIODS, st.integers(-3, 3), st.integers(-3, 3))
def test_noise_is_bitwise_equal_any_number_of_tiles_away(
    seed: int, size_px: int, period_x: int, period_y: int, tiles_down: int, tiles_right: int
) -> None:
    here = canvas(seed, size_px)
    away = canvas(seed, size_px, tiles_down * size_px, tiles_right * size_px)
    assert np.array_equal(
        here.fractal(period_x, period_y, Layer.DETAIL, 4), away.fractal(period_x, period_y, Layer.DETAIL, 4)
    )
    x, y = here.warped(0.05, period_x, period_y)
    away_x, away_y = away.warped(0.05, period_x, period_y)
    assert np.array_equal(x, away_x)
    assert np.array_equal(y, away_y)
    assert np.array_equal(
        here.noise_at(x, y, period_x, period_y, Layer.DETAIL),
        away.noise_at(away_x, away_y, period_x, period_y, Layer.DETAIL),
    )


def test_noise_in_windows_equals_noise_of_the_whole_tile() -> None:
    whole = canvas(5, 64).noise(7, 9, Layer.DETAIL)
    window = Canvas(5, 64, np.arange(20, 33), np.arange(50, 80)).noise(7, 9, Layer.DETAIL)
    assert np.array_equal(window, whole[20:33][:, np.arange(50, 80) % 64])


def test_noise_read_at_its_own_lattice_wraps_at_the_last_point() -> None:
    tile = canvas(3, 64)
    edges = np.array([[0.0, 1.0 - 2.0**-20]], dtype=np.float32)
    values = tile.noise_at(edges, edges, 5, 6, Layer.DETAIL)
    assert abs(float(values[0, 0] - values[0, 1])) < 1e-4


@pytest.mark.parametrize("period", [2, 8, 16])
def test_noise_has_the_promised_spread(period: int) -> None:
    samples = np.concatenate([canvas(seed, 128).noise(period, period, Layer.DETAIL).ravel() for seed in range(40)])
    assert abs(float(samples.mean())) < 0.1
    assert 0.4 < float(samples.std()) < 0.65
    assert float(np.abs(samples).max()) <= 1.9


def test_noise_finer_than_the_pixels_vanishes() -> None:
    assert not canvas(1, 32).noise(64, 64, Layer.DETAIL).any()


def test_hash_values_are_uniform_and_layers_and_seeds_independent() -> None:
    count = 20_000
    values = [hash_values(seed, layer, count) for seed in (0, 1, 2**32 - 1) for layer in (1, 2, 1001)]
    for index, one in enumerate(values):
        shares, _ = np.histogram(one, bins=10, range=(-1.0, 1.0))
        assert float(np.abs(shares / count - 0.1).max()) < 0.012
        for other in values[:index]:
            assert abs(float(np.corrcoef(one, other)[0, 1])) < 0.03


def test_hash_neighbours_are_uncorrelated() -> None:
    table = hash_table(9, Layer.TONE, np.arange(200), np.arange(200))
    for axis in (0, 1):
        assert abs(float(np.corrcoef(table.ravel(), np.roll(table, 1, axis).ravel())[0, 1])) < 0.02


@given(st.integers(-200, 400), st.integers(1, 200))
def test_wrap_index_is_the_modulo(value: int, period: int) -> None:
    assert wrap_index(np.array([value], dtype=np.float32), period)[0] == value % period


@pytest.mark.parametrize("samples", [2, 4])
@pytest.mark.parametrize(("period_x", "period_y"), [(5, 7), (48, 60), (64, 96), (100, 3)])
def test_sampled_noise_is_the_mean_of_a_finer_canvas(samples: int, period_x: int, period_y: int) -> None:
    sampled = canvas(6, 64).noise(period_x, period_y, Layer.DETAIL, samples)
    fine = canvas(6, 64 * samples).noise(period_x, period_y, Layer.DETAIL)
    assert np.allclose(sampled, fine.reshape(64, samples, 64, samples).mean(axis=(1, 3)), atol=1e-5)
