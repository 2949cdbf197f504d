"""The embedded worker: steps run in threads of this process, parts come to the event loop.

Synthetic streams have a step thread of their own: a step that only waits must not hold up one that paints.

A thread switch costs more than moving a small part, so both directions switch only when someone waits: the step thread
wakes the event loop only while a stream has nothing left to deliver, and the event loop hands back credit in bulk
until a stream runs out. A slow session gets each part at once; fast ones keep several in store.
"""

import asyncio
import contextlib
import itertools
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable, Iterator

from engine.assets import AssetRequest, GeneratorInfo, ProbeRequest
from engine.errors import MorphogenError, UnavailableError
from engine.runtime.loop import Cancel, Event, Failed, Finished, Grant, Made, Open, Opened
from engine.runtime.pool import AssetSummary, GeneratorSource, PoolLoad, SealedPart
from workers.step_thread import StepThread

INSTANT_RUN_AHEAD = 8
"""Synthetic parts without a step time cost neither work nor memory: this many times as many of them may lie ready."""


class LocalStream:
    """One session of a LocalPool, seen from the event loop; `steps` works on it."""

    def __init__(self, pool: "LocalPool", steps: StepThread, ticket: int, credit: int) -> None:
        self.steps = steps
        self.ticket = ticket
        self.credit = credit
        self._pool = pool
        self._opened: Opened | None = None
        self._parts: deque[SealedPart] = deque()
        self._end: Finished | Failed | None = None
        self._delivering = False
        self._waiter: asyncio.Future[None] | None = None

    @property
    def info(self) -> GeneratorInfo:
        """The generator that answers."""
        assert self._opened is not None
        return self._opened.info

    @property
    def part_count(self) -> int:
        """Number of parts the whole asset has."""
        assert self._opened is not None
        return self._opened.part_count

    @property
    def undelivered_part_count(self) -> int:
        """Number of parts that wait for the reader."""
        return len(self._parts)

    async def opened(self) -> None:
        """Wait until the worker has begun the session; raises its error if it refused."""
        while self._opened is None:
            if isinstance(self._end, Failed):
                raise self._end.error
            await self._news()

    def __aiter__(self) -> AsyncIterator[SealedPart]:
        return self

    async def __anext__(self) -> SealedPart:
        """The next part; the one before counts as delivered."""
        if self._delivering:
            self._delivering = False
            self._pool.owe(self.ticket)
        while not self._parts:
            if isinstance(self._end, Failed):
                raise self._end.error
            if self._end is not None:
                raise StopAsyncIteration
            await self._news()
        self._delivering = True
        return self._parts.popleft()

    def summary(self) -> AssetSummary:
        """The account of the session, once every part has been taken."""
        assert isinstance(self._end, Finished)
        return self._end.summary

    def close(self) -> None:
        """Stop the work within one step and release the session."""
        self._pool.forget(self.ticket, running=self._end is None)

    def receive(self, event: Event) -> None:
        """Take an event of this session; called on the event loop."""
        match event:
            case Made(_, sealed):
                self._parts.append(sealed)
            case Opened():
                self._opened = event
            case Finished() | Failed():
                self._end = event
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def _news(self) -> None:
        """Wait for the next event, unless one lies ready."""
        self._waiter = asyncio.get_running_loop().create_future()
        try:
            with self._pool.hungry():
                if not self._waiter.done():
                    await self._waiter
        finally:
            self._waiter = None


