"""How one pose travels: 83 numbers, float32, little endian."""

import numpy as np
from numpy.typing import NDArray

from engine.errors import DataError

JOINT_COUNT = 19
CONTACT_COUNT = 4
NUMBER_COUNT = 3 + 4 * JOINT_COUNT + CONTACT_COUNT
POSE_BYTES = 4 * NUMBER_COUNT
POSE_MEDIA_TYPE = "application/x-morphogen-pose"

LAYOUT: dict[str, tuple[int, int]] = {
    "root_m": (0, 3),
    "rotation_xyzw": (3, 3 + 4 * JOINT_COUNT),
    "contact": (3 + 4 * JOINT_COUNT, NUMBER_COUNT),
}
"""Where each of them lies, first number and the one behind the last: for whoever reads a description."""


def pose_numbers(
    root_m: NDArray[np.float32], rotation: NDArray[np.float32], contact: NDArray[np.float32]
) -> NDArray[np.float32]:
    """The numbers [..., 83] of poses: pelvis [..., 3], rotations [..., 19, 4] x, y, z, w, contacts [..., 4]."""
    flat = rotation.reshape(*rotation.shape[:-2], 4 * JOINT_COUNT)
    return np.concatenate([root_m, flat, contact], axis=-1, dtype=np.float32)


def pose_parts(
    numbers: NDArray[np.float32],
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """The inverse of `pose_numbers`: pelvis, rotations, contacts."""
    root_m, flat, contact = np.split(numbers, [3, 3 + 4 * JOINT_COUNT], axis=-1)
    return root_m, flat.reshape(*flat.shape[:-1], JOINT_COUNT, 4), contact


def pose_bytes(numbers: NDArray[np.float32]) -> bytes:
    """One pose as it travels. Raises ValueError unless there are 83 numbers."""
    if numbers.shape != (NUMBER_COUNT,):
        raise ValueError(f"pose: {list(numbers.shape)} numbers are not allowed; allowed: [{NUMBER_COUNT}]")
    return numbers.astype("<f4").tobytes()


def pose_of(data: bytes) -> NDArray[np.float32]:
    """The numbers [83] of a pose that has travelled. Raises DataError for anything else."""
    if len(data) != POSE_BYTES:
        raise DataError(f"pose of {len(data)} bytes is not allowed; allowed: {POSE_BYTES} bytes")
    return np.frombuffer(data, "<f4").astype(np.float32)
