"""A stream that its client steers while it runs: credit and controls go up, parts come down. In two faces, like others.

gRPC takes what the client sends from an outbox, so that nobody else ever writes to the call.
"""

import asyncio
import threading
import time
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator, Iterator
from contextlib import aclosing, closing, suppress
from dataclasses import dataclass

from morphogen.v1 import character_pb2, diagnostics_pb2
from morphogen_client.errors import CancelledError
from morphogen_client.options import uint32
from morphogen_client.probe import Arrival, ArrivalReader, ProbeResult, SteerOptions, probe_start
from morphogen_client.streams.result_stream import AsyncResultStream, MessageCall, ResultStream
from morphogen_client.streams.session import NO_RETRY, Result, StreamRequest, StreamSession, Update
from morphogen_client.streams.settled import SettledCall, SteerCall

SteerMessage = diagnostics_pb2.SteerProbeRequest | character_pb2.StreamFramesRequest

OUTBOX_MAX = 64
"""Messages that may wait for the transport; whoever wants to send another one waits too."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """How an RPC says what every client that steers has to say."""

    start: Callable[[StreamRequest], SteerMessage]
    credit: Callable[[int], SteerMessage]


class Outbox:
    """What the client sends, in order; filled by any thread."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._waiting: deque[SteerMessage] = deque()
        self._changed = threading.Condition()
        self._ended = False

    def put(self, message: SteerMessage) -> None:
        """Send it after all others. Raises CancelledError once nobody takes messages any more."""
        with self._changed:
            self._changed.wait_for(lambda: self._ended or len(self._waiting) < OUTBOX_MAX)
            if self._ended:
                raise _ended_error()
            self._waiting.append(message)
            self._changed.notify_all()

    def end(self) -> None:
        """Nobody takes messages any more. Harmless when repeated."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def messages(self, start: StreamRequest) -> Iterator[SteerMessage]:
        """First `start`, then what has been put, as long as it has not ended."""
        yield self._dialect.start(start)
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._ended or self._waiting)
                if self._ended:
                    return
                message = self._waiting.popleft()
                self._changed.notify_all()
            yield message


class AsyncOutbox:
    """What the client sends, in order; for one event loop."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._waiting: asyncio.Queue[SteerMessage | None] = asyncio.Queue()
        self._room = asyncio.Semaphore(OUTBOX_MAX)
        self._ended = False

    async def put(self, message: SteerMessage) -> None:
        """Send it after all others. Raises CancelledError once nobody takes messages any more."""
        await self._room.acquire()
        if self._ended:
            self._room.release()  # to the next one who waits for room in vain
            raise _ended_error()
        self._waiting.put_nowait(message)

    def end(self) -> None:
        """Nobody takes messages any more. Harmless when repeated."""
        if not self._ended:
            self._ended = True
            self._waiting.put_nowait(None)
            self._room.release()

    async def messages(self, start: StreamRequest) -> AsyncIterator[SteerMessage]:
        """First `start`, then what has been put."""
        try:
            yield self._dialect.start(start)
            while (message := await self._waiting.get()) is not None:
                yield message
                self._room.release()
        finally:
            self.end()


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
            lambda start, remaining_s: open_call(self._outbox.messages(start), remaining_s), session, timeout_s
        )
        self._auto_grant = auto_grant
        self._dialect = dialect
        self._outbox = Outbox(dialect)
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
            lambda start, remaining_s: SettledCall(open_call(self._outbox.messages(start), remaining_s)),
            session,
            timeout_s,
        )
        self._auto_grant = auto_grant
        self._dialect = dialect
        self._outbox = AsyncOutbox(dialect)
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


def _ended_error() -> CancelledError:
    return CancelledError("the stream has ended; nothing can be sent any more")


PROBE_DIALECT = Dialect(_start_message, _credit_message)
