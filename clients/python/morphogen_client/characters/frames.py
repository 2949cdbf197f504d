"""What arrives of a stream of frames: frame by frame, a pose, a picture, or both."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from morphogen_client.errors import BrokenStreamError
from morphogen_client.results.document import parsed
from morphogen_client.streams.assembly import Header, Timings, Trailer
from morphogen_client.streams.parts import Part

JOINT_COUNT = 19
POSE_BYTES = 4 * (3 + 4 * JOINT_COUNT + 4)
POSE_TYPE = "application/x-morphogen-pose"

FORMAT_OF_TYPE = {
    "application/x-rgba8": "raw",
    "image/png": "png",
    "image/webp": "webp",
    "image/jpeg": "jpeg",
    "video/h264": "h264",
    "video/vp9": "vp9",
    "video/av1": "av1",
}
"""Media type of a picture -> its format; that of mjpeg is jpeg."""


@dataclass(frozen=True, slots=True)
class Pose:
    """How a character stands in one frame.

    root_m    float32 [3]: the pelvis, x, y, z in meters; +Y is up, the ground is y = 0
    rotation  float32 [19, 4]: x, y, z, w of each joint, relative to its parent; that of the pelvis to the world
    contact   float32 [4], 0 to 1: how surely left ankle, left toe, right ankle, right toe stand on the ground
    """

    root_m: NDArray[np.float32]
    rotation: NDArray[np.float32]
    contact: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame.

    number         from 0 at the character's beginning; live streams leave some out
    pose           None if only pictures were asked for
    format         of `data`: "raw", "png", "webp", "jpeg", "h264", "vp9" or "av1"; empty without a picture
    data           the picture as it was sent, see `FrameDecoder` for pixels
    alpha          transparency of a video frame as a second one of the same codec; empty if there is none
    keyframe       whether decoding can start here
    size_px        edge length of the picture
    control_count  controls of the client that it shows
    """

    number: int
    pose: Pose | None
    format: str
    data: bytes
    alpha: bytes
    keyframe: bool
    size_px: int
    control_count: int


@dataclass(frozen=True, slots=True)
class FramesResult:
    """A finished stream.

    header         who made it and from which request
    sha256         digest over all parts in order, in hex
    timings        where the time went on the server
    description    joints with their parents and rest offsets, identity, layout; empty if a stored token lay behind it
    frame_count    frames that arrived
    dropped_count  frames that the server left out: live delivery only
    """

    header: Header
    sha256: str
    timings: Timings
    description: Mapping[str, Any]
    frame_count: int
    dropped_count: int


class FramesReader:
    """Makes frames of parts."""

    def __init__(self) -> None:
        self.description: Mapping[str, Any] = {}
        """Empty until it has come."""
        self._first_frame: int | None = None
        self._frame_count = 0

    def read(self, header: Header, part: Part) -> Frame | None:
        """The frame that `part` is; None for the description. Raises BrokenStreamError for anything else."""
        if part.map == "description":
            self.description = parsed("description", part.payload, ("joints",))
            return None
        if self._first_frame is None:
            self._first_frame = _first_frame(header)
        frame = _frame(self._first_frame + part.sequence - 1, part)
        self._frame_count += 1
        return frame

    def result(self, header: Header, trailer: Trailer) -> FramesResult:
        """The account of the stream."""
        expected = header.part_count - max(1, header.first_sequence)
        return FramesResult(
            header,
            trailer.sha256,
            trailer.timings,
            self.description,
            self._frame_count,
            max(0, expected - self._frame_count),
        )


def _frame(number: int, part: Part) -> Frame:
    kind, parameters = _media_type(part)
    pose_bytes = POSE_BYTES if kind == POSE_TYPE else parameters.get("pose_bytes", 0)
    alpha_bytes = parameters.get("alpha_bytes", 0)
    data_bytes = len(part.payload) - pose_bytes - alpha_bytes
    if data_bytes < 0 or pose_bytes not in (0, POSE_BYTES) or (kind != POSE_TYPE and kind not in FORMAT_OF_TYPE):
        what = f"{part.media_type[:80]!r} of {len(part.payload)} bytes"
        raise BrokenStreamError(f"part {part.sequence}: {what} is no frame")
    return Frame(
        number,
        _pose(part.payload[-POSE_BYTES:]) if pose_bytes else None,
        FORMAT_OF_TYPE.get(kind, ""),
        part.payload[:data_bytes],
        part.payload[data_bytes : data_bytes + alpha_bytes],
        bool(parameters.get("keyframe", 1)),
        part.lod_px,
        part.control_count,
    )


def _pose(data: bytes) -> Pose:
    numbers = np.frombuffer(data, "<f4").astype(np.float32)
    return Pose(numbers[:3], numbers[3:-4].reshape(JOINT_COUNT, 4), numbers[-4:])


def _media_type(part: Part) -> tuple[str, dict[str, int]]:
    """The type and its parameters, which are numbers. Raises BrokenStreamError."""
    kind, *items = part.media_type.split(";")
    try:
        return kind, {name: int(value) for name, value in (item.split("=") for item in items)}
    except ValueError as error:
        raise BrokenStreamError(f"part {part.sequence}: unreadable type {part.media_type[:80]!r}") from error


def _first_frame(header: Header) -> int:
    try:
        return int(json.loads(header.canonical_request)["first_frame"])
    except (ValueError, KeyError, TypeError) as error:
        raise BrokenStreamError("the header does not say which frame is the first") from error
