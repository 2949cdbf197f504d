"""CharacterService on the wire."""

from contextlib import closing, nullcontext
from dataclasses import dataclass

import grpc

from engine.errors import InvalidRequestError
from engine.server.callers import Callers
from engine.server.convert import frame_wishes, granted, wishes
from engine.server.steering import steered
from engine.server.streaming import AssetStreamer, Context, open_answer
from engine.server.video import VideoParts, video_parts
from engine.server.web.live import LiveStreams
from engine.sessions.session import Session
from engine.sessions.sessions import Sessions
from engine.wire.parsing import parsed
from engine.wire.requests.character import character_request, control_of, frames_request
from morphogen.v1 import character_pb2

CONTROLS_MAX = 64
"""Most controls in one message."""

_NAMES = ("gait", "action", "style")


class CharacterService:
    """Answers morphogen.v1.CharacterService.

    gpl_encoders  whether video may be encoded by what is under the GPL
    """

    name = "morphogen.v1.CharacterService"

    def __init__(self, sessions: Sessions, streamer: AssetStreamer, callers: Callers, *, gpl_encoders: bool) -> None:
        self._callers = callers
        self._sessions = sessions
        self._streamer = streamer
        self._gpl_encoders = gpl_encoders
        self._playing: LiveStreams[_Playing] = LiveStreams()

    def handler(self) -> "grpc.GenericRpcHandler[bytes, bytes]":
        """The methods, on plain bytes: requests are parsed here to report what is wrong with them."""
        methods = {
            "GenerateCharacter": grpc.unary_stream_rpc_method_handler(self.generate_character),
            "StreamFrames": grpc.stream_stream_rpc_method_handler(self.stream_frames),
            "PlayFrames": grpc.unary_stream_rpc_method_handler(self.play_frames),
            "ControlSession": grpc.unary_unary_rpc_method_handler(self.control_session),
        }
        return grpc.method_handlers_generic_handler(self.name, methods)

    async def generate_character(self, data: bytes, context: Context) -> None:
        """Stream a character's files."""
        message = parsed(character_pb2.GenerateCharacterRequest, data)
        chosen = wishes(message.options, self._callers.terms_of(context))
        await self._streamer.stream(character_request(message), chosen, context)

    async def stream_frames(self, _requests: object, context: Context) -> None:
        """Stream frames as the client grants credit, and take its controls."""
        message = await _read(context)
        if message is None or message.WhichOneof("payload") != "start":
            raise InvalidRequestError("start", message and message.WhichOneof("payload"), "a start first")
        stream = message.start.stream
        request = frames_request(stream)
        chosen = frame_wishes(stream, message.start.options, self._callers.terms_of(context), explicit_credit=True)
        video = video_parts(stream, request, gpl=self._gpl_encoders)
        with nullcontext() if video is None else closing(video):
            async with self._sessions.open(request, chosen) as session:
                playing = _Playing(session, video, explicit_credit=True)
                await open_answer(context)
                delivering = self._streamer.deliver(request, session, context, video=video)
                await steered(delivering, _follow(playing, context))

    async def play_frames(self, data: bytes, context: Context) -> None:
        """Stream frames of a session that other calls steer."""
        message = parsed(character_pb2.PlayFramesRequest, data)
        request = frames_request(message.stream)
        terms, explicit = self._callers.terms_of(context), message.grants_credit
        chosen = frame_wishes(message.stream, message.options, terms, explicit_credit=explicit)
        video = video_parts(message.stream, request, gpl=self._gpl_encoders)
        with nullcontext() if video is None else closing(video):
            async with self._sessions.open(request, chosen) as session:
                playing = _Playing(session, video, explicit_credit=explicit)
                with self._playing.opened(terms.tenant, playing) as session_id:
                    await self._streamer.deliver(request, session, context, session_id=session_id, video=video)

    async def control_session(self, data: bytes, context: Context) -> bytes:
        """Steer a session of `play_frames`."""
        message = parsed(character_pb2.ControlSessionRequest, data)
        playing = self._playing.find(self._callers.tenant_of(context), message.session_id)
        if len(message.controls) > CONTROLS_MAX:
            raise InvalidRequestError("controls", len(message.controls), f"at most {CONTROLS_MAX} controls")
        playing.take(message)
        return character_pb2.ControlSessionResponse(control_count=playing.control_count).SerializeToString()


@dataclass(slots=True)
class _Playing:
    """A session that is being steered."""

    session: Session
    video: VideoParts | None
    explicit_credit: bool
    control_count: int = 0

    def __post_init__(self) -> None:
        self.control_count = self.session.control_count

    def take(self, message: character_pb2.ControlSessionRequest) -> None:
        """Carry out a message, all of it or, if anything in it is wrong, nothing. Raises InvalidRequestError."""
        controls = []
        for index, control in enumerate(message.controls):
            try:
                controls.append(self.checked(control))
            except InvalidRequestError as error:
                raise InvalidRequestError(f"controls[{index}].{error.field}", error.value, error.allowed) from None
        first_number = message.first_number or self.control_count + 1
        if first_number > self.control_count + 1:
            raise InvalidRequestError("first_number", first_number, f"at most {self.control_count + 1}")
        room = self.room("credit", message.credit) if message.credit else 0
        for control_data in controls[self.control_count + 1 - first_number :]:
            self.steer(control_data)
        if message.keyframe:
            self.want_keyframe()
        if room:
            self.session.grant(room)  # at last: what it makes room for shows the controls

    def checked(self, message: character_pb2.CharacterControl) -> bytes:
        """The control in its generator's encoding. Raises InvalidRequestError."""
        control = control_of(message)
        control.check_names({name: values for name, values in self.session.info.choices if name in _NAMES})
        return control.encoded()

    def steer(self, control: bytes) -> None:
        """The next control."""
        self.session.steer(self.control_count + 1, control)
        self.control_count += 1

    def room(self, field: str, part_count: int) -> int:
        """The credit, if it may be granted. Raises InvalidRequestError."""
        if not self.explicit_credit:
            raise InvalidRequestError(field, part_count, "0 without grants_credit")
        return granted(field, part_count, self.session.granted_count - self.session.delivered_count)

    def want_keyframe(self) -> None:
        """The next frame of a video shall stand for itself; images do anyway."""
        if self.video is not None:
            self.video.want_keyframe()


async def _follow(playing: _Playing, context: Context) -> None:
    """Carry out the client's messages until it has no more. Raises InvalidRequestError."""
    while (message := await _read(context)) is not None:
        match message.WhichOneof("payload"):
            case "credit":
                playing.session.grant(playing.room("credit.part_count", message.credit.part_count))
            case "control":
                playing.steer(playing.checked(message.control))
            case "keyframe":
                playing.want_keyframe()
            case other:
                raise InvalidRequestError("payload", other, "credit, control or keyframe after the start")


async def _read(context: Context) -> character_pb2.StreamFramesRequest | None:
    """The client's next message, None after its last."""
    data = await context.read()
    return None if not isinstance(data, bytes) else parsed(character_pb2.StreamFramesRequest, data)
