from morphogen.v1 import common_pb2 as _common_pb2
from morphogen.v1 import scene_pb2 as _scene_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class GenerateWorldRequest(_message.Message):
    __slots__ = ("landscape", "options")
    LANDSCAPE_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    landscape: _scene_pb2.Landscape
    options: _common_pb2.StreamOptions
    def __init__(self, landscape: _Optional[_Union[_scene_pb2.Landscape, _Mapping]] = ..., options: _Optional[_Union[_common_pb2.StreamOptions, _Mapping]] = ...) -> None: ...

class GenerateWorldResponse(_message.Message):
    __slots__ = ("header", "part", "trailer")
    HEADER_FIELD_NUMBER: _ClassVar[int]
    PART_FIELD_NUMBER: _ClassVar[int]
    TRAILER_FIELD_NUMBER: _ClassVar[int]
    header: _common_pb2.StreamHeader
    part: _common_pb2.PartChunk
    trailer: _common_pb2.StreamTrailer
    def __init__(self, header: _Optional[_Union[_common_pb2.StreamHeader, _Mapping]] = ..., part: _Optional[_Union[_common_pb2.PartChunk, _Mapping]] = ..., trailer: _Optional[_Union[_common_pb2.StreamTrailer, _Mapping]] = ...) -> None: ...

class GenerateChunkRequest(_message.Message):
    __slots__ = ("landscape", "row", "column", "vertices", "maps", "options")
    LANDSCAPE_FIELD_NUMBER: _ClassVar[int]
    ROW_FIELD_NUMBER: _ClassVar[int]
    COLUMN_FIELD_NUMBER: _ClassVar[int]
    VERTICES_FIELD_NUMBER: _ClassVar[int]
    MAPS_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    landscape: _scene_pb2.Landscape
    row: int
    column: int
    vertices: int
    maps: _containers.RepeatedScalarFieldContainer[str]
    options: _common_pb2.StreamOptions
    def __init__(self, landscape: _Optional[_Union[_scene_pb2.Landscape, _Mapping]] = ..., row: _Optional[int] = ..., column: _Optional[int] = ..., vertices: _Optional[int] = ..., maps: _Optional[_Iterable[str]] = ..., options: _Optional[_Union[_common_pb2.StreamOptions, _Mapping]] = ...) -> None: ...

class GenerateChunkResponse(_message.Message):
    __slots__ = ("header", "part", "trailer")
    HEADER_FIELD_NUMBER: _ClassVar[int]
    PART_FIELD_NUMBER: _ClassVar[int]
    TRAILER_FIELD_NUMBER: _ClassVar[int]
    header: _common_pb2.StreamHeader
    part: _common_pb2.PartChunk
    trailer: _common_pb2.StreamTrailer
    def __init__(self, header: _Optional[_Union[_common_pb2.StreamHeader, _Mapping]] = ..., part: _Optional[_Union[_common_pb2.PartChunk, _Mapping]] = ..., trailer: _Optional[_Union[_common_pb2.StreamTrailer, _Mapping]] = ...) -> None: ...

class ExploreWorldRequest(_message.Message):
    __slots__ = ("start", "viewer", "credit")
    START_FIELD_NUMBER: _ClassVar[int]
    VIEWER_FIELD_NUMBER: _ClassVar[int]
    CREDIT_FIELD_NUMBER: _ClassVar[int]
    start: ExploreStart
    viewer: Viewer
    credit: ExploreCredit
    def __init__(self, start: _Optional[_Union[ExploreStart, _Mapping]] = ..., viewer: _Optional[_Union[Viewer, _Mapping]] = ..., credit: _Optional[_Union[ExploreCredit, _Mapping]] = ...) -> None: ...

