import numpy as np

from engine.motion.contacts import _majority, detect_contacts
from engine.motion.pose import joint_positions, rest_poses


def test_somebody_who_stands_touches_the_ground_with_both_feet() -> None:
    assert detect_contacts(joint_positions(rest_poses(20)), 30.0).min() == 1


def test_feet_in_the_air_or_sliding_fast_do_not_stand() -> None:
    high = rest_poses(20)
    high.root_m[:, 1] += 0.3
    assert detect_contacts(joint_positions(high), 30.0).max() == 0
    sliding = rest_poses(20)
    sliding.root_m[:, 0] = np.arange(20) * 0.1
    assert detect_contacts(joint_positions(sliding), 30.0).max() == 0


def test_a_single_frame_is_judged_by_height_alone() -> None:
    assert detect_contacts(joint_positions(rest_poses(1)), 30.0).tolist() == [[1, 1, 1, 1]]


def test_gaps_and_contacts_of_one_frame_are_accidents() -> None:
    stands = np.array([1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 0, 1, 0, 0, 0], bool)[:, None]
    assert _majority(stands, 5)[:, 0].tolist() == [True] * 7 + [False] * 8
