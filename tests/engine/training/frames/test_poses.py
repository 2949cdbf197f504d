"""Poses to train with."""

from pathlib import Path

import numpy as np
import pytest

from engine.errors import DataError
from engine.motion.pose import Poses, joint_positions
from engine.motion.skeleton import JOINT_COUNT, SKELETON
from engine.training.frames.poses import made_up_poses, pack_poses, read_poses


@pytest.fixture
def motion_file(tmp_path: Path) -> Path:
    """Three clips, one of which is too short to be used."""
    frames = 90
    quat = np.zeros((frames, JOINT_COUNT, 4), np.float16)
    quat[..., 0] = 1
    quat[40:, 2, :2] = (0.8, 0.6)
    root = np.zeros((frames, 3), np.float32)
    root[:, 1], root[:, 2] = 0.94, np.arange(frames)
    path = tmp_path / "motion.npz"
    np.savez(
        path, local_quat=quat, root_pos=root, clip_start=np.array([0, 40, 87]), clip_len=np.array([40, 47, 3]),
        clip_label=np.array([0, 1, 1]),
    )  # fmt: skip
    return path


def test_packed_poses_keep_order_of_quaternions_and_clips(motion_file: Path, tmp_path: Path) -> None:
    assert pack_poses(motion_file, tmp_path / "poses.npz", 60) == 60
    poses = read_poses(tmp_path / "poses.npz")
    assert poses.rotation.shape == (60, 3, JOINT_COUNT, 4)
    assert poses.root_m[:, 1, [0, 2]] == pytest.approx(0.0)
    assert np.diff(poses.root_m[..., 2], axis=1) == pytest.approx(2.0), "two frames of the source apart"
    knee = poses.rotation[:, 1, 2]
    assert knee[poses.held_out] == pytest.approx(np.array([[0, 0, 0, 1]] * int(poses.held_out.sum())))
    assert knee[~poses.held_out] == pytest.approx(np.array([[0.6, 0, 0, 0.8]] * int((~poses.held_out).sum())), abs=1e-3)
    assert len(poses.part(held_out=True).rotation) + len(poses.part(held_out=False).rotation) == 60


def test_same_seed_packs_the_same_poses(motion_file: Path, tmp_path: Path) -> None:
    for name in ("a", "b"):
        pack_poses(motion_file, tmp_path / f"{name}.npz", 20, seed=3)
    assert np.array_equal(read_poses(tmp_path / "a.npz").rotation, read_poses(tmp_path / "b.npz").rotation)


def test_unusable_files_are_named(tmp_path: Path) -> None:
    (tmp_path / "text.npz").write_text("no")
    with pytest.raises(DataError, match=r"text\.npz: is no motion file"):
        pack_poses(tmp_path / "text.npz", tmp_path / "x.npz", 5)
    with pytest.raises(DataError, match="is no file of packed poses"):
        read_poses(tmp_path / "text.npz")


def test_made_up_poses_move_a_little_and_keep_feet_below_the_head() -> None:
    poses = made_up_poses(64)
    placed = joint_positions(Poses(poses.root_m, poses.rotation, np.zeros((64, 3, 4), np.float32)))
    head, ankle = SKELETON.index("head"), SKELETON.index("l_ankle")
    assert (placed[..., head, 1] > placed[..., ankle, 1] + 0.5).all()
    step = np.linalg.norm(np.diff(placed, axis=1), axis=-1)
    assert 0.005 < step.mean() < 0.2
    assert poses.held_out.mean() == pytest.approx(1 / 8)
