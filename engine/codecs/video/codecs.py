"""Which video codecs there are: their encoders with their licences, what they can carry, which files hold them."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field

import av
from av.codec.codec import UnknownCodecError

from engine.errors import InvalidRequestError

os.environ.setdefault("SVT_LOG", "1")  # SVT-AV1 writes a page about itself to the standard error stream otherwise
av.logging.set_level(av.logging.ERROR)


@dataclass(frozen=True, slots=True)
class Encoder:
    """One program that makes a codec's bytes.

    name     FFmpeg's name of it
    licence  what it may be distributed under, as an SPDX identifier
    options  FFmpeg's options for frames that are wanted at once: none is held back, none refers to a later one
    quality  option that sets the quality, its value at quality 0 and by how much one point of quality lowers it
    """

    name: str
    licence: str
    options: dict[str, str] = field(default_factory=dict)
    quality: tuple[str, float, float] = ("crf", 45.0, 0.3)

    @property
    def gpl(self) -> bool:
        """Whether a program that contains it has to be under the GPL."""
        return self.licence.startswith("GPL")

    def quality_option(self, quality: int) -> dict[str, str]:
        """The option for a quality of 1 to 100."""
        name, worst, slope = self.quality
        return {name: str(round(worst - slope * quality))}


@dataclass(frozen=True, slots=True)
class Codec:
    """A way to write pictures as a video.

    media_type  of one frame's bytes
    encoders    the preferred one first
    containers  kinds of file that hold it, by FFmpeg's name
    alpha       whether transparency survives
    intra       whether every frame stands for itself
    """

    name: str
    media_type: str
    encoders: tuple[Encoder, ...]
    containers: tuple[str, ...]
    alpha: bool = False
    intra: bool = False


_X264 = {"preset": "ultrafast", "tune": "zerolatency", "forced-idr": "1"}
_VPX = {"deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0", "auto-alt-ref": "0", "b": "0", "row-mt": "0"}
_SVT = {"preset": "12", "svtav1-params": "lookahead=0:pred-struct=1:rtc=1:lp=1"}

CODECS = {
    codec.name: codec
    for codec in (
        Codec(
            "h264",
            "video/h264",
            (
                Encoder("libx264", "GPL-2.0-or-later", _X264),
                Encoder("libopenh264", "BSD-2-Clause", {"allow_skip_frames": "0"}, ("qmin", 45.0, 0.3)),
            ),
            ("mp4", "matroska", "mpegts"),
        ),
        Codec(
            "vp9",
            "video/vp9",
            (Encoder("libvpx-vp9", "BSD-3-Clause", _VPX, ("crf", 60.0, 0.45)),),
            ("webm", "matroska", "mp4"),
            alpha=True,
        ),
        Codec(
            "av1",
            "video/av1",
            (Encoder("libsvtav1", "BSD-3-Clause-Clear", _SVT, ("crf", 60.0, 0.4)),),
            ("webm", "matroska", "mp4"),
        ),
        Codec(
            "mjpeg",
            "image/jpeg",
            (Encoder("mjpeg", "LGPL-2.1-or-later", {}, ("qmin", 24.0, 0.22)),),
            ("matroska", "mp4"),
            intra=True,
        ),
    )
}
"""By name."""

DEFAULTS = {"mp4": ("h264", "av1"), "webm": ("vp9",), "matroska": ("h264", "vp9"), "mpegts": ("h264",)}
"""Kind of file -> what goes into it unless something is asked for; the first for which there is an encoder."""


def encoder_for(codec: Codec, *, gpl: bool, exists: Callable[[str], bool] | None = None) -> Encoder:
    """The encoder to use; `gpl` says whether it may be under the GPL, `exists` whether FFmpeg has one of that name.

    Raises InvalidRequestError (field `codec`) if there is none.
    """
    there = [each for each in codec.encoders if (exists or _exists)(each.name)]
    allowed = [each for each in there if gpl or not each.gpl]
    if not allowed:
        why = "no encoder for it is installed" if not there else "its encoders here are under the GPL, which is off"
        others = [name for name, other in CODECS.items() if other is not codec]
        raise InvalidRequestError("codec", codec.name, f"{', '.join(others)} ({why})")
    return allowed[0]


def codec_for(container: str, name: str, *, gpl: bool) -> Codec:
    """The codec `name` in this kind of file, or with an empty name what usually goes into it.

    Raises InvalidRequestError (field `codec`) for one that is unknown, does not fit, or has no encoder.
    """
    if name:
        fitting = [each.name for each in CODECS.values() if container in each.containers]
        if name not in fitting:
            raise InvalidRequestError("codec", name, f"{', '.join(fitting)} in {container}")
        encoder_for(CODECS[name], gpl=gpl)
        return CODECS[name]
    for default in DEFAULTS[container][:-1]:
        try:
            encoder_for(CODECS[default], gpl=gpl)
        except InvalidRequestError:
            continue
        return CODECS[default]
    return codec_for(container, DEFAULTS[container][-1], gpl=gpl)


def _exists(name: str) -> bool:
    try:
        av.Codec(name, "w")
    except UnknownCodecError:
        return False
    return True
