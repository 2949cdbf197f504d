"""What can be asked of characters and their frames, and how it is written into messages.

Only what cannot be put into a message at all is refused here; everything else is the server's to judge.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypedDict

from morphogen.v1 import character_pb2, common_pb2
from morphogen_client.errors import InvalidRequestError
from morphogen_client.options import StreamOptions, named, stream_options, uint32

FORMATS = {
    "": character_pb2.FRAME_FORMAT_UNSPECIFIED,
    "raw": character_pb2.FRAME_FORMAT_RAW,
    "png": character_pb2.FRAME_FORMAT_PNG,
    "webp": character_pb2.FRAME_FORMAT_WEBP,
    "jpeg": character_pb2.FRAME_FORMAT_JPEG,
    "h264": character_pb2.FRAME_FORMAT_H264,
    "vp9": character_pb2.FRAME_FORMAT_VP9,
    "av1": character_pb2.FRAME_FORMAT_AV1,
    "mjpeg": character_pb2.FRAME_FORMAT_MJPEG,
}
CREDIT_DEFAULT, CREDIT_MAX = 4, 64

_RENDERERS = {"network": character_pb2.FRAME_RENDERER_NETWORK, "mesh": character_pb2.FRAME_RENDERER_MESH}
_DELIVERIES = {"lossless": common_pb2.DELIVERY_LOSSLESS, "live": common_pb2.DELIVERY_LIVE}
_CAMERA = {"camera_yaw_deg": "yaw_deg", "camera_pitch_deg": "pitch_deg", "camera_zoom": "zoom"}
_LIGHT = {"light_yaw_deg": "yaw_deg", "light_pitch_deg": "pitch_deg"}


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a character is; what is left out is drawn by the seed. The catalog and errors tell which names there are.

    kind     e.g. "goblin"; empty: drawn by the seed
    sliders  name -> 0 to 1, e.g. {"height": 0.9}
    parts    name -> choice, e.g. {"headwear": "crown"}
    colors   name -> "#rrggbb"
    """

    seed: int = 0
    kind: str = ""
    sliders: Mapping[str, float] = field(default_factory=dict)
    parts: Mapping[str, str] = field(default_factory=dict)
    colors: Mapping[str, str] = field(default_factory=dict)

    def message(self) -> character_pb2.CharacterIdentity:
        """The message. Raises InvalidRequestError for a seed that it cannot carry."""
        return character_pb2.CharacterIdentity(
            seed=uint32("identity.seed", self.seed),
            kind=self.kind,
            sliders=self.sliders,
            parts=self.parts,
            colors=self.colors,
        )


class CharacterOptions(TypedDict, total=False):
    """What is wanted of a character; each may be left out.

    identity    who; default: that of seed 0
    blend       (another identity, its share from 0 to 1): somebody between the two
    clips       actions that become clips of the model; default: all there are
    preview_px  edge length of the picture, 64 to 1024, default 512
    """

    identity: Identity
    blend: tuple[Identity, float] | None
    clips: Sequence[str]
    preview_px: int


class CharacterStreamOptions(CharacterOptions, StreamOptions, total=False):
    """What is wanted of a character, and how its stream is wanted."""


class ControlOptions(TypedDict, total=False):
    """What a character is told from the next frame on; what is left out stays as it is.

    speed_mps         over ground, 0 to 8
    heading_deg       where it faces: 0 is +Z, 90 is +X
    direction_deg     where it goes, relative to that: 90 to its left, 180 back
    gait              how it goes, e.g. "walk"; "": as its speed asks for
    action            what it does instead, e.g. "wave", until told otherwise; "": nothing
    style             way of moving; "": the first one
    camera_yaw_deg    where the camera stands around it: 0 before it at heading 0, 90 on its left
    camera_pitch_deg  how high, -20 to 80
    camera_zoom       share of the picture's height that a standing character takes, .2 to 1
    light_yaw_deg, light_pitch_deg  the same of the light; pitch 0 to 90
    """

    speed_mps: float
    heading_deg: float
    direction_deg: float
    gait: str
    action: str
    style: str
    camera_yaw_deg: float
    camera_pitch_deg: float
    camera_zoom: float
    light_yaw_deg: float
    light_pitch_deg: float


