"""A pool whose sessions the test plays by hand."""

import asyncio
import hashlib
from collections import deque
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from engine.assets import AssetRequest, GeneratorInfo, Part
from engine.errors import MorphogenError, UnavailableError
from engine.runtime.messages import AssetSummary, Priority, ResumePoint, SealedPart, Tally, Terms
from engine.runtime.stats import WorkerStats
from engine.sessions.sessions import Sessions
from engine.sessions.tokens import ResumeTokens
from engine.settings.sections import SessionSettings
from engine.store.store import AssetStore

INFOS = tuple(GeneratorInfo(kind, f"scripted {kind}", "1", "S", "", "none") for kind in ("texture", "probe"))
PART_COUNT = 6


class ScriptedStream:
    """A session that makes parts and ends when the test says so, and notes what it is told."""

    def __init__(
        self, request: AssetRequest, credit: int, terms: Terms, resume_point: ResumePoint | None = None
    ) -> None:
        self.request, self.credit, self.terms, self.resume_point = request, credit, terms, resume_point
        self.info = next(info for info in INFOS if info.asset_kind == request.ASSET_KIND)
        self.part_count = PART_COUNT
        self.granted_count = 0
        self.steered: list[tuple[int, bytes]] = []
        self.promoted: list[Priority] = []
        self.closed = False
        self._next = 0 if resume_point is None else resume_point.next_sequence
        self._tally = Tally() if resume_point is None else resume_point.tally
        self._news: deque[SealedPart | MorphogenError | None] = deque()
        self._ready = asyncio.Event()

    @property
    def made_count(self) -> int:
        return self._next

    def make(self, part_count: int = 1, *, control_count: int = 0) -> None:
        """Make the next parts, with this many controls in their state."""
        for _ in range(part_count):
            part = payload_part(self._next)
            sha256 = part.digest()
            self._next += 1
            self._tally = self._tally.plus(sha256, len(part.payload))
            point = ResumePoint(self._next, self._tally, b"state %d" % self._next, self._next, control_count)
            self._tell(SealedPart(part, sha256, point, control_count))

    def finish(self) -> None:
        """Make what is left, and end."""
        self.make(self.part_count - self._next)
        self._tell(None)

    def fail(self, error: MorphogenError) -> None:
        self._tell(error)

    def __aiter__(self) -> AsyncIterator[SealedPart]:
        return self

    async def __anext__(self) -> SealedPart:
        while not self._news:
            self._ready.clear()
            await self._ready.wait()
        item = self._news[0]
        if item is None:
            raise StopAsyncIteration
        if isinstance(item, MorphogenError):
            raise item
        return self._news.popleft()  # type: ignore[return-value]  # it is the item

    def grant(self, part_count: int) -> None:
        self.granted_count += part_count

    def steer(self, number: int, control: bytes) -> None:
        self.steered.append((number, control))

    def promote(self, priority: Priority) -> None:
        self.promoted.append(priority)

    def summary(self) -> AssetSummary:
        assert self._news[0] is None
        return AssetSummary(self._tally, 1.0, 2.0)

    def close(self) -> None:
        self.closed = True

    def _tell(self, item: SealedPart | MorphogenError | None) -> None:
        self._news.append(item)
        self._ready.set()


def payload_part(sequence: int) -> Part:
    return Part(sequence, "albedo", 64, "image/png", hashlib.sha256(bytes([sequence])).digest())


async def holds(condition: Callable[[], object]) -> None:
    for _ in range(5000):
        if condition():
            return
        await asyncio.sleep(0.001)
    raise AssertionError("the condition did not come true within 5 s")


class ScriptedPool:
    """Opens ScriptedStreams. `refusals` are what the next openings raise; `held` keeps them from answering."""

    def __init__(self) -> None:
        self.streams: list[ScriptedStream] = []
        self.refusals: deque[MorphogenError] = deque()
        self.held: asyncio.Event | None = None
        self.draining = False

    @property
    def last(self) -> ScriptedStream:
        return self.streams[-1]

    @property
    def open_count(self) -> int:
        """Sessions that nobody has closed."""
        return sum(not stream.closed for stream in self.streams)

    async def start(self) -> None:
        """Nothing."""

    def generators(self) -> tuple[GeneratorInfo, ...]:
        return INFOS

    async def open(
        self, request: AssetRequest, credit: int, terms: Terms, resume_point: ResumePoint | None = None
    ) -> ScriptedStream:
        if self.draining:
            raise UnavailableError("the server is shutting down")
        if self.refusals:
            raise self.refusals.popleft()
        if self.held is not None:
            await self.held.wait()
        self.streams.append(ScriptedStream(request, credit, terms, resume_point))
        return self.last

    async def opened(self, count: int) -> None:
        """Wait until that many sessions have been opened in all."""
        await holds(lambda: len(self.streams) >= count)

    async def drain(self) -> None:
        self.draining = True
        await holds(lambda: not self.open_count)

    async def close(self) -> None:
        self.draining = True

    async def wait_available(self, available: bool) -> None:
        """Never anything else than available."""
        if not available:
            await asyncio.Event().wait()

    def stats(self) -> WorkerStats:
        return WorkerStats(session_count=self.open_count)

    def worker_count(self) -> int:
        return 1

    def undelivered_part_count(self) -> int:
        return 0


@pytest.fixture
def pool() -> ScriptedPool:
    return ScriptedPool()


@pytest.fixture
def stream_of() -> Callable[..., ScriptedStream]:
    """Makes a stream as the pool would."""
    return ScriptedStream


@pytest.fixture
def sessions_over() -> Callable[..., Sessions]:
    """Sessions over a pool, with a store in memory."""

    def make(pool: Any, *, store_bytes: int = 2**20, **settings: Any) -> Sessions:
        store = AssetStore(store_bytes, None, 2**20, None)
        return Sessions(pool, store, ResumeTokens([b"k" * 16], 60.0), SessionSettings(**settings))

    return make


@pytest.fixture
def until() -> Callable[..., Any]:
    """Waits for a condition, 5 s at most."""
    return holds
