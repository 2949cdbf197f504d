from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Priority(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PRIORITY_UNSPECIFIED: _ClassVar[Priority]
    PRIORITY_INTERACTIVE: _ClassVar[Priority]
    PRIORITY_STANDARD: _ClassVar[Priority]

class Delivery(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    DELIVERY_UNSPECIFIED: _ClassVar[Delivery]
    DELIVERY_LOSSLESS: _ClassVar[Delivery]
    DELIVERY_LIVE: _ClassVar[Delivery]
PRIORITY_UNSPECIFIED: Priority
PRIORITY_INTERACTIVE: Priority
PRIORITY_STANDARD: Priority
DELIVERY_UNSPECIFIED: Delivery
DELIVERY_LOSSLESS: Delivery
DELIVERY_LIVE: Delivery

class StreamOptions(_message.Message):
    __slots__ = ("credit", "resume_tokens", "resume_token", "priority")
    CREDIT_FIELD_NUMBER: _ClassVar[int]
    RESUME_TOKENS_FIELD_NUMBER: _ClassVar[int]
    RESUME_TOKEN_FIELD_NUMBER: _ClassVar[int]
    PRIORITY_FIELD_NUMBER: _ClassVar[int]
    credit: int
    resume_tokens: bool
    resume_token: bytes
    priority: Priority
    def __init__(self, credit: _Optional[int] = ..., resume_tokens: _Optional[bool] = ..., resume_token: _Optional[bytes] = ..., priority: _Optional[_Union[Priority, str]] = ...) -> None: ...

class StreamHeader(_message.Message):
    __slots__ = ("asset_id", "generator", "canonical_request", "lods_px", "part_count", "first_sequence", "session_id")
    ASSET_ID_FIELD_NUMBER: _ClassVar[int]
    GENERATOR_FIELD_NUMBER: _ClassVar[int]
    CANONICAL_REQUEST_FIELD_NUMBER: _ClassVar[int]
    LODS_PX_FIELD_NUMBER: _ClassVar[int]
    PART_COUNT_FIELD_NUMBER: _ClassVar[int]
    FIRST_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    asset_id: str
    generator: GeneratorRef
    canonical_request: str
    lods_px: _containers.RepeatedScalarFieldContainer[int]
    part_count: int
    first_sequence: int
    session_id: str
    def __init__(self, asset_id: _Optional[str] = ..., generator: _Optional[_Union[GeneratorRef, _Mapping]] = ..., canonical_request: _Optional[str] = ..., lods_px: _Optional[_Iterable[int]] = ..., part_count: _Optional[int] = ..., first_sequence: _Optional[int] = ..., session_id: _Optional[str] = ...) -> None: ...

class GeneratorRef(_message.Message):
    __slots__ = ("name", "version", "tier", "weights_sha256", "kernel_class")
    NAME_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    TIER_FIELD_NUMBER: _ClassVar[int]
    WEIGHTS_SHA256_FIELD_NUMBER: _ClassVar[int]
    KERNEL_CLASS_FIELD_NUMBER: _ClassVar[int]
    name: str
    version: str
    tier: str
    weights_sha256: str
    kernel_class: str
    def __init__(self, name: _Optional[str] = ..., version: _Optional[str] = ..., tier: _Optional[str] = ..., weights_sha256: _Optional[str] = ..., kernel_class: _Optional[str] = ...) -> None: ...

class PartChunk(_message.Message):
    __slots__ = ("sequence", "map", "lod_px", "media_type", "part_size_bytes", "part_sha256", "chunk_index", "chunk_count", "data", "resume_token", "control_count")
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    MAP_FIELD_NUMBER: _ClassVar[int]
    LOD_PX_FIELD_NUMBER: _ClassVar[int]
    MEDIA_TYPE_FIELD_NUMBER: _ClassVar[int]
    PART_SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    PART_SHA256_FIELD_NUMBER: _ClassVar[int]
    CHUNK_INDEX_FIELD_NUMBER: _ClassVar[int]
    CHUNK_COUNT_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    RESUME_TOKEN_FIELD_NUMBER: _ClassVar[int]
    CONTROL_COUNT_FIELD_NUMBER: _ClassVar[int]
    sequence: int
    map: str
    lod_px: int
    media_type: str
    part_size_bytes: int
    part_sha256: bytes
    chunk_index: int
    chunk_count: int
    data: bytes
    resume_token: bytes
    control_count: int
    def __init__(self, sequence: _Optional[int] = ..., map: _Optional[str] = ..., lod_px: _Optional[int] = ..., media_type: _Optional[str] = ..., part_size_bytes: _Optional[int] = ..., part_sha256: _Optional[bytes] = ..., chunk_index: _Optional[int] = ..., chunk_count: _Optional[int] = ..., data: _Optional[bytes] = ..., resume_token: _Optional[bytes] = ..., control_count: _Optional[int] = ...) -> None: ...

class StreamTrailer(_message.Message):
    __slots__ = ("sha256", "part_count", "size_bytes", "timings")
    SHA256_FIELD_NUMBER: _ClassVar[int]
    PART_COUNT_FIELD_NUMBER: _ClassVar[int]
    SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    TIMINGS_FIELD_NUMBER: _ClassVar[int]
    sha256: bytes
    part_count: int
    size_bytes: int
    timings: Timings
    def __init__(self, sha256: _Optional[bytes] = ..., part_count: _Optional[int] = ..., size_bytes: _Optional[int] = ..., timings: _Optional[_Union[Timings, _Mapping]] = ...) -> None: ...

class Timings(_message.Message):
    __slots__ = ("queue_ms", "first_part_ms", "step_ms", "total_ms")
    QUEUE_MS_FIELD_NUMBER: _ClassVar[int]
    FIRST_PART_MS_FIELD_NUMBER: _ClassVar[int]
    STEP_MS_FIELD_NUMBER: _ClassVar[int]
    TOTAL_MS_FIELD_NUMBER: _ClassVar[int]
    queue_ms: float
    first_part_ms: float
    step_ms: float
    total_ms: float
    def __init__(self, queue_ms: _Optional[float] = ..., first_part_ms: _Optional[float] = ..., step_ms: _Optional[float] = ..., total_ms: _Optional[float] = ...) -> None: ...
