"""A character's session as one record of fixed layout: 3.4 KB, the same bytes on every machine.

A session always knows two moments of the network's 30 Hz: the one at or before the last frame, and the one after it.
Frames at other rates lie between them.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import InvalidRequestError
from engine.motion.actions import ACTIONS, STYLES
from engine.motion.features import FEATURE_COUNT
from engine.motion.output.transition import BLENDED_COUNT
from engine.motion.skeleton import JOINT_COUNT

LAYOUT = 2
"""Raised when the meaning or the order of the fields changes: a checkpoint of another layout is refused."""

MOMENT = np.dtype(
    [
        ("state", "<f4", FEATURE_COUNT),
        ("place_m", "<f8", 2),
        ("heading_rad", "<f8"),
        ("lag_m", "<f8", 2),
        ("held", "<f4", 2),
        ("point", "<f4", (2, 3)),
        ("offset", "<f4", (2, 3)),
        ("pace", "<f4", (2, 3)),
        ("root_m", "<f4", 3),
        ("rotation", "<f4", (JOINT_COUNT, 4)),
        ("contact", "<f4", 4),
        ("rest", "<f2", BLENDED_COUNT),
        ("rest_pace", "<f2", BLENDED_COUNT),
        ("action", "<i2"),
        ("style", "<i2"),
    ]
)
"""state: normalized features. place, heading: of the path. lag: to where the wish would have led. held to pace:
`FootLock`. root to contact: the pose. rest: what is left of the last change of action (`transition.py`). action, style:
that it was made with.
"""

WISH = np.dtype([("velocity_mps", "<f4", 2), ("heading_rad", "<f8"), ("action", "<i4"), ("style", "<i4")])
"""What `next` was made with, as the network understands it."""

SESSION = np.dtype(
    [
        ("layout", "<u4"),
        ("seed", "<u4"),
        ("moment", "<i8"),
        ("frame", "<i8"),
        *((name, *WISH.fields[name][:1]) for name in WISH.names or () if WISH.fields),
        ("now", MOMENT),
        ("next", MOMENT),
    ]
)
"""moment: number of `next` at 30 Hz. frame: number of the next frame to be shown. Then the fields of WISH."""

STATE_MAX_BYTES = 4096


class MotionState:
    """One session; `record` is a SESSION array of shape []."""

    __slots__ = ("record",)

    def __init__(self, record: NDArray[Any]) -> None:
        self.record = record

    def to_bytes(self) -> bytes:
        """All of it; `from_bytes` gives it back."""
        return self.record.tobytes()

    @classmethod
    def from_bytes(cls, data: bytes) -> "MotionState":
        """Raises InvalidRequestError (field `checkpoint`) for anything but what `to_bytes` gave."""
        if len(data) != SESSION.itemsize:
            raise InvalidRequestError("checkpoint", f"{len(data)} bytes", f"{SESSION.itemsize} bytes")
        record = np.frombuffer(data, SESSION, 1)[0:1].copy().reshape(())
        if int(record["layout"]) != LAYOUT:
            raise InvalidRequestError("checkpoint", f"layout {int(record['layout'])}", f"layout {LAYOUT}")
        sound = all(
            np.isfinite(record[moment][name]).all() for moment in ("now", "next") for name in MOMENT.fields or ()
        )
        told = np.isfinite(record["velocity_mps"]).all() and np.isfinite(record["heading_rad"])
        known = -1 <= record["action"] < len(ACTIONS) and 0 <= record["style"] < len(STYLES)
        if not (sound and told and known) or record["frame"] < 0 or record["moment"] < 0:
            raise InvalidRequestError("checkpoint", "numbers beyond their range", "finite ones, as `to_bytes` gave")
        return cls(record)

    @property
    def frame(self) -> int:
        """Number of the next frame."""
        return int(self.record["frame"])
