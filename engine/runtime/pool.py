"""What the gateway needs of its workers, wherever they run."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, Protocol

from engine.assets import AssetRequest, GeneratorInfo, Part
from engine.generators.protocol import Generator


@dataclass(frozen=True, slots=True)
class SealedPart:
    """A part with the SHA-256 (32 bytes) of its payload."""

    part: Part
    sha256: bytes


@dataclass(frozen=True, slots=True)
class AssetSummary:
    """A worker's account of a finished session.

    sha256    32 bytes, over the SHA-256 of all parts in order
    queue_ms  from opening the session to its first step
    step_ms   sum of its steps, encoding included
    """

    sha256: bytes
    part_count: int
    size_bytes: int
    queue_ms: float
    step_ms: float


@dataclass(frozen=True, slots=True)
class PoolLoad:
    """How busy a pool is: open sessions, parts made but not yet taken, steps run since the start."""

    session_count: int
    undelivered_part_count: int
    step_count: int


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
        """The next part; asking for it says that the one before has been delivered.

        Raises GenerationError if a step failed, UnavailableError if the worker is gone.
        """
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

    async def open(self, request: AssetRequest) -> PartStream:
        """Begin a session.

        Raises InvalidRequestError for a request no generator can make, UnavailableError while the pool is not running.
        """
        ...

    async def drain(self) -> None:
        """Refuse new sessions and wait until the running ones have ended."""
        ...

    async def close(self) -> None:
        """Stop at once; sessions that still run end with UnavailableError."""
        ...

    async def stopped(self) -> None:
        """Wait until no step can run any more: the pool has been closed, or its workers are gone.

        From then on `open` raises UnavailableError.
        """
        ...

    def load(self) -> PoolLoad:
        """How busy the pool is."""
        ...
