import math
from collections.abc import Callable
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.geometry.props.dice import Dice
from engine.geometry.props.shapes.solids import (
    Shape,
    ball,
    beam,
    box,
    cut_block,
    extruded,
    rotation,
    subdivided,
    together,
    turned_profile,
)

RING = [(1.0, 0.0), (2.0, 0.0), (2.0, 1.0), (1.0, 1.0), (1.0, 0.0)]
CUBE = np.array([axis for axis in product((-1.0, 0.0, 1.0), repeat=3) if sum(map(abs, axis)) == 1.0])


def volume(shape: Shape) -> float:
    corner = shape.position[shape.triangle]
    return float(np.einsum("ti,ti->t", corner[:, 0], np.cross(corner[:, 1], corner[:, 2])).sum() / 6.0)


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        (box(2.0, 3.0, 4.0), 24.0),
        (box(2.0, 3.0, 2.0).turned(0.4, -0.7, 1.1).moved(5.0, -2.0, 1.0), 12.0),
        (beam((1.0, 2.0, 3.0), (4.0, 2.0, -1.0), 0.5), 1.25),
        (beam((0.0, 1.0, 0.0), (0.0, 3.0, 0.0), 0.5, 2.0), 2.0),
        (extruded([(0.0, 0.0), (2.0, 0.0), (0.0, 2.0)], 3.0), 6.0),
        (turned_profile([(0.0, 0.0), (1.0, 0.0), (1.0, 2.0), (0.0, 2.0)], 64), 2.0 * math.pi),
        (turned_profile([(0.0, 0.0), (1.0, 0.0), (0.0, 3.0)], 64), math.pi),
        (turned_profile(RING, 64), 3.0 * math.pi),
        (ball(4), 4.0 / 3.0 * math.pi),
        (subdivided(box(1.0, 1.0, 1.0)), 1.0),
        (cut_block(CUBE, np.full(6, 1.0)), 8.0),
        (together([box(1.0, 1.0, 1.0), box(1.0, 1.0, 1.0).moved(3.0, 0.0, 0.0)]), 2.0),
    ],
)
def test_solids_are_closed_outward_and_of_the_right_volume(
    shape: Shape, expected: float, open_edges: Callable[..., int]
) -> None:
    assert open_edges(shape.position, shape.triangle) == 0
    assert volume(shape) == pytest.approx(expected, rel=0.01)


@given(st.integers(0, 10**6), st.integers(8, 20))
def test_a_block_keeps_to_its_planes(seed: int, count: int) -> None:
    dice = Dice(seed)
    facing = np.concatenate([CUBE, dice.directions("planes", count)])
    reach = np.concatenate([np.full(6, 1.0), dice.values("reach", 0.4, 1.0, count)])
    shape = cut_block(facing, reach)
    assert (shape.position @ facing.T <= reach + 1e-6).all()
    assert 0.0 < volume(shape) <= 8.0


@pytest.mark.parametrize("level", range(4))
def test_a_ball_has_the_promised_triangles(level: int) -> None:
    shape = ball(level)
    assert len(shape.triangle) == 20 * 4**level
    np.testing.assert_allclose(np.linalg.norm(shape.position, axis=1), 1.0)


def test_a_rotation_keeps_lengths_and_handedness() -> None:
    matrix = rotation(0.3, 1.2, -2.0)
    np.testing.assert_allclose(matrix @ matrix.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(matrix) == pytest.approx(1.0)