class Viewer(_message.Message):
    __slots__ = ("x_m", "z_m", "velocity_x", "velocity_z")
    X_M_FIELD_NUMBER: _ClassVar[int]
    Z_M_FIELD_NUMBER: _ClassVar[int]
    VELOCITY_X_FIELD_NUMBER: _ClassVar[int]
    VELOCITY_Z_FIELD_NUMBER: _ClassVar[int]
    x_m: float
    z_m: float
    velocity_x: float
    velocity_z: float
    def __init__(self, x_m: _Optional[float] = ..., z_m: _Optional[float] = ..., velocity_x: _Optional[float] = ..., velocity_z: _Optional[float] = ...) -> None: ...

class ExploreStart(_message.Message):
    __slots__ = ("landscape", "viewer", "view_distance_m", "chunk_limit", "vertices_max", "maps", "held", "credit", "priority")
    LANDSCAPE_FIELD_NUMBER: _ClassVar[int]
    VIEWER_FIELD_NUMBER: _ClassVar[int]
    VIEW_DISTANCE_M_FIELD_NUMBER: _ClassVar[int]
    CHUNK_LIMIT_FIELD_NUMBER: _ClassVar[int]
    VERTICES_MAX_FIELD_NUMBER: _ClassVar[int]
    MAPS_FIELD_NUMBER: _ClassVar[int]
    HELD_FIELD_NUMBER: _ClassVar[int]
    CREDIT_FIELD_NUMBER: _ClassVar[int]
    PRIORITY_FIELD_NUMBER: _ClassVar[int]
    landscape: _scene_pb2.Landscape
    viewer: Viewer
    view_distance_m: float
    chunk_limit: int
    vertices_max: int
    maps: _containers.RepeatedScalarFieldContainer[str]
    held: _containers.RepeatedCompositeFieldContainer[HeldChunk]
    credit: int
    priority: _common_pb2.Priority
    def __init__(self, landscape: _Optional[_Union[_scene_pb2.Landscape, _Mapping]] = ..., viewer: _Optional[_Union[Viewer, _Mapping]] = ..., view_distance_m: _Optional[float] = ..., chunk_limit: _Optional[int] = ..., vertices_max: _Optional[int] = ..., maps: _Optional[_Iterable[str]] = ..., held: _Optional[_Iterable[_Union[HeldChunk, _Mapping]]] = ..., credit: _Optional[int] = ..., priority: _Optional[_Union[_common_pb2.Priority, str]] = ...) -> None: ...

class HeldChunk(_message.Message):
    __slots__ = ("row", "column", "vertices")
    ROW_FIELD_NUMBER: _ClassVar[int]
    COLUMN_FIELD_NUMBER: _ClassVar[int]
    VERTICES_FIELD_NUMBER: _ClassVar[int]
    row: int
    column: int
    vertices: int
    def __init__(self, row: _Optional[int] = ..., column: _Optional[int] = ..., vertices: _Optional[int] = ...) -> None: ...

class ExploreCredit(_message.Message):
    __slots__ = ("chunk_count",)
    CHUNK_COUNT_FIELD_NUMBER: _ClassVar[int]
    chunk_count: int
    def __init__(self, chunk_count: _Optional[int] = ...) -> None: ...

class ExploreWorldResponse(_message.Message):
    __slots__ = ("opened", "part", "evicted", "settled")
    OPENED_FIELD_NUMBER: _ClassVar[int]
    PART_FIELD_NUMBER: _ClassVar[int]
    EVICTED_FIELD_NUMBER: _ClassVar[int]
    SETTLED_FIELD_NUMBER: _ClassVar[int]
    opened: WorldOpened
    part: WorldPart
    evicted: Evicted
    settled: Settled
    def __init__(self, opened: _Optional[_Union[WorldOpened, _Mapping]] = ..., part: _Optional[_Union[WorldPart, _Mapping]] = ..., evicted: _Optional[_Union[Evicted, _Mapping]] = ..., settled: _Optional[_Union[Settled, _Mapping]] = ...) -> None: ...

