"""The vocabulary: frozen, validated requests, the parts that answer them, and the description of a generator.

Torch-free and transport-free, so every layer may import it. Checks here need no generator: whether a class or an
attribute exists is the generator's business (`engine/generators/texture.py`).
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import ClassVar

from engine.errors import InvalidRequestError

SEED_MAX = 2**32 - 1
"""Largest seed: seeds are unsigned 32-bit integers."""

TEXTURE_SIZES_PX = (64, 128, 256, 512, 1024, 2048)
"""Edge lengths a texture can have. Levels of detail are the sizes from 64 up to the requested one."""

MASK_MAX_BYTES = 4 * 1024 * 1024
"""Largest accepted mask PNG."""

DIGEST_START = bytes(32)
"""The running digest over no parts."""

Color = tuple[int, int, int]
"""An sRGB colour, 0 to 255 per channel."""


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


def running_digest(digest: bytes, part_sha256: bytes) -> bytes:
    """The digest (32 bytes) over the parts that `digest` covers and one more: SHA-256 of both, one after the other.

    A chain, not one long hash: it can be continued by another process that knows nothing but the 32 bytes.
    """
    return hashlib.sha256(digest + part_sha256).digest()


def frozen_numbers(field_name: str, values: Mapping[str, float]) -> Mapping[str, float]:
    """A sorted copy of `values` with finite floats only.

    Raises InvalidRequestError (field `field_name.key`) for a value that is not a finite number.
    """
    numbers: dict[str, float] = {}
    for name in sorted(values):
        number = float(values[name])
        if not abs(number) < float("inf"):
            raise InvalidRequestError(f"{field_name}.{name}", values[name], "a finite number")
        numbers[name] = number + 0.0  # equal numbers, equal text: this makes 0.0 of -0.0
    return numbers


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
    palette        () for the class's own colours, one colour (mid tone), or three (dark, mid, light)
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


@dataclass(frozen=True, slots=True)
class ProbeRequest:
    """Synthetic parts through the real scheduler, worker and link, for measuring the path.

    part_bytes 1 to 16 MiB; part_count 1 to 1,000,000; step_ms is the simulated step time, 0 to 1,000.
    """

    ASSET_KIND: ClassVar[str] = "probe"
    SHARED: ClassVar[bool] = False

    part_bytes: int
    part_count: int
    step_ms: float = 0.0

    def __post_init__(self) -> None:
        if not 1 <= self.part_bytes <= 16 * 1024 * 1024:
            raise InvalidRequestError("part_bytes", self.part_bytes, "1 to 16777216")
        if not 1 <= self.part_count <= 1_000_000:
            raise InvalidRequestError("part_count", self.part_count, "1 to 1000000")
        if not 0.0 <= self.step_ms <= 1_000.0:
            raise InvalidRequestError("step_ms", self.step_ms, "0 to 1000")

    def canonical(self) -> str:
        """The request as canonical JSON: sorted keys, no spaces."""
        document = {"part_count": self.part_count, "part_size_bytes": self.part_bytes, "step_ms": self.step_ms}
        return json.dumps(document, sort_keys=True, separators=(",", ":"))


AssetRequest = TextureRequest | ProbeRequest


@dataclass(frozen=True, slots=True)
class Part:
    """The unit of delivery: one map at one level of detail, as bytes plus a small header.

    sequence    0 for the first part of an asset, then +1
    map         the map's name; "probe" for synthetic parts
    lod_px      edge length of this level of detail; 0 for synthetic parts
    media_type  e.g. "image/png"
    payload     the bytes of a complete file
    sha256      of the payload, 32 bytes, where the generator knows it beforehand; empty: the runtime works it out
    """

    sequence: int
    map: str
    lod_px: int
    media_type: str
    payload: bytes
    sha256: bytes = b""

    def digest(self) -> bytes:
        """SHA-256 of the payload, 32 bytes."""
        return self.sha256 or hashlib.sha256(self.payload).digest()

    def sealed(self, sha256: bytes) -> "Part":
        """The same part with its checksum."""
        return self if self.sha256 else replace(self, sha256=sha256)


@dataclass(frozen=True, slots=True)
class Draft:
    """A part whose bytes are still to be made: `encode` gives its payload, in any thread, and may take its time."""

    sequence: int
    map: str
    lod_px: int
    media_type: str
    encode: Callable[[], bytes]

    def part(self) -> Part:
        """The finished part."""
        return Part(self.sequence, self.map, self.lod_px, self.media_type, self.encode())


@dataclass(frozen=True, slots=True)
class ParameterInfo:
    """A named number a caller may set. `default` is None where the seed draws it from the class."""

    name: str
    minimum: float
    maximum: float
    default: float | None
    unit: str
    description: str


@dataclass(frozen=True, slots=True)
class PatternInfo:
    """A pattern of the library and its parameters."""

    name: str
    description: str
    parameters: tuple[ParameterInfo, ...]


@dataclass(frozen=True, slots=True)
class GeneratorInfo:
    """What a loaded generator is and can make: the catalog's entry.

    kernel_class  names everything besides version and weights that can change a bit: device, dtype, thread count
    """

    asset_kind: str
    name: str
    version: str
    tier: str
    weights_sha256: str
    kernel_class: str
    classes: tuple[str, ...] = ()
    sizes_px: tuple[int, ...] = ()
    maps: tuple[str, ...] = ()
    wraps: tuple[str, ...] = ()
    attributes: tuple[ParameterInfo, ...] = ()
    patterns: tuple[PatternInfo, ...] = ()
    training_licences: tuple[str, ...] = ()
    model_card: str = ""

    def identity(self) -> str:
        """Everything about the generator that can change a bit of what it makes, one item per line."""
        return "\n".join((self.asset_kind, self.name, self.version, self.weights_sha256, self.kernel_class))

    def asset_id(self, request: AssetRequest) -> str:
        """The content address: SHA-256 (hex) of the generator's identity and the canonical request."""
        return self.asset_id_of(request.canonical())

    def asset_id_of(self, canonical: str) -> str:
        """The content address of the request whose canonical JSON is `canonical`."""
        return hashlib.sha256(f"{self.identity()}\n{canonical}".encode()).hexdigest()
