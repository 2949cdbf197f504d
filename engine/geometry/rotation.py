"""Rotations as unit quaternions x, y, z, w, many at once."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def rotated(quaternion: NDArray[np.floating], vector: NDArray[np.floating]) -> NDArray[np.float64]:
    """`vector` [..., 3] turned by `quaternion` [..., 4], in float64 (formula of Euler and Rodrigues)."""
    axis, real = quaternion[..., :3].astype(np.float64), quaternion[..., 3:].astype(np.float64)
    sideways = np.cross(axis, vector)
    turned: NDArray[np.float64] = vector + 2 * (real * sideways + np.cross(axis, sideways))
    return turned


def rotation_onto(start: Sequence[float], end: Sequence[float]) -> tuple[float, float, float, float]:
    """The shortest rotation x, y, z, w that turns the direction `start` into `end`; lengths do not matter.

    For opposite directions any half turn will do, and the same one comes out every time. Raises ValueError for a
    direction without length.
    """
    lengths = float(np.linalg.norm(start)), float(np.linalg.norm(end))
    if not all(0 < length < np.inf for length in lengths):
        raise ValueError(f"directions {list(start)} and {list(end)}: not allowed; allowed: a finite length above 0")
    first, second = np.asarray(start, np.float64) / lengths[0], np.asarray(end, np.float64) / lengths[1]
    real = 1 + float(first @ second)
    axis = np.cross(first, second)
    if real < 1e-9:
        real, axis = 0.0, np.cross(first, np.eye(3)[np.abs(first).argmin()])
    x, y, z, w = (np.asarray([*axis, real]) / np.linalg.norm([*axis, real])).tolist()
    return x, y, z, w
