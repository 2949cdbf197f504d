"""From what a network says to a pose that is shown: the output stage, one pass for many characters at once.

A network says places and rotations of the joints side by side, and they do not quite agree: rotations are drawn to
their mean, so feet that swing above the ground by their places would drag through it by their rotations. Places are
what is seen, so they decide: ankles go, and feet point, where their places say. How a leg is turned about its own
length, rotations decide. Feet that stand are then held where they touched down (`foot_lock`), and what is left is
within the limits of every joint (`limits`). Row by row: a pose has the same bits alone and among others.
"""

import numpy as np
from numpy.typing import NDArray

from engine.motion import quaternions
from engine.motion.features import CONTACT, POSITION, ROTATION, TURNING, GroundPath
from engine.motion.output.foot_lock import FootLock, held_ankles
from engine.motion.output.limits import limited
from engine.motion.output.matrices import about_up, applied, between, inverse, product
from engine.motion.output.two_bone import unit, with_ankles_at, within_reach
from engine.motion.pose import Poses
from engine.motion.skeleton import JOINT_COUNT, LEFT_LEG, PELVIS, RIGHT_LEG, SKELETON, Float

_HIPS, _KNEES, _ANKLES = (
    np.array([TURNING.index(joint) for joint in pair]) for pair in zip(LEFT_LEG[:3], RIGHT_LEG[:3], strict=True)
)
_SAID = np.array([PELVIS, LEFT_LEG[2], RIGHT_LEG[2], LEFT_LEG[3], RIGHT_LEG[3]])
_HIP_OFFSETS_M = SKELETON.rest_offset_m[[LEFT_LEG[0], RIGHT_LEG[0]]]
_TOE_OFFSET_M = SKELETON.rest_offset_m[LEFT_LEG[3]]


def posed(
    features: NDArray[Float], path: GroundPath, memory: FootLock, before: NDArray[Float], step_s: float
) -> tuple[Poses, FootLock]:
    """Poses [row] of features [row, 205] told from `path`, and what to remember of their feet.

    before  rotations [row, 19, 4] of the poses one step ago: quaternions keep the sign that is nearer to them
    """
    rows = len(features)
    turn = about_up(path.heading_rad).astype(Float)
    said = applied(turn[:, None], features[:, POSITION].reshape(rows, JOINT_COUNT, 3)[:, _SAID])
    contact = np.clip(features[:, CONTACT], 0, 1)
    place = np.zeros((rows, 3))
    place[:, 0], place[:, 2] = path.place_m[:, 0], path.place_m[:, 1]

    joints = np.asarray(quaternions.matrix_from_six(features[:, ROTATION].reshape(rows, len(TURNING), 6)), Float)
    joints[:, 0] = product(turn, joints[:, 0])
    pelvis = joints[:, :1]
    thigh = product(pelvis, joints[:, _HIPS])
    shin = product(thigh, joints[:, _KNEES])
    foot = product(shin, joints[:, _ANKLES])

    hip_m = said[:, :1] + applied(pelvis, _HIP_OFFSETS_M)
    ankle_m, toe_m = said[:, 1:3], said[:, 3:5]
    foot = product(between(unit(applied(foot, _TOE_OFFSET_M)), unit(toe_m - ankle_m)), foot)
    reached_m = hip_m + within_reach(ankle_m - hip_m)
    toe_m = (reached_m + applied(foot, _TOE_OFFSET_M) + place[:, None]).astype(Float)
    target_m, memory = held_ankles(reached_m, toe_m, contact, memory, step_s)

    thigh, shin = with_ankles_at(target_m - hip_m, thigh, shin)
    joints[:, _HIPS] = product(inverse(pelvis), thigh)
    joints[:, _KNEES] = product(inverse(thigh), shin)
    joints[:, _ANKLES] = product(inverse(shin), foot)
    rotation = quaternions.identity(rows, JOINT_COUNT)
    rotation[:, TURNING] = quaternions.from_matrix(joints)
    rotation = quaternions.nearest_sign(limited(rotation), before)
    return Poses((said[:, 0] + place).astype(Float), rotation, contact), memory
