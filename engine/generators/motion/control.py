"""What a character is told, checked: where to, how fast, doing what, in which style."""

import math
from dataclasses import dataclass

from engine.errors import InvalidRequestError
from engine.motion.actions import ACTIONS, STYLES

SPEED_MAX_MPS = 8.0


@dataclass(frozen=True, slots=True)
class MotionControl:
    """A wish that holds until the next one.

    velocity_mps  (x, z) in world space, meters per second; at most 8 in length. Actions without a way of their own
                  (jump, dance, box, signal, laugh, wave, cheer) go where they go and do not look at it
    heading_rad   where to face in world space: 0 for +Z, positive towards +X; None faces where the velocity points,
                  and without velocity stays as it is
    action        one of ACTIONS, or "move": idle, turn, walk or run, whichever velocity and heading ask for
    style         one of STYLES; an action that was learned in the other one only (STYLES_OF_ACTION) is shown in that

    Raises InvalidRequestError naming the field for anything else, also for numbers that are not finite.
    """

    velocity_mps: tuple[float, float] = (0.0, 0.0)
    heading_rad: float | None = None
    action: str = "move"
    style: str = "mocap"

    def __post_init__(self) -> None:
        if len(self.velocity_mps) != 2 or not math.hypot(*self.velocity_mps) <= SPEED_MAX_MPS:  # NaN fails it too
            raise InvalidRequestError("velocity_mps", self.velocity_mps, f"two numbers, length 0 to {SPEED_MAX_MPS}")
        if self.heading_rad is not None and not abs(self.heading_rad) <= 1e6:
            raise InvalidRequestError("heading_rad", self.heading_rad, "a finite number from -1e6 to 1e6, or nothing")
        if self.action not in ("move", *ACTIONS):
            raise InvalidRequestError("action", self.action, ", ".join(("move", *ACTIONS)))
        if self.style not in STYLES:
            raise InvalidRequestError("style", self.style, ", ".join(STYLES))

    @property
    def speed_mps(self) -> float:
        """Length of the velocity."""
        return math.hypot(*self.velocity_mps)
