"""DiagnosticsService on the wire."""

import grpc

from engine.errors import InvalidRequestError
from engine.generators.probe import CONTROL_MAX_BYTES
from engine.server.callers import Callers
from engine.server.convert import granted, steered_wishes, wishes
from engine.server.steering import steered
from engine.server.streaming import AssetStreamer, Context, open_answer
from engine.server.web.live import Acknowledgement, LiveStreams
from engine.sessions.session import Session
from engine.sessions.sessions import Sessions
from engine.wire.parsing import parsed
from engine.wire.requests.probe import probe_request
from morphogen.v1 import diagnostics_pb2


class DiagnosticsService:
    """Answers morphogen.v1.DiagnosticsService."""

    name = "morphogen.v1.DiagnosticsService"

    def __init__(self, sessions: Sessions, streamer: AssetStreamer, callers: Callers) -> None:
        self._callers = callers
        self._sessions = sessions
        self._streamer = streamer
        self._watched = LiveStreams[Watched]()

    def handler(self) -> "grpc.GenericRpcHandler[bytes, bytes]":
        """The methods, on plain bytes."""
        methods = {
            "StreamProbe": grpc.unary_stream_rpc_method_handler(self.stream_probe),
            "SteerProbe": grpc.stream_stream_rpc_method_handler(self.steer_probe),
            "WatchProbe": grpc.unary_stream_rpc_method_handler(self.watch_probe),
            "ControlProbe": grpc.unary_unary_rpc_method_handler(self.control_probe),
        }
        return grpc.method_handlers_generic_handler(self.name, methods)

    async def stream_probe(self, data: bytes, context: Context) -> None:
        """Stream synthetic parts."""
        message = parsed(diagnostics_pb2.StreamProbeRequest, data)
        chosen = wishes(message.options, self._callers.terms_of(context))
        await self._streamer.stream(probe_request(message), chosen, context)

    async def steer_probe(self, _requests: object, context: Context) -> None:
        """Stream synthetic parts as the client grants credit, and take its controls."""
        start = await _read(context)
        if start is None or start.WhichOneof("payload") != "start":
            raise InvalidRequestError("start", None if start is None else start.WhichOneof("payload"), "a start first")
        request = probe_request(start.start)
        chosen = steered_wishes(start.start, self._callers.terms_of(context))
        async with self._sessions.open(request, chosen) as session:
            await open_answer(context)
            await steered(self._streamer.deliver(request, session, context), _follow(session, context))

    async def watch_probe(self, data: bytes, context: Context) -> None:
        """Stream synthetic parts of a session that other calls steer."""
        message = parsed(diagnostics_pb2.WatchProbeRequest, data)
        request = probe_request(message.start)
        chosen = steered_wishes(message.start, self._callers.terms_of(context))
        async with self._sessions.open(request, chosen) as session:
            with self._watched.opened(self._callers.tenant_of(context), Watched(session)) as session_id:
                await self._streamer.deliver(request, session, context, session_id=session_id)

    async def control_probe(self, data: bytes, context: Context) -> bytes:
        """Steer a session, and take its client's acknowledgement."""
        message = parsed(diagnostics_pb2.ControlProbeRequest, data)
        watched = self._watched.find(self._callers.tenant_of(context), message.session_id)
        watched.control(message)
        return diagnostics_pb2.ControlProbeResponse(
            control_number=watched.acknowledgement.control_number, control_count=watched.control_count
        ).SerializeToString()


class Watched:
    """A session that other calls steer."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.acknowledgement = Acknowledgement("received_count")
        self.control_count = session.control_count

    def control(self, message: diagnostics_pb2.ControlProbeRequest) -> None:
        """Carry out a control. Raises InvalidRequestError for what does not fit, or for too many controls at once."""
        data = message.control.data
        if len(data) > CONTROL_MAX_BYTES:
            raise InvalidRequestError("control.data", f"{len(data)} bytes", f"at most {CONTROL_MAX_BYTES} bytes")
        self.acknowledgement.sent_count = self._session.delivered_count
        newer, new_count = self.acknowledgement.take(message.control_number, message.received_count)
        try:
            if newer and message.HasField("control"):
                self._session.steer(self.control_count + 1, data)
                self.control_count += 1
        finally:
            if new_count:
                self._session.grant(new_count)  # at last: what it makes room for shows the control


async def _follow(session: Session, context: Context) -> None:
    """Carry out the client's messages until it has no more. Raises InvalidRequestError."""
    control_count = session.control_count
    while (message := await _read(context)) is not None:
        match message.WhichOneof("payload"):
            case "credit":
                outstanding_count = session.granted_count - session.delivered_count
                session.grant(granted("credit.part_count", message.credit.part_count, outstanding_count))
            case "control":
                control_count += 1
                session.steer(control_count, message.control.data)
            case other:
                raise InvalidRequestError("payload", other, "credit or control after the start")


async def _read(context: Context) -> diagnostics_pb2.SteerProbeRequest | None:
    """The client's next message, None after its last."""
    data = await context.read()
    return None if not isinstance(data, bytes) else parsed(diagnostics_pb2.SteerProbeRequest, data)
