"""Requests for characters and their frames as wire messages, and back; controls too."""

from collections.abc import Mapping

from engine.errors import InvalidRequestError
from engine.requests.character.control import Control
from engine.requests.character.frames import (
    BACKGROUND_DEFAULT,
    FRAME_MAX,
    QUALITY_DEFAULT,
    SIZES_PX,
    FramesRequest,
    Pictures,
)
from engine.requests.character.identity import PREVIEW_PX_DEFAULT, CharacterRequest, IdentityRequest, Who
from engine.wire.parsing import known
from morphogen.v1 import character_pb2

RATE_HZ_DEFAULT = 30

FORMATS: Mapping[int, str] = {
    character_pb2.FRAME_FORMAT_UNSPECIFIED: "",
    character_pb2.FRAME_FORMAT_RAW: "raw",
    character_pb2.FRAME_FORMAT_PNG: "png",
    character_pb2.FRAME_FORMAT_WEBP: "webp",
    character_pb2.FRAME_FORMAT_JPEG: "jpeg",
    character_pb2.FRAME_FORMAT_H264: "h264",
    character_pb2.FRAME_FORMAT_VP9: "vp9",
    character_pb2.FRAME_FORMAT_AV1: "av1",
    character_pb2.FRAME_FORMAT_MJPEG: "mjpeg",
}
VIDEO_FORMATS = ("h264", "vp9", "av1", "mjpeg")
"""Those that are encoded by the gateway; its worker makes raw pictures."""

RENDERERS: Mapping[int, str] = {
    character_pb2.FRAME_RENDERER_UNSPECIFIED: "mesh",
    character_pb2.FRAME_RENDERER_NETWORK: "network",
    character_pb2.FRAME_RENDERER_MESH: "mesh",
}

_FORMAT_NUMBERS = {name: number for number, name in FORMATS.items()}
_RENDERER_NUMBERS = {"network": character_pb2.FRAME_RENDERER_NETWORK, "mesh": character_pb2.FRAME_RENDERER_MESH}
_PLAIN_FIELDS = ("speed_mps", "heading_deg", "direction_deg", "gait", "action", "style")
_CAMERA_FIELDS = ("yaw_deg", "pitch_deg", "zoom")
_LIGHT_FIELDS = ("yaw_deg", "pitch_deg")


def character_request(message: character_pb2.GenerateCharacterRequest) -> CharacterRequest:
    """The request that `message` makes. Raises InvalidRequestError naming the field."""
    return CharacterRequest(_who(message), tuple(message.clips), message.preview_px or PREVIEW_PX_DEFAULT)


def character_message(request: CharacterRequest) -> character_pb2.GenerateCharacterRequest:
    """The message that makes `request`."""
    identity, blend = _who_messages(request.who)
    return character_pb2.GenerateCharacterRequest(
        identity=identity, blend=blend, clips=request.clips, preview_px=request.preview_px
    )


def frames_request(message: character_pb2.FrameStream) -> FramesRequest:
    """The request that `message` makes of a worker. Raises InvalidRequestError naming the field."""
    return FramesRequest(
        who=_who(message),
        rate_hz=message.rate_hz or RATE_HZ_DEFAULT,
        frame_count=message.frame_count or FRAME_MAX,
        first_frame=message.first_frame,
        poses=message.poses,
        pictures=_pictures(message),
        script=tuple(_scripted(index, each) for index, each in enumerate(message.script)),
    )


def frames_message(request: FramesRequest) -> character_pb2.FrameStream:
    """The message that makes `request`."""
    identity, blend = _who_messages(request.who)
    message = character_pb2.FrameStream(
        identity=identity,
        blend=blend,
        rate_hz=request.rate_hz,
        frame_count=request.frame_count,
        first_frame=request.first_frame,
        poses=request.poses,
        script=[
            character_pb2.ScriptedControl(frame=frame, control=control_message(control))
            for frame, control in request.script
        ],
    )
    if request.pictures is not None:
        message.format = _FORMAT_NUMBERS[request.pictures.format]  # type: ignore[assignment]  # an enum's number
        message.size_px = request.pictures.size_px
        message.renderer = _RENDERER_NUMBERS[request.pictures.renderer]
        message.quality = request.pictures.quality
        message.background = request.pictures.background
    return message


def control_of(message: character_pb2.CharacterControl) -> Control:
    """The control that `message` is. Raises InvalidRequestError naming the field."""
    values = {name: getattr(message, name) for name in _PLAIN_FIELDS if message.HasField(name)}
    for prefix, part, names in (("camera", message.camera, _CAMERA_FIELDS), ("light", message.light, _LIGHT_FIELDS)):
        values |= {f"{prefix}_{name}": getattr(part, name) for name in names if part.HasField(name)}
    return Control(**values)


def control_message(control: Control) -> character_pb2.CharacterControl:
    """The message of a control."""
    given = control.given()
    camera = {name: given[f"camera_{name}"] for name in _CAMERA_FIELDS if f"camera_{name}" in given}
    light = {name: given[f"light_{name}"] for name in _LIGHT_FIELDS if f"light_{name}" in given}
    return character_pb2.CharacterControl(
        **{name: given[name] for name in _PLAIN_FIELDS if name in given},
        camera=character_pb2.CharacterCamera(**camera) if camera else None,
        light=character_pb2.CharacterLight(**light) if light else None,
    )


def _scripted(index: int, message: character_pb2.ScriptedControl) -> tuple[int, Control]:
    try:
        return message.frame, control_of(message.control)
    except InvalidRequestError as error:
        raise InvalidRequestError(f"script[{index}].control.{error.field}", error.value, error.allowed) from None


def _pictures(message: character_pb2.FrameStream) -> Pictures | None:
    name = known(FORMATS, "format", message.format)
    if not name:
        return None
    return Pictures(
        format="raw" if name in VIDEO_FORMATS else name,
        size_px=message.size_px or SIZES_PX[-1],
        renderer=known(RENDERERS, "renderer", message.renderer),
        quality=message.quality or QUALITY_DEFAULT,
        background=message.background or BACKGROUND_DEFAULT,
    )


def _who(message: "character_pb2.GenerateCharacterRequest | character_pb2.FrameStream") -> Who:
    if not message.HasField("blend"):
        return Who(_identity(message.identity))
    return Who(_identity(message.identity), _identity(message.blend.identity), message.blend.share)


def _identity(message: character_pb2.CharacterIdentity) -> IdentityRequest:
    return IdentityRequest(message.seed, message.kind, dict(message.sliders), dict(message.parts), dict(message.colors))


def _who_messages(
    who: Who,
) -> tuple[character_pb2.CharacterIdentity, character_pb2.CharacterBlend | None]:
    if who.other is None:
        return _identity_message(who.identity), None
    blend = character_pb2.CharacterBlend(identity=_identity_message(who.other), share=who.share)
    return _identity_message(who.identity), blend


def _identity_message(identity: IdentityRequest) -> character_pb2.CharacterIdentity:
    return character_pb2.CharacterIdentity(
        seed=identity.seed,
        kind=identity.kind,
        sliders=identity.sliders,
        parts=identity.parts,
        colors=identity.colors,
    )
