"""What the gateway needs of its workers, wherever they run."""

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Protocol

from engine.assets import AssetRequest, GeneratorInfo
from engine.errors import UnavailableError
from engine.generators.protocol import Generator
from engine.runtime.messages import AssetSummary, Priority, ResumePoint, SealedPart, Terms
from engine.runtime.stats import WorkerStats


class WorkerLostError(UnavailableError):
    """The worker of a session is gone or has given the session up; another one can continue it.

    suspected  whether the session was in a step when its worker went, and may be what brought it down
    """

    def __init__(self, message: str, *, suspected: bool = False) -> None:
        super().__init__(message)
        self.suspected = suspected


class GeneratorSource(Protocol):
    """Finds the generator that answers a request; the catalog is one."""

    def infos(self) -> tuple[GeneratorInfo, ...]:
        """The entries of all loaded generators."""
        ...

    def generator_for(self, request: AssetRequest) -> Generator[Any, Any]:
        """The generator for `request`. Raises InvalidRequestError if there is none."""
        ...


class PartStream(Protocol):
    """A begun session: an asynchronous iterator over its parts in order. Whoever opened it closes it."""

    @property
    def info(self) -> GeneratorInfo:
        """The generator that answers."""
        ...

    @property
    def part_count(self) -> int:
        """Number of parts the whole asset has."""
        ...

    def __aiter__(self) -> AsyncIterator[SealedPart]: ...

    async def __anext__(self) -> SealedPart:
        """The next part. Raises GenerationError if a step failed, WorkerLostError if the worker is gone."""
        ...

    def grant(self, part_count: int) -> None:
        """The reader has room for `part_count` more parts."""
        ...

    def steer(self, number: int, control: bytes) -> None:
        """Control number `number`, from 1; the next step takes it."""
        ...

    def promote(self, priority: Priority) -> None:
        """Make the session more urgent."""
        ...

    def summary(self) -> AssetSummary:
        """The account of the session, once every part has been taken."""
        ...

    def close(self) -> None:
        """Stop the work within one step and release the session. Does not wait; may be called twice."""
        ...


class WorkerPool(Protocol):
    """Runs sessions on workers."""

    async def start(self) -> None:
        """Make the workers ready. Raises MorphogenError if they cannot be."""
        ...

    def generators(self) -> tuple[GeneratorInfo, ...]:
        """The entries of all loaded generators."""
        ...

    async def open(
        self, request: AssetRequest, credit: int, terms: Terms, resume_point: ResumePoint | None = None
    ) -> PartStream:
        """Begin a session with room for `credit` parts, or continue one at `resume_point`.

        Raises InvalidRequestError for a request no generator can make, OverloadedError for terms that cannot be met,
        WorkerLostError if its worker went away meanwhile, UnavailableError while no worker runs.
        """
        ...

    async def drain(self) -> None:
        """Refuse new sessions, also those that come from another worker, and wait until the running ones have ended."""
        ...

    async def close(self) -> None:
        """Stop at once; sessions that still run end with UnavailableError."""
        ...

    async def wait_available(self, available: bool) -> None:
        """Wait until some worker can run steps (True), or until none can (False)."""
        ...

    def stats(self) -> WorkerStats:
        """What its workers have counted, and how they stand."""
        ...

    def worker_count(self) -> int:
        """Number of workers that can run steps."""
        ...

    def undelivered_part_count(self) -> int:
        """Number of parts that have been made and wait here for their readers."""
        ...


class WorkerState(Enum):
    """How far a worker is."""

    STARTING = "starting"
    READY = "ready"
    DRAINING = "draining"
    WAITING = "waiting"


@dataclass(frozen=True, slots=True)
class WorkerEntry:
    """A worker as operators see it.

    name     empty for one that waits for another attempt to start it: only `failure` is known of that, and says why
    address  HOST:PORT, empty before it is ready
    """

    name: str
    state: WorkerState
    address: str
    session_count: int
    step_count: int
    failure: str


@dataclass(frozen=True, slots=True)
class Replacement:
    """A worker that is gone, the one that took its place, and how many sessions moved."""

    name: str
    replacement: str
    moved_count: int


class WorkerOperations(Protocol):
    """What a pool with worker processes lets operators do."""

    def workers(self) -> Sequence[WorkerEntry]:
        """All workers, and those that wait for another attempt."""
        ...

    async def drain_worker(self, name: str) -> int:
        """Move the sessions of a worker away and stop it; how many moved.

        Raises KeyError for an unknown name, UnavailableError if there is no other worker and none becomes ready.
        """
        ...

    def replace_workers(self, names: Sequence[str]) -> AsyncGenerator[Replacement, None]:
        """Replace workers (none named: all) one by one. Raises UnavailableError if a new one does not start."""
        ...
