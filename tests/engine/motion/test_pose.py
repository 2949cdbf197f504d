import numpy as np
import pytest

from engine.motion import quaternions
from engine.motion.pose import Poses, concatenated, heading_of, joint_positions, joint_rotations, rest_poses
from engine.motion.skeleton import SKELETON


def test_the_rest_pose_has_its_joints_where_the_skeleton_says() -> None:
    assert np.allclose(joint_positions(rest_poses(3)), SKELETON.rest_position_m(), atol=1e-6)


def test_a_raised_elbow_moves_only_what_hangs_on_it() -> None:
    poses = rest_poses()
    elbow, wrist = SKELETON.index("l_elbow"), SKELETON.index("l_wrist")
    poses.rotation[elbow] = quaternions.about_axis(2, np.array(np.pi / 2, np.float32))
    moved = joint_positions(poses) - SKELETON.rest_position_m()
    assert np.flatnonzero(np.abs(moved).max(-1) > 1e-5).tolist() == [wrist]
    reach = SKELETON.rest_offset_m[wrist, 0]
    assert np.allclose(moved[wrist], (-reach, reach, 0), atol=1e-6)


def test_other_proportions_share_the_rotations() -> None:
    poses = rest_poses(2)
    tall = joint_positions(poses, SKELETON.rest_offset_m * 2)
    assert np.allclose(tall - tall[:, :1], 2 * (joint_positions(poses) - poses.root_m[:, None]), atol=1e-6)


def test_world_rotations_follow_the_parents() -> None:
    poses = rest_poses()
    poses.rotation[0] = quaternions.about_axis(1, np.array(1.0, np.float32))
    assert np.allclose(joint_rotations(poses.rotation), poses.rotation[0])


@pytest.mark.parametrize("angle", [-3.0, -1.0, 0.0, 0.5, 2.5])
def test_heading_is_the_turn_about_up_whatever_the_lean(angle: float) -> None:
    turn = quaternions.about_axis(1, np.array(angle))
    lean = quaternions.about_axis(0, np.array(0.7))
    assert heading_of(quaternions.multiplied(turn, lean)) == pytest.approx(angle, abs=1e-6)


def test_poses_of_unequal_shapes_are_refused() -> None:
    good = rest_poses(4)
    with pytest.raises(ValueError, match="allowed"):
        Poses(good.root_m[:3], good.rotation, good.contact)


def test_slices_and_joins_are_inverse() -> None:
    poses = rest_poses(5)
    poses.root_m[:, 0] = range(5)
    both = concatenated(poses[:2], poses[2:])
    assert np.array_equal(both.root_m, poses.root_m)
    assert both.shape == (5,)
    assert both[3].root_m[0] == 3
