"""A character's session as one record of fixed layout: 2.6 KB, the same bytes on every machine.

A session always knows two moments of the network's 30 Hz: the one at or before the last frame, and the one after it.
Frames at other rates lie between them.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import InvalidRequestError
from engine.motion.features import FEATURE_COUNT
from engine.motion.skeleton import JOINT_COUNT

LAYOUT = 1
"""Raised when the meaning or the order of the fields changes: a checkpoint of another layout is refused."""

MOMENT = np.dtype(
    [
        ("state", "<f4", FEATURE_COUNT),
        ("place_m", "<f8", 2),
        ("heading_rad", "<f8"),
        ("held", "<f4", 2),
        ("point", "<f4", (2, 3)),
        ("offset", "<f4", (2, 3)),
        ("pace", "<f4", (2, 3)),
        ("root_m", "<f4", 3),
        ("rotation", "<f4", (JOINT_COUNT, 4)),
        ("contact", "<f4", 4),
    ]
)
"""state: normalized features. place, heading: of the path. held to pace: `FootLock`. root to contact: the pose."""

SESSION = np.dtype(
    [
        ("layout", "<u4"),
        ("seed", "<u4"),
        ("moment", "<i8"),
        ("frame", "<i8"),
        ("velocity_mps", "<f4", 2),
        ("heading_rad", "<f8"),
        ("action", "<i4"),
        ("style", "<i4"),
        ("now", MOMENT),
        ("next", MOMENT),
    ]
)
"""moment: number of `next` at 30 Hz. frame: number of the next frame to be shown. The rest before `now`: the wish that
`next` was made with.
"""

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
        if not sound or record["frame"] < 0 or record["moment"] < 0:
            raise InvalidRequestError("checkpoint", "numbers that are not finite", "what `to_bytes` gave")
        return cls(record)

    @property
    def frame(self) -> int:
        """Number of the next frame."""
        return int(self.record["frame"])
