"""How far joints turn: knees and elbows bend one way only, heads, spines and feet within a cone."""

import numpy as np
from numpy.typing import NDArray

from engine.motion import quaternions
from engine.motion.skeleton import SKELETON, Float

CONES_RAD = {
    "spine": 1.3, "chest": 1.5, "neck": 1.0,
    "l_hip": 2.4, "r_hip": 2.4, "l_ankle": 1.7, "r_ankle": 1.7,
    "l_knee": 2.72, "r_knee": 2.72, "l_elbow": 2.85, "r_elbow": 2.85,
}  # fmt: skip
"""Largest turn from the rest pose, in radians; a little beyond what captured people do."""

_JOINTS = np.array([SKELETON.index(name) for name in CONES_RAD])
_HALF_COSINES = np.cos(np.array(list(CONES_RAD.values())) / 2).astype(Float)
_HALF_SINES = np.sin(np.array(list(CONES_RAD.values())) / 2).astype(Float)
KNEES = np.array([SKELETON.index("l_knee"), SKELETON.index("r_knee")])
OVERSTRETCH_SINE = Float(np.sin(0.08))
"""Half of the angle that a knee may bend the wrong way: captured legs are overstretched by a few degrees."""


def limited(rotation: NDArray[Float]) -> NDArray[Float]:
    """Local rotations [..., 19, 4] with every joint within its limits; those within them stay bit for bit."""
    result = rotation.copy()
    now = result[..., _JOINTS, :]
    now = np.where(now[..., 3:] < 0, -now, now)
    beyond = now[..., 3] < _HALF_COSINES
    length = np.maximum(np.sqrt((now[..., :3] ** 2).sum(-1)), Float(1e-6))
    axis = now[..., :3] * (_HALF_SINES / length)[..., None]
    cut = np.concatenate((axis, np.broadcast_to(_HALF_COSINES[:, None], (*axis.shape[:-1], 1))), axis=-1)
    result[..., _JOINTS, :] = np.where(beyond[..., None], cut, result[..., _JOINTS, :])
    knees = result[..., KNEES, :]
    short = np.where(knees[..., 3:] < 0, -knees, knees)
    backward = short[..., 0] < -OVERSTRETCH_SINE
    straight = short.copy()
    straight[..., 0] = -OVERSTRETCH_SINE
    result[..., KNEES, :] = np.where(backward[..., None], quaternions.normalized(straight), knees)
    return result


def violations(rotation: NDArray[Float]) -> NDArray[np.bool_]:
    """Whether some joint of local rotations [..., 19, 4] is beyond its limits: [...]."""
    return np.asarray((limited(rotation) != rotation).any((-1, -2)))
