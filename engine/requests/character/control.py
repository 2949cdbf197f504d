"""What a character is told while it moves: single controls, and what they add up to."""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from functools import lru_cache
from typing import Any

from engine.errors import InvalidRequestError

CONTROL_MAX_BYTES = 1024
"""Largest encoded control."""

NAME_MAX_CHARACTERS = 40
REMEMBERED_COUNT = 1024
"""Steerings whose bytes are kept: a stream makes a checkpoint of the same one with every frame."""

_RANGES = {
    "speed_mps": (0.0, 8.0),
    "camera_pitch_deg": (-20.0, 80.0),
    "camera_zoom": (0.2, 1.0),
    "light_pitch_deg": (0.0, 90.0),
}
_TURN_DEG = 360.0


@dataclass(frozen=True, slots=True)
class Steering:
    """Everything a character is told at one moment. Angles lie in [0, 360).

    speed_mps       over ground
    heading_deg     where it faces: 0 is +Z, 90 is +X
    direction_deg   where it goes, relative to that: 90 to its left, 180 back
    gait            how it goes; empty: as its speed asks for
    action          what it does instead; empty: nothing
    style           way of moving; empty: the generator's first one
    camera_*, light_*  where they stand around the character, 0 before it at heading 0, and how high; zoom is the share
                    of the picture's height that a standing character takes
    """

    speed_mps: float = 0.0
    heading_deg: float = 0.0
    direction_deg: float = 0.0
    gait: str = ""
    action: str = ""
    style: str = ""
    camera_yaw_deg: float = 0.0
    camera_pitch_deg: float = 10.0
    camera_zoom: float = 0.8
    light_yaw_deg: float = 40.0
    light_pitch_deg: float = 50.0

    def after(self, control: "Control") -> "Steering":
        """What holds once `control` has come."""
        return replace(self, **control.given())

    def encoded(self) -> bytes:
        """For a checkpoint: what differs from the beginning, as JSON."""
        return _encoded(self)

    @classmethod
    def decoded(cls, data: bytes) -> "Steering":
        """The inverse. Raises InvalidRequestError (field `checkpoint`)."""
        try:
            return _AT_FIRST.after(Control.decoded(data))
        except InvalidRequestError as error:
            raise InvalidRequestError("checkpoint", f"{len(data)} bytes", "a checkpoint of this stream") from error


_AT_FIRST = Steering()


@lru_cache(maxsize=REMEMBERED_COUNT)
def _encoded(steering: Steering) -> bytes:
    different = {name: value for name, value in asdict(steering).items() if value != getattr(_AT_FIRST, name)}
    return json.dumps(different, sort_keys=True, separators=(",", ":")).encode()


@dataclass(frozen=True, slots=True)
class Control:
    """Changes some of `Steering`; None leaves it as it is. Raises InvalidRequestError for what is out of range.

    Which gaits, actions and styles there are is the generator's to say (`check_names`).
    """

    speed_mps: float | None = None
    heading_deg: float | None = None
    direction_deg: float | None = None
    gait: str | None = None
    action: str | None = None
    style: str | None = None
    camera_yaw_deg: float | None = None
    camera_pitch_deg: float | None = None
    camera_zoom: float | None = None
    light_yaw_deg: float | None = None
    light_pitch_deg: float | None = None

    def __post_init__(self) -> None:
        for item in fields(self):
            value = getattr(self, item.name)
            if value is None:
                continue
            if item.name in ("gait", "action", "style"):
                if not isinstance(value, str) or len(value) > NAME_MAX_CHARACTERS:
                    raise InvalidRequestError(item.name, value, f"a name of at most {NAME_MAX_CHARACTERS} characters")
            else:
                object.__setattr__(self, item.name, _number(item.name, value))

    def given(self) -> dict[str, Any]:
        """What it changes."""
        return {name: value for name, value in asdict(self).items() if value is not None}

    def encoded(self) -> bytes:
        """As JSON: sorted keys, no spaces."""
        return json.dumps(self.given(), sort_keys=True, separators=(",", ":")).encode()

    @classmethod
    def decoded(cls, data: bytes) -> "Control":
        """The inverse. Raises InvalidRequestError (field `control`, or that of a value out of range)."""
        allowed = f"a control as JSON of at most {CONTROL_MAX_BYTES} bytes"
        try:
            document = json.loads(data) if len(data) <= CONTROL_MAX_BYTES else None
        except ValueError:
            document = None
        if not isinstance(document, dict) or not set(document) <= set(cls.__slots__):
            raise InvalidRequestError("control", f"{len(data)} bytes", allowed)
        return cls(**document)

    def check_names(self, names: Mapping[str, tuple[str, ...]]) -> None:
        """Raises InvalidRequestError for a gait, action or style that is not among `names` and not empty."""
        for field, allowed in names.items():
            value = getattr(self, field)
            if value and value not in allowed:
                raise InvalidRequestError(field, value, ", ".join(allowed))


def _number(name: str, value: float) -> float:
    """The number, angles in [0, 360) unless they have a range. Raises InvalidRequestError."""
    low, high = _RANGES.get(name, (-math.inf, math.inf))
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise InvalidRequestError(name, value, "a finite number")
    if not low <= value <= high:
        raise InvalidRequestError(name, value, f"{low:g} to {high:g}")
    # A tiny negative angle becomes 360 by rounding, and equal numbers are to be equal text: no -0.
    return (float(value) if name in _RANGES else float(value) % _TURN_DEG % _TURN_DEG) + 0.0
