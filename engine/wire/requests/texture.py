"""Requests for textures as wire messages, and back."""

from collections.abc import Mapping

from engine.errors import InvalidRequestError
from engine.requests.texture import Blend, Color, MapKind, Pattern, TextureRequest, Wrap
from engine.wire.parsing import known
from morphogen.v1 import texture_pb2

SIZE_DEFAULT_PX = 512
PATCHES_DEFAULT = 3

WRAPS: Mapping[int, Wrap] = {
    texture_pb2.WRAP_UNSPECIFIED: Wrap.BOTH,
    texture_pb2.WRAP_BOTH: Wrap.BOTH,
    texture_pb2.WRAP_X: Wrap.X,
    texture_pb2.WRAP_Y: Wrap.Y,
    texture_pb2.WRAP_NONE: Wrap.NONE,
}
MAPS: Mapping[int, MapKind] = {
    texture_pb2.TEXTURE_MAP_ALBEDO: MapKind.ALBEDO,
    texture_pb2.TEXTURE_MAP_NORMAL: MapKind.NORMAL,
    texture_pb2.TEXTURE_MAP_ROUGHNESS: MapKind.ROUGHNESS,
    texture_pb2.TEXTURE_MAP_METALLIC: MapKind.METALLIC,
    texture_pb2.TEXTURE_MAP_HEIGHT: MapKind.HEIGHT,
    texture_pb2.TEXTURE_MAP_AMBIENT_OCCLUSION: MapKind.AMBIENT_OCCLUSION,
}

_WRAP_NUMBERS: Mapping[Wrap, texture_pb2.Wrap] = {
    Wrap.BOTH: texture_pb2.WRAP_BOTH,
    Wrap.X: texture_pb2.WRAP_X,
    Wrap.Y: texture_pb2.WRAP_Y,
    Wrap.NONE: texture_pb2.WRAP_NONE,
}
_MAP_NUMBERS: Mapping[MapKind, int] = {kind: number for number, kind in MAPS.items()}


def texture_request(message: texture_pb2.GenerateTextureRequest) -> TextureRequest:
    """The request that `message` makes. Raises InvalidRequestError naming the field."""
    pattern = Pattern(message.pattern.name, dict(message.pattern.parameters)) if message.HasField("pattern") else None
    return TextureRequest(
        texture_class=message.texture_class,
        seed=message.seed,
        size_px=message.size_px or SIZE_DEFAULT_PX,
        wrap=known(WRAPS, "wrap", message.wrap),
        attributes=dict(message.attributes),
        palette=tuple(_color(number) for number in message.palette),
        pattern=pattern,
        mask_png=message.mask_png,
        blend=_blend(message.blend) if message.HasField("blend") else None,
        maps=tuple(known(MAPS, "maps", number) for number in message.maps) or tuple(MapKind),
    )


def texture_message(request: TextureRequest) -> texture_pb2.GenerateTextureRequest:
    """The message that makes `request`."""
    return texture_pb2.GenerateTextureRequest(
        texture_class=request.texture_class,
        seed=request.seed,
        size_px=request.size_px,
        wrap=_WRAP_NUMBERS[request.wrap],
        attributes=request.attributes,
        palette=[red << 16 | green << 8 | blue for red, green, blue in request.palette],
        pattern=None if request.pattern is None else _pattern_message(request.pattern),
        mask_png=request.mask_png,
        blend=None if request.blend is None else _blend_message(request.blend),
        maps=[_MAP_NUMBERS[kind] for kind in request.maps],  # type: ignore[misc]  # the keys of an enum's numbers
    )


def _blend(message: texture_pb2.Blend) -> Blend:
    if not message.texture_class:
        raise InvalidRequestError("blend.texture_class", "", "the name of a class in the catalog")
    return Blend(message.texture_class, message.amount, message.patches_per_tile or PATCHES_DEFAULT)


def _color(number: int) -> Color:
    if number > 0xFFFFFF:
        raise InvalidRequestError("palette", number, "colors 0x000000 to 0xFFFFFF")
    return (number >> 16, number >> 8 & 0xFF, number & 0xFF)


def _pattern_message(pattern: Pattern) -> texture_pb2.Pattern:
    return texture_pb2.Pattern(name=pattern.name, parameters=pattern.parameters)


def _blend_message(blend: Blend) -> texture_pb2.Blend:
    return texture_pb2.Blend(
        texture_class=blend.texture_class, amount=blend.amount, patches_per_tile=blend.patches_per_tile
    )
