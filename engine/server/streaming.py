"""One generating call from admission to trailer; the same for every kind of asset."""

from collections.abc import Callable

import grpc

from engine.assets import AssetRequest, GeneratorInfo
from engine.runtime.sessions import Sessions
from engine.server.framing import header_frame, part_frames, trailer_frame
from engine.server.metrics import Metrics
from morphogen.v1 import common_pb2

Context = grpc.aio.ServicerContext[bytes, bytes]
HeaderOf = Callable[[GeneratorInfo, int], common_pb2.StreamHeader]


class AssetStreamer:
    """Streams assets to clients."""

    def __init__(self, sessions: Sessions, metrics: Metrics) -> None:
        self._sessions = sessions
        self._metrics = metrics

    async def stream(self, request: AssetRequest, header_of: HeaderOf, context: Context) -> None:
        """Write header, parts and trailer. `header_of` gets the generator and the number of parts.

        Writes through the context instead of yielding: a cancelled call then raises in here, where the session is
        released at once; a suspended generator would keep it until it is collected.
        """
        async with self._sessions.open(request) as session:
            meter = self._metrics.meter(session.info.asset_kind)
            await context.write(header_frame(header_of(session.info, session.part_count)))
            async for sealed in session:
                for frame in part_frames(sealed):
                    await context.write(frame)
                meter.part_delivered(len(sealed.part.payload))
            account = session.account()
            await context.write(trailer_frame(account))
            meter.finished(account)