class LocalPool:
    """A WorkerPool in this process: one thread for all networks, which share its cores, and one for synthetic streams.

    batch_size       sessions moved on by one step
    run_ahead_parts  undelivered parts after which a session waits for its reader
    """

    def __init__(self, generators: GeneratorSource, batch_size: int = 1, run_ahead_parts: int = 4) -> None:
        self._generators = generators
        self._run_ahead_parts = run_ahead_parts
        self._steps, self._probe_steps = (
            StepThread(name, generators, batch_size, self._emit, self._tell_ended)
            for name in ("morphogen-steps", "morphogen-probes")
        )
        self._event_loop: asyncio.AbstractEventLoop | None = None
        self._outbox: deque[Event] = deque()
        self._wake_up_pending = False
        self._hungry_count = 0
        self._owed: Counter[int] = Counter()
        self._owed_count = 0
        self._payment_pending = False
        self._granted_count = 0
        self._tickets = itertools.count()
        self._streams: dict[int, LocalStream] = {}
        self._idle = asyncio.Event()
        self._idle.set()
        self._stopped = asyncio.Event()
        self._accepting = False

    async def start(self) -> None:
        """Start the step threads."""
        self._event_loop = asyncio.get_running_loop()
        self._steps.start()
        self._probe_steps.start()
        self._accepting = True

    def generators(self) -> tuple[GeneratorInfo, ...]:
        """The entries of all loaded generators."""
        return self._generators.infos()

    async def open(self, request: AssetRequest) -> LocalStream:
        """Begin a session. Raises InvalidRequestError, or UnavailableError while the pool is not running."""
        if not self._accepting:
            raise UnavailableError("the worker is not running")
        steps = self._probe_steps if isinstance(request, ProbeRequest) else self._steps
        stream = LocalStream(self, steps, next(self._tickets), self._credit(request))
        self._streams[stream.ticket] = stream
        self._granted_count += stream.credit
        self._idle.clear()
        steps.submit(Open(stream.ticket, request, stream.credit))
        try:
            await stream.opened()
        except BaseException:  # also cancellation: nobody else can close it yet
            stream.close()
            raise
        return stream

    async def drain(self) -> None:
        """Refuse new sessions and wait until the running ones have ended."""
        self._accepting = False
        await self._idle.wait()

    async def close(self) -> None:
        """Stop the threads after the steps that run now."""
        self._accepting = False
        await asyncio.gather(self._steps.stop(), self._probe_steps.stop())

    async def stopped(self) -> None:
        """Wait until the pool has been closed or a step thread has failed."""
        await self._stopped.wait()

    def load(self) -> PoolLoad:
        """How busy the pool is."""
        undelivered_count = sum(stream.undelivered_part_count for stream in self._streams.values())
        step_count = self._steps.step_count + self._probe_steps.step_count
        return PoolLoad(len(self._streams), undelivered_count, step_count)

    def owe(self, ticket: int) -> None:
        """A part of `ticket` has been delivered; its step thread hears of it when enough has come together."""
        if ticket not in self._streams:
            return
        self._owed[ticket] += 1
        self._owed_count += 1
        if 2 * self._owed_count >= self._granted_count and not self._payment_pending:
            # Not at once: the caller is about to start a write, and while that is under way the thread can have the
            # interpreter without waiting for it.
            self._payment_pending = True
            asyncio.get_running_loop().call_soon(self._pay)

    @contextlib.contextmanager
    def hungry(self) -> Iterator[None]:
        """While a stream waits: hand over what lies ready, and have the step thread report every event at once."""
        self._hungry_count += 1
        self._hand_over()
        self._pay()
        try:
            yield
        finally:
            self._hungry_count -= 1

    def forget(self, ticket: int, *, running: bool) -> None:
        """Release a session; `running` tells whether the step thread may still work on it."""
        stream = self._streams.pop(ticket, None)
        if stream is None:
            return
        self._granted_count -= stream.credit
        self._owed_count -= self._owed.pop(ticket, 0)
        if running:
            stream.steps.submit(Cancel(ticket))
        if not self._streams:
            self._idle.set()

    def _credit(self, request: AssetRequest) -> int:
        """Room of a session for undelivered parts."""
        if isinstance(request, ProbeRequest) and request.step_ms == 0:
            return self._run_ahead_parts * INSTANT_RUN_AHEAD
        return self._run_ahead_parts

    def _pay(self) -> None:
        self._payment_pending = False
        for steps in (self._steps, self._probe_steps):
            owed = {ticket: count for ticket, count in self._owed.items() if self._streams[ticket].steps is steps}
            if owed:
                steps.submit(Grant(owed))
        self._owed.clear()
        self._owed_count = 0

    def _emit(self, event: Event) -> None:
        """In a step thread: queue the event; wake the event loop if someone waits and no wake-up is on its way."""
        # First the queue, then the count; a stream that begins to wait does it the other way round.
        self._outbox.append(event)
        if self._hungry_count and not self._wake_up_pending:
            self._wake_up_pending = True
            self._call_event_loop(self._hand_over)

    def _hand_over(self) -> None:
        """On the event loop: give every queued event to its stream."""
        # First the flag, then the queue: an event queued after the last look into it causes a new wake-up.
        self._wake_up_pending = False
        while self._outbox:
            event = self._outbox.popleft()
            stream = self._streams.get(event.ticket)
            if stream is not None:
                stream.receive(event)

    def _tell_ended(self) -> None:
        """In a step thread, as its last act."""
        self._call_event_loop(self._fail_all)

    def _fail_all(self) -> None:
        """On the event loop, after a step thread has ended: without it the pool is of no use any more."""
        self._accepting = False
        self._stopped.set()
        self._hand_over()
        error: MorphogenError = UnavailableError("the worker stopped")
        for ticket, stream in self._streams.items():
            stream.receive(Failed(ticket, error))

    def _call_event_loop(self, callback: Callable[[], None]) -> None:
        assert self._event_loop is not None
        with contextlib.suppress(RuntimeError):  # the event loop has closed; nobody is left to tell
            self._event_loop.call_soon_threadsafe(callback)
