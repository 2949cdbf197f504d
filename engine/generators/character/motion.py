"""What moves characters in a stream: MotionGen's director, told in the words of requests."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from engine.generators.character.pose import NUMBER_COUNT, pose_numbers
from engine.generators.motion.control import MotionControl
from engine.generators.motion.director import MotionDirector
from engine.generators.motion.state import MotionState
from engine.motion.actions import LOCOMOTION, OFFERED, STYLES
from engine.requests.character.control import REMEMBERED_COUNT, Steering

GAITS = tuple(action for action in OFFERED if action in LOCOMOTION and action not in ("idle", "turn"))
STANDING_MPS = 0.05
"""Below this speed nobody walks, runs or crawls."""


@dataclass(slots=True)
class Moving:
    """A character's motion at a rate."""

    rate_hz: int
    state: MotionState


class DirectedMotion:
    """The `Motion` of MotionGen."""

    names: Mapping[str, tuple[str, ...]] = {
        "gait": GAITS,
        "action": tuple(action for action in OFFERED if action not in GAITS),
        "style": STYLES,
    }

    def __init__(self, director: MotionDirector) -> None:
        self._director = director

    def begin(self, seed: int, rate_hz: int) -> Moving:
        """A character that stands at the origin and faces +Z."""
        return Moving(rate_hz, self._director.begin(seed, STYLES[0]))

    def step(self, moving: Sequence[Moving], steering: Sequence[Steering]) -> NDArray[np.float32]:
        """Move each on by one frame, those of one rate together; poses [character, 83] of the common skeleton."""
        numbers = np.empty((len(moving), NUMBER_COUNT), np.float32)
        for rate_hz in sorted({each.rate_hz for each in moving}):
            rows = [row for row, each in enumerate(moving) if each.rate_hz == rate_hz]
            wishes = [motion_control(steering[row]) for row in rows]
            poses = self._director.step([moving[row].state for row in rows], wishes, rate_hz)
            numbers[rows] = pose_numbers(poses.root_m, poses.rotation, poses.contact)
        return numbers

    def costly(self, moving: Moving) -> bool:
        """Whether the next frame needs the network, unless told otherwise: a change always does."""
        return self._director.needs_network(moving.state, moving.rate_hz)

    def stored(self, moving: Moving) -> bytes:
        """The state as bytes."""
        return moving.state.to_bytes()

    def restored(self, data: bytes, rate_hz: int) -> Moving:
        """The inverse. Raises InvalidRequestError (field `checkpoint`)."""
        return Moving(rate_hz, MotionState.from_bytes(data))


@lru_cache(maxsize=REMEMBERED_COUNT)
def motion_control(steering: Steering) -> MotionControl:
    """What the director is told: a gait without speed is standing, and a style that an action lacks its first one."""
    heading = math.radians(steering.heading_deg)
    direction = heading + math.radians(steering.direction_deg)
    velocity = (steering.speed_mps * math.sin(direction), steering.speed_mps * math.cos(direction))
    action = steering.action or (steering.gait if steering.speed_mps >= STANDING_MPS else "") or "move"
    style = steering.style or STYLES[0]
    styles = OFFERED.get(action, STYLES)
    return MotionControl(velocity, heading, action, style if style in styles else styles[0])
