from morphogen.v1 import catalog_pb2 as _catalog_pb2
from morphogen.v1 import character_pb2 as _character_pb2
from morphogen.v1 import diagnostics_pb2 as _diagnostics_pb2
from morphogen.v1 import scene_pb2 as _scene_pb2
from morphogen.v1 import texture_pb2 as _texture_pb2
from morphogen.v1 import world_pb2 as _world_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class AttachRequest(_message.Message):
    __slots__ = ("challenge", "proof", "commands")
    CHALLENGE_FIELD_NUMBER: _ClassVar[int]
    PROOF_FIELD_NUMBER: _ClassVar[int]
    COMMANDS_FIELD_NUMBER: _ClassVar[int]
    challenge: bytes
    proof: bytes
    commands: Commands
    def __init__(self, challenge: _Optional[bytes] = ..., proof: _Optional[bytes] = ..., commands: _Optional[_Union[Commands, _Mapping]] = ...) -> None: ...

class AttachResponse(_message.Message):
    __slots__ = ("greeting", "welcome", "events")
    GREETING_FIELD_NUMBER: _ClassVar[int]
    WELCOME_FIELD_NUMBER: _ClassVar[int]
    EVENTS_FIELD_NUMBER: _ClassVar[int]
    greeting: Greeting
    welcome: Welcome
    events: Events
    def __init__(self, greeting: _Optional[_Union[Greeting, _Mapping]] = ..., welcome: _Optional[_Union[Welcome, _Mapping]] = ..., events: _Optional[_Union[Events, _Mapping]] = ...) -> None: ...

class Greeting(_message.Message):
    __slots__ = ("challenge", "proof")
    CHALLENGE_FIELD_NUMBER: _ClassVar[int]
    PROOF_FIELD_NUMBER: _ClassVar[int]
    challenge: bytes
    proof: bytes
    def __init__(self, challenge: _Optional[bytes] = ..., proof: _Optional[bytes] = ...) -> None: ...

class Welcome(_message.Message):
    __slots__ = ("generators", "process_id", "ring_path", "ring_name")
    GENERATORS_FIELD_NUMBER: _ClassVar[int]
    PROCESS_ID_FIELD_NUMBER: _ClassVar[int]
    RING_PATH_FIELD_NUMBER: _ClassVar[int]
    RING_NAME_FIELD_NUMBER: _ClassVar[int]
    generators: _containers.RepeatedCompositeFieldContainer[_catalog_pb2.Generator]
    process_id: int
    ring_path: str
    ring_name: str
    def __init__(self, generators: _Optional[_Iterable[_Union[_catalog_pb2.Generator, _Mapping]]] = ..., process_id: _Optional[int] = ..., ring_path: _Optional[str] = ..., ring_name: _Optional[str] = ...) -> None: ...

class Commands(_message.Message):
    __slots__ = ("commands", "ring_open")
    COMMANDS_FIELD_NUMBER: _ClassVar[int]
    RING_OPEN_FIELD_NUMBER: _ClassVar[int]
    commands: _containers.RepeatedCompositeFieldContainer[Command]
    ring_open: bool
    def __init__(self, commands: _Optional[_Iterable[_Union[Command, _Mapping]]] = ..., ring_open: _Optional[bool] = ...) -> None: ...

class Command(_message.Message):
    __slots__ = ("open", "grant", "steer", "promote", "cancel")
    OPEN_FIELD_NUMBER: _ClassVar[int]
    GRANT_FIELD_NUMBER: _ClassVar[int]
    STEER_FIELD_NUMBER: _ClassVar[int]
    PROMOTE_FIELD_NUMBER: _ClassVar[int]
    CANCEL_FIELD_NUMBER: _ClassVar[int]
    open: Open
    grant: Grant
    steer: Steer
    promote: Promote
    cancel: int
    def __init__(self, open: _Optional[_Union[Open, _Mapping]] = ..., grant: _Optional[_Union[Grant, _Mapping]] = ..., steer: _Optional[_Union[Steer, _Mapping]] = ..., promote: _Optional[_Union[Promote, _Mapping]] = ..., cancel: _Optional[int] = ...) -> None: ...

