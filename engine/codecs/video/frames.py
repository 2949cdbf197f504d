"""How a picture becomes what an encoder takes: background, planes, color matrix, time stamp."""

from dataclasses import dataclass
from fractions import Fraction

import av
import numpy as np
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType
from av.video.reformatter import ColorRange, Colorspace
from numpy.typing import NDArray

from engine.codecs.video.codecs import Codec, Encoder
from engine.errors import InvalidRequestError

RATES_HZ = (24, 30, 60, 72, 90)
"""Frame rates: films and screens, and what headsets show."""

QUALITY_DEFAULT = 80

_EDGE_MAX_PX = 4096
_SMPTE170M = 6


@dataclass(frozen=True, slots=True)
class VideoSettings:
    """What a video shall be.

    quality        1 to 100
    keyframe_s     at most so many seconds between two frames that stand for themselves
    alpha          whether transparency is kept; the codec has to allow it
    background     sRGB behind transparent pixels where it is not kept

    Raises InvalidRequestError.
    """

    width_px: int
    height_px: int
    rate_hz: int
    quality: int = QUALITY_DEFAULT
    keyframe_s: float = 2.0
    alpha: bool = False
    background: tuple[int, int, int] = (32, 36, 40)

    def __post_init__(self) -> None:
        for name, edge_px in (("width_px", self.width_px), ("height_px", self.height_px)):
            if not (16 <= edge_px <= _EDGE_MAX_PX and edge_px % 2 == 0):
                raise InvalidRequestError(name, edge_px, f"an even number from 16 to {_EDGE_MAX_PX}")
        if self.rate_hz not in RATES_HZ:
            raise InvalidRequestError("rate_hz", self.rate_hz, ", ".join(map(str, RATES_HZ)))
        if not 1 <= self.quality <= 100:
            raise InvalidRequestError("quality", self.quality, "1 to 100")

    @property
    def time_base(self) -> Fraction:
        """Seconds between two frames."""
        return Fraction(1, self.rate_hz)


def configure(context: VideoCodecContext, codec: Codec, encoder: Encoder, settings: VideoSettings) -> None:
    """Set up an encoder that has not been opened yet. Raises InvalidRequestError for transparency it cannot keep."""
    if settings.alpha and not codec.alpha:
        allowed = ", ".join(("none with this codec", "or vp9 as codec"))
        raise InvalidRequestError("alpha", settings.alpha, allowed)
    context.width, context.height = settings.width_px, settings.height_px
    context.pix_fmt = "yuva420p" if settings.alpha else "yuv420p"
    context.time_base, context.framerate = settings.time_base, Fraction(settings.rate_hz)
    context.gop_size = 1 if codec.intra else max(1, round(settings.keyframe_s * settings.rate_hz))
    context.colorspace = _SMPTE170M
    context.color_range = _range(codec)
    context.thread_count = 1  # the same bytes on any machine, and no frames held back by threads
    option = encoder.quality_option(settings.quality)
    if "qmin" in option:
        context.qmin = context.qmax = max(2, int(option["qmin"]))
        option = {}
    context.options = {**encoder.options, **option}


def video_frame(
    pixels: NDArray[np.uint8], codec: Codec, settings: VideoSettings, number: int, *, keyframe: bool
) -> av.VideoFrame:
    """Frame `number` of a video from RGBA [height, width, 4] with straight alpha.

    Raises ValueError for pixels of another shape.
    """
    expected = (settings.height_px, settings.width_px, 4)
    if pixels.shape != expected or pixels.dtype != np.uint8:
        raise ValueError(f"pixels: {pixels.dtype} {list(pixels.shape)} in a video of uint8 {list(expected)}")
    shown = pixels if settings.alpha else over(pixels, settings.background)
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(shown), format="rgba" if settings.alpha else "rgb24")
    frame = frame.reformat(
        format="yuva420p" if settings.alpha else "yuv420p",
        dst_colorspace=Colorspace.ITU601,
        dst_color_range=_range(codec),
    )
    frame.pts, frame.time_base = number, settings.time_base
    frame.pict_type = PictureType.I if keyframe else PictureType.NONE
    return frame


def over(pixels: NDArray[np.uint8], background: tuple[int, int, int]) -> NDArray[np.uint8]:
    """RGB of RGBA pixels before a background, rounded: equal pixels give equal results on every machine."""
    alpha = pixels[..., 3:].astype(np.uint32)
    mixed = pixels[..., :3] * alpha + np.array(background, np.uint32) * (255 - alpha)
    return ((mixed + 127) // 255).astype(np.uint8)


def _range(codec: Codec) -> int:
    """JPEG uses all 256 values."""
    return int(ColorRange.JPEG if codec.name == "mjpeg" else ColorRange.MPEG)
