from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.geometry.props.dice import Dice
from engine.geometry.props.shapes.tubes import curve, tube


@given(st.integers(0, 10**6), st.integers(2, 9), st.integers(3, 12))
def test_tubes_are_closed_around_any_path(seed: int, rings: int, sides: int) -> None:
    dice = Dice(seed)
    step = dice.directions("step", rings) * 0.3 + np.array([0.0, 1.0, 0.0])
    radius = dice.values("radius", 0.02, 0.2, rings)
    mesh = tube(np.cumsum(step, axis=0), radius, sides)
    assert mesh.triangle_count == 2 * sides * (rings - 1) + 2 * (sides - 2)
    np.testing.assert_allclose(np.linalg.norm(mesh.normal, axis=1), 1.0, atol=1e-5)


def test_a_straight_tube_has_the_volume_of_its_prism(open_edges: Callable[..., int]) -> None:
    mesh = tube(np.array([[0.0, 0.0, 0.0], [0.0, 2.0, 0.0]]), np.full(2, 0.5), 4)
    corner = mesh.position.astype(np.float64)[mesh.triangle]
    volume = np.einsum("ti,ti->t", corner[:, 0], np.cross(corner[:, 1], corner[:, 2])).sum() / 6.0
    assert open_edges(mesh.position, mesh.triangle) == 0
    assert volume == pytest.approx(2.0 * 0.5)


def test_normals_of_a_cone_lean_towards_its_tip() -> None:
    mesh = tube(np.array([[0.0, 0.0, 0.0], [0.0, 1.0, 0.0]]), np.array([1.0, 0.1]), 8)
    assert mesh.normal[:9, 1].min() > 0.5


def test_texture_runs_around_in_half_meters() -> None:
    mesh = tube(np.array([[0.0, 0.0, 0.0], [0.0, 1.0, 0.0]]), np.full(2, 0.3), 8)
    assert mesh.texture_coordinate is not None
    assert mesh.texture_coordinate[:18, 0].max() == 2.0
    assert mesh.texture_coordinate[:18, 1].tolist() == [0.0] * 9 + [-1.0] * 9


def test_a_curve_passes_through_its_points() -> None:
    points = [(0.0, 0.0, 0.0), (1.0, 2.0, 0.0), (0.0, 3.0, 1.0)]
    path = curve(points, 9)
    np.testing.assert_allclose(path[[0, 4, 8]], points, atol=1e-12)
