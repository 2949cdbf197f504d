"""Legs that end where a network says that ankles and toes are.

A network says places and rotations of the joints side by side, and they do not quite agree: rotations are drawn to
their mean, so feet that swing above the ground by their places would drag through it by their rotations. Places are
what is seen, so they decide; how a leg is turned about its own length, rotations decide.
"""

import numpy as np
from numpy.typing import NDArray

from engine.motion import quaternions
from engine.motion.features import POSITION, ROTATION, TURNING, GroundPath, poses_of
from engine.motion.output.two_bone import reach, unit
from engine.motion.pose import joint_positions, joint_rotations, local_rotations
from engine.motion.skeleton import JOINT_COUNT, LEFT_LEG, RIGHT_LEG, Float

HIPS, KNEES, ANKLES, TOES = (np.array(pair) for pair in zip(LEFT_LEG, RIGHT_LEG, strict=True))
TURNED = np.concatenate((HIPS, KNEES, ANKLES))
TURNED_FEATURES = np.concatenate([ROTATION.start + 6 * TURNING.index(int(joint)) + np.arange(6) for joint in TURNED])
"""Features of the rotations of the joints TURNED, in their order."""


def with_reaching_legs(features: NDArray[Float]) -> NDArray[Float]:
    """Features [row, 205] with legs turned such that ankles lie, and feet point, where their places say."""
    rows = len(features)
    poses = poses_of(features, GroundPath(np.zeros((rows, 2), Float), np.zeros(rows, Float)))
    world = joint_rotations(poses.rotation)
    position = joint_positions(poses, world=world)
    said = features[:, POSITION].reshape(rows, JOINT_COUNT, 3)
    world[:, HIPS], world[:, KNEES] = reach(world, position, (HIPS, KNEES, ANKLES), said[:, ANKLES])
    pointed, wanted = position[:, TOES] - position[:, ANKLES], said[:, TOES] - said[:, ANKLES]
    aim = quaternions.between(unit(pointed), unit(wanted))
    world[:, ANKLES] = quaternions.multiplied(aim, world[:, ANKLES])
    turned = features.copy()
    turned[:, TURNED_FEATURES] = quaternions.to_six(local_rotations(world)[:, TURNED]).reshape(rows, -1)
    return turned
