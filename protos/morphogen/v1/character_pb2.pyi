from morphogen.v1 import common_pb2 as _common_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class FrameFormat(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    FRAME_FORMAT_UNSPECIFIED: _ClassVar[FrameFormat]
    FRAME_FORMAT_RAW: _ClassVar[FrameFormat]
    FRAME_FORMAT_PNG: _ClassVar[FrameFormat]
    FRAME_FORMAT_WEBP: _ClassVar[FrameFormat]
    FRAME_FORMAT_JPEG: _ClassVar[FrameFormat]
    FRAME_FORMAT_H264: _ClassVar[FrameFormat]
    FRAME_FORMAT_VP9: _ClassVar[FrameFormat]
    FRAME_FORMAT_AV1: _ClassVar[FrameFormat]
    FRAME_FORMAT_MJPEG: _ClassVar[FrameFormat]

class FrameRenderer(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    FRAME_RENDERER_UNSPECIFIED: _ClassVar[FrameRenderer]
    FRAME_RENDERER_NETWORK: _ClassVar[FrameRenderer]
    FRAME_RENDERER_MESH: _ClassVar[FrameRenderer]
FRAME_FORMAT_UNSPECIFIED: FrameFormat
FRAME_FORMAT_RAW: FrameFormat
FRAME_FORMAT_PNG: FrameFormat
FRAME_FORMAT_WEBP: FrameFormat
FRAME_FORMAT_JPEG: FrameFormat
FRAME_FORMAT_H264: FrameFormat
FRAME_FORMAT_VP9: FrameFormat
FRAME_FORMAT_AV1: FrameFormat
FRAME_FORMAT_MJPEG: FrameFormat
FRAME_RENDERER_UNSPECIFIED: FrameRenderer
FRAME_RENDERER_NETWORK: FrameRenderer
FRAME_RENDERER_MESH: FrameRenderer

class CharacterIdentity(_message.Message):
    __slots__ = ("seed", "kind", "sliders", "parts", "colors")
    class SlidersEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: float
        def __init__(self, key: _Optional[str] = ..., value: _Optional[float] = ...) -> None: ...
    class PartsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    class ColorsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    SEED_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    SLIDERS_FIELD_NUMBER: _ClassVar[int]
    PARTS_FIELD_NUMBER: _ClassVar[int]
    COLORS_FIELD_NUMBER: _ClassVar[int]
    seed: int
    kind: str
    sliders: _containers.ScalarMap[str, float]
    parts: _containers.ScalarMap[str, str]
    colors: _containers.ScalarMap[str, str]
    def __init__(self, seed: _Optional[int] = ..., kind: _Optional[str] = ..., sliders: _Optional[_Mapping[str, float]] = ..., parts: _Optional[_Mapping[str, str]] = ..., colors: _Optional[_Mapping[str, str]] = ...) -> None: ...

class CharacterBlend(_message.Message):
    __slots__ = ("identity", "share")
    IDENTITY_FIELD_NUMBER: _ClassVar[int]
    SHARE_FIELD_NUMBER: _ClassVar[int]
    identity: CharacterIdentity
    share: float
    def __init__(self, identity: _Optional[_Union[CharacterIdentity, _Mapping]] = ..., share: _Optional[float] = ...) -> None: ...

class CharacterCamera(_message.Message):
    __slots__ = ("yaw_deg", "pitch_deg", "zoom")
    YAW_DEG_FIELD_NUMBER: _ClassVar[int]
    PITCH_DEG_FIELD_NUMBER: _ClassVar[int]
    ZOOM_FIELD_NUMBER: _ClassVar[int]
    yaw_deg: float
    pitch_deg: float
    zoom: float
    def __init__(self, yaw_deg: _Optional[float] = ..., pitch_deg: _Optional[float] = ..., zoom: _Optional[float] = ...) -> None: ...

class CharacterLight(_message.Message):
    __slots__ = ("yaw_deg", "pitch_deg")
    YAW_DEG_FIELD_NUMBER: _ClassVar[int]
    PITCH_DEG_FIELD_NUMBER: _ClassVar[int]
    yaw_deg: float
    pitch_deg: float
    def __init__(self, yaw_deg: _Optional[float] = ..., pitch_deg: _Optional[float] = ...) -> None: ...

class CharacterControl(_message.Message):
    __slots__ = ("speed_mps", "heading_deg", "direction_deg", "gait", "action", "style", "camera", "light")
    SPEED_MPS_FIELD_NUMBER: _ClassVar[int]
    HEADING_DEG_FIELD_NUMBER: _ClassVar[int]
    DIRECTION_DEG_FIELD_NUMBER: _ClassVar[int]
    GAIT_FIELD_NUMBER: _ClassVar[int]
    ACTION_FIELD_NUMBER: _ClassVar[int]
    STYLE_FIELD_NUMBER: _ClassVar[int]
    CAMERA_FIELD_NUMBER: _ClassVar[int]
    LIGHT_FIELD_NUMBER: _ClassVar[int]
    speed_mps: float
    heading_deg: float
    direction_deg: float
    gait: str
    action: str
    style: str
    camera: CharacterCamera
    light: CharacterLight
    def __init__(self, speed_mps: _Optional[float] = ..., heading_deg: _Optional[float] = ..., direction_deg: _Optional[float] = ..., gait: _Optional[str] = ..., action: _Optional[str] = ..., style: _Optional[str] = ..., camera: _Optional[_Union[CharacterCamera, _Mapping]] = ..., light: _Optional[_Union[CharacterLight, _Mapping]] = ...) -> None: ...

class ScriptedControl(_message.Message):
    __slots__ = ("frame", "control")
    FRAME_FIELD_NUMBER: _ClassVar[int]
    CONTROL_FIELD_NUMBER: _ClassVar[int]
    frame: int
    control: CharacterControl
    def __init__(self, frame: _Optional[int] = ..., control: _Optional[_Union[CharacterControl, _Mapping]] = ...) -> None: ...

class FrameStream(_message.Message):
    __slots__ = ("identity", "blend", "rate_hz", "frame_count", "first_frame", "poses", "format", "size_px", "renderer", "quality", "alpha", "background", "keyframe_interval_s", "script", "delivery", "best_effort")
    IDENTITY_FIELD_NUMBER: _ClassVar[int]
    BLEND_FIELD_NUMBER: _ClassVar[int]
    RATE_HZ_FIELD_NUMBER: _ClassVar[int]
    FRAME_COUNT_FIELD_NUMBER: _ClassVar[int]
    FIRST_FRAME_FIELD_NUMBER: _ClassVar[int]
    POSES_FIELD_NUMBER: _ClassVar[int]
    FORMAT_FIELD_NUMBER: _ClassVar[int]
    SIZE_PX_FIELD_NUMBER: _ClassVar[int]
    RENDERER_FIELD_NUMBER: _ClassVar[int]
    QUALITY_FIELD_NUMBER: _ClassVar[int]
    ALPHA_FIELD_NUMBER: _ClassVar[int]
    BACKGROUND_FIELD_NUMBER: _ClassVar[int]
    KEYFRAME_INTERVAL_S_FIELD_NUMBER: _ClassVar[int]
    SCRIPT_FIELD_NUMBER: _ClassVar[int]
    DELIVERY_FIELD_NUMBER: _ClassVar[int]
    BEST_EFFORT_FIELD_NUMBER: _ClassVar[int]
    identity: CharacterIdentity
    blend: CharacterBlend
    rate_hz: int
    frame_count: int
    first_frame: int
    poses: bool
    format: FrameFormat
    size_px: int
    renderer: FrameRenderer
    quality: int
    alpha: bool
    background: str
    keyframe_interval_s: float
    script: _containers.RepeatedCompositeFieldContainer[ScriptedControl]
    delivery: _common_pb2.Delivery
    best_effort: bool
    def __init__(self, identity: _Optional[_Union[CharacterIdentity, _Mapping]] = ..., blend: _Optional[_Union[CharacterBlend, _Mapping]] = ..., rate_hz: _Optional[int] = ..., frame_count: _Optional[int] = ..., first_frame: _Optional[int] = ..., poses: _Optional[bool] = ..., format: _Optional[_Union[FrameFormat, str]] = ..., size_px: _Optional[int] = ..., renderer: _Optional[_Union[FrameRenderer, str]] = ..., quality: _Optional[int] = ..., alpha: _Optional[bool] = ..., background: _Optional[str] = ..., keyframe_interval_s: _Optional[float] = ..., script: _Optional[_Iterable[_Union[ScriptedControl, _Mapping]]] = ..., delivery: _Optional[_Union[_common_pb2.Delivery, str]] = ..., best_effort: _Optional[bool] = ...) -> None: ...

class GenerateCharacterRequest(_message.Message):
    __slots__ = ("identity", "blend", "clips", "preview_px", "options")
    IDENTITY_FIELD_NUMBER: _ClassVar[int]
    BLEND_FIELD_NUMBER: _ClassVar[int]
    CLIPS_FIELD_NUMBER: _ClassVar[int]
    PREVIEW_PX_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    identity: CharacterIdentity
    blend: CharacterBlend
    clips: _containers.RepeatedScalarFieldContainer[str]
    preview_px: int
    options: _common_pb2.StreamOptions
    def __init__(self, identity: _Optional[_Union[CharacterIdentity, _Mapping]] = ..., blend: _Optional[_Union[CharacterBlend, _Mapping]] = ..., clips: _Optional[_Iterable[str]] = ..., preview_px: _Optional[int] = ..., options: _Optional[_Union[_common_pb2.StreamOptions, _Mapping]] = ...) -> None: ...

class GenerateCharacterResponse(_message.Message):
    __slots__ = ("header", "part", "trailer")
    HEADER_FIELD_NUMBER: _ClassVar[int]
    PART_FIELD_NUMBER: _ClassVar[int]
    TRAILER_FIELD_NUMBER: _ClassVar[int]
    header: _common_pb2.StreamHeader
    part: _common_pb2.PartChunk
    trailer: _common_pb2.StreamTrailer
    def __init__(self, header: _Optional[_Union[_common_pb2.StreamHeader, _Mapping]] = ..., part: _Optional[_Union[_common_pb2.PartChunk, _Mapping]] = ..., trailer: _Optional[_Union[_common_pb2.StreamTrailer, _Mapping]] = ...) -> None: ...

class StreamFramesRequest(_message.Message):
    __slots__ = ("start", "credit", "control", "keyframe")
    START_FIELD_NUMBER: _ClassVar[int]
    CREDIT_FIELD_NUMBER: _ClassVar[int]
    CONTROL_FIELD_NUMBER: _ClassVar[int]
    KEYFRAME_FIELD_NUMBER: _ClassVar[int]
    start: FramesStart
    credit: FramesCredit
    control: CharacterControl
    keyframe: FramesKeyframe
    def __init__(self, start: _Optional[_Union[FramesStart, _Mapping]] = ..., credit: _Optional[_Union[FramesCredit, _Mapping]] = ..., control: _Optional[_Union[CharacterControl, _Mapping]] = ..., keyframe: _Optional[_Union[FramesKeyframe, _Mapping]] = ...) -> None: ...

class FramesStart(_message.Message):
    __slots__ = ("stream", "options")
    STREAM_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    stream: FrameStream
    options: _common_pb2.StreamOptions
    def __init__(self, stream: _Optional[_Union[FrameStream, _Mapping]] = ..., options: _Optional[_Union[_common_pb2.StreamOptions, _Mapping]] = ...) -> None: ...

class FramesCredit(_message.Message):
    __slots__ = ("part_count",)
    PART_COUNT_FIELD_NUMBER: _ClassVar[int]
    part_count: int
    def __init__(self, part_count: _Optional[int] = ...) -> None: ...

class FramesKeyframe(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class StreamFramesResponse(_message.Message):
    __slots__ = ("header", "part", "trailer")
    HEADER_FIELD_NUMBER: _ClassVar[int]
    PART_FIELD_NUMBER: _ClassVar[int]
    TRAILER_FIELD_NUMBER: _ClassVar[int]
    header: _common_pb2.StreamHeader
    part: _common_pb2.PartChunk
    trailer: _common_pb2.StreamTrailer
    def __init__(self, header: _Optional[_Union[_common_pb2.StreamHeader, _Mapping]] = ..., part: _Optional[_Union[_common_pb2.PartChunk, _Mapping]] = ..., trailer: _Optional[_Union[_common_pb2.StreamTrailer, _Mapping]] = ...) -> None: ...

class PlayFramesRequest(_message.Message):
    __slots__ = ("stream", "options", "grants_credit")
    STREAM_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    GRANTS_CREDIT_FIELD_NUMBER: _ClassVar[int]
    stream: FrameStream
    options: _common_pb2.StreamOptions
    grants_credit: bool
    def __init__(self, stream: _Optional[_Union[FrameStream, _Mapping]] = ..., options: _Optional[_Union[_common_pb2.StreamOptions, _Mapping]] = ..., grants_credit: _Optional[bool] = ...) -> None: ...

class PlayFramesResponse(_message.Message):
    __slots__ = ("header", "part", "trailer")
    HEADER_FIELD_NUMBER: _ClassVar[int]
    PART_FIELD_NUMBER: _ClassVar[int]
    TRAILER_FIELD_NUMBER: _ClassVar[int]
    header: _common_pb2.StreamHeader
    part: _common_pb2.PartChunk
    trailer: _common_pb2.StreamTrailer
    def __init__(self, header: _Optional[_Union[_common_pb2.StreamHeader, _Mapping]] = ..., part: _Optional[_Union[_common_pb2.PartChunk, _Mapping]] = ..., trailer: _Optional[_Union[_common_pb2.StreamTrailer, _Mapping]] = ...) -> None: ...

class ControlSessionRequest(_message.Message):
    __slots__ = ("session_id", "controls", "first_number", "credit", "keyframe")
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    CONTROLS_FIELD_NUMBER: _ClassVar[int]
    FIRST_NUMBER_FIELD_NUMBER: _ClassVar[int]
    CREDIT_FIELD_NUMBER: _ClassVar[int]
    KEYFRAME_FIELD_NUMBER: _ClassVar[int]
    session_id: str
    controls: _containers.RepeatedCompositeFieldContainer[CharacterControl]
    first_number: int
    credit: int
    keyframe: bool
    def __init__(self, session_id: _Optional[str] = ..., controls: _Optional[_Iterable[_Union[CharacterControl, _Mapping]]] = ..., first_number: _Optional[int] = ..., credit: _Optional[int] = ..., keyframe: _Optional[bool] = ...) -> None: ...

class ControlSessionResponse(_message.Message):
    __slots__ = ("control_count",)
    CONTROL_COUNT_FIELD_NUMBER: _ClassVar[int]
    control_count: int
    def __init__(self, control_count: _Optional[int] = ...) -> None: ...