class Open(_message.Message):
    __slots__ = ("ticket", "texture", "probe", "level", "scene", "world", "chunk", "character", "frames", "credit", "tenant", "priority", "live", "interval_s", "due_in_s", "trace", "resume_point")
    TICKET_FIELD_NUMBER: _ClassVar[int]
    TEXTURE_FIELD_NUMBER: _ClassVar[int]
    PROBE_FIELD_NUMBER: _ClassVar[int]
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    SCENE_FIELD_NUMBER: _ClassVar[int]
    WORLD_FIELD_NUMBER: _ClassVar[int]
    CHUNK_FIELD_NUMBER: _ClassVar[int]
    CHARACTER_FIELD_NUMBER: _ClassVar[int]
    FRAMES_FIELD_NUMBER: _ClassVar[int]
    CREDIT_FIELD_NUMBER: _ClassVar[int]
    TENANT_FIELD_NUMBER: _ClassVar[int]
    PRIORITY_FIELD_NUMBER: _ClassVar[int]
    LIVE_FIELD_NUMBER: _ClassVar[int]
    INTERVAL_S_FIELD_NUMBER: _ClassVar[int]
    DUE_IN_S_FIELD_NUMBER: _ClassVar[int]
    TRACE_FIELD_NUMBER: _ClassVar[int]
    RESUME_POINT_FIELD_NUMBER: _ClassVar[int]
    ticket: int
    texture: _texture_pb2.GenerateTextureRequest
    probe: _diagnostics_pb2.StreamProbeRequest
    level: _scene_pb2.GenerateLevelRequest
    scene: _scene_pb2.GenerateSceneRequest
    world: _world_pb2.GenerateWorldRequest
    chunk: _world_pb2.GenerateChunkRequest
    character: _character_pb2.GenerateCharacterRequest
    frames: _character_pb2.FrameStream
    credit: int
    tenant: str
    priority: int
    live: bool
    interval_s: float
    due_in_s: float
    trace: str
    resume_point: ResumePoint
    def __init__(self, ticket: _Optional[int] = ..., texture: _Optional[_Union[_texture_pb2.GenerateTextureRequest, _Mapping]] = ..., probe: _Optional[_Union[_diagnostics_pb2.StreamProbeRequest, _Mapping]] = ..., level: _Optional[_Union[_scene_pb2.GenerateLevelRequest, _Mapping]] = ..., scene: _Optional[_Union[_scene_pb2.GenerateSceneRequest, _Mapping]] = ..., world: _Optional[_Union[_world_pb2.GenerateWorldRequest, _Mapping]] = ..., chunk: _Optional[_Union[_world_pb2.GenerateChunkRequest, _Mapping]] = ..., character: _Optional[_Union[_character_pb2.GenerateCharacterRequest, _Mapping]] = ..., frames: _Optional[_Union[_character_pb2.FrameStream, _Mapping]] = ..., credit: _Optional[int] = ..., tenant: _Optional[str] = ..., priority: _Optional[int] = ..., live: _Optional[bool] = ..., interval_s: _Optional[float] = ..., due_in_s: _Optional[float] = ..., trace: _Optional[str] = ..., resume_point: _Optional[_Union[ResumePoint, _Mapping]] = ...) -> None: ...

class ResumePoint(_message.Message):
    __slots__ = ("next_sequence", "digest", "part_count", "size_bytes", "checkpoint", "checkpoint_sequence", "control_count")
    NEXT_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    DIGEST_FIELD_NUMBER: _ClassVar[int]
    PART_COUNT_FIELD_NUMBER: _ClassVar[int]
    SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    CHECKPOINT_FIELD_NUMBER: _ClassVar[int]
    CHECKPOINT_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    CONTROL_COUNT_FIELD_NUMBER: _ClassVar[int]
    next_sequence: int
    digest: bytes
    part_count: int
    size_bytes: int
    checkpoint: bytes
    checkpoint_sequence: int
    control_count: int
    def __init__(self, next_sequence: _Optional[int] = ..., digest: _Optional[bytes] = ..., part_count: _Optional[int] = ..., size_bytes: _Optional[int] = ..., checkpoint: _Optional[bytes] = ..., checkpoint_sequence: _Optional[int] = ..., control_count: _Optional[int] = ...) -> None: ...

