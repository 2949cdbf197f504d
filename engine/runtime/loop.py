"""The heart of a worker: obey commands, pick a batch, step it, emit its parts.

Runs in one thread of its own and owns all its state. Commands come in through a thread-safe inbox and are carried out
between steps, so a cancel takes effect within one step. Events leave through `emit`, called in the loop's thread.
"""

import copy
import queue
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import structlog

from engine.assets import AssetRequest, GeneratorInfo, Part
from engine.errors import GenerationError, MorphogenError
from engine.generators.protocol import GenerationState, Generator
from engine.runtime.pool import AssetSummary, GeneratorSource, SealedPart
from engine.runtime.scheduler import FirstComeScheduler
from engine.runtime.seal import Seal

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Open:
    """Begin a session under `ticket`, with room for `credit` parts."""

    ticket: int
    request: AssetRequest
    credit: int


@dataclass(frozen=True, slots=True)
class Grant:
    """Readers took parts: how many, by ticket."""

    part_counts: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Cancel:
    """Forget `ticket`; no event about it follows the step that runs now."""

    ticket: int


@dataclass(frozen=True, slots=True)
class Stop:
    """Leave the loop."""


@dataclass(frozen=True, slots=True)
class Opened:
    """The session has begun."""

    ticket: int
    info: GeneratorInfo
    part_count: int


@dataclass(frozen=True, slots=True)
class Made:
    """The next part of a session."""

    ticket: int
    sealed: SealedPart


@dataclass(frozen=True, slots=True)
class Finished:
    """Every part has been made; the last event of a session."""

    ticket: int
    summary: AssetSummary


@dataclass(frozen=True, slots=True)
class Failed:
    """The session is over without all its parts; the last event of a session."""

    ticket: int
    error: MorphogenError


Command = Open | Grant | Cancel | Stop
Event = Opened | Made | Finished | Failed


@dataclass(slots=True)
class _Session:
    generator: Generator[Any, Any]
    state: GenerationState
    opened_at_s: float
    seal: Seal
    queue_s: float | None = None
    step_s: float = 0.0


class StepLoop:
    """Runs the sessions of one worker."""

    def __init__(
        self, generators: GeneratorSource, scheduler: FirstComeScheduler, emit: Callable[[Event], None]
    ) -> None:
        self._generators = generators
        self._scheduler = scheduler
        self._emit = emit
        self._inbox: queue.SimpleQueue[Command] = queue.SimpleQueue()
        self._sessions: dict[int, _Session] = {}
        self.step_count = 0

    @property
    def session_count(self) -> int:
        """Number of sessions that have begun and not ended."""
        return len(self._sessions)

    def submit(self, command: Command) -> None:
        """Hand in a command; from any thread."""
        self._inbox.put(command)

    def run(self) -> None:
        """Work until Stop."""
        while self._obey():
            batch = self._scheduler.next_batch()
            if batch:
                self._step(batch)

    def _obey(self) -> bool:
        """Carry out all waiting commands; wait for one while nothing can be stepped. False after Stop."""
        while True:
            try:
                command = self._inbox.get(block=self._scheduler.ready_count == 0)
            except queue.Empty:
                return True
            match command:
                case Grant(part_counts):
                    for ticket, part_count in part_counts.items():
                        self._scheduler.grant(ticket, part_count)
                case Open():
                    self._open(command)
                case Cancel(ticket):
                    self._drop(ticket)
                case Stop():
                    return False

    def _open(self, command: Open) -> None:
        ticket = command.ticket
        try:
            generator = self._generators.generator_for(command.request)
            info = generator.info
            session = _Session(generator, generator.begin(command.request), time.perf_counter(), Seal())
        except MorphogenError as error:
            self._emit(Failed(ticket, error))
            return
        except Exception:  # noqa: BLE001 (whatever a generator raises ends this session only)
            self._emit(Failed(ticket, _incident("begin", [ticket])))
            return
        self._sessions[ticket] = session
        self._emit(Opened(ticket, info, session.state.part_count))
        self._scheduler.add(ticket, f"{info.name} {info.version}", command.credit)

    def _step(self, batch: Sequence[int]) -> None:
        sessions = [self._sessions[ticket] for ticket in batch]
        # A failing step may have moved some of its states already; copies let the others be stepped again.
        untouched = [copy.copy(session.state) for session in sessions] if len(batch) > 1 else []
        started_at_s = time.perf_counter()
        self.step_count += 1
        try:
            made = sessions[0].generator.step([session.state for session in sessions])
            pairs = list(zip(batch, made, strict=True))
        except Exception:  # noqa: BLE001 (whatever a generator raises ends the session that it raises it for)
            if untouched:
                self._step_one_by_one(batch, untouched)
            else:
                self._drop(batch[0])
                self._emit(Failed(batch[0], _incident("step", batch)))
            return
        step_s = time.perf_counter() - started_at_s
        for ticket, parts in pairs:
            session = self._sessions[ticket]
            session.step_s += step_s
            if session.queue_s is None:
                session.queue_s = started_at_s - session.opened_at_s
            self._deliver(ticket, session, parts)

    def _step_one_by_one(self, batch: Sequence[int], states: Sequence[GenerationState]) -> None:
        """Repeat a step that failed for a whole batch, from the `states` before it: only the culprit fails again."""
        _log.warning("step of a batch failed; stepping its sessions one by one", tickets=list(batch), exc_info=True)
        for ticket, state in zip(batch, states, strict=True):
            self._sessions[ticket].state = state
            self._step((ticket,))

    def _deliver(self, ticket: int, session: _Session, parts: tuple[Part, ...]) -> None:
        for part in parts:
            self._emit(Made(ticket, session.seal.add(part)))
        if not session.state.finished:
            self._scheduler.stepped(ticket, len(parts))
            return
        self._drop(ticket)
        seal = session.seal
        queue_ms, step_ms = 1e3 * (session.queue_s or 0.0), 1e3 * session.step_s
        self._emit(Finished(ticket, AssetSummary(seal.digest(), seal.part_count, seal.size_bytes, queue_ms, step_ms)))

    def _drop(self, ticket: int) -> None:
        self._scheduler.remove(ticket)
        self._sessions.pop(ticket, None)


def _incident(during: str, tickets: Sequence[int]) -> GenerationError:
    """Log the exception being handled; the returned error carries nothing of it but the log entry's name."""
    incident = uuid.uuid4().hex[:12]
    _log.exception("generation failed", during=during, tickets=list(tickets), incident=incident)
    return GenerationError(f"the generator failed; incident {incident}")
