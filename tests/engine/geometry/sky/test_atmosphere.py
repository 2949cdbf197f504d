import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.geometry.sky.atmosphere import (
    elevation_position,
    grid_elevations,
    interpolated,
    mie_phase,
    rayleigh_phase,
    scattering,
    transmittance,
)


def test_low_light_is_weaker_and_redder() -> None:
    high, low = transmittance(np.array([1.0, 0.05]))
    assert (low < high).all()
    assert low[0] / low[2] > 3.0 * high[0] / high[2]


def test_the_ground_hides_the_light() -> None:
    assert transmittance(-0.1).max() == 0.0
    assert transmittance(-1.0, 10.0).max() == 0.0


def test_above_the_air_nothing_is_lost() -> None:
    np.testing.assert_allclose(transmittance(1.0, 99.0), 1.0, atol=1e-3)


@pytest.mark.parametrize("phase", [rayleigh_phase, mie_phase])
def test_phase_functions_lose_no_light(phase: object) -> None:
    assert callable(phase)
    cosine = np.linspace(-1.0, 1.0, 20001)
    assert 2.0 * np.pi * np.trapezoid(phase(cosine), cosine) == pytest.approx(1.0, rel=1e-3)


@given(st.floats(-1.0, 1.0))
def test_scattered_light_is_finite_and_never_negative(light_sine: float) -> None:
    parts = scattering(light_sine)
    for part in (parts.rayleigh, parts.mie, parts.isotropic):
        assert np.isfinite(part).all()
        assert part.min() >= 0.0


def test_a_clear_zenith_is_blue() -> None:
    zenith = scattering(0.8).rayleigh[-1, 0]
    assert zenith[2] > 2.0 * zenith[0]


def test_nodes_and_positions_agree() -> None:
    nodes = grid_elevations()
    np.testing.assert_allclose(elevation_position(nodes), np.arange(len(nodes)), atol=1e-9)


def test_interpolation_is_exact_between_nodes_of_a_plane() -> None:
    table = np.add.outer(np.arange(5.0), 10.0 * np.arange(4.0))[..., None]
    values = interpolated(table, np.array([0.0, 3.25, 4.0]), np.array([3.0, 0.5, 1.75]))
    np.testing.assert_allclose(values[:, 0], [30.0, 8.25, 21.5])
