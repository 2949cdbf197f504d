"""Made-up clips: people who stand, walk, run and jump, after nobody's data."""

from pathlib import Path

import numpy as np
import pytest

from engine.motion import quaternions
from engine.motion.clip import Clip
from engine.motion.contacts import detect_contacts
from engine.motion.library import write_clips
from engine.motion.pose import Poses, joint_positions, rest_poses
from engine.motion.skeleton import CONTACT_JOINTS, SKELETON, Float
from engine.training.motion.corpus import Take, chosen_clips, foot_locked, take_of
from engine.training.motion.plan import MotionPlan


def stride(frames: int, speed_mps: float, cadence_hz: float, swing: float) -> Poses:
    """Legs that swing, knees that bend, arms that hang, along +Z."""
    poses = rest_poses(frames)
    phase = 2 * np.pi * cadence_hz * np.arange(frames) / 30
    for side, sign in (("l", 1.0), ("r", -1.0)):
        for name, axis, angle in (
            ("hip", 0, -swing * sign * np.sin(phase)),
            ("knee", 0, 0.3 + 0.6 * swing * (1 + sign * np.cos(phase))),
            ("shoulder", 2, np.full(frames, -1.3 * sign)),
        ):
            poses.rotation[:, SKELETON.index(f"{side}_{name}")] = quaternions.about_axis(axis, angle.astype(Float))
    poses.root_m[:, 2] = np.arange(frames) * speed_mps / 30
    poses.root_m[:, 1] -= np.quantile(joint_positions(poses)[:, CONTACT_JOINTS, 1].min(1), 0.03)
    return poses


def clip_of(name: str, label: str, poses: Poses, style: str = "mocap") -> Clip:
    contact = detect_contacts(joint_positions(poses), 30.0)
    return Clip(name, Poses(poses.root_m, poses.rotation, contact), 30.0, label, style, "CC0")


def made_clips() -> list[Clip]:
    hop = rest_poses(60)
    hop.root_m[:, 1] += np.maximum(0, np.sin(np.arange(60) / 8)).astype(Float) * Float(0.3)
    sway = rest_poses(120)
    sway.rotation[:, SKELETON.index("spine")] = quaternions.about_axis(
        0, (0.1 * np.sin(np.arange(120) / 9)).astype(Float)
    )
    clips = [
        clip_of("stand", "idle", sway),
        clip_of("walk", "walk", stride(100, 1.2, 0.9, 0.4)),
        clip_of("slow walk", "walk", stride(100, 0.8, 0.7, 0.3)),
        clip_of("run", "run", stride(70, 3.0, 1.4, 0.7)),
        clip_of("hop", "jump", hop),
        clip_of("stand stiffly", "idle", rest_poses(120), "stylized"),
        clip_of("march", "walk", stride(100, 1.0, 0.8, 0.6), "stylized"),
    ]
    return clips


@pytest.fixture(scope="session")
def clips() -> list[Clip]:
    return made_clips()


@pytest.fixture(scope="session")
def takes(clips: list[Clip]) -> list[Take]:
    return [take_of(clip) for clip in foot_locked(chosen_clips(clips))]


@pytest.fixture(scope="session")
def clips_file(tmp_path_factory: pytest.TempPathFactory, clips: list[Clip]) -> Path:
    path = tmp_path_factory.mktemp("clips") / "clips.npz"
    write_clips(path, clips)
    return path


@pytest.fixture
def plan(clips_file: Path, tmp_path: Path) -> MotionPlan:
    return MotionPlan(
        clips=(clips_file,), output=tmp_path / "run", device="cpu", steps=4, batch=4, rollouts=(2, 4),
        rollout_shares=(0.5, 0.5), log_every=2, stitched_minutes=0.0,
    )  # fmt: skip
