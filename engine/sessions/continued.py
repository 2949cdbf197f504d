"""A stream that outlives its worker: when that is lost, another one continues from the last part received."""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from typing import Self

import structlog

from engine.assets import AssetRequest, GeneratorInfo
from engine.errors import GenerationError, OverloadedError, UnavailableError
from engine.runtime.messages import AssetSummary, Priority, ResumePoint, SealedPart, Terms
from engine.runtime.pool import PartStream, WorkerLostError, WorkerPool

RETRY_MIN_S = 0.01
RETRY_MAX_S = 0.5
SUSPICIONS_MAX = 3
"""A session that was there each time that many workers went down, without a part in between, is taken for the cause."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Continuation:
    """How long a stream may look for another worker, and who is told when it has found one."""

    timeout_s: float
    moved: Callable[[], None]


class ContinuedStream:
    """A `PartStream` over a pool's. `open` it; close it on every way out. Due times count from its making."""

    def __init__(
        self, pool: WorkerPool, request: AssetRequest, credit: int, terms: Terms, continuation: Continuation
    ) -> None:
        self._pool, self._request, self._terms = pool, request, terms
        self._continuation = continuation
        self._room = credit
        self._point: ResumePoint | None = None
        self._controls: deque[tuple[int, bytes]] = deque()
        self._suspicions = 0
        self._asked_at_s = time.perf_counter()
        self._current: PartStream | None = None

    async def open(self, resume_point: ResumePoint | None) -> Self:
        """Begin, or continue at `resume_point`. Raises what `WorkerPool.open` raises."""
        self._point = resume_point
        try:
            self._current = await self._opened()
        except WorkerLostError as loss:
            await self._move(loss)
        return self

    @property
    def info(self) -> GeneratorInfo:
        """The generator that answers."""
        return self._stream.info

    @property
    def part_count(self) -> int:
        """Number of parts the whole asset has."""
        return self._stream.part_count

    def __aiter__(self) -> AsyncIterator[SealedPart]:
        return self

    async def __anext__(self) -> SealedPart:
        """The next part. Raises GenerationError, and UnavailableError if no other worker was found in time."""
        while True:
            try:
                sealed = await self._stream.__anext__()
            except WorkerLostError as loss:
                await self._move(loss)
            else:
                self._received(sealed)
                return sealed

    def grant(self, part_count: int) -> None:
        """The reader has room for `part_count` more parts."""
        self._room += part_count
        if self._current is not None:
            self._current.grant(part_count)

    def steer(self, number: int, control: bytes) -> None:
        """Control number `number`; kept until a part shows that it will not be needed again."""
        self._controls.append((number, control))
        if self._current is not None:
            self._current.steer(number, control)

    def promote(self, priority: Priority) -> None:
        """Make the session more urgent."""
        self._terms = replace(self._terms, priority=priority)
        if self._current is not None:
            self._current.promote(priority)

    def summary(self) -> AssetSummary:
        """The account of the session, once every part has been taken; times are those of the last worker."""
        return self._stream.summary()

    def close(self) -> None:
        """Stop the work and release the session."""
        if self._current is not None:
            self._current.close()

    @property
    def _stream(self) -> PartStream:
        assert self._current is not None
        return self._current

    def _received(self, sealed: SealedPart) -> None:
        self._room -= 1
        self._suspicions = 0
        self._point = sealed.resume_point
        while self._controls and self._controls[0][0] <= self._point.control_count:
            self._controls.popleft()

    async def _move(self, loss: WorkerLostError) -> None:
        """Find another worker; raises UnavailableError if none is found in time, GenerationError if it is to blame."""
        self.close()
        self._current = None
        self._suspect(loss)
        gives_up_at_s = time.perf_counter() + self._continuation.timeout_s
        delay_s = 0.0
        while self._current is None:
            await asyncio.sleep(delay_s)
            delay_s = min(max(2 * delay_s, RETRY_MIN_S), RETRY_MAX_S)
            try:
                self._current = await self._opened()
            except (UnavailableError, OverloadedError) as error:
                if isinstance(error, WorkerLostError):
                    self._suspect(error)
                if time.perf_counter() + delay_s > gives_up_at_s:
                    raise UnavailableError("the worker was lost and no other one could continue") from error
        self._continuation.moved()
        _log.info("session moved", cause=str(loss), next_sequence=self._point.next_sequence if self._point else 0)

    async def _opened(self) -> PartStream:
        terms = self._terms
        if terms.due_in_s is not None:
            elapsed_s = time.perf_counter() - self._asked_at_s
            terms = replace(terms, due_in_s=max(terms.due_in_s - elapsed_s, 0.001))
        room = max(self._room, 0)
        stream = await self._pool.open(self._request, room, terms, self._point)
        if self._room > room:
            stream.grant(self._room - room)
        if self._terms.priority is not terms.priority:
            stream.promote(self._terms.priority)
        for number, control in self._controls:
            stream.steer(number, control)
        return stream

    def _suspect(self, loss: WorkerLostError) -> None:
        """Raises GenerationError once it is no chance any more that the session was there."""
        self._suspicions += loss.suspected
        if self._suspicions >= SUSPICIONS_MAX:
            raise GenerationError(f"{self._suspicions} workers went down while making this") from loss
