"""Feet that stand still while they stand: the last correction before a pose leaves, for many characters at once.

While a foot is in contact its toe is held where it touched down, and the leg reaches for it (`two_bone`). When it lifts
off, or the pose has moved too far from the held point, the correction dies away smoothly instead of at once: the
offset follows a critically damped spring. Causal: a frame depends on those before it, never on those after.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.motion.output.transition import settled
from engine.motion.output.two_bone import reach
from engine.motion.pose import Poses, joint_positions, joint_rotations, local_rotations
from engine.motion.skeleton import LEFT_LEG, RIGHT_LEG, Float

HIPS, KNEES, ANKLES, TOES = (np.array(pair) for pair in zip(LEFT_LEG, RIGHT_LEG, strict=True))
CONTACT_MIN = 0.5
RELEASED_AT_M = 0.22
"""A held point this far from where the pose wants its toe is let go: better a slide than a split."""

SINKING = np.array((1, 0.8, 1), Float)
"""A toe that was caught above the ground sinks to it, by a fifth of its height in a frame."""

SETTLES_S = 0.07
"""Time constant in which a correction dies away."""

ANKLE_HEIGHT_MIN_M, TOE_HEIGHT_MIN_M = 0.035, 0.0


@dataclass(slots=True)
class FootLock:
    """What is remembered per character and foot.

    held    float32 [..., 2]: 1 while the toe is held
    point   float32 [..., 2, 3]: where it is held, world space
    offset  float32 [..., 2, 3]: what is added to the pose's toe
    pace    float32 [..., 2, 3]: how fast the offset changes, m/s
    """

    held: NDArray[Float]
    point: NDArray[Float]
    offset: NDArray[Float]
    pace: NDArray[Float]


def nothing_held(*shape: int) -> FootLock:
    """Free feet of [*shape] characters."""
    return FootLock(np.zeros((*shape, 2), Float), *(np.zeros((*shape, 2, 3), Float) for _ in range(3)))


def locked(poses: Poses, memory: FootLock, step_s: float) -> tuple[Poses, FootLock]:
    """The next poses [...] with their feet held, and what to remember for the one after."""
    world = joint_rotations(poses.rotation)
    position = joint_positions(poses, world=world)
    target, memory = held_ankles(position[..., ANKLES, :], position[..., TOES, :], poses.contact, memory, step_s)
    # both legs at once; feet keep their own turn in the world: only what is above them moves
    world[..., HIPS, :], world[..., KNEES, :] = reach(world, position, (HIPS, KNEES, ANKLES), target)
    return Poses(poses.root_m, local_rotations(world), poses.contact), memory


def held_ankles(
    ankle_m: NDArray[Float], toe_m: NDArray[Float], contact: NDArray[Float], memory: FootLock, step_s: float
) -> tuple[NDArray[Float], FootLock]:
    """Where ankles [..., 2, 3] go for toes [..., 2, 3] to be held, with contacts [..., 4], and what to remember."""
    memory = _remembered(toe_m, contact[..., (1, 3)], memory, step_s)
    target_m = ankle_m + memory.offset
    target_m[..., 1] = np.maximum(target_m[..., 1], ANKLE_HEIGHT_MIN_M)
    return target_m, memory


def _remembered(toe: NDArray[Float], contact: NDArray[Float], before: FootLock, step_s: float) -> FootLock:
    """Held points and offsets of this frame for the pose's own toes [..., 2, 3] and their contacts [..., 2]."""
    offset, pace = settled(before.offset, before.pace, step_s, SETTLES_S)
    stands = contact > CONTACT_MIN
    near = np.abs(before.point - toe).max(-1) < RELEASED_AT_M
    keeps = stands & near & (before.held > 0.5)
    catches = stands & ~keeps & (before.held < 0.5)
    shown = toe + offset
    ground = shown.copy()
    ground[..., 1] = np.maximum(TOE_HEIGHT_MIN_M, np.minimum(shown[..., 1], 0.03))
    point = np.where(catches[..., None], ground, before.point * SINKING)
    held = keeps | catches
    wanted = point - toe
    # while held the offset is what holds; its pace is what it would go on with when let go
    step_pace = (wanted - before.offset) / Float(step_s)
    new_offset = np.where(held[..., None], wanted, offset)
    new_pace = np.where(held[..., None], np.clip(step_pace, -1, 1), pace)
    floor = np.maximum(TOE_HEIGHT_MIN_M - (toe + new_offset)[..., 1], 0)
    new_offset[..., 1] += floor
    return FootLock(held.astype(Float), point.astype(Float), new_offset.astype(Float), new_pace.astype(Float))
