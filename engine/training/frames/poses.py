"""Poses to draw characters in: packed from motion files, or made up where there are none.

They come in threes, a fifteenth of a second apart, so that a judge can look at motion. Whole clips are held out.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.arrays import read_arrays, write_arrays
from engine.errors import DataError
from engine.geometry.props.dice import unit_values
from engine.motion import quaternions
from engine.motion.pose import rest_poses
from engine.motion.skeleton import JOINT_COUNT

STEP_FRAMES = 2
HELD_OUT_EVERY = 8
"""One of so many clips is kept for measuring."""

FRAME_RATE_HZ = 30.0


@dataclass(frozen=True, slots=True, eq=False)
class PoseSet:
    """Threes of poses.

    rotation  float32 [n, 3, 19, 4], x, y, z, w
    root_m    float32 [n, 3, 3]; the middle pose stands at x = z = 0
    held_out  bool [n]
    """

    rotation: NDArray[np.float32]
    root_m: NDArray[np.float32]
    held_out: NDArray[np.bool_]

    def part(self, *, held_out: bool) -> "PoseSet":
        """Those to train with, or those to measure with."""
        chosen = self.held_out == held_out
        return PoseSet(self.rotation[chosen], self.root_m[chosen], self.held_out[chosen])


def pack_poses(source: Path, target: Path, count: int, seed: int = 7) -> int:
    """Draw threes of poses from a motion file and write them as float16; how many there are.

    source  .npz of 30 Hz with local_quat (w, x, y, z), root_pos, clip_start, clip_len and clip_label

    Every label is drawn from with the square root of its frames. Raises DataError for an unusable file, OutputError.
    """
    data = read_arrays(source, "motion file")
    try:
        quat, root = data["local_quat"], data["root_pos"]
        start, length, label = data["clip_start"], data["clip_len"], data["clip_label"]
    except KeyError as error:
        raise DataError(f"{source}: is no motion file: array {error} is missing") from error
    clips = np.flatnonzero(length > 2 * STEP_FRAMES)
    frames = np.array([length[label == label[clip]].sum() for clip in clips], np.float64)
    chance = length[clips] / np.sqrt(frames)
    random = np.random.Generator(np.random.Philox(key=[seed, 1]))
    chosen = random.choice(clips, size=count, p=chance / chance.sum())
    first = start[chosen] + random.integers(0, length[chosen] - 2 * STEP_FRAMES)
    frame = first[:, None] + STEP_FRAMES * np.arange(3)
    rotation = quaternions.normalized(quat[frame].astype(np.float32)[..., [1, 2, 3, 0]])
    place = root[frame].astype(np.float32)
    place[..., [0, 2]] -= place[:, 1:2, [0, 2]]
    sound = np.isfinite(rotation).all((1, 2, 3)) & np.isfinite(place).all((1, 2))
    packed = {
        "rotation": rotation[sound].astype(np.float16),
        "root": place[sound].astype(np.float16),
        "held_out": (chosen % HELD_OUT_EVERY == 0)[sound],
    }
    write_arrays(target, packed)
    return int(sound.sum())


def read_poses(path: Path) -> PoseSet:
    """Read packed poses. Raises DataError for anything else."""
    data = read_arrays(path, "file of packed poses")
    try:
        rotation, root = data["rotation"].astype(np.float32), data["root"].astype(np.float32)
        held_out = data["held_out"].astype(bool)
    except (ValueError, KeyError) as error:
        raise DataError(f"{path}: is no file of packed poses: array {error} is missing or of another kind") from error
    if rotation.shape[1:] != (3, JOINT_COUNT, 4) or root.shape != (len(rotation), 3, 3) or not len(rotation):
        raise DataError(f"{path}: shapes {rotation.shape} and {root.shape} are not allowed")
    return PoseSet(quaternions.normalized(rotation).astype(np.float32), root, held_out)


def made_up_poses(count: int, seed: int = 7) -> PoseSet:
    """Poses of arms, legs and trunk swinging at random speeds: enough to train and test with, if not to animate."""
    axes = np.zeros((JOINT_COUNT, 3), np.float32)
    axes[[9, 10, 11, 12]] = (0.18, 0.25, 0.12)
    axes[[1, 5]] = (0.7, 0.15, 0.2)
    axes[[2, 6]] = (0.6, 0.0, 0.0)
    axes[[3, 7]] = (0.25, 0.0, 0.0)
    axes[[13, 16]] = (0.5, 0.6, 0.5)
    axes[[14, 17]] = (0.2, 0.7, 0.2)
    number = np.arange(count)[:, None, None]
    joint = np.arange(JOINT_COUNT)[None, :, None]
    phase = unit_values(seed, number, joint, np.arange(3)[None, None, :]).astype(np.float32) * 2 * np.pi
    speed = 2.0 + 6.0 * unit_values(seed + 1, number, joint * 0, np.zeros((1, 1, 3), np.int64)).astype(np.float32)
    time = (np.arange(3, dtype=np.float32) - 1.0) * STEP_FRAMES / FRAME_RATE_HZ
    angle = axes * np.sin(phase[:, None] + speed[:, None] * time[None, :, None, None])
    angle[..., [2, 6], 0] = np.abs(angle[..., [2, 6], 0])
    # Arms hang: the T-pose's arms are turned down, left about -z, right about +z.
    angle[..., 13, 2] -= 1.1
    angle[..., 16, 2] += 1.1
    rotation = quaternions.from_rotation_vector(angle).astype(np.float32)
    root = np.broadcast_to(rest_poses().root_m, (count, 3, 3)).copy()
    held_out = np.arange(count) % HELD_OUT_EVERY == 0
    return PoseSet(rotation, root, held_out)
