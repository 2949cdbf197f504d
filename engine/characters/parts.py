"""A character as few simple bodies: one tapered capsule, pressed flat, for each part. Networks are told these.

They are fitted to the mesh once for an identity: each part's vertices, seen from its joint, give an axis from end to
end and half widths at both ends.
"""

import numpy as np
from numpy.typing import NDArray

from engine.characters.character import Character
from engine.characters.sculpting.sculpture import PART_COUNT, PART_NAMES
from engine.motion.skeleton import SKELETON

Floats = NDArray[np.float64]

PART_NUMBERS = 10
"""Numbers per part: start [3], end [3], half widths across at start and end [2], flatness [1], present [1]."""

_JOINTS = (
    "pelvis", "spine", "chest", "neck", "head", "l_shoulder", "l_elbow", "l_wrist", "r_shoulder", "r_elbow", "r_wrist",
    "l_hip", "l_knee", "l_ankle", "r_hip", "r_knee", "r_ankle", "head", "head", "pelvis", "chest",
)  # fmt: skip
PART_JOINT = np.array([SKELETON.index(name) for name in _JOINTS])
"""The joint that each part follows, int [parts]."""

AXES = np.array([{"arm": 0, "oot": 2}.get(name[-3:], 0 if name.endswith("hand") else 1) for name in PART_NAMES])
"""The axis of the T-pose along which a part is measured: x for arms, z for feet, y for all others; int [parts]."""


def part_table(character: Character) -> NDArray[np.float32]:
    """The capsules of a character float32 [parts, PART_NUMBERS], relative to their joints, in meters."""
    table = np.zeros((PART_COUNT, PART_NUMBERS), np.float32)
    for part in range(PART_COUNT):
        chosen = character.position[character.part == part].astype(np.float64)
        if len(chosen) >= 4:
            table[part] = _capsule(chosen - character.measures.joint[PART_JOINT[part]], int(AXES[part]))
    return table


def _capsule(point: Floats, axis: int) -> Floats:
    one, other = (index for index in range(3) if index != axis)
    along = point[:, axis]
    low, high = np.quantile(along, [0.01, 0.99])
    middle = np.array([_middle(point[:, index]) for index in (one, other)])
    half = [np.array([_half(point[near, index]) for index in (one, other)]) for near in _ends(along, low, high)]
    width = np.maximum(np.array(half), 0.006)
    flatness = float(np.sqrt((width[:, 1] / width[:, 0]).prod()))
    radius = np.sqrt(width[:, 0] * width[:, 1])
    # The round ends are part of the capsule: its segment is shorter than the part.
    inset = np.minimum(radius, 0.5 * (high - low) - 1e-4)
    start, end = np.zeros(3), np.zeros(3)
    start[[one, other]] = end[[one, other]] = middle
    start[axis], end[axis] = low + inset[0], high - inset[1]
    return np.array([*start, *end, *radius, flatness, 1.0])


def _ends(along: Floats, low: float, high: float) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    middle = 0.5 * (low + high)
    return along <= middle, along >= middle


def _middle(values: Floats) -> float:
    low, high = np.quantile(values, [0.03, 0.97])
    return float(0.5 * (low + high))


def _half(values: Floats) -> float:
    if len(values) < 2:
        return 0.0
    low, high = np.quantile(values, [0.04, 0.96])
    return float(0.5 * (high - low))
