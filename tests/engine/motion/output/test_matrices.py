import numpy as np
import pytest

from engine.motion import quaternions
from engine.motion.output.matrices import about_up, applied, between, inverse, turning
from engine.motion.skeleton import Float


def directions(count: int, seed: int) -> np.ndarray:
    vectors = np.random.default_rng(seed).normal(size=(count, 3))
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), Float)


def test_a_turn_is_that_of_the_quaternion() -> None:
    angle = np.linspace(-2.9, 2.9, 50, dtype=Float)
    axis = directions(50, 1)
    quaternion = quaternions.from_rotation_vector(axis * angle[:, None])
    matrix = turning(axis * np.sin(angle)[:, None], np.cos(angle))
    assert np.allclose(matrix, quaternions.to_matrix(quaternion), atol=2e-5)
    vector = directions(50, 2)
    assert np.allclose(applied(matrix, vector), quaternions.turned(quaternion, vector), atol=2e-5)
    assert np.allclose(inverse(matrix) @ matrix, np.eye(3), atol=2e-5)


def test_a_turn_about_up_brings_forward_to_the_left() -> None:
    angle = np.array([0.3, -2.0], Float)
    assert np.allclose(about_up(angle), quaternions.to_matrix(quaternions.about_axis(1, angle)), atol=1e-6)


@pytest.mark.parametrize("sign", [1, -1])
def test_the_shortest_turn_brings_one_direction_onto_the_other_even_onto_its_opposite(sign: int) -> None:
    start = np.concatenate((directions(40, 3), directions(3, 4), np.eye(3, dtype=Float)))
    end = np.concatenate((directions(40, 5), sign * start[40:]))
    matrix = between(start, end)
    assert np.allclose(applied(matrix, start), end, atol=1e-5)
    assert np.allclose(inverse(matrix) @ matrix, np.eye(3), atol=1e-5)
