"""Limbs that reach for a point: the exact solution for two bones; knees bend the way they already bend."""

import numpy as np
from numpy.typing import NDArray

from engine.motion import quaternions
from engine.motion.skeleton import Float

STRETCH_MAX = 0.999
"""A limb is never quite straight: beyond this share of its length the target is drawn towards the limb's root."""

HINGE = np.array((-1, 0, 0), Float)
"""Axis of a knee that straightens, in the thigh's own axes; decides only where the leg is straight already."""

TINY = 1e-6
Joints = int | NDArray[np.integer]


def reach(
    world: NDArray[Float], position_m: NDArray[Float], limb: tuple[Joints, Joints, Joints], target_m: NDArray[Float]
) -> tuple[NDArray[Float], NDArray[Float]]:
    """World rotations [..., 4] of the first two joints of `limb` such that its third joint lies at `target_m` [..., 3].

    world, position_m  of all joints: [..., 19, 4] and [..., 19, 3]
    limb               indices of its joints; arrays of indices for several limbs at once, which give [..., limb, 4]
    """
    root, middle, end = (position_m[..., joint, :] for joint in limb)
    upward, downward = root - middle, end - middle
    upper, lower = length(upward), length(downward)
    to_target = target_m - root
    least, most = np.abs(upper - lower) + 1e-3, (upper + lower) * STRETCH_MAX
    wanted = np.clip(length(to_target), least, most)
    now = np.arccos(np.clip((upward * downward).sum(-1, keepdims=True) / (upper * lower), -1, 1))
    new = np.arccos(np.clip((upper**2 + lower**2 - wanted**2) / (2 * upper * lower), -1, 1))
    straightening = quaternions.crossed(upward, downward) / (upper * lower)
    straight = quaternions.turned(world[..., limb[0], :], HINGE)
    axis = unit((straightening + straight * Float(0.01)).astype(Float))
    bend = quaternions.from_rotation_vector(axis * (new - now))
    reached = middle + quaternions.turned(bend, downward) - root
    swing = quaternions.between(unit(reached.astype(Float)), unit(to_target))
    first = quaternions.multiplied(swing, world[..., limb[0], :])
    second = quaternions.multiplied(swing, quaternions.multiplied(bend, world[..., limb[1], :]))
    return first.astype(Float), second.astype(Float)


def length(vector: NDArray[Float]) -> NDArray[Float]:
    """Lengths [..., 1] of vectors [..., 3], at least a millionth."""
    return np.asarray(np.maximum(np.sqrt((vector * vector).sum(-1, keepdims=True)), Float(TINY)), Float)


def unit(vector: NDArray[Float]) -> NDArray[Float]:
    """Directions [..., 3]."""
    return vector / length(vector)
