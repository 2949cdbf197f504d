import numpy as np
import pytest

from engine.errors import InvalidRequestError
from engine.motion.pose import Poses, joint_positions
from engine.motion.retarget.rig import Rig, world_poses
from engine.motion.retarget.transfer import common_rig, fitted, from_common, to_common
from engine.motion.skeleton import SKELETON


def test_a_walk_survives_the_way_to_a_foreign_rig_and_back(rig: Rig, walk: Poses) -> None:
    again = to_common(rig, from_common(rig, walk), 30.0, level=False)
    present = [SKELETON.index(name) for name in fitted(rig).joints if name not in ("spine", "chest", "neck", "head")]
    here, there = joint_positions(walk), joint_positions(again)
    assert np.abs(there[:, 0] - here[:, 0]).max() < 1e-3
    legs = [joint for joint in present if SKELETON.names[joint].endswith(("knee", "ankle", "toe"))]
    assert np.abs(there[:, legs] - here[:, legs]).max() < 0.03
    elbow, wrist = SKELETON.index("l_elbow"), SKELETON.index("l_wrist")
    assert np.abs((there[:, wrist] - there[:, elbow]) - (here[:, wrist] - here[:, elbow])).max() < 0.05


def test_the_rest_pose_of_any_rig_stands_like_ours(rig: Rig) -> None:
    position = joint_positions(to_common(rig, rig.rest(), 30.0))[0]
    rest = SKELETON.rest_position_m()
    legs = [SKELETON.index(f"{side}_{joint}") for side in "lr" for joint in ("hip", "knee", "ankle")]
    relative = position - position[0] - (rest - rest[0])
    assert np.abs(relative[legs]).max() < 0.06


def test_arms_that_hang_at_rest_hang_on_the_common_skeleton(rig: Rig) -> None:
    position = joint_positions(to_common(rig, rig.rest(), 30.0))[0]
    arm = position[SKELETON.index("l_elbow")] - position[SKELETON.index("l_shoulder")]
    hangs = "LeftUpperArm" in rig.names
    assert (arm[1] < -0.15) == hangs
    assert arm[0] > 0.15


def test_joints_that_we_do_not_have_keep_their_rest_pose(rig: Rig, walk: Poses) -> None:
    poses = from_common(rig, walk)
    known = set(fitted(rig).joints.values())
    others = [joint for joint in range(len(rig.names)) if joint not in known]
    assert others
    assert np.allclose(poses.rotation[:, others], rig.rotation[others], atol=1e-5)


def test_feet_of_the_foreign_rig_step_where_ours_step_for_its_size(rig: Rig, walk: Poses) -> None:
    fit = fitted(rig)
    foot = fit.joints["l_ankle"]
    places = world_poses(rig, from_common(rig, walk)).position[:, foot]
    ours = joint_positions(walk)[:, SKELETON.index("l_ankle")]
    moved = (places - places[0]) * fit.scale
    assert np.abs(moved - (ours - ours[0])).max() < 0.02


def test_the_common_skeleton_fits_itself(walk: Poses) -> None:
    again = to_common(common_rig(), from_common(common_rig(), walk), 30.0, level=False)
    assert np.abs(joint_positions(again) - joint_positions(walk)).max() < 2e-3


def test_a_rig_without_legs_is_refused() -> None:
    flat = Rig(SKELETON.names, SKELETON.parents, np.zeros((19, 3), np.float32), common_rig().rotation)
    with pytest.raises(InvalidRequestError, match="legs"):
        fitted(flat)
