import numpy as np

from engine.motion.grounding import grounded, leg_length_of
from engine.motion.pose import Poses, joint_positions, joint_rotations
from engine.motion.quaternions import about_axis, multiplied
from engine.motion.skeleton import LEG_LENGTH_M, SKELETON


def test_a_take_of_a_smaller_person_walks_as_far_for_its_size_and_keeps_its_feet(walk: Poses) -> None:
    small = joint_positions(walk) * np.float32(0.8)
    told = grounded(walk.rotation, small, 30.0)
    assert np.allclose(joint_positions(told)[:, (3, 7)], joint_positions(walk)[:, (3, 7)], atol=0.02)


def test_the_lowest_foot_stands_on_the_ground(walk: Poses) -> None:
    high = joint_positions(walk) + np.array((0, 0.7, 0), np.float32)
    lowest = joint_positions(grounded(walk.rotation, high, 30.0))[:, (3, 4, 7, 8), 1].min(1)
    assert abs(float(np.quantile(lowest, 0.03))) < 1e-3
    kept = joint_positions(grounded(walk.rotation, high, 30.0, level=False))[..., 1].min()
    assert kept > 0.5


def test_leg_length_is_measured_from_positions(walk: Poses) -> None:
    assert abs(leg_length_of(joint_positions(walk)) - LEG_LENGTH_M) < 1e-4


def test_random_twist_of_straight_legs_is_taken_out_without_moving_a_joint(walk: Poses) -> None:
    hip, knee = SKELETON.index("l_hip"), SKELETON.index("l_knee")
    twisted = walk.rotation.copy()
    twist = about_axis(1, np.full(len(twisted), 2.0, np.float32))
    twisted[:, hip] = multiplied(twisted[:, hip], twist)
    twisted[:, knee] = multiplied(
        multiplied(about_axis(1, np.full(len(twisted), -2.0, np.float32)), walk.rotation[:, knee]),
        np.array((0, 0, 0, 1), np.float32),
    )
    told = grounded(twisted, joint_positions(walk), 30.0)
    assert np.allclose(joint_positions(told), joint_positions(walk), atol=0.03)
    sideways = joint_rotations(told.rotation)[:, hip]
    angle = 2 * np.arccos(np.clip(np.abs((sideways * joint_rotations(walk.rotation)[:, hip]).sum(-1)), 0, 1))
    assert angle.max() < 0.6
