"""Somebody who walks."""

import numpy as np
import pytest

from engine.motion import quaternions
from engine.motion.pose import Poses, rest_poses
from engine.motion.skeleton import SKELETON


@pytest.fixture
def walk() -> Poses:
    poses = rest_poses(80)
    phase = np.arange(80, dtype=np.float32) * np.float32(0.2)
    for side, sign in (("l", 1), ("r", -1)):
        poses.rotation[:, SKELETON.index(f"{side}_hip")] = quaternions.about_axis(0, -0.4 * sign * np.sin(phase))
        poses.rotation[:, SKELETON.index(f"{side}_knee")] = quaternions.about_axis(0, 0.4 + 0.3 * np.cos(phase) * sign)
    poses.root_m[:, 2] = np.arange(80) * 0.04
    poses.contact[:, :2] = (np.sin(phase) > 0)[:, None]
    poses.contact[:, 2:] = (np.sin(phase) < 0)[:, None]
    return poses
