"""Limbs that reach for a point: the exact solution for two bones; knees bend the way they already bend."""

import numpy as np
from numpy.typing import NDArray

from engine.motion import quaternions
from engine.motion.output.matrices import applied, between, product, turning
from engine.motion.skeleton import LEG_OFFSETS_M, Float

THIGH_M, SHIN_M = Float(-LEG_OFFSETS_M[1][1]), Float(-LEG_OFFSETS_M[2][1])

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


def within_reach(to_ankle_m: NDArray[Float]) -> NDArray[Float]:
    """Ways [..., 3] from hips to ankles, shortened or stretched to what legs of the common skeleton can do."""
    distance = length(to_ankle_m)
    least, most = abs(THIGH_M - SHIN_M) + Float(1e-3), (THIGH_M + SHIN_M) * Float(STRETCH_MAX)
    return np.asarray(to_ankle_m * (np.clip(distance, least, most) / distance))


def with_ankles_at(
    to_ankle_m: NDArray[Float], thigh: NDArray[Float], shin: NDArray[Float]
) -> tuple[NDArray[Float], NDArray[Float]]:
    """Thighs and shins [..., 3, 3] in world space, turned such that ankles lie at `to_ankle_m` [..., 3] from the hips.

    The same as `reach`, up to rounding, for legs of the common skeleton, whose bones lie along -Y of their own axes.
    Without angles, for every frame that is shown: the sine and cosine of how much farther the knee bends follow from
    the law of cosines.
    """
    goal = within_reach(to_ankle_m)
    upward, downward = thigh[..., 1], -shin[..., 1]
    cosine_now = np.clip((upward * downward).sum(-1), -1, 1)
    squares = THIGH_M * THIGH_M + SHIN_M * SHIN_M
    cosine_new = np.clip((squares - (goal * goal).sum(-1)) / (2 * THIGH_M * SHIN_M), -1, 1)
    sine_now, sine_new = np.sqrt(1 - cosine_now * cosine_now), np.sqrt(1 - cosine_new * cosine_new)
    cosine, sine = cosine_new * cosine_now + sine_new * sine_now, sine_new * cosine_now - cosine_new * sine_now
    axis = unit(quaternions.crossed(upward, downward) - thigh[..., 0] * Float(0.01))  # HINGE: -X of the thigh
    bend = turning(axis * sine[..., None], np.maximum(cosine, TINY - 1))
    reached = SHIN_M * applied(bend, downward) - THIGH_M * upward
    swing = between(unit(reached), unit(goal))
    return product(swing, thigh), product(swing, product(bend, shin))


def length(vector: NDArray[Float]) -> NDArray[Float]:
    """Lengths [..., 1] of vectors [..., 3], at least a millionth."""
    return np.asarray(np.maximum(np.sqrt((vector * vector).sum(-1, keepdims=True)), Float(TINY)), Float)


def unit(vector: NDArray[Float]) -> NDArray[Float]:
    """Directions [..., 3]."""
    return vector / length(vector)
