"""DiagnosticsService on the wire."""

import grpc

from engine.server.convert import parsed, probe_header, probe_request
from engine.server.streaming import AssetStreamer, Context
from morphogen.v1 import diagnostics_pb2


class DiagnosticsService:
    """Answers morphogen.v1.DiagnosticsService."""

    name = "morphogen.v1.DiagnosticsService"

    def __init__(self, streamer: AssetStreamer) -> None:
        self._streamer = streamer

    def handler(self) -> "grpc.GenericRpcHandler[bytes, bytes]":
        """The methods, on plain bytes."""
        method = grpc.unary_stream_rpc_method_handler(self.stream_probe)
        return grpc.method_handlers_generic_handler(self.name, {"StreamProbe": method})

    async def stream_probe(self, data: bytes, context: Context) -> None:
        """Stream synthetic parts."""
        request = probe_request(parsed(diagnostics_pb2.StreamProbeRequest, data))
        await self._streamer.stream(request, lambda info, count: probe_header(request, info, count), context)
