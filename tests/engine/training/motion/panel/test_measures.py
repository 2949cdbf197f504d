import numpy as np
import pytest

from engine.motion.pose import Poses, rest_poses
from engine.motion.quaternions import about_axis
from engine.training.motion.panel.measures import skate_weights, soundness_of


def test_somebody_who_stands_is_sound() -> None:
    figures = soundness_of([rest_poses(30)])
    assert (figures.skate_cm_s, figures.sliding, figures.beyond) == (0, 0, 0)
    assert figures.sunk_cm < 1e-4
    assert figures.jerk < 1e-3


def test_sliding_feet_skate_at_their_speed() -> None:
    poses = rest_poses(30)
    poses.root_m[:, 0] = np.arange(30) * 0.01
    figures = soundness_of([poses])
    assert figures.skate_cm_s == pytest.approx(30, abs=0.1)
    assert figures.sliding == 1


def test_feet_in_the_air_do_not_skate_and_sunken_ones_are_measured() -> None:
    high, low = rest_poses(30), rest_poses(30)
    high.root_m[:, 0] = np.arange(30) * 0.01
    high.root_m[:, 1] += 0.1
    low.root_m[:, 1] -= 0.02
    assert soundness_of([high]).skate_cm_s == 0
    assert soundness_of([low]).sunk_cm == pytest.approx(2, abs=1e-3)
    assert skate_weights(np.array((0, 0.025, 0.0125, 1), np.float32)) == pytest.approx((1, 0, 2 - 2**0.5, 0), abs=1e-5)


def test_broken_joints_are_counted() -> None:
    poses = rest_poses(10)
    rotation = poses.rotation.copy()
    rotation[:5, 2] = about_axis(0, np.array(-1.0, np.float32))
    assert soundness_of([Poses(poses.root_m, rotation, poses.contact)]).beyond == 0.5
