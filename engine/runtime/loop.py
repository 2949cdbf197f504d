"""The heart of a worker: obey commands, pick a batch, step it, encode and emit its parts.

Runs in one thread of its own and owns all its state. Commands come in through a thread-safe inbox and are carried out
between steps, so a cancel takes effect within one step. Events leave through `emit`, called in the loop's thread.
"""

import queue
import time
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial

import structlog

from engine.assets import Draft, Part
from engine.errors import GenerationError, InvalidRequestError, MorphogenError, OverloadedError
from engine.generators.protocol import Steerable, StepKinds
from engine.runtime.costs import CostTable
from engine.runtime.encoding import EncodingQueue
from engine.runtime.messages import (
    Cancel,
    Command,
    Event,
    Failed,
    Finished,
    Grant,
    Made,
    Open,
    Opened,
    Promote,
    Steer,
    Stop,
)
from engine.runtime.pool import GeneratorSource
from engine.runtime.running import RunningSession
from engine.runtime.scheduler import Scheduler
from engine.runtime.stats import WorkerStats

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class StepRecord:
    """A step that traced sessions took part in. Times are wall-clock nanoseconds since the epoch.

    traces  the `traceparent` of each of them
    """

    kind: str
    batch_size: int
    started_ns: int
    ended_ns: int
    traces: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Encoded:
    """Parts of `ticket` have been encoded."""

    ticket: int


