from collections.abc import Callable

import numpy as np
import pytest

from engine.motion import quaternions

Conversion = Callable[[np.ndarray], np.ndarray]

RANDOM = np.random.default_rng(3)
SOME = quaternions.normalized(RANDOM.normal(size=(200, 4)))


def same_rotation(first: np.ndarray, second: np.ndarray) -> bool:
    return bool(np.allclose(np.abs((first * second).sum(-1)), 1, atol=1e-6))


def test_a_quarter_turn_about_y_takes_forward_to_the_left() -> None:
    turn = quaternions.about_axis(1, np.array(np.pi / 2))
    assert np.allclose(quaternions.turned(turn, np.array((0.0, 0.0, 1.0))), (1, 0, 0))


def test_product_turns_by_the_second_first() -> None:
    vector = RANDOM.normal(size=(200, 3))
    other = SOME[::-1]
    one_by_one = quaternions.turned(SOME, quaternions.turned(other, vector))
    assert np.allclose(quaternions.turned(quaternions.multiplied(SOME, other), vector), one_by_one)


def test_inverse_undoes_a_turn() -> None:
    assert same_rotation(quaternions.multiplied(SOME, quaternions.inverse(SOME)), np.array((0, 0, 0, 1.0)))


@pytest.mark.parametrize(
    ("there", "back"),
    [
        (quaternions.to_matrix, quaternions.from_matrix),
        (quaternions.to_six, quaternions.from_six),
        (quaternions.to_rotation_vector, quaternions.from_rotation_vector),
    ],
)
def test_other_ways_to_write_a_rotation_lead_back(there: Conversion, back: Conversion) -> None:
    assert same_rotation(back(there(SOME)), SOME)


def test_half_turns_survive_as_matrices() -> None:
    halves = np.array([(1, 0, 0, 0), (0, 1, 0, 0), (0, 0, 1, 0)], float)
    assert same_rotation(quaternions.from_matrix(quaternions.to_matrix(halves)), halves)


def test_six_numbers_that_are_only_roughly_a_rotation_become_one() -> None:
    rough = quaternions.to_six(SOME) * 1.7 + RANDOM.normal(size=(200, 6)) * 0.01
    assert np.allclose(np.linalg.norm(quaternions.from_six(rough), axis=-1), 1)
    assert (np.abs((quaternions.from_six(rough) * SOME).sum(-1)) > 0.99).all()


def test_between_turns_one_direction_onto_the_other_even_onto_its_opposite() -> None:
    start = RANDOM.normal(size=(100, 3))
    start /= np.linalg.norm(start, axis=-1, keepdims=True)
    for end in (start[::-1], -start, start):
        assert np.allclose(quaternions.turned(quaternions.between(start, end), start), end, atol=1e-6)


def test_signs_become_continuous_without_changing_a_rotation() -> None:
    angles = np.linspace(0, 12, 300)
    path = quaternions.about_axis(0, angles)[:, None]
    broken = path * np.sign(RANDOM.normal(size=(300, 1, 1)))
    mended = quaternions.continuous(broken)
    assert same_rotation(mended, path)
    assert np.abs(np.diff(mended, axis=0)).max() < 0.05


def test_a_quaternion_without_length_becomes_no_rotation() -> None:
    assert quaternions.normalized(np.zeros(4)).tolist() == [0, 0, 0, 1]
    assert quaternions.identity(2, 3)[..., 3].tolist() == [[1, 1, 1], [1, 1, 1]]


def test_a_blend_goes_the_short_way_round() -> None:
    first, second = quaternions.about_axis(2, np.array(0.2)), -quaternions.about_axis(2, np.array(0.6))
    assert same_rotation(quaternions.blended(first, second, 0.5), quaternions.about_axis(2, np.array(0.4)))
