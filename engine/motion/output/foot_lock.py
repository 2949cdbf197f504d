"""Feet that stand still while they stand: the last correction before a pose leaves, for many characters at once.

While a foot is in contact its toe is held where it touched down, and the leg reaches for it (`two_bone`). When it lifts
off, or the pose has moved too far from the held point, the correction dies away smoothly instead of at once: the
offset follows a critically damped spring. Causal: a frame depends on those before it, never on those after.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.motion.output.two_bone import reach
from engine.motion.pose import Poses, joint_positions, joint_rotations, local_rotations
from engine.motion.skeleton import LEFT_LEG, RIGHT_LEG, Float

LEGS = (LEFT_LEG, RIGHT_LEG)
CONTACT_MIN = 0.5
RELEASED_AT_M = 0.22
"""A held point this far from where the pose wants its toe is let go: better a slide than a split."""

SETTLES_S = 0.07
"""Time constant in which a correction dies away."""

ANKLE_HEIGHT_MIN_M, TOE_HEIGHT_MIN_M = 0.035, 0.0
FIELDS_PER_FOOT = 10


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
    toe = position[..., (LEFT_LEG[3], RIGHT_LEG[3]), :]
    memory = _remembered(toe, poses.contact[..., (1, 3)], memory, Float(step_s))
    for foot, leg in enumerate(LEGS):
        ankle = position[..., leg[2], :] + memory.offset[..., foot, :]
        low = np.maximum(ankle[..., 1], ANKLE_HEIGHT_MIN_M) - ankle[..., 1]
        target = ankle.copy()
        target[..., 1] += low
        upper, lower = reach(world, position, leg[:3], target)
        world[..., leg[0], :], world[..., leg[1], :] = upper, lower
        # the foot keeps its own turn in the world: only the leg above it moves
    return Poses(poses.root_m, local_rotations(world), poses.contact), memory


def _remembered(toe: NDArray[Float], contact: NDArray[Float], before: FootLock, step_s: Float) -> FootLock:
    """Held points and offsets of this frame for the pose's own toes [..., 2, 3]."""
    offset, pace = settled(before.offset, before.pace, step_s)
    stands = contact > CONTACT_MIN
    near = np.abs(before.point - toe).max(-1) < RELEASED_AT_M
    keeps = stands & near & (before.held > 0.5)
    catches = stands & ~keeps & (before.held < 0.5)
    shown = toe + offset
    ground = shown.copy()
    ground[..., 1] = np.maximum(TOE_HEIGHT_MIN_M, np.minimum(shown[..., 1], 0.03))
    point = np.where(catches[..., None], ground, before.point)
    held = keeps | catches
    wanted = point - toe
    # while held the offset is what holds; its pace is what it would go on with when let go
    step_pace = (wanted - before.offset) / step_s
    new_offset = np.where(held[..., None], wanted, offset)
    new_pace = np.where(held[..., None], np.clip(step_pace, -1, 1), pace)
    floor = np.maximum(TOE_HEIGHT_MIN_M - (toe + new_offset)[..., 1], 0)
    new_offset[..., 1] += floor
    return FootLock(held.astype(Float), point.astype(Float), new_offset.astype(Float), new_pace.astype(Float))


def settled(offset: NDArray[Float], pace: NDArray[Float], step_s: Float) -> tuple[NDArray[Float], NDArray[Float]]:
    """A critically damped spring towards zero, one step on (exact solution)."""
    stiffness = Float(1 / SETTLES_S)
    decay = Float(np.exp(-step_s * stiffness))
    drive = pace + offset * stiffness
    return decay * (offset + drive * step_s), decay * (pace - drive * stiffness * step_s)
