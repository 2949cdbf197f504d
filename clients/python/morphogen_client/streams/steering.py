"""A stream that its client steers while it runs: credit and controls go up, parts come down. In two faces."""

import threading
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator, Iterator
from contextlib import aclosing, closing, suppress
from typing import TypeAlias

from grpc import aio

from morphogen.v1 import diagnostics_pb2
from morphogen_client.errors import CancelledError
from morphogen_client.options import uint32
from morphogen_client.probe import Arrival, ArrivalReader, ProbeResult, SteerOptions, probe_start
from morphogen_client.streams.outbox import AsyncOutbox, Outbox
from morphogen_client.streams.result_stream import AsyncResultStream, MessageCall, ResultStream
from morphogen_client.streams.session import NO_RETRY, StreamRequest, StreamSession
from morphogen_client.streams.settled import SettledCall

SteerMessage = diagnostics_pb2.SteerProbeRequest

# Generic to mypy only.
SteerCall: TypeAlias = "aio.StreamStreamCall[SteerMessage, diagnostics_pb2.SteerProbeResponse]"


class SteeredProbe(ResultStream[Arrival, ProbeResult]):
    """A synthetic stream that the client steers: iterate it for arrivals, and `control` it meanwhile from any thread.

    The server sends nothing without credit. With `auto_grant` every arrival that the loop is done with grants another
    part; otherwise `grant` does. What is sent before the iteration goes out with its start.
    """

    def __init__(
        self,
        open_call: Callable[[Iterator[SteerMessage], float], MessageCall],
        session: StreamSession[Arrival, ProbeResult],
        timeout_s: float,
        *,
        auto_grant: bool,
    ) -> None:
        super().__init__(
            lambda start, remaining_s: open_call(self._outbox.messages(_start_message(start)), remaining_s),
            session,
            timeout_s,
        )
        self._auto_grant = auto_grant
        self._outbox = Outbox[SteerMessage]()
        self._control_count = 0
        self._numbering = threading.Lock()

    def control(self, data: bytes) -> int:
        """Send `data`, at most 64 bytes, for the next step; the control's number, from 1.

        The parts whose `control_count` is at least this number show it. Raises CancelledError after the stream's end.
        """
        with self._numbering:
            self._outbox.put(_control_message(data))
            self._control_count += 1
            return self._control_count

    def grant(self, part_count: int) -> None:
        """Have room for `part_count` more parts; granted and not yet sent may be 64 at most.

        Raises CancelledError after the stream's end; credit beyond the limit ends the stream with InvalidRequestError.
        """
        self._outbox.put(_credit_message(part_count))

    def close(self) -> None:
        """Cancel the call if it still runs, and send nothing any more. Harmless when repeated."""
        super().close()
        self._outbox.end()

    def _updates(self) -> Generator[Arrival, None, None]:
        try:
            with closing(super()._updates()) as arrivals:
                for arrival in arrivals:
                    yield arrival
                    if self._auto_grant:
                        with suppress(CancelledError):  # the iteration tells how the stream ended
                            self.grant(1)
        finally:
            self._outbox.end()


class AsyncSteeredProbe(AsyncResultStream[Arrival, ProbeResult]):
    """As `SteeredProbe`, for one event loop: iterate it in one task, `control` it from any other."""

    def __init__(
        self,
        open_call: Callable[[AsyncIterator[SteerMessage], float], SteerCall],
        session: StreamSession[Arrival, ProbeResult],
        timeout_s: float,
        *,
        auto_grant: bool,
    ) -> None:
        super().__init__(
            lambda start, remaining_s: SettledCall(
                open_call(self._outbox.messages(_start_message(start)), remaining_s)
            ),
            session,
            timeout_s,
        )
        self._auto_grant = auto_grant
        self._outbox = AsyncOutbox[SteerMessage]()
        self._control_count = 0

    async def control(self, data: bytes) -> int:
        """Send `data`, at most 64 bytes, for the next step; the control's number, from 1.

        The parts whose `control_count` is at least this number show it. Raises CancelledError after the stream's end.
        """
        await self._outbox.put(_control_message(data))
        self._control_count += 1
        return self._control_count

    async def grant(self, part_count: int) -> None:
        """Have room for `part_count` more parts; granted and not yet sent may be 64 at most.

        Raises CancelledError after the stream's end; credit beyond the limit ends the stream with InvalidRequestError.
        """
        await self._outbox.put(_credit_message(part_count))

    def close(self) -> None:
        """Cancel the call if it still runs, and send nothing any more. Harmless when repeated."""
        super().close()
        self._outbox.end()

    async def _updates(self) -> AsyncGenerator[Arrival, None]:
        try:
            async with aclosing(super()._updates()) as arrivals:
                async for arrival in arrivals:
                    yield arrival
                    if self._auto_grant:
                        with suppress(CancelledError):  # the iteration tells how the stream ended
                            await self.grant(1)
        finally:
            self._outbox.end()


def steer_session(options: SteerOptions) -> StreamSession[Arrival, ProbeResult]:
    """The one attempt at a steered stream, which starts now. Raises InvalidRequestError for what cannot be sent."""
    live = options.get("delivery") == "live"
    return StreamSession(probe_start(options), ArrivalReader(time.perf_counter()), NO_RETRY, gaps=live)


def _start_message(start: StreamRequest) -> SteerMessage:
    assert isinstance(start, diagnostics_pb2.ProbeStart)
    return SteerMessage(start=start)


def _control_message(data: bytes) -> SteerMessage:
    return SteerMessage(control=diagnostics_pb2.ProbeControl(data=data))


def _credit_message(part_count: int) -> SteerMessage:
    return SteerMessage(credit=diagnostics_pb2.ProbeCredit(part_count=uint32("part_count", part_count, minimum=1)))
