"""Somebody who walks and looks around, made up."""

import numpy as np
import pytest

from engine.motion import quaternions
from engine.motion.clip import Clip
from engine.motion.contacts import detect_contacts
from engine.motion.pose import Poses, joint_positions, rest_poses
from engine.motion.skeleton import SKELETON, Float


@pytest.fixture
def clip() -> Clip:
    frames = 40
    poses = rest_poses(frames)
    phase = np.arange(frames, dtype=np.float32) * np.float32(0.2)
    for name, axis, angle in (
        ("pelvis", 1, 0.05 * phase), ("l_hip", 0, -0.4 * np.sin(phase)), ("r_hip", 0, 0.4 * np.sin(phase)),
        ("l_knee", 0, 0.5 + 0.3 * np.cos(phase)), ("r_knee", 0, 0.5 - 0.3 * np.cos(phase)),
        ("l_shoulder", 2, np.full(frames, -1.2)), ("r_shoulder", 2, np.full(frames, 1.2)), ("neck", 1, 0.3 * phase),
    ):  # fmt: skip
        poses.rotation[:, SKELETON.index(name)] = quaternions.about_axis(axis, angle.astype(Float))
    poses.root_m[:, 2] = np.arange(frames) * 0.03
    poses.root_m[:, 1] -= np.quantile(joint_positions(poses)[:, (3, 4, 7, 8), 1].min(1), 0.03)
    return Clip("walk", Poses(poses.root_m, poses.rotation, detect_contacts(joint_positions(poses), 30.0)), 30.0)
