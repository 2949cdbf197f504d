"""Streams of raw pictures as encoded video, on their way to the client.

The encoder lives here, in the gateway, one for each call, behind everything that may drop a frame or move a session: a
LIVE stream leaves frames out before they are encoded, so that a decoder never misses one that it needs; a session that
moves to another worker goes on with the same encoder; and a client that resumes gets a new one, which starts with a
keyframe.
"""

import asyncio
import threading
from dataclasses import replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from engine.assets import Part
from engine.codecs.video.codecs import CODECS
from engine.codecs.video.frames import VideoSettings
from engine.codecs.video.packets import EncodedFrame, PacketEncoder
from engine.errors import InvalidRequestError
from engine.requests.character.frames import QUALITY_DEFAULT, FramesRequest, Pictures
from engine.runtime.messages import SealedPart, Tally
from engine.wire.parsing import known
from engine.wire.requests.character import FORMATS, VIDEO_FORMATS
from morphogen.v1 import character_pb2

KEYFRAME_DEFAULT_S = 2.0
KEYFRAME_MIN_S, KEYFRAME_MAX_S = 0.1, 60.0

FRAME = "frame"
"""Name of the parts that hold pictures."""


class FrameEncoder(Protocol):
    """Encodes one stream; in tests something that fails."""

    def encode(self, pixels: NDArray[np.uint8], number: int, *, keyframe: bool = False) -> EncodedFrame:
        """As `PacketEncoder.encode`."""
        ...

    def close(self) -> None:
        """As `PacketEncoder.close`."""
        ...


class VideoParts:
    """Encodes the pictures of one call, which are `size_px` wide and high. `close` it.

    tally  over what was delivered, encoded; starts behind what came before the call
    """

    def __init__(self, encoder: FrameEncoder, size_px: int) -> None:
        self._encoder = encoder
        self._shape = (size_px, size_px, 4)
        self._picture_bytes = 4 * size_px * size_px
        self._keyframe_wanted = False
        self._using = threading.Lock()
        self.tally = Tally()

    def want_keyframe(self) -> None:
        """The next frame shall stand for itself."""
        self._keyframe_wanted = True

    async def encoded(self, sealed: SealedPart) -> SealedPart:
        """The same part with its picture encoded. Raises GenerationError if the encoder fails."""
        if sealed.part.map == FRAME:
            keyframe, self._keyframe_wanted = self._keyframe_wanted, False
            part = await asyncio.to_thread(self._encode, sealed.part, keyframe)
            sealed = sealed._replace(part=part, sha256=part.digest())
        self.tally = self.tally.plus(sealed.sha256, len(sealed.part.payload))
        return sealed._replace(resume_point=sealed.resume_point._replace(tally=self.tally))

    def close(self) -> None:
        """Let the encoder go, once the frame that it may be working on is done."""
        with self._using:
            self._encoder.close()

    def _encode(self, part: Part, keyframe: bool) -> Part:
        picture, pose = part.payload[: self._picture_bytes], part.payload[self._picture_bytes :]
        pixels = np.frombuffer(picture, np.uint8).reshape(self._shape)
        with self._using:
            encoded = self._encoder.encode(pixels, part.sequence, keyframe=keyframe)
        media_type = f"{encoded.media_type};pose_bytes={len(pose)}" if pose else encoded.media_type
        return replace(part, media_type=media_type, payload=encoded.payload() + pose, sha256=b"")


def video_parts(message: character_pb2.FrameStream, request: FramesRequest, *, gpl: bool) -> VideoParts | None:
    """What encodes the stream that `message` asks for; None if it asks for no video.

    Raises InvalidRequestError for a codec without an encoder that may be used, and values out of range.
    """
    name = known(FORMATS, "format", message.format)
    if name not in VIDEO_FORMATS:
        if message.alpha:
            raise InvalidRequestError("alpha", message.alpha, "FRAME_FORMAT_VP9 only; images keep it by themselves")
        return None
    pictures = request.pictures or Pictures()
    interval_s = message.keyframe_interval_s or KEYFRAME_DEFAULT_S
    if not KEYFRAME_MIN_S <= interval_s <= KEYFRAME_MAX_S:
        raise InvalidRequestError("keyframe_interval_s", interval_s, f"{KEYFRAME_MIN_S} to {KEYFRAME_MAX_S:g}")
    settings = VideoSettings(
        pictures.size_px,
        pictures.size_px,
        request.rate_hz,
        quality=message.quality or QUALITY_DEFAULT,
        keyframe_s=interval_s,
        alpha=message.alpha,
        background=pictures.background_rgb(),
    )
    return VideoParts(PacketEncoder(CODECS[name], settings, gpl=gpl), pictures.size_px)
