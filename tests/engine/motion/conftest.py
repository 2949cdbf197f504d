"""Made-up motion: somebody who walks, without anybody's data."""

import numpy as np
import pytest

from engine.motion import quaternions
from engine.motion.clip import Clip
from engine.motion.contacts import detect_contacts
from engine.motion.pose import Poses, joint_positions, rest_poses
from engine.motion.skeleton import CONTACT_JOINTS, SKELETON, Float


def swing(poses: Poses, name: str, axis: int, angle: np.ndarray) -> None:
    poses.rotation[:, SKELETON.index(name)] = quaternions.multiplied(
        quaternions.about_axis(axis, angle.astype(Float)), poses.rotation[:, SKELETON.index(name)]
    )


def walking(frames: int = 90, speed_mps: float = 1.2, turn_rad_per_s: float = 0.0, rate_hz: float = 30.0) -> Poses:
    """A rough walk along +Z: legs swing, knees bend, arms hang and swing."""
    time = np.arange(frames) / rate_hz
    phase = 2 * np.pi * 0.9 * time
    poses = rest_poses(frames)
    for side, sign in (("l", 1.0), ("r", -1.0)):
        swing(poses, f"{side}_hip", 0, -0.45 * sign * np.sin(phase))
        swing(poses, f"{side}_knee", 0, 0.35 + 0.3 * sign * np.cos(phase))
        swing(poses, f"{side}_ankle", 0, np.full(frames, -0.1))
        swing(poses, f"{side}_shoulder", 2, np.full(frames, -1.3 * sign))
        swing(poses, f"{side}_elbow", 1, np.full(frames, -0.3 * sign))
    heading = turn_rad_per_s * time
    swing(poses, "pelvis", 1, heading)
    step = speed_mps / rate_hz * np.stack((np.sin(heading), np.zeros(frames), np.cos(heading)), axis=-1)
    root = poses.root_m + (np.cumsum(step, axis=0) - step[:1]).astype(Float)
    moved = Poses(root, poses.rotation, poses.contact)
    root[:, 1] -= np.quantile(joint_positions(moved)[:, CONTACT_JOINTS, 1].min(1), 0.03)
    return Poses(root, poses.rotation, detect_contacts(joint_positions(moved), rate_hz))


@pytest.fixture
def walk() -> Poses:
    return walking()


@pytest.fixture
def walk_clip(walk: Poses) -> Clip:
    return Clip("walk one", walk, 30.0, "walk", "mocap", "CC0")
