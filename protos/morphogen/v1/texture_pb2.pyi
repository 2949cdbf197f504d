from morphogen.v1 import common_pb2 as _common_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Wrap(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    WRAP_UNSPECIFIED: _ClassVar[Wrap]
    WRAP_BOTH: _ClassVar[Wrap]
    WRAP_X: _ClassVar[Wrap]
    WRAP_Y: _ClassVar[Wrap]
    WRAP_NONE: _ClassVar[Wrap]

class TextureMap(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    TEXTURE_MAP_UNSPECIFIED: _ClassVar[TextureMap]
    TEXTURE_MAP_ALBEDO: _ClassVar[TextureMap]
    TEXTURE_MAP_NORMAL: _ClassVar[TextureMap]
    TEXTURE_MAP_ROUGHNESS: _ClassVar[TextureMap]
    TEXTURE_MAP_METALLIC: _ClassVar[TextureMap]
    TEXTURE_MAP_HEIGHT: _ClassVar[TextureMap]
    TEXTURE_MAP_AMBIENT_OCCLUSION: _ClassVar[TextureMap]
WRAP_UNSPECIFIED: Wrap
WRAP_BOTH: Wrap
WRAP_X: Wrap
WRAP_Y: Wrap
WRAP_NONE: Wrap
TEXTURE_MAP_UNSPECIFIED: TextureMap
TEXTURE_MAP_ALBEDO: TextureMap
TEXTURE_MAP_NORMAL: TextureMap
TEXTURE_MAP_ROUGHNESS: TextureMap
TEXTURE_MAP_METALLIC: TextureMap
TEXTURE_MAP_HEIGHT: TextureMap
TEXTURE_MAP_AMBIENT_OCCLUSION: TextureMap

class Pattern(_message.Message):
    __slots__ = ("name", "parameters")
    class ParametersEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: float
        def __init__(self, key: _Optional[str] = ..., value: _Optional[float] = ...) -> None: ...
    NAME_FIELD_NUMBER: _ClassVar[int]
    PARAMETERS_FIELD_NUMBER: _ClassVar[int]
    name: str
    parameters: _containers.ScalarMap[str, float]
    def __init__(self, name: _Optional[str] = ..., parameters: _Optional[_Mapping[str, float]] = ...) -> None: ...

class Blend(_message.Message):
    __slots__ = ("texture_class", "amount", "patches_per_tile")
    TEXTURE_CLASS_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    PATCHES_PER_TILE_FIELD_NUMBER: _ClassVar[int]
    texture_class: str
    amount: float
    patches_per_tile: int
    def __init__(self, texture_class: _Optional[str] = ..., amount: _Optional[float] = ..., patches_per_tile: _Optional[int] = ...) -> None: ...

class GenerateTextureRequest(_message.Message):
    __slots__ = ("texture_class", "seed", "size_px", "wrap", "attributes", "palette", "pattern", "mask_png", "blend", "maps", "options")
    class AttributesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: float
        def __init__(self, key: _Optional[str] = ..., value: _Optional[float] = ...) -> None: ...
    TEXTURE_CLASS_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    SIZE_PX_FIELD_NUMBER: _ClassVar[int]
    WRAP_FIELD_NUMBER: _ClassVar[int]
    ATTRIBUTES_FIELD_NUMBER: _ClassVar[int]
    PALETTE_FIELD_NUMBER: _ClassVar[int]
    PATTERN_FIELD_NUMBER: _ClassVar[int]
    MASK_PNG_FIELD_NUMBER: _ClassVar[int]
    BLEND_FIELD_NUMBER: _ClassVar[int]
    MAPS_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    texture_class: str
    seed: int
    size_px: int
    wrap: Wrap
    attributes: _containers.ScalarMap[str, float]
    palette: _containers.RepeatedScalarFieldContainer[int]
    pattern: Pattern
    mask_png: bytes
    blend: Blend
    maps: _containers.RepeatedScalarFieldContainer[TextureMap]
    options: _common_pb2.StreamOptions
    def __init__(self, texture_class: _Optional[str] = ..., seed: _Optional[int] = ..., size_px: _Optional[int] = ..., wrap: _Optional[_Union[Wrap, str]] = ..., attributes: _Optional[_Mapping[str, float]] = ..., palette: _Optional[_Iterable[int]] = ..., pattern: _Optional[_Union[Pattern, _Mapping]] = ..., mask_png: _Optional[bytes] = ..., blend: _Optional[_Union[Blend, _Mapping]] = ..., maps: _Optional[_Iterable[_Union[TextureMap, str]]] = ..., options: _Optional[_Union[_common_pb2.StreamOptions, _Mapping]] = ...) -> None: ...

class GenerateTextureResponse(_message.Message):
    __slots__ = ("header", "part", "trailer")
    HEADER_FIELD_NUMBER: _ClassVar[int]
    PART_FIELD_NUMBER: _ClassVar[int]
    TRAILER_FIELD_NUMBER: _ClassVar[int]
    header: _common_pb2.StreamHeader
    part: _common_pb2.PartChunk
    trailer: _common_pb2.StreamTrailer
    def __init__(self, header: _Optional[_Union[_common_pb2.StreamHeader, _Mapping]] = ..., part: _Optional[_Union[_common_pb2.PartChunk, _Mapping]] = ..., trailer: _Optional[_Union[_common_pb2.StreamTrailer, _Mapping]] = ...) -> None: ...

class PrefetchTexturesRequest(_message.Message):
    __slots__ = ("requests",)
    REQUESTS_FIELD_NUMBER: _ClassVar[int]
    requests: _containers.RepeatedCompositeFieldContainer[GenerateTextureRequest]
    def __init__(self, requests: _Optional[_Iterable[_Union[GenerateTextureRequest, _Mapping]]] = ...) -> None: ...

class PrefetchTexturesResponse(_message.Message):
    __slots__ = ("asset_ids",)
    ASSET_IDS_FIELD_NUMBER: _ClassVar[int]
    asset_ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, asset_ids: _Optional[_Iterable[str]] = ...) -> None: ...
