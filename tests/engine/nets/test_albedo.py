"""The albedo basis turns palettes into well-conditioned linear maps."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from engine.nets.albedo import CONTRAST_FLOOR, HUE_FLOOR, albedo_basis

Vector = NDArray[np.float32]
PARTS = st.floats(0, 1, width=32)
COLORS = st.tuples(PARTS, PARTS, PARTS).map(lambda parts: np.array(parts, np.float32))
SPREADS = st.floats(0, 0.2)


@given(COLORS, COLORS, COLORS, SPREADS)
def test_tone_runs_from_dark_to_light_around_the_middle(dark: Vector, mid: Vector, light: Vector, hue: float) -> None:
    basis = albedo_basis(dark, mid, light, hue)
    half = (light.astype(np.float64) - dark) / 2
    assert np.array_equal(basis.mid, mid)
    if np.linalg.norm(half) > CONTRAST_FLOOR:
        assert np.allclose(basis.mid + basis.matrix @ [1, 0, 0], mid + half, atol=1e-5)


@given(COLORS, COLORS, COLORS, SPREADS)
def test_axes_are_at_right_angles_and_never_vanish(dark: Vector, mid: Vector, light: Vector, hue: float) -> None:
    matrix = albedo_basis(dark, mid, light, hue).matrix.astype(np.float64)
    lengths = np.linalg.norm(matrix, axis=0)
    assert lengths[0] >= CONTRAST_FLOOR * 0.999
    assert lengths[1:] == pytest.approx([max(hue, HUE_FLOOR)] * 2, rel=1e-4)
    assert np.allclose((matrix / lengths).T @ (matrix / lengths), np.eye(3), atol=1e-5)


@given(COLORS, COLORS, COLORS, SPREADS, COLORS)
def test_every_color_can_be_painted(dark: Vector, mid: Vector, light: Vector, hue: float, color: Vector) -> None:
    basis = albedo_basis(dark, mid, light, hue)
    painted = np.linalg.solve(basis.matrix.astype(np.float64), color - basis.mid.astype(np.float64))
    assert np.allclose(basis.mid + basis.matrix.astype(np.float64) @ painted, color, atol=1e-6)


@pytest.mark.parametrize(
    ("dark", "light"), [((0.5, 0.5, 0.5), (0.5, 0.5, 0.5)), ((0, 0.5, 1), (1, 0.5, 0)), ((0, 0, 0), (0, 1, 0))]
)
def test_degenerate_palettes_have_a_usable_basis(
    dark: tuple[float, float, float], light: tuple[float, float, float]
) -> None:
    grey = np.full(3, 0.5, np.float32)
    matrix = albedo_basis(np.array(dark, np.float32), grey, np.array(light, np.float32), 0.0).matrix
    assert np.isfinite(matrix).all()
    assert np.linalg.matrix_rank(matrix.astype(np.float64), tol=1e-4) == 3


def test_equal_dark_and_light_vary_in_brightness_only() -> None:
    grey = np.full(3, 0.4, np.float32)
    tone = albedo_basis(grey, grey, grey, 0.0).matrix[:, 0]
    assert np.allclose(tone, CONTRAST_FLOOR / 3**0.5)
