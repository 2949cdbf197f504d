"""Requests for a character's frames: a stream of poses, pictures or both, at a constant rate."""

import json
from dataclasses import dataclass, field
from typing import ClassVar

from engine.errors import InvalidRequestError
from engine.requests.character.control import Control
from engine.requests.character.identity import Who, color_text

RATES_HZ = (24, 30, 60, 72, 90)
SIZES_PX = (128, 256)
FRAME_MAX = 24 * 3600 * 90
"""Most frames of a stream, and the largest number of its first one: a day of the highest rate."""

SCRIPT_MAX = 4096
"""Most controls in a script."""

STILL_FORMATS = ("raw", "png", "webp", "jpeg")
RENDERERS = ("mesh", "network")
QUALITY_DEFAULT = 80
BACKGROUND_DEFAULT = "#202428"


@dataclass(frozen=True, slots=True)
class Pictures:
    """How pictures come.

    format      one of STILL_FORMATS; a stream that is encoded as video takes "raw" from its worker
    size_px     edge length, one of SIZES_PX
    renderer    "mesh": the software renderer, or "network": the frame network, which is softer
    quality     1 to 100 of webp and jpeg
    background  "#rrggbb" behind transparent pixels where these are not kept
    """

    format: str = "raw"
    size_px: int = SIZES_PX[-1]
    renderer: str = RENDERERS[0]
    quality: int = QUALITY_DEFAULT
    background: str = BACKGROUND_DEFAULT

    def __post_init__(self) -> None:
        for name, allowed in (("format", STILL_FORMATS), ("size_px", SIZES_PX), ("renderer", RENDERERS)):
            if getattr(self, name) not in allowed:
                raise InvalidRequestError(name, getattr(self, name), ", ".join(map(str, allowed)))
        if not 1 <= self.quality <= 100:
            raise InvalidRequestError("quality", self.quality, "1 to 100")
        object.__setattr__(self, "background", color_text("background", self.background))

    def background_rgb(self) -> tuple[int, int, int]:
        """The background as three numbers from 0 to 255."""
        red, green, blue = bytes.fromhex(self.background[1:])
        return red, green, blue

    def document(self) -> dict[str, object]:
        """For canonical JSON: what of it counts."""
        document: dict[str, object] = {"format": self.format, "size_px": self.size_px, "renderer": self.renderer}
        if self.format in ("webp", "jpeg"):
            document["quality"] = self.quality
        if self.format == "jpeg":
            document["background"] = self.background
        return document


@dataclass(frozen=True, slots=True)
class FramesRequest:
    """A stream of frames.

    rate_hz      frames per second, one of RATES_HZ
    frame_count  1 to FRAME_MAX
    first_frame  0 to FRAME_MAX: what comes before is made, with the script, but not sent
    poses        whether they are wanted
    pictures     None: none are
    script       (frame, control) in ascending order: the frame is the first one that shows it
    """

    ASSET_KIND: ClassVar[str] = "frames"
    SHARED: ClassVar[bool] = False

    who: Who = field(default_factory=Who)
    rate_hz: int = 30
    frame_count: int = FRAME_MAX
    first_frame: int = 0
    poses: bool = True
    pictures: Pictures | None = None
    script: tuple[tuple[int, Control], ...] = ()

    def __post_init__(self) -> None:
        if self.rate_hz not in RATES_HZ:
            raise InvalidRequestError("rate_hz", self.rate_hz, ", ".join(map(str, RATES_HZ)))
        if not 1 <= self.frame_count <= FRAME_MAX:
            raise InvalidRequestError("frame_count", self.frame_count, f"1 to {FRAME_MAX}")
        if not 0 <= self.first_frame <= FRAME_MAX:
            raise InvalidRequestError("first_frame", self.first_frame, f"0 to {FRAME_MAX}")
        if not self.poses and self.pictures is None:
            raise InvalidRequestError("poses", self.poses, "poses, a format of pictures, or both")
        if len(self.script) > SCRIPT_MAX:
            raise InvalidRequestError("script", f"{len(self.script)} controls", f"at most {SCRIPT_MAX}")
        before = 0
        for index, (frame, _) in enumerate(self.script):
            if not before <= frame <= 2 * FRAME_MAX:
                allowed = f"{before} to {2 * FRAME_MAX}: frames in ascending order"
                raise InvalidRequestError(f"script[{index}].frame", frame, allowed)
            before = frame

    @property
    def seed(self) -> int:
        """That of its character's identity; the motion's too."""
        return self.who.identity.seed

    def canonical(self) -> str:
        """The request as canonical JSON: sorted keys, no spaces."""
        document = {
            **self.who.document(),
            "rate_hz": self.rate_hz,
            "frame_count": self.frame_count,
            "first_frame": self.first_frame,
            "poses": self.poses,
            "pictures": None if self.pictures is None else self.pictures.document(),
            "script": [[frame, control.given()] for frame, control in self.script],
        }
        return json.dumps(document, sort_keys=True, separators=(",", ":"))
