from morphogen.v1 import common_pb2 as _common_pb2
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class StreamProbeRequest(_message.Message):
    __slots__ = ("part_size_bytes", "part_count", "step_ms")
    PART_SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    PART_COUNT_FIELD_NUMBER: _ClassVar[int]
    STEP_MS_FIELD_NUMBER: _ClassVar[int]
    part_size_bytes: int
    part_count: int
    step_ms: float
    def __init__(self, part_size_bytes: _Optional[int] = ..., part_count: _Optional[int] = ..., step_ms: _Optional[float] = ...) -> None: ...

class StreamProbeResponse(_message.Message):
    __slots__ = ("header", "part", "trailer")
    HEADER_FIELD_NUMBER: _ClassVar[int]
    PART_FIELD_NUMBER: _ClassVar[int]
    TRAILER_FIELD_NUMBER: _ClassVar[int]
    header: _common_pb2.StreamHeader
    part: _common_pb2.PartChunk
    trailer: _common_pb2.StreamTrailer
    def __init__(self, header: _Optional[_Union[_common_pb2.StreamHeader, _Mapping]] = ..., part: _Optional[_Union[_common_pb2.PartChunk, _Mapping]] = ..., trailer: _Optional[_Union[_common_pb2.StreamTrailer, _Mapping]] = ...) -> None: ...
