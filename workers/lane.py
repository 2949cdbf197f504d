"""A step thread that is replaced when it hangs or dies, and its events on the event loop.

A thread switch costs more than moving a small part, so both directions switch only when someone waits: the step thread
wakes the event loop only while somebody there has nothing left to do, and credit goes back in bulk until then. A slow
session gets each part at once; fast ones keep several in store.
"""

import asyncio
import contextlib
from collections import Counter, deque
from collections.abc import Callable, Iterator
from functools import partial

import structlog

from engine.errors import GenerationError, MorphogenError, UnavailableError
from engine.runtime.messages import Cancel, Command, Event, Failed, Finished, Grant, Open
from engine.runtime.pool import GeneratorSource, WorkerLostError
from engine.runtime.stats import WorkerStats
from workers.step_thread import StepOptions, StepThread

WATCH_INTERVAL_S = 0.25
LOST_THREADS_MAX = 3
"""Threads that a lane may lose before it gives up: a hanging one cannot be ended and keeps what it holds."""

_log = structlog.get_logger(__name__)


class Lane:
    """Steps sessions, in one thread at a time.

    take   called with every event, on the event loop
    ended  called once, on the event loop, when no step will run any more
    """

    def __init__(
        self,
        name: str,
        generators: GeneratorSource,
        options: StepOptions,
        take: Callable[[Event], None],
        ended: Callable[[], None],
    ) -> None:
        self._name, self._generators, self._options = name, generators, options
        self._take, self._ended = take, ended
        self._event_loop: asyncio.AbstractEventLoop | None = None
        self._thread: StepThread | None = None
        self._watch: asyncio.Task[None] | None = None
        self._outbox: deque[tuple[StepThread, Event]] = deque()
        self._wake_up_pending = False
        self._waiting_count = 0
        self._credits: dict[int, int] = {}
        self._credit_count = 0
        self._owed: Counter[int] = Counter()
        self._owed_count = 0
        self._payment_pending = False
        self._lost_count = 0
        self._closing = False
        self._stopped = asyncio.Event()

    @property
    def running(self) -> bool:
        """Whether steps can run."""
        return self._thread is not None and not self._closing

    def stats(self) -> WorkerStats:
        """What the thread has counted since it started."""
        return WorkerStats() if self._thread is None else self._thread.stats()

    def start(self) -> None:
        """Start the thread; call it on the event loop."""
        self._event_loop = asyncio.get_running_loop()
        self._thread = self._started_thread()
        self._watch = asyncio.create_task(self._watch_over())

    async def stop(self) -> None:
        """End the thread after the step that runs now, or leave it behind if that hangs."""
        self._closing = True
        if self._watch is not None:
            self._watch.cancel()
        if self._thread is not None:
            thread = self._thread
            thread.stop()
            try:
                async with asyncio.timeout(self._options.step_timeout_s):
                    await self._stopped.wait()
            except TimeoutError:
                thread.abandon()
            self._give_up(UnavailableError("the worker stopped"))

    def submit(self, command: Command) -> None:
        """Hand in a command."""
        if isinstance(command, Open):
            self._credits[command.ticket] = command.credit
            self._credit_count += command.credit
        elif isinstance(command, Cancel):
            self.forget(command.ticket)
        if self._thread is not None:
            self._thread.submit(command)

    def grant(self, ticket: int, part_count: int) -> None:
        """Credit for `ticket`; the thread hears of it when enough has come together, or somebody waits."""
        if ticket not in self._credits:
            return
        self._owed[ticket] += part_count
        self._owed_count += part_count
        if 2 * self._owed_count >= self._credit_count and not self._payment_pending:
            # Not at once: the caller is about to start a write, and while that is under way the thread can have the
            # interpreter without waiting for it.
            self._payment_pending = True
            asyncio.get_running_loop().call_soon(self._pay)

    @contextlib.contextmanager
    def waiting(self) -> Iterator[None]:
        """While somebody waits: hand over what lies ready, and have the thread report every event at once."""
        self._waiting_count += 1
        self._hand_over()
        self._pay()
        try:
            yield
        finally:
            self._waiting_count -= 1

    def forget(self, ticket: int) -> None:
        """No event of `ticket` is wanted any more."""
        self._credit_count -= self._credits.pop(ticket, 0)
        self._owed_count -= self._owed.pop(ticket, 0)

    def _pay(self) -> None:
        self._payment_pending = False
        if self._owed and self._thread is not None:
            self._thread.submit(Grant(dict(self._owed)))
        self._owed.clear()
        self._owed_count = 0

    def _started_thread(self) -> StepThread:
        thread = StepThread(self._name, self._generators, self._options, self._emit, self._tell_ended)
        thread.start()
        return thread

    def _emit(self, thread: StepThread, event: Event) -> None:
        """In a step thread: queue the event; wake the event loop if someone waits and no wake-up is on its way."""
        # First the queue, then the count; a stream that begins to wait does it the other way round.
        self._outbox.append((thread, event))
        if self._waiting_count and not self._wake_up_pending:
            self._wake_up_pending = True
            self._call_event_loop(self._hand_over)

    def _hand_over(self) -> None:
        """On the event loop: pass every queued event on, unless it comes from a thread that has been replaced."""
        # First the flag, then the queue: an event queued after the last look into it causes a new wake-up.
        self._wake_up_pending = False
        while self._outbox:
            thread, event = self._outbox.popleft()
            if thread is self._thread and event.ticket in self._credits:
                if isinstance(event, Finished | Failed):
                    self.forget(event.ticket)
                self._take(event)

    def _tell_ended(self, thread: StepThread) -> None:
        """In a step thread, as its last act."""
        self._call_event_loop(partial(self._thread_ended, thread))

    def _thread_ended(self, thread: StepThread) -> None:
        if thread is not self._thread:
            return
        if self._closing:
            self._stopped.set()
        else:
            self._hand_over()
            self._replace("the step thread died", thread.suspects())

    async def _watch_over(self) -> None:
        limit_s = self._options.step_timeout_s
        while True:
            await asyncio.sleep(min(WATCH_INTERVAL_S, limit_s / 4))
            suspects = () if self._thread is None else self._thread.suspects(limit_s)
            if suspects:
                self._hand_over()
                self._replace(f"a step took longer than {limit_s:g} s", suspects)

    def _replace(self, cause: str, suspects: tuple[int, ...]) -> None:
        """Let a new thread take over. Sessions can go on there, except for one that must have caused the loss."""
        assert self._thread is not None
        self._thread.abandon()
        self._lost_count += 1
        _log.error("step thread lost", thread=self._name, cause=cause, tickets=suspects, lost_count=self._lost_count)
        if self._lost_count > LOST_THREADS_MAX:
            self._give_up(UnavailableError("the worker stopped"))
            return
        self._thread = self._started_thread()
        for ticket in list(self._credits):
            error: MorphogenError = WorkerLostError(cause, suspected=ticket in suspects)
            if suspects == (ticket,):
                error = GenerationError(cause)
            self.forget(ticket)
            self._take(Failed(ticket, error))

    def _give_up(self, error: MorphogenError) -> None:
        self._hand_over()
        self._thread = None
        for ticket in list(self._credits):
            self.forget(ticket)
            self._take(Failed(ticket, error))
        self._ended()

    def _call_event_loop(self, callback: Callable[[], None]) -> None:
        assert self._event_loop is not None
        with contextlib.suppress(RuntimeError):  # the event loop has closed; nobody is left to tell
            self._event_loop.call_soon_threadsafe(callback)
