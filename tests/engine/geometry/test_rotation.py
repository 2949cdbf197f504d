import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.geometry.rotation import rotated, rotation_onto

components = st.floats(-10, 10)
directions = st.tuples(components, components, components).filter(lambda values: bool(np.linalg.norm(values) > 0.1))


def test_a_quarter_turn_around_y_carries_z_to_x() -> None:
    quarter = np.asarray([0, np.sqrt(0.5), 0, np.sqrt(0.5)])
    np.testing.assert_allclose(rotated(quarter, np.asarray([0, 0, 1.0])), (1, 0, 0), atol=1e-15)


def test_many_vectors_turn_by_their_own_rotations() -> None:
    half_turns = np.asarray([[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 1]], np.float32)
    vectors = np.asarray([[1, 2, 3], [1, 2, 3], [1, 2, 3]], np.float32)
    assert rotated(half_turns, vectors).tolist() == [[1, -2, -3], [-1, 2, -3], [1, 2, 3]]


@given(start=directions, end=directions)
def test_the_rotation_carries_one_direction_onto_the_other(
    start: tuple[float, float, float], end: tuple[float, float, float]
) -> None:
    quaternion = np.asarray(rotation_onto(start, end))
    assert np.linalg.norm(quaternion) == pytest.approx(1)
    turned = rotated(quaternion, np.asarray(start) / np.linalg.norm(start))
    np.testing.assert_allclose(turned, np.asarray(end) / np.linalg.norm(end), atol=1e-4)


@pytest.mark.parametrize("direction", [(1, 0, 0), (0, 1, 0), (0, 0, -1), (0.6, -0.8, 0.0)])
def test_opposite_directions_take_half_a_turn(direction: tuple[float, float, float]) -> None:
    opposite = -np.asarray(direction)
    quaternion = np.asarray(rotation_onto(direction, opposite.tolist()))
    assert quaternion[3] == 0
    np.testing.assert_allclose(rotated(quaternion, np.asarray(direction)), opposite, atol=1e-12)


def test_a_direction_needs_a_length() -> None:
    for broken in ((0.0, 0.0, 0.0), (np.nan, 0.0, 0.0), (np.inf, 0.0, 0.0)):
        with pytest.raises(ValueError, match="not allowed; allowed: a finite length above 0"):
            rotation_onto((0.0, 0.0, -1.0), broken)