class FrameOptions(TypedDict, total=False):
    """A stream of frames; each may be left out.

    identity, blend   as in `CharacterOptions`
    rate_hz           24, 30 (default), 60, 72 or 90
    frame_count       default: a day of the highest rate
    first_frame       what comes before is made, with the script, but not sent; default 0
    poses             whether poses are wanted; default: if no format is given
    format            of pictures: "raw", "png", "webp", "jpeg", or as video "h264", "vp9", "av1", "mjpeg"; default:
                      no pictures
    size_px           128 or 256 (default)
    renderer          "mesh" (default) or "network", softer
    quality           1 to 100, default 80
    alpha             whether video keeps transparency; vp9 only
    background        "#rrggbb" where transparency is not kept
    keyframe_interval_s  most seconds between two keyframes of video, .1 to 60, default 2
    script            (frame, controls) in ascending order: the frame is the first one that shows them
    delivery          without credit the server waits ("lossless", default), or keeps its rate, and of the frames that
                      wait only the newest is sent ("live")
    best_effort       lossless only: the rate is not promised
    """

    identity: Identity
    blend: tuple[Identity, float] | None
    rate_hz: int
    frame_count: int
    first_frame: int
    poses: bool
    format: str
    size_px: int
    renderer: str
    quality: int
    alpha: bool
    background: str
    keyframe_interval_s: float
    script: Sequence[tuple[int, ControlOptions]]
    delivery: str
    best_effort: bool


class FrameStreamOptions(FrameOptions, StreamOptions, total=False):
    """A stream of frames, and how it is wanted."""


def character_stream_request(options: CharacterStreamOptions) -> character_pb2.GenerateCharacterRequest:
    """The message that asks for a character. Raises InvalidRequestError for what it cannot carry."""
    return character_pb2.GenerateCharacterRequest(
        identity=options.get("identity", Identity()).message(),
        blend=_blend(options.get("blend")),
        clips=options.get("clips", ()),
        preview_px=uint32("preview_px", options.get("preview_px", 0)),
        options=stream_options(options, resume_tokens=True),
    )


def frames_start(options: FrameStreamOptions) -> character_pb2.FramesStart:
    """The message that starts a stream that is steered. Raises InvalidRequestError for what it cannot carry."""
    return character_pb2.FramesStart(stream=_stream(options), options=_options(options, explicit_credit=True))


def play_request(options: FrameStreamOptions, *, grants_credit: bool) -> character_pb2.PlayFramesRequest:
    """The message that asks for a stream. Raises InvalidRequestError for what it cannot carry."""
    return character_pb2.PlayFramesRequest(
        stream=_stream(options),
        options=_options(options, explicit_credit=grants_credit),
        grants_credit=grants_credit,
    )


def control_message(controls: ControlOptions) -> character_pb2.CharacterControl:
    """The message of a control. Raises InvalidRequestError for a name that it has no room for."""
    given: dict[str, Any] = dict(controls)
    known = set(ControlOptions.__optional_keys__)
    for name in given:
        if name not in known:
            raise InvalidRequestError("control", name, ", ".join(sorted(known)))
    camera = {field: given.pop(name) for name, field in _CAMERA.items() if name in given}
    light = {field: given.pop(name) for name, field in _LIGHT.items() if name in given}
    return character_pb2.CharacterControl(
        **given,
        camera=character_pb2.CharacterCamera(**camera) if camera else None,
        light=character_pb2.CharacterLight(**light) if light else None,
    )


def _stream(options: FrameStreamOptions) -> character_pb2.FrameStream:
    format_name = options.get("format", "")
    return character_pb2.FrameStream(
        identity=options.get("identity", Identity()).message(),
        blend=_blend(options.get("blend")),
        rate_hz=uint32("rate_hz", options.get("rate_hz", 0)),
        frame_count=uint32("frame_count", options.get("frame_count", 0)),
        first_frame=uint32("first_frame", options.get("first_frame", 0)),
        poses=options.get("poses", not format_name),
        format=named("format", format_name, FORMATS),
        size_px=uint32("size_px", options.get("size_px", 0)),
        renderer=named("renderer", options.get("renderer", "mesh"), _RENDERERS),
        quality=uint32("quality", options.get("quality", 0)),
        alpha=options.get("alpha", False),
        background=options.get("background", ""),
        keyframe_interval_s=options.get("keyframe_interval_s", 0.0),
        script=[
            character_pb2.ScriptedControl(frame=uint32("script.frame", frame), control=control_message(controls))
            for frame, controls in options.get("script", ())
        ],
        delivery=named("delivery", options.get("delivery", "lossless"), _DELIVERIES),
        best_effort=options.get("best_effort", False),
    )


def _options(options: FrameStreamOptions, *, explicit_credit: bool) -> common_pb2.StreamOptions:
    """Credit counts frames here, and parts on the wire: the description is one that comes before the first frame."""
    message = stream_options(options, resume_tokens=True)
    if explicit_credit and not message.resume_token:
        message.credit = max(message.credit, min((message.credit or CREDIT_DEFAULT) + 1, CREDIT_MAX))
    return message


def _blend(blend: tuple[Identity, float] | None) -> character_pb2.CharacterBlend | None:
    if blend is None:
        return None
    other, share = blend
    return character_pb2.CharacterBlend(identity=other.message(), share=share)
