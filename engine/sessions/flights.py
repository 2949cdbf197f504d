"""One generation for many readers: whoever asks for an asset that is being made joins from its first part."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace

import structlog

from engine.assets import GeneratorInfo
from engine.errors import GenerationError, MorphogenError
from engine.runtime.messages import AssetSummary, Priority, SealedPart
from engine.runtime.pool import PartStream

_log = structlog.get_logger(__name__)


class Flight:
    """An asset in the making. Its parts stay here until the last reader has left.

    asset_id  content address of what is made
    work      opens a stream and has it pumped; runs in a task of its own
    landed    called once with the flight when the work has ended in whatever way, or has been cancelled
    held      whether the work goes on without a reader
    owned     whether the reader on whose terms it was begun has not left
    """

    def __init__(
        self,
        asset_id: str,
        work: Callable[["Flight"], Awaitable[None]],
        landed: Callable[["Flight"], None],
        *,
        held: bool = False,
    ) -> None:
        self.asset_id = asset_id
        self.parts: list[SealedPart] = []
        self.info: GeneratorInfo | None = None
        self.part_count = 0
        self.summary: AssetSummary | None = None
        self.error: MorphogenError | None = None
        self.queued_s = 0.0
        self.owned = True
        self._held = held
        self._work = work
        self._landed = landed
        self._cancelled = False
        self._stream: PartStream | None = None
        self._priority: Priority | None = None
        self._reader_count = 0
        self._furthest = 0
        self._news = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    @property
    def joinable(self) -> bool:
        """Whether a reader can still get every part."""
        return self.error is None and (self.summary is not None or not self._cancelled)

    @property
    def reader_count(self) -> int:
        """Number of readers that have not left."""
        return self._reader_count

    def start(self) -> None:
        """Begin the work."""
        self._task = asyncio.create_task(self._fly())

    def join(self, first_sequence: int = 0, *, own: bool = False) -> "FlightReader":
        """A reader from part `first_sequence` on; it has to be closed. `own`: it is the one that began the flight."""
        self._reader_count += 1
        return FlightReader(self, first_sequence, own=own)

    def leave(self, *, own: bool = False) -> None:
        """A reader is gone; the work ends with the last one, unless it is held."""
        self._reader_count -= 1
        self.owned = self.owned and not own
        if self._reader_count:
            return
        if self._held:
            self.advanced(len(self.parts))  # the worker may be waiting for the one who left
        else:
            self.cancel()

    def cancel(self) -> None:
        """Stop the work, unless it has ended; nobody can join from now on."""
        if self._cancelled or self.error is not None or self.summary is not None:
            return
        self._cancelled = True
        # Not by the task: one that has not begun never runs, and a successor may begin before it ends.
        self._landed(self)
        if self._task is not None:
            self._task.cancel()

    async def done(self) -> None:
        """Wait until the work has ended in whatever way."""
        if self._task is not None:
            await asyncio.wait([self._task])

    def promote(self, priority: Priority) -> None:
        """Make it at least this urgent."""
        if self._priority is None or priority < self._priority:
            self._priority = priority
            if self._stream is not None:
                self._stream.promote(priority)

    def advanced(self, sequence: int) -> None:
        """A reader has taken all parts before `sequence`; the worker may go on if nobody was that far."""
        if sequence > self._furthest:
            if self._stream is not None:
                self._stream.grant(sequence - self._furthest)
            self._furthest = sequence

    async def news(self) -> None:
        """Wait for the next part or the end."""
        await self._news.wait()

    async def pump(self, stream: PartStream, queued_s: float) -> None:
        """Take everything that `stream` makes; called by the work. `queued_s`: how long it waited for admission."""
        self._stream = stream
        self.info, self.part_count, self.queued_s = stream.info, stream.part_count, queued_s
        try:
            if self._priority is not None:
                stream.promote(self._priority)
            if self._furthest:
                stream.grant(self._furthest)
            self._tell()
            async for sealed in stream:
                self.parts.append(sealed)
                if self._reader_count == 0:
                    self.advanced(len(self.parts))  # nobody reads yet: it is made for the store
                self._tell()
            self.summary = stream.summary()
        finally:
            self._stream = None

    async def _fly(self) -> None:
        try:
            await self._work(self)
        except MorphogenError as error:
            self.error = error
        except Exception:  # noqa: BLE001 (a mistake of this program must not leave readers waiting)
            incident = uuid.uuid4().hex[:12]
            _log.exception("flight failed", incident=incident)
            self.error = GenerationError(f"internal error; incident {incident}")
        finally:
            if not self._cancelled:
                self._landed(self)
            self._tell()

    def _tell(self) -> None:
        """Wake all readers that wait now."""
        self._news.set()
        self._news = asyncio.Event()
        if self.error is not None or self.summary is not None:
            self._news.set()


class FlightReader:
    """One reader of a flight; a `PartStream` that takes neither credit nor controls: the flight sees to that."""

    def __init__(self, flight: Flight, first_sequence: int, *, own: bool = False) -> None:
        self._flight = flight
        self._own = own
        self._next = first_sequence
        self._closed = False

    async def opened(self) -> "FlightReader":
        """Wait until the work has begun; raises its error if it could not."""
        flight = self._flight
        while flight.info is None:
            if flight.error is not None:
                raise flight.error
            await flight.news()
        return self

    @property
    def info(self) -> GeneratorInfo:
        """The generator that answers."""
        assert self._flight.info is not None
        return self._flight.info

    @property
    def part_count(self) -> int:
        """Number of parts the whole asset has."""
        return self._flight.part_count

    def __aiter__(self) -> AsyncIterator[SealedPart]:
        return self

    async def __anext__(self) -> SealedPart:
        """The next part; asking for it says that the one before has been taken."""
        flight = self._flight
        flight.advanced(self._next)
        while self._next >= len(flight.parts):
            if flight.error is not None:
                raise flight.error
            if flight.summary is not None:
                raise StopAsyncIteration
            await flight.news()
        sealed = flight.parts[self._next]
        self._next += 1
        return sealed

    def grant(self, part_count: int) -> None:
        """Nothing: asking for the next part is the grant."""

    def steer(self, number: int, control: bytes) -> None:
        """Nothing: what others see too cannot be steered."""

    def promote(self, priority: Priority) -> None:
        """Make the whole flight more urgent."""
        self._flight.promote(priority)

    def summary(self) -> AssetSummary:
        """The account of the flight, once every part has been taken."""
        summary = self._flight.summary
        assert summary is not None
        return replace(summary, queue_ms=summary.queue_ms + 1e3 * self._flight.queued_s)

    def close(self) -> None:
        """Leave; may be called twice."""
        if not self._closed:
            self._closed = True
            self._flight.leave(own=self._own)