class StepLoop:
    """Runs the sessions of one worker.

    encoders  runs the encoding of drafts
    emit      called with every event
    trace     called with every step of traced sessions
    """

    def __init__(
        self,
        generators: GeneratorSource,
        batch_size: int,
        encoders: Executor,
        emit: Callable[[Event], None],
        trace: Callable[[StepRecord], None] | None = None,
    ) -> None:
        self._generators = generators
        self._costs = CostTable(batch_size)
        self._scheduler = Scheduler(self._costs)
        self._encoders = encoders
        self._emit = emit
        self._trace = trace
        self._inbox: queue.SimpleQueue[Command | _Encoded] = queue.SimpleQueue()
        self._sessions: dict[int, RunningSession] = {}
        self._started_at_s = time.perf_counter()
        self._batch_sizes: Counter[int] = Counter()
        self._busy_s = 0.0
        self._queue_s = 0.0
        self._dropped_count = 0
        self.stepping: tuple[tuple[int, ...], float] | None = None
        """Tickets of the step (or of the session that begins) that runs now, or that brought this thread down, and when
        it began; for a watchdog."""

    @property
    def session_count(self) -> int:
        """Number of sessions that have begun and not ended."""
        return len(self._sessions)

    def submit(self, command: Command) -> None:
        """Hand in a command; from any thread."""
        self._inbox.put(command)

    def stats(self) -> WorkerStats:
        """How it stands; from any thread."""
        now_s = time.perf_counter()
        scheduler = self._scheduler
        return WorkerStats(
            batch_sizes=dict(self._batch_sizes),
            busy_s=self._busy_s,
            uptime_s=now_s - self._started_at_s,
            on_time_count=scheduler.on_time_count,
            late_count=scheduler.missed_count,
            dropped_count=self._dropped_count,
            queue_s=self._queue_s,
            session_count=len(self._sessions),
            ready_count=scheduler.ready_count(now_s),
            stalled_count=scheduler.stalled_count,
        )

    def run(self) -> None:
        """Work until Stop."""
        while self._obey_all():
            batch = self._scheduler.next_batch(time.perf_counter())
            if batch:
                self._step(batch)
            elif not self._obey_next():
                return

    def _obey_all(self) -> bool:
        """Carry out all waiting commands. False after Stop."""
        while True:
            try:
                command = self._inbox.get_nowait()
            except queue.Empty:
                return True
            if not self._obey(command):
                return False

    def _obey_next(self) -> bool:
        """Wait for a command, or until time alone makes a session ready. False after Stop."""
        wake_at_s = self._scheduler.wake_at_s()
        try:
            timeout_s = None if wake_at_s is None else max(0.0, wake_at_s - time.perf_counter())
            return self._obey(self._inbox.get(timeout=timeout_s))
        except queue.Empty:
            return True

    def _obey(self, command: Command | _Encoded) -> bool:
        match command:
            case Grant(part_counts):
                for ticket, part_count in part_counts.items():
                    self._grant(ticket, part_count)
            case _Encoded(ticket):
                self._deliver(ticket)
            case Open():
                self._open(command)
            case Steer():
                self._steer(command)
            case Promote(ticket, priority):
                self._scheduler.promote(ticket, priority, time.perf_counter())
            case Cancel(ticket):
                self._drop(ticket)
            case Stop():
                return False
        return True

    def _open(self, command: Open) -> None:
        ticket, now_s = command.ticket, time.perf_counter()
        self.stepping = ((ticket,), now_s)
        begun = self._begun(command, now_s)
        self.stepping = None
        if isinstance(begun, MorphogenError):
            self._emit(Failed(ticket, begun))
            return
        session, steps = begun
        self._sessions[ticket] = session
        self._emit(Opened(ticket, session.generator.info, session.state.part_count))
        self._scheduler.add(ticket, steps, command.credit, command.terms, now_s)

    def _begun(self, command: Open, now_s: float) -> tuple[RunningSession, StepKinds] | MorphogenError:
        """A new session and its steps, or why there is none."""
        encodings = EncodingQueue(self._encoders, partial(self._inbox.put, _Encoded(command.ticket)))
        try:
            generator = self._generators.generator_for(command.request)
            session = RunningSession(command, generator, encodings, now_s)
            steps = session.steps_ahead()
            retry_after_s = self._scheduler.admit(command.terms, steps, now_s)
        except MorphogenError as error:
            return error
        except Exception:  # noqa: BLE001 (whatever a generator raises ends this session only)
            return _incident("begin", [command.ticket])
        if retry_after_s is None:
            return session, steps
        return OverloadedError("the device cannot make this in time beside what it has promised", retry_after_s)

    def _grant(self, ticket: int, part_count: int) -> None:
        session = self._sessions.get(ticket)
        if session is not None:
            session.granted(part_count)
            self._scheduler.grant(ticket, part_count, time.perf_counter())
            self._deliver(ticket)

    def _steer(self, command: Steer) -> None:
        session = self._sessions.get(command.ticket)
        if session is None:
            return
        try:
            session.steer(command.number, command.control)
        except MorphogenError as error:
            self._fail(command.ticket, error)
        except Exception:  # noqa: BLE001 (as in _begun)
            self._fail(command.ticket, _incident("steer", [command.ticket]))

    def _step(self, batch: Sequence[int]) -> None:
        sessions = [self._sessions[ticket] for ticket in batch]
        key = self._scheduler.key(batch[0])
        started_at_s = time.perf_counter()
        self.stepping = (tuple(batch), started_at_s)
        self._batch_sizes[len(batch)] += 1
        try:
            self._skip(batch, sessions)
            caught_up_at_s = time.perf_counter()
            made = sessions[0].generator.step([session.state for session in sessions])
            pairs = list(zip(batch, made, strict=True))
        except Exception as failure:  # noqa: BLE001 (whatever a generator raises ends the session that it raises it for)
            self.stepping = None
            if len(batch) > 1:
                self._step_one_by_one(batch)
            else:
                # What is wrong with a request may only show while it is carried out.
                self._fail(batch[0], failure if isinstance(failure, InvalidRequestError) else _incident("step", batch))
            return
        self.stepping = None
        step_s = time.perf_counter() - started_at_s
        self._busy_s += step_s
        self._report(key, sessions, step_s)
        for ticket, parts in pairs:
            self._stepped(ticket, parts, started_at_s, step_s, step_s / len(batch))
        # What a step costs is the time until the next one can begin: promises have to hold with that. What late
        # sessions pass over before is paid for like the rest, but says nothing of what steps cost those in time.
        self._costs.record(key, len(batch), time.perf_counter() - caught_up_at_s)

    def _skip(self, batch: Sequence[int], sessions: Sequence[RunningSession]) -> None:
        """Move sessions that are late on over the parts whose time is over, if their generator can."""
        generator, part_counts = sessions[0].generator, [self._scheduler.behind(ticket) for ticket in batch]
        if any(part_counts) and isinstance(generator, Steerable):
            generator.skip([session.state for session in sessions], part_counts)
            for session, part_count in zip(sessions, part_counts, strict=True):
                session.skipped(part_count)

    def _step_one_by_one(self, batch: Sequence[int]) -> None:
        """Repeat a step that failed for a batch, and may have moved some of it: only the culprit fails again."""
        _log.warning("step of a batch failed; stepping its sessions one by one", tickets=list(batch), exc_info=True)
        for ticket in batch:
            try:
                self._sessions[ticket].rewind()
            except Exception:  # noqa: BLE001 (as in _open)
                self._fail(ticket, _incident("resume", [ticket]))
            else:
                self._step((ticket,))

    def _stepped(
        self, ticket: int, parts: tuple[Part | Draft, ...], started_at_s: float, step_s: float, share_s: float
    ) -> None:
        session = self._sessions[ticket]
        first = session.queue_s is None
        try:
            part_count = session.stepped(parts, started_at_s, step_s)
        except Exception:  # noqa: BLE001 (as in _begun: the generator is asked for a checkpoint)
            self._fail(ticket, _incident("checkpoint", [ticket]))
            return
        if first and session.queue_s is not None:
            self._queue_s += 0.2 * (session.queue_s - self._queue_s)
        self._scheduler.stepped(ticket, part_count, share_s, time.perf_counter())
        if session.state.finished:
            self._scheduler.remove(ticket)
        self._deliver(ticket)

    def _deliver(self, ticket: int) -> None:
        """Emit what is ready of a session, and its end if that was all."""
        session = self._sessions.get(ticket)
        if session is None:
            return
        try:
            for sealed in session.deliveries():
                self._emit(Made(ticket, sealed))
        except Exception:  # noqa: BLE001 (whatever an encoder raises ends this session only)
            self._fail(ticket, _incident("encode", [ticket]))
            return
        self._dropped_count += session.dropped_count
        session.dropped_count = 0
        if session.finished:
            self._drop(ticket)
            self._emit(Finished(ticket, session.summary()))

    def _fail(self, ticket: int, error: MorphogenError) -> None:
        self._drop(ticket)
        self._emit(Failed(ticket, error))

    def _drop(self, ticket: int) -> None:
        self._scheduler.remove(ticket)
        session = self._sessions.pop(ticket, None)
        if session is not None:
            session.close()

    def _report(self, kind: str, sessions: Sequence[RunningSession], step_s: float) -> None:
        if self._trace is None:
            return
        traces = tuple(session.trace for session in sessions if session.trace)
        if traces:
            ended_ns = time.time_ns()
            self._trace(StepRecord(kind, len(sessions), ended_ns - round(1e9 * step_s), ended_ns, traces))


def _incident(during: str, tickets: Sequence[int]) -> GenerationError:
    """Log the exception being handled; the returned error carries nothing of it but the log entry's name."""
    incident = uuid.uuid4().hex[:12]
    _log.exception("generation failed", during=during, tickets=list(tickets), incident=incident)
    return GenerationError(f"the generator failed; incident {incident}")
