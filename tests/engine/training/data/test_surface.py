"""Surface arithmetic inverts, wraps, and does not care where the torus is cut open."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from engine.training.data import surface

Field = NDArray[np.float32]
SmoothField = Callable[[int, int], Field]

SEEDS = st.integers(0, 2**32 - 1)
SHIFTS = st.tuples(st.integers(0, 63), st.integers(0, 63))


def rolled(field: Field, shift: tuple[int, int]) -> Field:
    return np.roll(field, shift, (0, 1))


def wave(size_px: int, cycles_x: int, cycles_y: int) -> Field:
    axis = 2 * np.pi * np.arange(size_px) / size_px
    return np.sin(cycles_x * axis[None] + cycles_y * axis[:, None]).astype(np.float32)


@given(SEEDS)
@settings(max_examples=25)
def test_height_is_found_again_from_its_slopes(smooth_field: SmoothField, seed: int) -> None:
    height = smooth_field(64, seed) * 5
    found = surface.height_from_slopes(*surface.central_slopes(height))
    assert np.abs(found - height).max() < 0.02


@pytest.mark.parametrize("cycles", [(1, 0), (0, 1), (1, 1), (5, 2), (3, 16)])
def test_long_waves_are_found_again_as_well_as_short_ones(cycles: tuple[int, int]) -> None:
    height = wave(256, *cycles)
    assert np.abs(surface.height_from_slopes(*surface.central_slopes(height)) - height).max() < 1e-3


def test_slopes_that_alternate_from_pixel_to_pixel_do_not_blow_up() -> None:
    slopes = np.where(np.indices((64, 64)).sum(0) % 2, 1.0, -1.0).astype(np.float32)
    assert np.abs(surface.height_from_slopes(slopes, slopes)).max() < 1e-3


def test_slopes_come_from_opengl_normals() -> None:
    # Rises to the right by 1 px per px and falls towards the bottom: the normal leans left and down.
    normal = np.array([-1.0, -0.5, 1.0]) / 1.5
    pixels = np.full((4, 4, 3), np.round(normal * 127.5 + 127.5), np.uint8)
    along_x, along_y = surface.slopes_from_normals(pixels)
    assert np.allclose(along_x, 1.0, atol=0.03)
    assert np.allclose(along_y, -0.5, atol=0.03)


@given(SEEDS, SHIFTS)
@settings(max_examples=25)
def test_everything_rolls_with_its_input(smooth_field: SmoothField, seed: int, shift: tuple[int, int]) -> None:
    field = smooth_field(64, seed)
    level = surface.normalize_range(field)
    edges = surface.edge_distance(level)
    functions: list[tuple[Callable[[Field], Field], Field]] = [
        (lambda height: surface.height_from_slopes(*surface.central_slopes(height)), field),
        (lambda height: surface.central_slopes(height)[0], field),
        (lambda height: surface.central_slopes(height)[1], field),
        (lambda height: surface.blur(height, 0.7), field),
        (lambda height: surface.blur(height, 64 / 10), field),
        (surface.normalize_range, field),
        (surface.edge_distance, level),
    ]
    for function, given_field in functions:
        assert np.allclose(function(rolled(given_field, shift)), rolled(function(given_field), shift), atol=2e-5)
    tones = surface.cell_tone(rolled(field, shift), rolled(edges, shift), 4.0)
    assert np.allclose(tones, rolled(surface.cell_tone(field, edges, 4.0), shift), atol=1e-4)


def test_halving_rolls_by_half_as_many_pixels(smooth_field: SmoothField) -> None:
    field = smooth_field(64, 1)
    assert np.array_equal(surface.halve(rolled(field, (10, 6))), rolled(surface.halve(field), (5, 3)))


def test_blur_keeps_the_mean_and_the_channels(smooth_field: SmoothField) -> None:
    image = np.stack([smooth_field(64, seed) + seed for seed in range(3)], 2)
    blurred = surface.blur(image, 3.0)
    assert np.allclose(blurred.mean((0, 1)), image.mean((0, 1)), atol=1e-4)
    assert np.allclose(blurred[..., 1], surface.blur(image[..., 1], 3.0), atol=1e-5)


def test_edge_distance_reaches_across_the_seam() -> None:
    height = np.ones((64, 64), np.float32)
    height[:, 0] = 0
    distance = surface.edge_distance(height)
    assert (distance[:, 0] == 0).all()
    assert np.allclose(distance[:, 1:], distance[:, :0:-1], atol=1e-6)
    assert distance[5, 63] == pytest.approx(distance[5, 1]) == pytest.approx(1 / 31, rel=0.1)
    assert distance[5, 32] == 1


@pytest.mark.parametrize("level", [0.0, 1.0])
def test_surface_without_joints_is_far_from_edges_everywhere(level: float) -> None:
    assert (surface.edge_distance(np.full((64, 64), level, np.float32)) == 1).all()


def test_cell_tone_is_smooth_inside_cells_and_zero_in_joints() -> None:
    random = np.random.default_rng(0)
    tone = np.where(np.arange(64) < 32, -1.0, 1.0).astype(np.float32) + random.normal(0, 1, (64, 64)).astype(np.float32)
    distance = np.ones((64, 64), np.float32)
    distance[:, [0, 31, 32, 63]] = 0
    cells = surface.cell_tone(tone, distance, 6.0)
    assert (cells[:, [0, 31, 32, 63]] == 0).all()
    assert cells[:, 8:24].mean() < -0.2 < 0.2 < cells[:, 40:56].mean()
    assert np.abs(cells).max() <= 1


def test_normalized_range_ignores_outliers() -> None:
    field = np.linspace(-3, 5, 64 * 64, dtype=np.float32).reshape(64, 64)
    field[0, 0], field[0, 1] = -1000, 1000
    level = surface.normalize_range(field)
    assert (level.min(), level.max()) == (0, 1)
    assert level[32, 0] == pytest.approx(0.5, abs=0.01)
    assert (surface.normalize_range(np.full((8, 8), 3.0, np.float32)) == 0).all()
