"""Figures of a motion by itself: feet that slide, jerks, ground and joint limits that are broken through."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.motion.output.limits import violations
from engine.motion.pose import Poses, joint_positions
from engine.motion.skeleton import LEFT_LEG, RIGHT_LEG, Float
from engine.motion.trajectory import RATE_HZ

TOES = (LEFT_LEG[3], RIGHT_LEG[3])
SKATE_HEIGHT_M = 0.025
"""Feet above this height do not skate (Zhang et al., "Mode-Adaptive Neural Networks", SIGGRAPH 2018, section 8)."""

SLIDING_MPS = 0.025
"""A foot in contact that is faster than 2.5 cm/s slides."""


@dataclass(frozen=True, slots=True)
class Soundness:
    """Means over all frames of a set.

    skate_cm_s   horizontal speed of the toes, weighted by 2 - 2 ** (height / 2.5 cm), of those below 2.5 cm
    sliding      share of the frames with a toe in contact in which that toe is faster than 2.5 cm/s
    jerk         third difference of joint positions, m/s^3
    sunk_cm      how far the lower toe is below the ground
    beyond       share of the frames with a joint beyond its limits
    """

    skate_cm_s: float
    sliding: float
    jerk: float
    sunk_cm: float
    beyond: float


def soundness_of(sequences: Sequence[Poses]) -> Soundness:
    """Figures of sequences [frame] of at least four frames at 30 Hz."""
    skates, slides, jerks, sunk, beyond = [], [], [], [], []
    for poses in sequences:
        position = joint_positions(poses)
        toes = position[:, TOES]
        speed = np.linalg.norm(np.diff(toes[..., (0, 2)], axis=0), axis=-1) * RATE_HZ
        skates.append(skate_weights(toes[1:, :, 1]) * speed * 100)
        stands = (poses.contact[1:, (1, 3)] > 0.5) & (poses.contact[:-1, (1, 3)] > 0.5)
        slides.append(speed[stands] > SLIDING_MPS)
        jerks.append(np.linalg.norm(np.diff(position, 3, axis=0), axis=-1).mean(1) * RATE_HZ**3)
        sunk.append(np.maximum(-toes[..., 1], 0).max(1) * 100)
        beyond.append(violations(poses.rotation))
    return Soundness(*(_mean(values) for values in (skates, slides, jerks, sunk, beyond)))


def skate_weights(height_m: NDArray[Float]) -> NDArray[Float]:
    """How much a toe at a height counts: 1 on the ground, 0 from 2.5 cm on."""
    return np.asarray(np.clip(2 - 2 ** (np.maximum(height_m, 0) / SKATE_HEIGHT_M), 0, 1), Float)


def _mean(values: Sequence[NDArray[np.generic]]) -> float:
    together = np.concatenate([np.asarray(value, np.float64).ravel() for value in values])
    return float(together.mean()) if together.size else 0.0