class WorldOpened(_message.Message):
    __slots__ = ("viewer", "chunk_m", "view_distance_m", "world_json", "session_id")
    VIEWER_FIELD_NUMBER: _ClassVar[int]
    CHUNK_M_FIELD_NUMBER: _ClassVar[int]
    VIEW_DISTANCE_M_FIELD_NUMBER: _ClassVar[int]
    WORLD_JSON_FIELD_NUMBER: _ClassVar[int]
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    viewer: Viewer
    chunk_m: float
    view_distance_m: float
    world_json: str
    session_id: str
    def __init__(self, viewer: _Optional[_Union[Viewer, _Mapping]] = ..., chunk_m: _Optional[float] = ..., view_distance_m: _Optional[float] = ..., world_json: _Optional[str] = ..., session_id: _Optional[str] = ...) -> None: ...

class WorldPart(_message.Message):
    __slots__ = ("row", "column", "part_count", "part")
    ROW_FIELD_NUMBER: _ClassVar[int]
    COLUMN_FIELD_NUMBER: _ClassVar[int]
    PART_COUNT_FIELD_NUMBER: _ClassVar[int]
    PART_FIELD_NUMBER: _ClassVar[int]
    row: int
    column: int
    part_count: int
    part: _common_pb2.PartChunk
    def __init__(self, row: _Optional[int] = ..., column: _Optional[int] = ..., part_count: _Optional[int] = ..., part: _Optional[_Union[_common_pb2.PartChunk, _Mapping]] = ...) -> None: ...

class Evicted(_message.Message):
    __slots__ = ("chunks",)
    CHUNKS_FIELD_NUMBER: _ClassVar[int]
    chunks: _containers.RepeatedCompositeFieldContainer[HeldChunk]
    def __init__(self, chunks: _Optional[_Iterable[_Union[HeldChunk, _Mapping]]] = ...) -> None: ...

class Settled(_message.Message):
    __slots__ = ("chunk_count",)
    CHUNK_COUNT_FIELD_NUMBER: _ClassVar[int]
    chunk_count: int
    def __init__(self, chunk_count: _Optional[int] = ...) -> None: ...

class WatchWorldRequest(_message.Message):
    __slots__ = ("start",)
    START_FIELD_NUMBER: _ClassVar[int]
    start: ExploreStart
    def __init__(self, start: _Optional[_Union[ExploreStart, _Mapping]] = ...) -> None: ...

class WatchWorldResponse(_message.Message):
    __slots__ = ("opened", "part", "evicted", "settled")
    OPENED_FIELD_NUMBER: _ClassVar[int]
    PART_FIELD_NUMBER: _ClassVar[int]
    EVICTED_FIELD_NUMBER: _ClassVar[int]
    SETTLED_FIELD_NUMBER: _ClassVar[int]
    opened: WorldOpened
    part: WorldPart
    evicted: Evicted
    settled: Settled
    def __init__(self, opened: _Optional[_Union[WorldOpened, _Mapping]] = ..., part: _Optional[_Union[WorldPart, _Mapping]] = ..., evicted: _Optional[_Union[Evicted, _Mapping]] = ..., settled: _Optional[_Union[Settled, _Mapping]] = ...) -> None: ...

class ControlWorldRequest(_message.Message):
    __slots__ = ("session_id", "control_number", "viewer", "received_count", "finish")
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    CONTROL_NUMBER_FIELD_NUMBER: _ClassVar[int]
    VIEWER_FIELD_NUMBER: _ClassVar[int]
    RECEIVED_COUNT_FIELD_NUMBER: _ClassVar[int]
    FINISH_FIELD_NUMBER: _ClassVar[int]
    session_id: str
    control_number: int
    viewer: Viewer
    received_count: int
    finish: bool
    def __init__(self, session_id: _Optional[str] = ..., control_number: _Optional[int] = ..., viewer: _Optional[_Union[Viewer, _Mapping]] = ..., received_count: _Optional[int] = ..., finish: _Optional[bool] = ...) -> None: ...

class ControlWorldResponse(_message.Message):
    __slots__ = ("control_number",)
    CONTROL_NUMBER_FIELD_NUMBER: _ClassVar[int]
    control_number: int
    def __init__(self, control_number: _Optional[int] = ...) -> None: ...
