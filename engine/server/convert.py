"""Wire messages to engine requests, and engine descriptions to wire messages."""

import hashlib
import json
from collections.abc import Mapping
from typing import TypeVar

from google.protobuf.message import DecodeError, Message

from engine.assets import (
    Blend,
    Color,
    GeneratorInfo,
    MapKind,
    ParameterInfo,
    Pattern,
    ProbeRequest,
    TextureRequest,
    Wrap,
)
from engine.errors import InvalidRequestError
from morphogen.v1 import catalog_pb2, common_pb2, diagnostics_pb2, texture_pb2

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

MessageType = TypeVar("MessageType", bound=Message)


def parsed(message_type: type[MessageType], data: bytes) -> MessageType:
    """The message that `data` encodes. Raises InvalidRequestError (field `request`) for anything else."""
    try:
        return message_type.FromString(data)
    except DecodeError as error:
        allowed = f"an encoded {message_type.DESCRIPTOR.full_name}"
        raise InvalidRequestError("request", f"{len(data)} bytes", allowed) from error


def texture_request(message: texture_pb2.GenerateTextureRequest) -> TextureRequest:
    """The request that `message` makes. Raises InvalidRequestError naming the field."""
    pattern = Pattern(message.pattern.name, dict(message.pattern.parameters)) if message.HasField("pattern") else None
    return TextureRequest(
        texture_class=message.texture_class,
        seed=message.seed,
        size_px=message.size_px or SIZE_DEFAULT_PX,
        wrap=_known(WRAPS, "wrap", message.wrap),
        attributes=dict(message.attributes),
        palette=tuple(_color(number) for number in message.palette),
        pattern=pattern,
        mask_png=message.mask_png,
        blend=_blend(message.blend) if message.HasField("blend") else None,
        maps=tuple(_known(MAPS, "maps", number) for number in message.maps) or tuple(MapKind),
    )


def probe_request(message: diagnostics_pb2.StreamProbeRequest) -> ProbeRequest:
    """The request that `message` makes. Raises InvalidRequestError naming the field."""
    try:
        return ProbeRequest(message.part_size_bytes, message.part_count, message.step_ms)
    except InvalidRequestError as error:
        field = "part_size_bytes" if error.field == "part_bytes" else error.field
        raise InvalidRequestError(field, error.value, error.allowed) from None


def texture_header(request: TextureRequest, info: GeneratorInfo, part_count: int) -> common_pb2.StreamHeader:
    """The header of a texture's stream."""
    return common_pb2.StreamHeader(
        asset_id=info.asset_id(request),
        generator=generator_ref(info),
        canonical_request=request.canonical(),
        lods_px=request.lods_px(),
        part_count=part_count,
    )


def probe_header(request: ProbeRequest, info: GeneratorInfo, part_count: int) -> common_pb2.StreamHeader:
    """The header of a synthetic stream."""
    document = {
        "part_count": request.part_count,
        "part_size_bytes": request.part_bytes,
        "step_ms": request.step_ms,
    }
    canonical = json.dumps(document, sort_keys=True, separators=(",", ":"))
    identity = "\n".join((info.asset_kind, info.name, info.version, canonical))
    return common_pb2.StreamHeader(
        asset_id=hashlib.sha256(identity.encode()).hexdigest(),
        generator=generator_ref(info),
        canonical_request=canonical,
        part_count=part_count,
    )


def generator_ref(info: GeneratorInfo) -> common_pb2.GeneratorRef:
    """The exact name of a generator."""
    return common_pb2.GeneratorRef(
        name=info.name,
        version=info.version,
        tier=info.tier,
        weights_sha256=info.weights_sha256,
        kernel_class=info.kernel_class,
    )


def generator_message(info: GeneratorInfo, *, with_model_card: bool) -> catalog_pb2.Generator:
    """The catalog entry of a generator."""
    return catalog_pb2.Generator(
        asset_kind=info.asset_kind,
        ref=generator_ref(info),
        classes=info.classes,
        sizes_px=info.sizes_px,
        maps=info.maps,
        wraps=info.wraps,
        attributes=[_parameter(attribute) for attribute in info.attributes],
        patterns=[
            catalog_pb2.PatternDescription(
                name=pattern.name,
                description=pattern.description,
                parameters=[_parameter(parameter) for parameter in pattern.parameters],
            )
            for pattern in info.patterns
        ],
        training_licences=info.training_licences,
        model_card=info.model_card if with_model_card else "",
    )


def _parameter(info: ParameterInfo) -> catalog_pb2.Parameter:
    return catalog_pb2.Parameter(
        name=info.name,
        minimum=info.minimum,
        maximum=info.maximum,
        default_value=info.default,
        unit=info.unit,
        description=info.description,
    )


def _blend(message: texture_pb2.Blend) -> Blend:
    if not message.texture_class:
        raise InvalidRequestError("blend.texture_class", "", "the name of a class in the catalog")
    return Blend(message.texture_class, message.amount, message.patches_per_tile or PATCHES_DEFAULT)


def _color(number: int) -> Color:
    if number > 0xFFFFFF:
        raise InvalidRequestError("palette", number, "colors 0x000000 to 0xFFFFFF")
    return (number >> 16, number >> 8 & 0xFF, number & 0xFF)


Value = TypeVar("Value")


def _known(values: Mapping[int, Value], field: str, number: int) -> Value:
    """The value of an enum's number; proto3 lets unknown numbers through."""
    if number not in values:
        raise InvalidRequestError(field, number, f"the enum's numbers {min(values)} to {max(values)}")
    return values[number]
