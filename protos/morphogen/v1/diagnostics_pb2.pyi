from morphogen.v1 import common_pb2 as _common_pb2
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class StreamProbeRequest(_message.Message):
    __slots__ = ("part_size_bytes", "part_count", "step_ms", "options")
    PART_SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    PART_COUNT_FIELD_NUMBER: _ClassVar[int]
    STEP_MS_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    part_size_bytes: int
    part_count: int
    step_ms: float
    options: _common_pb2.StreamOptions
    def __init__(self, part_size_bytes: _Optional[int] = ..., part_count: _Optional[int] = ..., step_ms: _Optional[float] = ..., options: _Optional[_Union[_common_pb2.StreamOptions, _Mapping]] = ...) -> None: ...

class StreamProbeResponse(_message.Message):
    __slots__ = ("header", "part", "trailer")
    HEADER_FIELD_NUMBER: _ClassVar[int]
    PART_FIELD_NUMBER: _ClassVar[int]
    TRAILER_FIELD_NUMBER: _ClassVar[int]
    header: _common_pb2.StreamHeader
    part: _common_pb2.PartChunk
    trailer: _common_pb2.StreamTrailer
    def __init__(self, header: _Optional[_Union[_common_pb2.StreamHeader, _Mapping]] = ..., part: _Optional[_Union[_common_pb2.PartChunk, _Mapping]] = ..., trailer: _Optional[_Union[_common_pb2.StreamTrailer, _Mapping]] = ...) -> None: ...

class SteerProbeRequest(_message.Message):
    __slots__ = ("start", "credit", "control")
    START_FIELD_NUMBER: _ClassVar[int]
    CREDIT_FIELD_NUMBER: _ClassVar[int]
    CONTROL_FIELD_NUMBER: _ClassVar[int]
    start: ProbeStart
    credit: ProbeCredit
    control: ProbeControl
    def __init__(self, start: _Optional[_Union[ProbeStart, _Mapping]] = ..., credit: _Optional[_Union[ProbeCredit, _Mapping]] = ..., control: _Optional[_Union[ProbeControl, _Mapping]] = ...) -> None: ...

class ProbeStart(_message.Message):
    __slots__ = ("part_size_bytes", "part_count", "step_ms", "interval_ms", "delivery", "options")
    PART_SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    PART_COUNT_FIELD_NUMBER: _ClassVar[int]
    STEP_MS_FIELD_NUMBER: _ClassVar[int]
    INTERVAL_MS_FIELD_NUMBER: _ClassVar[int]
    DELIVERY_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    part_size_bytes: int
    part_count: int
    step_ms: float
    interval_ms: float
    delivery: _common_pb2.Delivery
    options: _common_pb2.StreamOptions
    def __init__(self, part_size_bytes: _Optional[int] = ..., part_count: _Optional[int] = ..., step_ms: _Optional[float] = ..., interval_ms: _Optional[float] = ..., delivery: _Optional[_Union[_common_pb2.Delivery, str]] = ..., options: _Optional[_Union[_common_pb2.StreamOptions, _Mapping]] = ...) -> None: ...

class ProbeCredit(_message.Message):
    __slots__ = ("part_count",)
    PART_COUNT_FIELD_NUMBER: _ClassVar[int]
    part_count: int
    def __init__(self, part_count: _Optional[int] = ...) -> None: ...

class ProbeControl(_message.Message):
    __slots__ = ("data",)
    DATA_FIELD_NUMBER: _ClassVar[int]
    data: bytes
    def __init__(self, data: _Optional[bytes] = ...) -> None: ...

class SteerProbeResponse(_message.Message):
    __slots__ = ("header", "part", "trailer")
    HEADER_FIELD_NUMBER: _ClassVar[int]
    PART_FIELD_NUMBER: _ClassVar[int]
    TRAILER_FIELD_NUMBER: _ClassVar[int]
    header: _common_pb2.StreamHeader
    part: _common_pb2.PartChunk
    trailer: _common_pb2.StreamTrailer
    def __init__(self, header: _Optional[_Union[_common_pb2.StreamHeader, _Mapping]] = ..., part: _Optional[_Union[_common_pb2.PartChunk, _Mapping]] = ..., trailer: _Optional[_Union[_common_pb2.StreamTrailer, _Mapping]] = ...) -> None: ...

class WatchProbeRequest(_message.Message):
    __slots__ = ("start",)
    START_FIELD_NUMBER: _ClassVar[int]
    start: ProbeStart
    def __init__(self, start: _Optional[_Union[ProbeStart, _Mapping]] = ...) -> None: ...

class WatchProbeResponse(_message.Message):
    __slots__ = ("header", "part", "trailer")
    HEADER_FIELD_NUMBER: _ClassVar[int]
    PART_FIELD_NUMBER: _ClassVar[int]
    TRAILER_FIELD_NUMBER: _ClassVar[int]
    header: _common_pb2.StreamHeader
    part: _common_pb2.PartChunk
    trailer: _common_pb2.StreamTrailer
    def __init__(self, header: _Optional[_Union[_common_pb2.StreamHeader, _Mapping]] = ..., part: _Optional[_Union[_common_pb2.PartChunk, _Mapping]] = ..., trailer: _Optional[_Union[_common_pb2.StreamTrailer, _Mapping]] = ...) -> None: ...

class ControlProbeRequest(_message.Message):
    __slots__ = ("session_id", "control_number", "control", "received_count")
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    CONTROL_NUMBER_FIELD_NUMBER: _ClassVar[int]
    CONTROL_FIELD_NUMBER: _ClassVar[int]
    RECEIVED_COUNT_FIELD_NUMBER: _ClassVar[int]
    session_id: str
    control_number: int
    control: ProbeControl
    received_count: int
    def __init__(self, session_id: _Optional[str] = ..., control_number: _Optional[int] = ..., control: _Optional[_Union[ProbeControl, _Mapping]] = ..., received_count: _Optional[int] = ...) -> None: ...

class ControlProbeResponse(_message.Message):
    __slots__ = ("control_number", "control_count")
    CONTROL_NUMBER_FIELD_NUMBER: _ClassVar[int]
    CONTROL_COUNT_FIELD_NUMBER: _ClassVar[int]
    control_number: int
    control_count: int
    def __init__(self, control_number: _Optional[int] = ..., control_count: _Optional[int] = ...) -> None: ...
