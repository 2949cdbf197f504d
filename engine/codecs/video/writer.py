"""Videos in containers: MP4, WebM and Matroska files, Matroska and MPEG-TS for pipes."""

from collections.abc import Mapping
from typing import Any, BinaryIO, Protocol, cast

import av
import numpy as np
from av.video.stream import VideoStream
from numpy.typing import NDArray

from engine.codecs.video.codecs import Codec, encoder_for
from engine.codecs.video.frames import VideoSettings, configure, video_frame
from engine.errors import GenerationError, InvalidRequestError, OutputError

CONTAINERS: Mapping[str, str] = {".mp4": "mp4", ".webm": "webm", ".mkv": "matroska", ".ts": "mpegts"}
"""Suffix of a file -> kind of container."""

PIPE_CONTAINERS = ("matroska", "mpegts")
"""Those that can be read while they are being written, and never need to go back."""


ALPHA_CONTAINERS = ("webm", "matroska")


class Encoding(Protocol):
    """Makes packets of frames; in tests something that fails."""

    def encode(self, frame: av.VideoFrame | None = None) -> "list[av.Packet[Any]]":
        """The packets that `frame` completes; with None those that are left."""
        ...


class VideoWriter:
    """Writes one video to a binary stream that it does not close.

    provenance  written as metadata where the container has room for it
    live        the stream is read while it grows: nothing is held back, nothing is gone back to

    If the encoder fails, `write` raises and what came before is still made a complete video by `close`.
    """

    def __init__(
        self,
        output: BinaryIO,
        container: str,
        codec: Codec,
        settings: VideoSettings,
        provenance: Mapping[str, str],
        *,
        gpl: bool,
        live: bool = False,
    ) -> None:
        encoder = encoder_for(codec, gpl=gpl)
        if settings.alpha and container not in ALPHA_CONTAINERS:
            raise InvalidRequestError("alpha", settings.alpha, f"none in {container}")
        self._codec, self._settings = codec, settings
        self._output = _Output(output, seekable=not live)
        self._container = av.open(self._output, "w", format=container, options=_options(container, live=live))
        self._container.metadata.update(video_metadata(container, provenance))
        self._stream = cast(VideoStream, self._container.add_stream(encoder.name, rate=settings.rate_hz))
        configure(self._stream.codec_context, codec, encoder, settings)
        self._stream.time_base = settings.time_base
        self.encoding: Encoding = self._stream
        self.frame_count = 0
        self._failed = self._closed = False

    def write(self, pixels: NDArray[np.uint8], *, keyframe: bool = False) -> None:
        """Append one frame, RGBA [height, width, 4]; `keyframe`: decoding can start here.

        Raises GenerationError if the encoder fails, OutputError if the bytes cannot be written. Close it then.
        """
        number = self.frame_count
        try:
            frame = video_frame(
                pixels, self._codec, self._settings, number, keyframe=keyframe or self._codec.intra or number == 0
            )
            packets = self.encoding.encode(frame)
        except (av.FFmpegError, ValueError) as error:
            self._failed = True
            raise GenerationError(
                f"the {self._codec.name} encoder failed at frame {number}: {error}; {number} frames are in the video"
            ) from error
        self._mux(packets)
        self.frame_count += 1

    def close(self) -> None:
        """Write what is left and the end of the video. Raises OutputError. Harmless when repeated."""
        if self._closed:
            return
        self._closed = True
        try:
            if not self._failed:
                self._mux(self.encoding.encode(None))
        finally:
            try:
                self._container.close()
            except (av.FFmpegError, OSError) as error:
                raise self._unwritable(error) from error
        if self._output.failure is not None:
            raise self._unwritable(self._output.failure)

    def _mux(self, packets: "list[av.Packet[Any]]") -> None:
        try:
            for packet in packets:
                packet.stream = self._stream
                self._container.mux(packet)
        except (av.FFmpegError, OSError) as error:
            self._failed = True
            raise self._unwritable(error) from error
        if self._output.failure is not None:
            self._failed = True
            raise self._unwritable(self._output.failure)

    def _unwritable(self, error: Exception) -> OutputError:
        cause = self._output.failure or error
        reason = cause.strerror if isinstance(cause, OSError) and cause.strerror else str(cause)
        return OutputError(f"the video cannot be written: {reason} (after {self.frame_count} frames)")


class _Output:
    """What the muxer writes to. It would lose the reason of a failure, so the first one is kept here."""

    def __init__(self, stream: BinaryIO, *, seekable: bool) -> None:
        self._stream = stream
        self.failure: OSError | None = None
        if seekable:
            self.seek = stream.seek
            self.tell = stream.tell

    def write(self, data: bytes) -> int:
        """Everything, or an OSError."""
        if self.failure is None:
            try:
                self._stream.write(data)
            except OSError as error:
                self.failure = error
        return len(data)  # a muxer that is told of it leaves its state undefined; who calls it looks at `failure`

    def flush(self) -> None:
        """Let a reader have what was written."""
        if self.failure is None:
            try:
                self._stream.flush()
            except OSError as error:
                self.failure = error


def video_metadata(container: str, provenance: Mapping[str, str]) -> dict[str, str]:
    """Tags of a container: players show `comment`, the rest is for programs. MPEG-TS has room for two names only."""
    if not provenance:
        return {}
    software = provenance.get("Software", "Morphogen")
    comment = f"AI-generated by {software}, {provenance.get('Generator', '')}"
    if container == "mpegts":
        return {"service_provider": software, "service_name": comment}
    return {"comment": comment, **{f"morphogen_{name.lower()}": text for name, text in provenance.items()}}


def _options(container: str, *, live: bool) -> dict[str, str]:
    options = {"fflags": "+bitexact"}  # no random identifiers, no clock: the same video is the same file
    if container == "mp4":
        options["movflags"] = "use_metadata_tags"
    if live:
        options["flush_packets"] = "1"
        if container == "matroska":
            options |= {"live": "1", "cluster_time_limit": "1000"}
    return options
