"""Changes that do not jump: what is left of the old motion dies away in the new one (inertialization).

After Bollo, "Inertialization: High-Performance Animation Transitions in Gears of War", GDC 2018: nothing is blended
between two motions; the difference at the moment of the change is remembered and follows a critically damped spring to
zero. It is told in features that poses are made from - places of the pelvis and of the feet, and all rotations -
relative to the path: nobody is moved back.
"""

import numpy as np
from numpy.typing import NDArray

from engine.motion.features import POSITION, ROTATION
from engine.motion.skeleton import CONTACT_JOINTS, PELVIS, Float

SETTLES_S = 0.10
"""Time constant: after three of them a fifth of the difference is left, after six a fiftieth."""

BLENDED = np.array(
    [POSITION.start + 3 * joint + axis for joint in (PELVIS, *CONTACT_JOINTS) for axis in range(3)]
    + [*range(ROTATION.start, ROTATION.stop)]
)
"""Features that a difference is remembered of."""

BLENDED_COUNT = len(BLENDED)


def difference(old: NDArray[Float], new: NDArray[Float]) -> NDArray[Float]:
    """What the old features [..., 205] have beyond the new ones: [..., 99]."""
    return old[..., BLENDED] - new[..., BLENDED]


def with_difference(features: NDArray[Float], rest: NDArray[Float]) -> NDArray[Float]:
    """Features [..., 205] with what is left [..., 99] of a difference."""
    shown = features.copy()
    shown[..., BLENDED] += rest
    return shown


def settled(
    offset: NDArray[Float], pace: NDArray[Float], step_s: float, settles_s: float = SETTLES_S
) -> tuple[NDArray[Float], NDArray[Float]]:
    """An offset and its pace one step on: a critically damped spring towards zero, solved exactly."""
    stiffness = Float(1 / settles_s)
    decay = Float(np.exp(-step_s / settles_s))
    drive = pace + offset * stiffness
    moved, slowed = decay * (offset + drive * Float(step_s)), decay * (pace - drive * stiffness * Float(step_s))
    return moved.astype(Float), slowed.astype(Float)
