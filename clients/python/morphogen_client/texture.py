"""What can be asked of a texture, and how it is written into a request message.

Only what cannot be put into the message at all is refused here; everything else is the server's to judge, because
only the server knows its generators.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypedDict

from morphogen.v1 import texture_pb2
from morphogen_client.connection import SEND_MAX_BYTES
from morphogen_client.errors import InvalidRequestError
from morphogen_client.options import StreamOptions, named, stream_options, uint32

Color = str | tuple[int, int, int]
"""An sRGB color: "#rrggbb" or three numbers 0 to 255."""

_WRAPS = {
    "both": texture_pb2.WRAP_BOTH,
    "x": texture_pb2.WRAP_X,
    "y": texture_pb2.WRAP_Y,
    "none": texture_pb2.WRAP_NONE,
}
_MAPS = {
    "albedo": texture_pb2.TEXTURE_MAP_ALBEDO,
    "normal": texture_pb2.TEXTURE_MAP_NORMAL,
    "roughness": texture_pb2.TEXTURE_MAP_ROUGHNESS,
    "metallic": texture_pb2.TEXTURE_MAP_METALLIC,
    "height": texture_pb2.TEXTURE_MAP_HEIGHT,
    "ambient_occlusion": texture_pb2.TEXTURE_MAP_AMBIENT_OCCLUSION,
}
MAPS = tuple(_MAPS)
"""The maps of a PBR material, in the order in which they are delivered."""

MASK_MAX_BYTES = 4 * 1024 * 1024
"""Largest mask; more does not fit into a message."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """A pattern of the server's pattern library, with the parameters that differ from its defaults."""

    name: str
    parameters: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Blend:
    """A second class mixed in: `amount` (0 to 1) is its share of the surface, in `patches_per_tile` (1 to 16) blobs."""

    texture_class: str
    amount: float = 0.5
    patches_per_tile: int = 3


class TextureOptions(TypedDict, total=False):
    """Everything about a texture but its class; each may be left out.

    seed        0 to 2**32 - 1, default 0; the same request and seed give the same bytes
    size_px     edge length: 64, 128, 256, 512 (default), 1024 or 2048
    wrap        axes along which the result tiles: "both" (default), "x", "y" or "none"
    attributes  sliders by name, as listed by the catalog; what is missing is drawn from the class by the seed
    palette     no color (the class's own), one (mid tone) or three (dark, mid, light)
    pattern     structure from the pattern library, by name or as a `Pattern`; excludes mask_png
    mask_png    structure from a grey PNG (white = high), at most 4 MiB; excludes pattern
    blend       a second class to mix in
    maps        maps to deliver, default all of `MAPS`
    """

    seed: int
    size_px: int
    wrap: str
    attributes: Mapping[str, float]
    palette: Sequence[Color]
    pattern: str | Pattern
    mask_png: bytes
    blend: Blend
    maps: Sequence[str]


class TextureStreamOptions(TextureOptions, StreamOptions, total=False):
    """What is wanted of a texture, and how its stream is wanted."""


def texture_stream_request(texture_class: str, options: TextureStreamOptions) -> texture_pb2.GenerateTextureRequest:
    """The message that asks for a stream. Raises InvalidRequestError for a value that the message cannot carry."""
    request = texture_request(texture_class, options)
    request.options.CopyFrom(stream_options(options, resume_tokens=True))
    return request


def prefetch_request(textures: Iterable[tuple[str, TextureOptions]]) -> texture_pb2.PrefetchTexturesRequest:
    """The message that hints at textures. Raises InvalidRequestError for what the message cannot carry."""
    requests = [texture_request(texture_class, options) for texture_class, options in textures]
    hints = texture_pb2.PrefetchTexturesRequest(requests=requests)
    if hints.ByteSize() > SEND_MAX_BYTES:
        raise InvalidRequestError(
            "textures", f"{hints.ByteSize()} bytes", f"at most {SEND_MAX_BYTES} bytes, masks included"
        )
    return hints


def texture_request(texture_class: str, options: TextureOptions) -> texture_pb2.GenerateTextureRequest:
    """The message that says what is wanted. Raises InvalidRequestError for a value that the message cannot carry."""
    mask_png = options.get("mask_png", b"")
    if len(mask_png) > MASK_MAX_BYTES:
        raise InvalidRequestError("mask_png", f"{len(mask_png)} bytes", f"at most {MASK_MAX_BYTES} bytes")
    request = texture_pb2.GenerateTextureRequest(
        texture_class=texture_class,
        seed=uint32("seed", options.get("seed", 0)),
        size_px=uint32("size_px", options.get("size_px", 512), minimum=1),
        wrap=named("wrap", options.get("wrap", "both"), _WRAPS),
        attributes=dict(options.get("attributes", {})),
        palette=[_packed_color(color) for color in options.get("palette", ())],
        mask_png=mask_png,
        maps=[named("maps", name, _MAPS) for name in options.get("maps", ())],
    )
    if pattern := options.get("pattern"):
        chosen = Pattern(pattern) if isinstance(pattern, str) else pattern
        request.pattern.CopyFrom(texture_pb2.Pattern(name=chosen.name, parameters=dict(chosen.parameters)))
    if blend := options.get("blend"):
        patches = uint32("blend.patches_per_tile", blend.patches_per_tile, minimum=1)
        request.blend.CopyFrom(
            texture_pb2.Blend(texture_class=blend.texture_class, amount=blend.amount, patches_per_tile=patches)
        )
    return request


def _packed_color(color: Color) -> int:
    if isinstance(color, str):
        digits = color.removeprefix("#")
        if len(digits) != 6 or not set(digits.lower()) <= set("0123456789abcdef"):
            raise InvalidRequestError("palette", color, "#rrggbb")
        return int(digits, 16)
    if len(color) != 3 or not all(0 <= part <= 255 for part in color):
        raise InvalidRequestError("palette", color, "three numbers 0 to 255")
    red, green, blue = color
    return red << 16 | green << 8 | blue