class Grant(_message.Message):
    __slots__ = ("tickets", "part_counts")
    TICKETS_FIELD_NUMBER: _ClassVar[int]
    PART_COUNTS_FIELD_NUMBER: _ClassVar[int]
    tickets: _containers.RepeatedScalarFieldContainer[int]
    part_counts: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, tickets: _Optional[_Iterable[int]] = ..., part_counts: _Optional[_Iterable[int]] = ...) -> None: ...

class Steer(_message.Message):
    __slots__ = ("ticket", "number", "control")
    TICKET_FIELD_NUMBER: _ClassVar[int]
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    CONTROL_FIELD_NUMBER: _ClassVar[int]
    ticket: int
    number: int
    control: bytes
    def __init__(self, ticket: _Optional[int] = ..., number: _Optional[int] = ..., control: _Optional[bytes] = ...) -> None: ...

class Promote(_message.Message):
    __slots__ = ("ticket", "priority")
    TICKET_FIELD_NUMBER: _ClassVar[int]
    PRIORITY_FIELD_NUMBER: _ClassVar[int]
    ticket: int
    priority: int
    def __init__(self, ticket: _Optional[int] = ..., priority: _Optional[int] = ...) -> None: ...

class Events(_message.Message):
    __slots__ = ("events", "stats", "payloads")
    EVENTS_FIELD_NUMBER: _ClassVar[int]
    STATS_FIELD_NUMBER: _ClassVar[int]
    PAYLOADS_FIELD_NUMBER: _ClassVar[int]
    events: _containers.RepeatedCompositeFieldContainer[Event]
    stats: Stats
    payloads: _containers.RepeatedScalarFieldContainer[bytes]
    def __init__(self, events: _Optional[_Iterable[_Union[Event, _Mapping]]] = ..., stats: _Optional[_Union[Stats, _Mapping]] = ..., payloads: _Optional[_Iterable[bytes]] = ...) -> None: ...

class Event(_message.Message):
    __slots__ = ("ticket", "opened", "made", "finished", "failed")
    TICKET_FIELD_NUMBER: _ClassVar[int]
    OPENED_FIELD_NUMBER: _ClassVar[int]
    MADE_FIELD_NUMBER: _ClassVar[int]
    FINISHED_FIELD_NUMBER: _ClassVar[int]
    FAILED_FIELD_NUMBER: _ClassVar[int]
    ticket: int
    opened: Opened
    made: Made
    finished: Finished
    failed: Failed
    def __init__(self, ticket: _Optional[int] = ..., opened: _Optional[_Union[Opened, _Mapping]] = ..., made: _Optional[_Union[Made, _Mapping]] = ..., finished: _Optional[_Union[Finished, _Mapping]] = ..., failed: _Optional[_Union[Failed, _Mapping]] = ...) -> None: ...

class Opened(_message.Message):
    __slots__ = ("generator_index", "part_count")
    GENERATOR_INDEX_FIELD_NUMBER: _ClassVar[int]
    PART_COUNT_FIELD_NUMBER: _ClassVar[int]
    generator_index: int
    part_count: int
    def __init__(self, generator_index: _Optional[int] = ..., part_count: _Optional[int] = ...) -> None: ...

class Made(_message.Message):
    __slots__ = ("sequence", "map", "lod_px", "media_type", "sha256", "resume_point", "control_count", "ring_position", "ring_payload_bytes")
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    MAP_FIELD_NUMBER: _ClassVar[int]
    LOD_PX_FIELD_NUMBER: _ClassVar[int]
    MEDIA_TYPE_FIELD_NUMBER: _ClassVar[int]
    SHA256_FIELD_NUMBER: _ClassVar[int]
    RESUME_POINT_FIELD_NUMBER: _ClassVar[int]
    CONTROL_COUNT_FIELD_NUMBER: _ClassVar[int]
    RING_POSITION_FIELD_NUMBER: _ClassVar[int]
    RING_PAYLOAD_BYTES_FIELD_NUMBER: _ClassVar[int]
    sequence: int
    map: str
    lod_px: int
    media_type: str
    sha256: bytes
    resume_point: ResumePoint
    control_count: int
    ring_position: int
    ring_payload_bytes: int
    def __init__(self, sequence: _Optional[int] = ..., map: _Optional[str] = ..., lod_px: _Optional[int] = ..., media_type: _Optional[str] = ..., sha256: _Optional[bytes] = ..., resume_point: _Optional[_Union[ResumePoint, _Mapping]] = ..., control_count: _Optional[int] = ..., ring_position: _Optional[int] = ..., ring_payload_bytes: _Optional[int] = ...) -> None: ...

