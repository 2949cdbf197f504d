"""Frames as one piece of bytes each, for streams that bring their own framing."""

from dataclasses import dataclass
from typing import Literal, cast

import av
import numpy as np
from av.video.codeccontext import VideoCodecContext
from numpy.typing import NDArray

from engine.codecs.video.codecs import Codec, encoder_for
from engine.codecs.video.frames import VideoSettings, configure, video_frame
from engine.errors import GenerationError

_ALPHA_SIDE_DATA: Literal["matroska_block_additional"] = "matroska_block_additional"
_ALPHA_ID_BYTES = 8
"""Before the alpha frame stands the number that Matroska keeps it under."""


@dataclass(frozen=True, slots=True)
class EncodedFrame:
    """One frame of a video.

    data         what a decoder of the codec takes
    alpha        transparency as a second frame of the same codec, in its brightness; empty: opaque
    keyframe     whether decoding can start here
    media_type   with the parameters `keyframe` and, if there is transparency, `alpha_bytes`
    """

    data: bytes
    alpha: bytes
    keyframe: bool
    media_type: str

    def payload(self) -> bytes:
        """Both, one after the other."""
        return self.data + self.alpha


class PacketEncoder:
    """Encodes one stream; every frame comes out at once. `close` it.

    Raises InvalidRequestError for a codec without an encoder or a transparency it cannot keep.
    """

    def __init__(self, codec: Codec, settings: VideoSettings, *, gpl: bool) -> None:
        encoder = encoder_for(codec, gpl=gpl)
        self._codec, self._settings = codec, settings
        self._context = cast(VideoCodecContext, av.CodecContext.create(encoder.name, "w"))
        configure(self._context, codec, encoder, settings)
        self._first = True
        self._closed = False

    def encode(self, pixels: NDArray[np.uint8], number: int, *, keyframe: bool = False) -> EncodedFrame:
        """Frame `number`, higher than those before; the first one and any with `keyframe` stands for itself.

        Raises GenerationError if the encoder fails or holds the frame back.
        """
        try:
            frame = video_frame(pixels, self._codec, self._settings, number, keyframe=keyframe or self._first)
            packets = self._context.encode(frame)
        except (av.FFmpegError, ValueError) as error:
            raise GenerationError(f"the {self._codec.name} encoder failed at frame {number}: {error}") from error
        if len(packets) != 1:
            raise GenerationError(f"the {self._codec.name} encoder gave {len(packets)} packets for frame {number}")
        self._first = False
        (packet,) = packets
        alpha = b""
        if self._settings.alpha and packet.has_sidedata(_ALPHA_SIDE_DATA):
            alpha = bytes(packet.get_sidedata(_ALPHA_SIDE_DATA))[_ALPHA_ID_BYTES:]
        media_type = f"{self._codec.media_type};keyframe={int(packet.is_keyframe)}"
        if self._settings.alpha:
            media_type += f";alpha_bytes={len(alpha)}"
        return EncodedFrame(bytes(packet), alpha, packet.is_keyframe, media_type)

    def close(self) -> None:
        """Let the encoder go. Harmless when repeated."""
        if self._context.is_open and not self._closed:
            self._closed = True
            self._context.encode(None)
