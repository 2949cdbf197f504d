"""DiagnosticsService on the wire."""

import grpc

from engine.errors import InvalidRequestError
from engine.server.callers import Callers
from engine.server.convert import granted, steered_wishes, wishes
from engine.server.steering import steered
from engine.server.streaming import AssetStreamer, Context
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

    def handler(self) -> "grpc.GenericRpcHandler[bytes, bytes]":
        """The methods, on plain bytes."""
        methods = {
            "StreamProbe": grpc.unary_stream_rpc_method_handler(self.stream_probe),
            "SteerProbe": grpc.stream_stream_rpc_method_handler(self.steer_probe),
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
            await steered(self._streamer.deliver(request, session, context), _follow(session, context))


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