class Finished(_message.Message):
    __slots__ = ("digest", "part_count", "size_bytes", "queue_ms", "step_ms")
    DIGEST_FIELD_NUMBER: _ClassVar[int]
    PART_COUNT_FIELD_NUMBER: _ClassVar[int]
    SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    QUEUE_MS_FIELD_NUMBER: _ClassVar[int]
    STEP_MS_FIELD_NUMBER: _ClassVar[int]
    digest: bytes
    part_count: int
    size_bytes: int
    queue_ms: float
    step_ms: float
    def __init__(self, digest: _Optional[bytes] = ..., part_count: _Optional[int] = ..., size_bytes: _Optional[int] = ..., queue_ms: _Optional[float] = ..., step_ms: _Optional[float] = ...) -> None: ...

class Failed(_message.Message):
    __slots__ = ("message", "invalid_request", "retry_after_s", "lost_suspected", "generation", "unavailable")
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    INVALID_REQUEST_FIELD_NUMBER: _ClassVar[int]
    RETRY_AFTER_S_FIELD_NUMBER: _ClassVar[int]
    LOST_SUSPECTED_FIELD_NUMBER: _ClassVar[int]
    GENERATION_FIELD_NUMBER: _ClassVar[int]
    UNAVAILABLE_FIELD_NUMBER: _ClassVar[int]
    message: str
    invalid_request: InvalidRequest
    retry_after_s: float
    lost_suspected: bool
    generation: bool
    unavailable: bool
    def __init__(self, message: _Optional[str] = ..., invalid_request: _Optional[_Union[InvalidRequest, _Mapping]] = ..., retry_after_s: _Optional[float] = ..., lost_suspected: _Optional[bool] = ..., generation: _Optional[bool] = ..., unavailable: _Optional[bool] = ...) -> None: ...

class InvalidRequest(_message.Message):
    __slots__ = ("field", "value", "allowed")
    FIELD_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    ALLOWED_FIELD_NUMBER: _ClassVar[int]
    field: str
    value: str
    allowed: str
    def __init__(self, field: _Optional[str] = ..., value: _Optional[str] = ..., allowed: _Optional[str] = ...) -> None: ...

class Stats(_message.Message):
    __slots__ = ("batch_sizes", "busy_s", "uptime_s", "on_time_count", "late_count", "dropped_count", "queue_s", "session_count", "ready_count", "stalled_count")
    class BatchSizesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: int
        value: int
        def __init__(self, key: _Optional[int] = ..., value: _Optional[int] = ...) -> None: ...
    BATCH_SIZES_FIELD_NUMBER: _ClassVar[int]
    BUSY_S_FIELD_NUMBER: _ClassVar[int]
    UPTIME_S_FIELD_NUMBER: _ClassVar[int]
    ON_TIME_COUNT_FIELD_NUMBER: _ClassVar[int]
    LATE_COUNT_FIELD_NUMBER: _ClassVar[int]
    DROPPED_COUNT_FIELD_NUMBER: _ClassVar[int]
    QUEUE_S_FIELD_NUMBER: _ClassVar[int]
    SESSION_COUNT_FIELD_NUMBER: _ClassVar[int]
    READY_COUNT_FIELD_NUMBER: _ClassVar[int]
    STALLED_COUNT_FIELD_NUMBER: _ClassVar[int]
    batch_sizes: _containers.ScalarMap[int, int]
    busy_s: float
    uptime_s: float
    on_time_count: int
    late_count: int
    dropped_count: int
    queue_s: float
    session_count: int
    ready_count: int
    stalled_count: int
    def __init__(self, batch_sizes: _Optional[_Mapping[int, int]] = ..., busy_s: _Optional[float] = ..., uptime_s: _Optional[float] = ..., on_time_count: _Optional[int] = ..., late_count: _Optional[int] = ..., dropped_count: _Optional[int] = ..., queue_s: _Optional[float] = ..., session_count: _Optional[int] = ..., ready_count: _Optional[int] = ..., stalled_count: _Optional[int] = ...) -> None: ...
