"""A stream that outlives its worker: when that is lost, another one continues from the last part received."""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from typing import Self

import structlog

from engine.assets import AssetRequest, GeneratorInfo
from engine.errors import GenerationError, InvalidRequestError, OverloadedError, UnavailableError
from engine.runtime.messages import AssetSummary, Priority, ResumePoint, SealedPart, Terms
from engine.runtime.pool import PartStream, WorkerLostError, WorkerPool

RETRY_MIN_S = 0.01
RETRY_MAX_S = 0.5
DUE_MIN_S = 0.001
SUSPICIONS_MAX = 3
"""A session that was there each time that many workers went down, without a part in between, is taken for the cause."""

CONTROLS_MAX = 1024
"""Controls that may be on their way, without a part that shows them."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Continuation:
    """How long a stream may look for another worker, and who is told when it has found one.

    isolation  held by the one stream that is one suspicion short of being taken for the cause, until its next part
    """

    timeout_s: float
    moved: Callable[[], None]
    isolation: asyncio.Lock = field(default_factory=asyncio.Lock)


class ContinuedStream:
    """A `PartStream` over a pool's. `open` it; close it on every way out. Due times count from its making.

    A worker may refuse a due time at first. A session that has been accepted goes on late rather than not at all.

    dated  asked whenever a worker is: whether somebody still wants it by the due time in its terms
    """

    def __init__(
        self,
        pool: WorkerPool,
        request: AssetRequest,
        credit: int,
        terms: Terms,
        continuation: Continuation,
        dated: Callable[[], bool] = lambda: True,
    ) -> None:
        self._pool, self._request, self._terms = pool, request, terms
        self._continuation = continuation
        self._dated = dated
        self._accepted = False
        self._room = credit
        self._point: ResumePoint | None = None
        self._controls: deque[tuple[int, bytes]] = deque()
        self._suspicions = 0
        self._isolated = False
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
        """Control number `number`; kept until a part shows that it will not be needed again.

        Raises InvalidRequestError (field `control`) if too many are kept.
        """
        if len(self._controls) >= CONTROLS_MAX:
            allowed = f"{CONTROLS_MAX} controls that no part has shown yet"
            raise InvalidRequestError("control", number, allowed)
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
        self._rejoin()
        if self._current is not None:
            self._current.close()

    @property
    def _stream(self) -> PartStream:
        assert self._current is not None
        return self._current

    def _received(self, sealed: SealedPart) -> None:
        self._room -= 1
        self._suspicions = 0
        self._rejoin()
        self._point = sealed.resume_point
        while self._controls and self._controls[0][0] <= self._point.control_count:
            self._controls.popleft()

    async def _move(self, loss: WorkerLostError) -> None:
        """Find another worker; raises UnavailableError if none is found in time, GenerationError if it is to blame.

        A session that nobody has accepted yet may also be refused with OverloadedError.
        """
        self.close()
        self._current = None
        self._suspect(loss)
        gives_up_at_s = time.perf_counter() + self._continuation.timeout_s
        delay_s = 0.0
        while self._current is None:
            await asyncio.sleep(delay_s)
            await self._isolate(gives_up_at_s)
            delay_s = min(max(2 * delay_s, RETRY_MIN_S), RETRY_MAX_S)
            try:
                self._current = await self._opened()
            except (UnavailableError, OverloadedError) as error:
                if isinstance(error, OverloadedError):
                    if not self._accepted:
                        raise
                    self._terms = replace(self._terms, due_in_s=None)
                if isinstance(error, WorkerLostError):
                    self._suspect(error)
                if time.perf_counter() + delay_s > gives_up_at_s:
                    raise UnavailableError("the worker was lost and no other one could continue") from error
        self._continuation.moved()
        _log.info("session moved", cause=str(loss), next_sequence=self._point.next_sequence if self._point else 0)

    async def _isolate(self, gives_up_at_s: float) -> None:
        """Once another loss would make it the cause, go on alone: of several that are as suspect, one is the cause."""
        if self._isolated or self._suspicions < SUSPICIONS_MAX - 1 or self._room <= 0:
            return
        try:
            async with asyncio.timeout(gives_up_at_s - time.perf_counter()):
                await self._continuation.isolation.acquire()
        except TimeoutError:
            raise UnavailableError("the worker was lost and no other one could continue") from None
        self._isolated = True

    def _rejoin(self) -> None:
        if self._isolated:
            self._isolated = False
            self._continuation.isolation.release()

    async def _opened(self) -> PartStream:
        terms = replace(self._terms, due_in_s=self._due_in_s())
        # Without room until the controls are there: the first step has to show them, as it would have before.
        room = 0 if self._controls else max(self._room, 0)
        stream = await self._pool.open(self._request, room, terms, self._point)
        self._accepted = True
        if self._terms.priority is not terms.priority:
            stream.promote(self._terms.priority)
        for number, control in self._controls:
            stream.steer(number, control)
        if self._room > room:
            stream.grant(self._room - room)
        return stream

    def _due_in_s(self) -> float | None:
        """The time that is left; None if nobody wants that any more, or if it is over for an accepted session."""
        if self._terms.due_in_s is None or not self._dated():
            return None
        left_s = self._terms.due_in_s - (time.perf_counter() - self._asked_at_s)
        if self._accepted and left_s <= 0.0:
            return None
        return max(left_s, DUE_MIN_S)

    def _suspect(self, loss: WorkerLostError) -> None:
        """Raises GenerationError once it is no chance any more that the session was there."""
        self._suspicions += loss.suspected
        if self._suspicions >= SUSPICIONS_MAX:
            raise GenerationError(f"{self._suspicions} workers went down while making this") from loss
