"""When feet stand: low and slow, judged on whole clips. UnderPressure and others find such thresholds rough; they are
the start, the network learns what is common to all clips.
"""

import numpy as np
from numpy.typing import NDArray

from engine.motion.skeleton import CONTACT_JOINTS, PELVIS, Float

HEIGHT_MAX_M = (0.12, 0.07, 0.12, 0.07)
"""Above the ground, in the order of contacts: an ankle stands 4 cm higher than a toe."""

SPEED_MAX_MPS = 0.4
SPEED_SHARE_MAX = 0.15
"""A foot stands if it is slower than this share of the pelvis's speed allows on top: captured running slips more."""

SMOOTHED_FRAMES = 5
"""A contact that is shorter, or a gap in one, is an accident of the thresholds: the majority of five frames decides."""


def detect_contacts(position_m: NDArray[Float], rate_hz: float) -> NDArray[Float]:
    """0 or 1 [frame, 4] for joints in world space [frame, 19, 3] above a ground at y = 0."""
    feet = position_m[:, CONTACT_JOINTS]
    stands = feet[..., 1] < np.array(HEIGHT_MAX_M, Float)
    if len(feet) > 1:
        travel = np.linalg.norm(velocities(position_m[:, PELVIS], rate_hz), axis=-1)
        limit = SPEED_MAX_MPS + SPEED_SHARE_MAX * travel
        stands &= np.linalg.norm(velocities(feet, rate_hz), axis=-1) < limit[:, None]
    return _majority(stands, min(SMOOTHED_FRAMES, len(feet) // 2 * 2 + 1)).astype(Float)


def velocities(values: NDArray[Float], rate_hz: float) -> NDArray[Float]:
    """Central differences along the first axis, per second; one-sided at the ends."""
    if len(values) < 2:
        return np.zeros_like(values)
    return np.asarray(np.gradient(values, axis=0) * rate_hz, Float)


def _majority(flags: NDArray[np.bool_], width: int) -> NDArray[np.bool_]:
    half = width // 2
    padded = np.pad(flags, ((half, half), (0, 0)), mode="edge").astype(np.int32)
    sums = np.cumsum(np.pad(padded, ((1, 0), (0, 0))), axis=0)
    return (sums[width:] - sums[:-width]) * 2 > width
