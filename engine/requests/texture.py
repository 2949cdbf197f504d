"""Requests for tileable PBR materials.

Checks here need no generator: whether a class or an attribute exists is the generator's business.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import ClassVar

from engine.errors import InvalidRequestError
from engine.requests.checks import SEED_MAX, frozen_numbers

TEXTURE_SIZES_PX = (64, 128, 256, 512, 1024, 2048)
"""Edge lengths a texture can have. Levels of detail are the sizes from 64 up to the requested one."""


MASK_MAX_BYTES = 4 * 1024 * 1024
"""Largest accepted mask PNG."""


Color = tuple[int, int, int]
"""An sRGB color, 0 to 255 per channel."""


class Wrap(StrEnum):
    """Axes along which a texture tiles."""

    BOTH = "both"
    X = "x"
    Y = "y"
    NONE = "none"


class MapKind(StrEnum):
    """The maps of a PBR material, in the order in which they are delivered."""

    ALBEDO = "albedo"
    NORMAL = "normal"
    ROUGHNESS = "roughness"
    METALLIC = "metallic"
    HEIGHT = "height"
    AMBIENT_OCCLUSION = "ambient_occlusion"


@dataclass(frozen=True, slots=True)
class Pattern:
    """A pattern of the pattern library by name, with the parameters that differ from its defaults."""

    name: str
    parameters: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "parameters", frozen_numbers("pattern", self.parameters))


@dataclass(frozen=True, slots=True)
class Blend:
    """A second class mixed in spatially.

    `amount` is the share of the surface, in [0, 1], that wears `texture_class`; patches follow seeded noise with
    `patches_per_tile` (1 to 16) blobs along an edge.
    """

    texture_class: str
    amount: float = 0.5
    patches_per_tile: int = 3

    def __post_init__(self) -> None:
        if not 0.0 <= self.amount <= 1.0:
            raise InvalidRequestError("blend.amount", self.amount, "0 to 1")
        object.__setattr__(self, "amount", float(self.amount) + 0.0)  # equal numbers, equal text
        if not 1 <= self.patches_per_tile <= 16:
            raise InvalidRequestError("blend.patches_per_tile", self.patches_per_tile, "1 to 16")


@dataclass(frozen=True, slots=True)
class TextureRequest:
    """One tileable PBR material.

    texture_class  a class of the generator's catalog entry, e.g. "brick"
    seed           0 to 2**32 - 1; the same request and seed give the same bytes
    size_px        edge length, one of TEXTURE_SIZES_PX
    wrap           axes along which the result tiles
    attributes     slider values by name; what is not named is drawn from the class by the seed
    palette        () for the class's own colors, one color (mid tone), or three (dark, mid, light)
    pattern        structure from the pattern library; None takes the class's own
    mask_png       structure from a designer's own grey PNG (white = high); excludes `pattern`
    blend          a second class, mixed in spatially
    maps           the maps to deliver, each at every level of detail
    """

    ASSET_KIND: ClassVar[str] = "texture"
    SHARED: ClassVar[bool] = True
    """Whether equal requests get one and the same generation, and its result is kept."""

    texture_class: str
    seed: int = 0
    size_px: int = 512
    wrap: Wrap = Wrap.BOTH
    attributes: Mapping[str, float] = field(default_factory=dict)
    palette: tuple[Color, ...] = ()
    pattern: Pattern | None = None
    mask_png: bytes = b""
    blend: Blend | None = None
    maps: tuple[MapKind, ...] = tuple(MapKind)

    def __post_init__(self) -> None:
        if not self.texture_class:
            raise InvalidRequestError("texture_class", self.texture_class, "the name of a class in the catalog")
        if not 0 <= self.seed <= SEED_MAX:
            raise InvalidRequestError("seed", self.seed, f"0 to {SEED_MAX}")
        if self.size_px not in TEXTURE_SIZES_PX:
            raise InvalidRequestError("size_px", self.size_px, ", ".join(map(str, TEXTURE_SIZES_PX)))
        if len(self.palette) not in (0, 1, 3):
            raise InvalidRequestError("palette", len(self.palette), "no, one (mid) or three (dark, mid, light) colors")
        if any(len(color) != 3 or not all(0 <= part <= 255 for part in color) for color in self.palette):
            raise InvalidRequestError("palette", self.palette, "sRGB colors with parts 0 to 255")
        if self.pattern is not None and self.mask_png:
            raise InvalidRequestError("mask_png", f"{len(self.mask_png)} bytes", "a mask or a pattern, not both")
        if len(self.mask_png) > MASK_MAX_BYTES:
            raise InvalidRequestError("mask_png", f"{len(self.mask_png)} bytes", f"at most {MASK_MAX_BYTES} bytes")
        if not self.maps or len(set(self.maps)) != len(self.maps):
            raise InvalidRequestError("maps", [str(kind) for kind in self.maps], "at least one map, none twice")
        object.__setattr__(self, "attributes", frozen_numbers("attributes", self.attributes))

    def lods_px(self) -> tuple[int, ...]:
        """The levels of detail delivered, coarse to fine: 64 and every doubling up to `size_px`."""
        return tuple(size for size in TEXTURE_SIZES_PX if size <= self.size_px)

    def canonical(self) -> str:
        """The request as canonical JSON: sorted keys, no spaces, the mask by its SHA-256.

        Equal requests give equal text; it goes into provenance and into content addresses.
        """
        document = {
            "texture_class": self.texture_class,
            "seed": self.seed,
            "size_px": self.size_px,
            "wrap": str(self.wrap),
            "attributes": dict(self.attributes),
            "palette": ["#{:02x}{:02x}{:02x}".format(*color) for color in self.palette],
            "pattern": None
            if self.pattern is None
            else {"name": self.pattern.name, "parameters": dict(self.pattern.parameters)},
            "mask_sha256": hashlib.sha256(self.mask_png).hexdigest() if self.mask_png else None,
            "blend": None
            if self.blend is None
            else {
                "texture_class": self.blend.texture_class,
                "amount": self.blend.amount,
                "patches_per_tile": self.blend.patches_per_tile,
            },
            "maps": [str(kind) for kind in self.maps],
        }
        return json.dumps(document, sort_keys=True, separators=(",", ":"))
