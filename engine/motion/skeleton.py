"""The one skeleton that all motion here is told on: 19 joints, their parents and their T-pose.

Axes as everywhere inside (`engine/geometry/axes.py`): right-handed, +Y up, meters. In the rest pose the character faces
+Z and its left is +X; arms lie along +X and -X, legs along -Y, and every joint's axes are those of the world. So a
local rotation of identity everywhere is the T-pose, and characters of other proportions share rotations and differ in
rest offsets only.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Float = np.float32

ARM_OFFSETS_M = ((0.1770, 0.1491, 0.0), (0.2745, 0.0, 0.0), (0.2139, 0.0, 0.0))
LEG_OFFSETS_M = ((0.0909, -0.0822, 0.0), (0.0, -0.4249, 0.0), (0.0, -0.4383, 0.0), (0.0, -0.0384, 0.1222))
"""Left limbs of a grown-up, each joint from its parent; the right ones are their mirror images."""

SPINE_OFFSETS_M = ((0.0, 0.1362, 0.0), (0.0, 0.1235, 0.0), (0.0, 0.1711, 0.0), (0.0, 0.0835, 0.0))

PELVIS, CHEST, NECK, HEAD = 0, 10, 11, 12
LEFT_LEG, RIGHT_LEG = (1, 2, 3, 4), (5, 6, 7, 8)
"""Hip, knee, ankle, toe."""

LEFT_ARM, RIGHT_ARM = (13, 14, 15), (16, 17, 18)
"""Shoulder, elbow, wrist. The shoulder is the arm's root: there are no collar bones."""

CONTACT_JOINTS = (3, 4, 7, 8)
"""Left ankle, left toe, right ankle, right toe: what may touch the ground, in the order of contacts."""


@dataclass(frozen=True, slots=True)
class Skeleton:
    """Joints in an order where parents come first.

    names          of the joints
    parents        index of each joint's parent, -1 for the first joint
    rest_offset_m  float32 [joint, 3]: each joint from its parent in the T-pose; zeros for the first
    mirrored       index of each joint's counterpart on the other side; its own where it lies in the middle
    """

    names: tuple[str, ...]
    parents: tuple[int, ...]
    rest_offset_m: NDArray[Float]
    mirrored: tuple[int, ...]

    @property
    def joint_count(self) -> int:
        """Number of joints."""
        return len(self.names)

    def index(self, name: str) -> int:
        """The joint of this name. Raises ValueError if there is none."""
        return self.names.index(name)

    def rest_position_m(self) -> NDArray[Float]:
        """Joints of the T-pose float32 [joint, 3] with the lowest one at height 0 and the first above the origin."""
        position = np.zeros_like(self.rest_offset_m)
        for joint, parent in enumerate(self.parents):
            if parent >= 0:
                position[joint] = position[parent] + self.rest_offset_m[joint]
        position[:, 1] -= position[:, 1].min()
        return position


def _common_skeleton() -> Skeleton:
    names = (
        "pelvis",
        *("l_hip", "l_knee", "l_ankle", "l_toe", "r_hip", "r_knee", "r_ankle", "r_toe"),
        *("spine", "chest", "neck", "head"),
        *("l_shoulder", "l_elbow", "l_wrist", "r_shoulder", "r_elbow", "r_wrist"),
    )
    parents = (-1, 0, 1, 2, 3, 0, 5, 6, 7, 0, 9, 10, 11, 10, 13, 14, 10, 16, 17)
    flip = np.array((-1, 1, 1), Float)
    leg, arm = np.array(LEG_OFFSETS_M, Float), np.array(ARM_OFFSETS_M, Float)
    pelvis = np.zeros((1, 3), Float)
    offsets = np.concatenate([pelvis, leg, leg * flip, np.array(SPINE_OFFSETS_M, Float), arm, arm * flip])
    mirrored = (0, 5, 6, 7, 8, 1, 2, 3, 4, 9, 10, 11, 12, 16, 17, 18, 13, 14, 15)
    offsets.setflags(write=False)
    return Skeleton(names, parents, offsets, mirrored)


SKELETON = _common_skeleton()
"""Every pose of this project is one of this skeleton."""

JOINT_COUNT = SKELETON.joint_count
REST_PELVIS_HEIGHT_M = float(SKELETON.rest_position_m()[PELVIS, 1])
LEG_LENGTH_M = float(-LEG_OFFSETS_M[1][1] - LEG_OFFSETS_M[2][1])
"""Thigh and shin of the common proportions."""
