"""A plain grpc.aio server whose streams take time and are counted, and what it has in common with Ray Serve's replica.

python benchmarks/peers/plain.py 127.0.0.1:PORT
"""

import asyncio
import sys
from collections.abc import AsyncIterator

import grpc

from benchmarks.serving.counted import CountedProbe
from engine.requests.probe import ProbeRequest
from morphogen.v1 import common_pb2, diagnostics_pb2, diagnostics_pb2_grpc


class Device:
    """What a server without batching makes of one device: one step at a time, streams in turns."""

    def __init__(self) -> None:
        self._probe = CountedProbe()
        self._free = asyncio.Lock()

    async def responses(
        self, request: diagnostics_pb2.StreamProbeRequest
    ) -> AsyncIterator[diagnostics_pb2.StreamProbeResponse]:
        """The parts of one stream. Steps that take time run in a thread, so that the server can hear of a cancel."""
        state = self._probe.begin(ProbeRequest(request.part_size_bytes, request.part_count, request.step_ms))
        while not state.finished:
            if request.step_ms > 0:
                async with self._free:
                    ((part,),) = await asyncio.to_thread(self._probe.step, [state])
            else:
                ((part,),) = self._probe.step([state])
            chunk = common_pb2.PartChunk(
                sequence=part.sequence,
                map=part.map,
                media_type=part.media_type,
                part_size_bytes=len(part.payload),
                part_sha256=part.sha256,
                chunk_count=1,
                data=part.payload,
            )
            yield diagnostics_pb2.StreamProbeResponse(part=chunk)


class PlainService(diagnostics_pb2_grpc.DiagnosticsServiceServicer):
    """Nothing between the device and gRPC."""

    def __init__(self) -> None:
        self._device = Device()

    async def StreamProbe(  # noqa: N802 (gRPC's name)
        self, request: diagnostics_pb2.StreamProbeRequest, _context: object
    ) -> AsyncIterator[diagnostics_pb2.StreamProbeResponse]:
        """The parts of one stream."""
        async for response in self._device.responses(request):
            yield response


async def serve(address: str) -> None:
    """Serve PlainService until killed."""
    server = grpc.aio.server()
    diagnostics_pb2_grpc.add_DiagnosticsServiceServicer_to_server(PlainService(), server)
    server.add_insecure_port(address)
    await server.start()
    await server.wait_for_termination()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1]))
