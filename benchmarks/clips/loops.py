"""Where a motion comes back to itself, and what hides the rest of the seam."""

import numpy as np
from numpy.typing import NDArray

from engine.generators.character.pose import JOINT_COUNT, NUMBER_COUNT

SEAM_FRAMES = 4
"""The last frames of a loop pass into those before its first one."""

ROTATIONS = slice(3, 3 + 4 * JOINT_COUNT)
MOVEMENT_WEIGHT = 2.0

Picture = NDArray[np.uint8]


def loop_of(poses: NDArray[np.float32], shortest: int, longest: int, first: int, last: int) -> tuple[int, int]:
    """Start and length of the loop with the smallest seam in poses [frame, 83], its start in [first, last].

    Places on the ground do not count. Raises ValueError if no loop fits.
    """
    if poses.shape[1:] != (NUMBER_COUNT,) or not SEAM_FRAMES < first + 1 <= last + 1 <= len(poses) - shortest:
        raise ValueError(f"poses: {list(poses.shape)} with starts from {first} to {last} and {shortest} frames or more")
    # A quaternion and its negative are one rotation: all are turned to the side of the first frame's.
    rotation = poses[:, ROTATIONS].reshape(len(poses), JOINT_COUNT, 4)
    rotation = np.where((rotation * rotation[:1]).sum(-1, keepdims=True) < 0.0, -rotation, rotation)
    posture = np.concatenate([poses[:, 1:2], rotation.reshape(len(poses), -1)], 1)
    posture = np.concatenate([posture, MOVEMENT_WEIGHT * np.diff(posture, axis=0, prepend=posture[:1])], 1)
    pairs = [
        (float(np.square(posture[start] - posture[start + length]).sum()), start, length)
        for start in range(first, last + 1)
        for length in range(shortest, min(longest, len(poses) - 1 - start) + 1)
    ]
    _, start, length = min(pairs)
    return start, length


def closed(frames: list[Picture], start: int, length: int) -> list[Picture]:
    """The loop of RGBA frames, its last SEAM_FRAMES passing into those before `start`."""
    loop = frames[start : start + length]
    for step in range(SEAM_FRAMES):
        index = length - SEAM_FRAMES + step
        loop[index] = mixed(loop[index], frames[start - SEAM_FRAMES + step], (step + 1) / (SEAM_FRAMES + 1))
    return loop


def mixed(one: Picture, other: Picture, share: float) -> Picture:
    """`share` of `other` in `one`, RGBA with straight alpha."""
    alphas = [picture[..., 3:].astype(np.float32) for picture in (one, other)]
    alpha = (1.0 - share) * alphas[0] + share * alphas[1]
    color = (1.0 - share) * alphas[0] * one[..., :3] + share * alphas[1] * other[..., :3]
    color = color / np.maximum(alpha, 1e-6)
    return np.asarray(np.rint(np.concatenate([color, alpha], -1)).clip(0, 255), np.uint8)
