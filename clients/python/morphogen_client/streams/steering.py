"""Streams that their client steers while they run: credit and controls go up, parts come down. In two faces."""

import threading
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator, Iterator
from contextlib import aclosing, closing, suppress
from dataclasses import dataclass
from typing import Any, TypeAlias

from grpc import aio

from morphogen.v1 import character_pb2, diagnostics_pb2
from morphogen_client.errors import CancelledError
from morphogen_client.options import uint32
from morphogen_client.probe import Arrival, ArrivalReader, ProbeResult, SteerOptions, probe_start
from morphogen_client.streams.outbox import AsyncOutbox, Outbox
from morphogen_client.streams.result_stream import AsyncResultStream, MessageCall, ResultStream
from morphogen_client.streams.session import NO_RETRY, Result, StreamRequest, StreamSession, Update
from morphogen_client.streams.settled import SettledCall

SteerMessage = diagnostics_pb2.SteerProbeRequest | character_pb2.StreamFramesRequest

# Generic to mypy only.
SteerCall: TypeAlias = "aio.StreamStreamCall[Any, Any]"


@dataclass(frozen=True, slots=True)
class Dialect:
    """How an RPC says what every client that steers has to say."""

    start: Callable[[StreamRequest], SteerMessage]
    credit: Callable[[int], SteerMessage]


class SteeredStream(ResultStream[Update, Result]):
    """A stream that the client steers: iterate it, and send controls meanwhile from any thread.

    The server sends nothing without credit. With `auto_grant` every update that the loop is done with grants another
    part; otherwise `grant` does. What is sent before the iteration goes out with its start.
    """

    def __init__(
        self,
        open_call: Callable[[Iterator[SteerMessage], float], MessageCall],
        session: StreamSession[Update, Result],
        timeout_s: float,
        dialect: Dialect,
        *,
        auto_grant: bool,
    ) -> None:
        super().__init__(
            lambda start, remaining_s: open_call(self._outbox.messages(dialect.start(start)), remaining_s),
            session,
            timeout_s,
        )
        self._auto_grant = auto_grant
        self._dialect = dialect
        self._outbox = Outbox[SteerMessage]()
        self._control_count = 0
        self._numbering = threading.Lock()

    def grant(self, part_count: int) -> None:
        """Have room for `part_count` more parts; granted and not yet sent may be 64 at most.

        Raises CancelledError after the stream's end; credit beyond the limit ends the stream with InvalidRequestError.
        """
        self._outbox.put(self._dialect.credit(uint32("part_count", part_count, minimum=1)))

    def close(self) -> None:
        """Cancel the call if it still runs, and send nothing any more. Harmless when repeated."""
        super().close()
        self._outbox.end()

    def _control(self, message: SteerMessage) -> int:
        """Send a control; its number, from 1."""
        with self._numbering:
            self._outbox.put(message)
            self._control_count += 1
            return self._control_count

    def _updates(self) -> Generator[Update, None, None]:
        try:
            with closing(super()._updates()) as updates:
                for update in updates:
                    yield update
                    if self._auto_grant:
                        with suppress(CancelledError):  # the iteration tells how the stream ended
                            self.grant(1)
        finally:
            self._outbox.end()


class AsyncSteeredStream(AsyncResultStream[Update, Result]):
    """As `SteeredStream`, for one event loop: iterate it in one task, send controls from any other."""

    def __init__(
        self,
        open_call: Callable[[AsyncIterator[SteerMessage], float], SteerCall],
        session: StreamSession[Update, Result],
        timeout_s: float,
        dialect: Dialect,
        *,
        auto_grant: bool,
    ) -> None:
        super().__init__(
            lambda start, remaining_s: SettledCall(open_call(self._outbox.messages(dialect.start(start)), remaining_s)),
            session,
            timeout_s,
        )
        self._auto_grant = auto_grant
        self._dialect = dialect
        self._outbox = AsyncOutbox[SteerMessage]()
        self._control_count = 0

    async def grant(self, part_count: int) -> None:
        """Have room for `part_count` more parts; granted and not yet sent may be 64 at most.

        Raises CancelledError after the stream's end; credit beyond the limit ends the stream with InvalidRequestError.
        """
        await self._outbox.put(self._dialect.credit(uint32("part_count", part_count, minimum=1)))

    def close(self) -> None:
        """Cancel the call if it still runs, and send nothing any more. Harmless when repeated."""
        super().close()
        self._outbox.end()

    async def _control(self, message: SteerMessage) -> int:
        """Send a control; its number, from 1."""
        await self._outbox.put(message)
        self._control_count += 1
        return self._control_count

    async def _updates(self) -> AsyncGenerator[Update, None]:
        try:
            async with aclosing(super()._updates()) as updates:
                async for update in updates:
                    yield update
                    if self._auto_grant:
                        with suppress(CancelledError):  # the iteration tells how the stream ended
                            await self.grant(1)
        finally:
            self._outbox.end()


class SteeredProbe(SteeredStream[Arrival, ProbeResult]):
    """A synthetic stream that the client steers: iterate it for arrivals."""

    def control(self, data: bytes) -> int:
        """Send `data`, at most 64 bytes, for the next step; the control's number, from 1.

        The parts whose `control_count` is at least this number show it. Raises CancelledError after the stream's end.
        """
        return self._control(_control_message(data))


class AsyncSteeredProbe(AsyncSteeredStream[Arrival, ProbeResult]):
    """As `SteeredProbe`, for one event loop."""

    async def control(self, data: bytes) -> int:
        """Send `data`, at most 64 bytes, for the next step; the control's number, from 1.

        The parts whose `control_count` is at least this number show it. Raises CancelledError after the stream's end.
        """
        return await self._control(_control_message(data))


def steer_session(options: SteerOptions) -> StreamSession[Arrival, ProbeResult]:
    """The one attempt at a steered stream, which starts now. Raises InvalidRequestError for what cannot be sent."""
    live = options.get("delivery") == "live"
    return StreamSession(probe_start(options), ArrivalReader(time.perf_counter()), NO_RETRY, gaps=live)


def _start_message(start: StreamRequest) -> SteerMessage:
    assert isinstance(start, diagnostics_pb2.ProbeStart)
    return diagnostics_pb2.SteerProbeRequest(start=start)


def _control_message(data: bytes) -> SteerMessage:
    return diagnostics_pb2.SteerProbeRequest(control=diagnostics_pb2.ProbeControl(data=data))


def _credit_message(part_count: int) -> SteerMessage:
    return diagnostics_pb2.SteerProbeRequest(credit=diagnostics_pb2.ProbeCredit(part_count=part_count))


PROBE_DIALECT = Dialect(_start_message, _credit_message)
