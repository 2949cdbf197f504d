"""From a frame's bytes to pixels: images by OpenCV, video by PyAV where these are installed."""

from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from morphogen_client.characters.frames import Frame
from morphogen_client.errors import BrokenStreamError, MissingPackageError
from morphogen_client.results.pictures import decoded

_av: ModuleType | None = None
try:
    import av
except ImportError:
    pass  # images need none
else:
    _av = av

_DECODERS = {"h264": "h264", "vp9": "vp9", "av1": "libdav1d"}


class FrameDecoder:
    """Pixels of one stream's frames, in order. Video needs PyAV: `pip install 'morphogen-client[video]'`."""

    def __init__(self) -> None:
        self._color: Any = None
        self._alpha: Any = None

    def pixels(self, frame: Frame) -> NDArray[np.uint8]:
        """RGBA [height, width, 4] with straight alpha; opaque where the format has none.

        Raises BrokenStreamError for bytes that cannot be decoded, or before a keyframe, MissingPackageError for video
        without PyAV.
        """
        if frame.format == "raw":
            return _raw(frame)
        if frame.format in ("png", "webp", "jpeg"):
            return _image(frame)
        if frame.format not in _DECODERS:
            raise BrokenStreamError(f"frame {frame.number} has no picture")
        if self._color is None:
            self._color, self._alpha = _decoder(frame.format), _decoder(frame.format)
        shown = _decoded(self._color, frame.data, frame).to_ndarray(format="rgba")
        if frame.alpha:
            plane = _decoded(self._alpha, frame.alpha, frame).to_ndarray(format="gray")
            shown[..., 3] = plane[: shown.shape[0], : shown.shape[1]]
        pixels: NDArray[np.uint8] = shown
        return pixels


def _raw(frame: Frame) -> NDArray[np.uint8]:
    edge = frame.size_px
    if len(frame.data) != 4 * edge * edge:
        raise BrokenStreamError(f"frame {frame.number}: {len(frame.data)} bytes are no picture of {edge} px")
    return np.frombuffer(frame.data, np.uint8).reshape(edge, edge, 4)


def _image(frame: Frame) -> NDArray[np.uint8]:
    shown = decoded(frame.data)
    if shown is None or shown.ndim != 3 or shown.dtype != np.uint8:
        raise BrokenStreamError(f"frame {frame.number}: the {frame.format} is damaged")
    pixels = np.full((*shown.shape[:2], 4), 255, np.uint8)
    pixels[..., : shown.shape[2]] = shown
    return pixels


def _decoder(name: str) -> Any:
    if _av is None:
        raise MissingPackageError("video needs PyAV: pip install 'morphogen-client[video]'")
    context = _av.CodecContext.create(_DECODERS[name], "r")
    context.thread_count = 1  # several threads would hold frames back
    return context


def _decoded(context: Any, data: bytes, frame: Frame) -> Any:
    assert _av is not None
    try:
        pictures = context.decode(_av.Packet(data))
    except _av.FFmpegError as error:
        raise BrokenStreamError(f"frame {frame.number}: the {frame.format} is damaged ({error})") from error
    if len(pictures) != 1:
        raise BrokenStreamError(f"frame {frame.number}: the {frame.format} shows {len(pictures)} pictures")
    return pictures[0]
