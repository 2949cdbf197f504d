"""Eight poses made by hand, to look at characters in: angles of a few joints, turned about the axes of the T-pose.

Positive angles about x swing legs backwards and lean the trunk forwards; about z they raise the left arm and lower the
right one.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from engine.motion import quaternions
from engine.motion.pose import Poses, rest_poses
from engine.motion.skeleton import CONTACT_JOINTS, SKELETON

Angles = Mapping[str, tuple[float, float, float]]

_HANGING: Angles = {"l_shoulder": (0.0, 0.0, -1.25), "r_shoulder": (0.0, 0.0, 1.25), "l_elbow": (0.0, -0.3, 0.0),
                    "r_elbow": (0.0, 0.3, 0.0)}  # fmt: skip

ATTITUDES: Mapping[str, tuple[float, Angles]] = {
    "stand": (0.0, {}),
    "walk": (-0.02, {
        "l_hip": (-0.5, 0, 0), "l_knee": (0.25, 0, 0), "r_hip": (0.35, 0, 0), "r_knee": (0.35, 0, 0),
        "l_shoulder": (0.45, 0.0, -1.2), "r_shoulder": (-0.45, 0.0, 1.2), "chest": (0, -0.15, 0),
    }),
    "run": (-0.06, {
        "l_hip": (0.6, 0, 0), "l_knee": (1.1, 0, 0), "r_hip": (-0.9, 0, 0), "r_knee": (0.9, 0, 0),
        "l_shoulder": (-0.8, 0.0, -1.15), "l_elbow": (0, -1.5, 0), "r_shoulder": (0.8, 0.0, 1.15),
        "r_elbow": (0, 1.5, 0), "spine": (0.2, 0, 0), "chest": (0.1, 0.2, 0), "neck": (-0.15, 0, 0),
    }),
    "wave": (0.0, {"l_shoulder": (0.0, -0.2, 0.5), "l_elbow": (0.0, 0.0, 1.1), "head": (0, 0.15, -0.12)}),
    "jump": (0.28, {
        "l_hip": (-0.7, 0, 0.15), "l_knee": (1.2, 0, 0), "r_hip": (-0.2, 0, -0.15), "r_knee": (0.8, 0, 0),
        "l_ankle": (0.5, 0, 0), "r_ankle": (0.5, 0, 0), "l_shoulder": (0, -0.2, 0.55), "r_shoulder": (0, 0.2, -0.55),
        "l_elbow": (0, -0.4, 0), "r_elbow": (0, 0.4, 0),
    }),
    "crouch": (-0.3, {
        "pelvis": (0.15, 0, 0), "l_hip": (-1.35, 0.25, 0), "l_knee": (1.75, 0, 0), "l_ankle": (-0.5, 0, 0),
        "r_hip": (-1.25, -0.25, 0), "r_knee": (1.7, 0, 0), "r_ankle": (-0.5, 0, 0), "spine": (0.3, 0, 0),
        "neck": (-0.35, 0, 0), "l_shoulder": (-0.5, -0.2, -1.0), "r_shoulder": (-0.5, 0.2, 1.0),
    }),
    "point": (0.0, {
        "r_shoulder": (0.0, 1.35, 0.1), "r_elbow": (0, 0.1, 0), "chest": (0, 0.25, 0), "l_hip": (-0.12, 0, 0.08),
        "r_hip": (0.1, 0, -0.08), "l_elbow": (0, -1.0, 0),
    }),
    "cheer": (0.0, {
        "l_shoulder": (0, -0.3, 0.9), "r_shoulder": (0, 0.3, -0.9), "l_elbow": (0, -0.5, 0.3),
        "r_elbow": (0, 0.5, -0.3),
        "chest": (-0.15, 0, 0), "head": (-0.2, 0, 0), "l_hip": (0, 0, 0.15), "r_hip": (0, 0, -0.15),
    }),
}  # fmt: skip
"""Name -> how far the pelvis is above its height in the T-pose, in meters, and angles in radians."""


def attitudes() -> Poses:
    """All of them, [8], in the order of ATTITUDES."""
    poses = rest_poses(len(ATTITUDES))
    for row, (raised_m, angles) in enumerate(ATTITUDES.values()):
        poses.root_m[row, 1] += raised_m
        for name, angle in {**_HANGING, **angles}.items():
            poses.rotation[row, SKELETON.index(name)] = _turn(np.array(angle, np.float32))
    return Poses(poses.root_m, poses.rotation, np.zeros((len(ATTITUDES), len(CONTACT_JOINTS)), np.float32))


def _turn(angle: NDArray[np.float32]) -> NDArray[np.floating]:
    """About z, then x, then y."""
    z, x, y = (quaternions.about_axis(axis, angle[axis]) for axis in (2, 0, 1))
    return quaternions.multiplied(y, quaternions.multiplied(x, z))
