import itertools

import numpy as np

from engine.motion.features import FEATURE_COUNT, VELOCITY
from engine.motion.output.transition import BLENDED_COUNT, difference, settled, with_difference

OLD, NEW = np.random.default_rng(1).normal(size=(2, 3, FEATURE_COUNT)).astype(np.float32)


def test_with_the_whole_difference_the_new_motion_shows_the_old_pose() -> None:
    shown = with_difference(NEW, difference(OLD, NEW))
    changed = np.flatnonzero((shown != NEW).any(0))
    assert len(changed) == BLENDED_COUNT == 99
    assert np.allclose(shown[:, changed], OLD[:, changed], atol=1e-6)
    assert np.array_equal(shown[:, VELOCITY], NEW[:, VELOCITY])


def test_a_difference_dies_away_without_jump_or_overshoot() -> None:
    rest, pace = difference(OLD, NEW), np.zeros((3, BLENDED_COUNT), np.float32)
    sizes = [np.abs(rest).max()]
    for _ in range(30):
        rest, pace = settled(rest, pace, 1 / 30)
        sizes.append(np.abs(rest).max())
    assert all(later < earlier for earlier, later in itertools.pairwise(sizes))
    assert sizes[1] > 0.9 * sizes[0]
    assert sizes[-1] < 0.01 * sizes[0]


def test_two_half_steps_are_one_step() -> None:
    rest, pace = difference(OLD, NEW), np.ones((3, BLENDED_COUNT), np.float32)
    half = settled(*settled(rest, pace, 1 / 60), 1 / 60)
    assert np.allclose(half[0], settled(rest, pace, 1 / 30)[0], atol=1e-5)
