"""The gateway's side of a session: admitted, opened on a worker, timed, and released on every way out."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from engine.assets import AssetRequest, GeneratorInfo
from engine.runtime.admission import Admission
from engine.runtime.pool import PartStream, PoolLoad, SealedPart, WorkerPool
from engine.runtime.settings import SessionSettings


@dataclass(frozen=True, slots=True)
class SessionAccount:
    """What a finished session delivered and where the time went, in milliseconds since its request arrived.

    sha256         32 bytes, over the SHA-256 of all parts in order
    queue_ms       until its first step
    first_part_ms  until its first part was handed to the transport
    step_ms        sum of its steps, encoding included
    total_ms       until this account
    """

    sha256: bytes
    part_count: int
    size_bytes: int
    queue_ms: float
    first_part_ms: float
    step_ms: float
    total_ms: float


class Session:
    """One running session: an asynchronous iterator over its parts."""

    def __init__(self, stream: PartStream, arrived_at_s: float, opened_at_s: float) -> None:
        self._stream = stream
        self._arrived_at_s = arrived_at_s
        self._opened_at_s = opened_at_s
        self._first_part_at_s: float | None = None

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
        """The next part; asking for it says that the one before has been delivered."""
        sealed = await self._stream.__anext__()
        if self._first_part_at_s is None:
            self._first_part_at_s = time.perf_counter()
        return sealed

    def account(self) -> SessionAccount:
        """The account, once every part has been taken."""
        summary = self._stream.summary()
        now_s = time.perf_counter()
        first_part_at_s = now_s if self._first_part_at_s is None else self._first_part_at_s
        return SessionAccount(
            sha256=summary.sha256,
            part_count=summary.part_count,
            size_bytes=summary.size_bytes,
            queue_ms=1e3 * (self._opened_at_s - self._arrived_at_s) + summary.queue_ms,
            first_part_ms=1e3 * (first_part_at_s - self._arrived_at_s),
            step_ms=summary.step_ms,
            total_ms=1e3 * (now_s - self._arrived_at_s),
        )


class Sessions:
    """All sessions of one gateway."""

    def __init__(self, pool: WorkerPool, settings: SessionSettings) -> None:
        self._pool = pool
        self._admission = Admission(settings)

    @property
    def running_count(self) -> int:
        """Number of admitted sessions."""
        return self._admission.running_count

    @property
    def waiting_count(self) -> int:
        """Number of requests that wait for admission."""
        return self._admission.waiting_count

    def generators(self) -> tuple[GeneratorInfo, ...]:
        """The entries of all loaded generators."""
        return self._pool.generators()

    def load(self) -> PoolLoad:
        """How busy the pool is."""
        return self._pool.load()

    @asynccontextmanager
    async def open(self, request: AssetRequest) -> AsyncIterator[Session]:
        """Run a session for `request` for as long as the context lasts; leaving it early stops the work.

        Raises OverloadedError if too many requests wait, UnavailableError while draining, InvalidRequestError for a
        request that no generator can make.
        """
        arrived_at_s = time.perf_counter()
        await self._admission.enter()
        admitted_at_s = time.perf_counter()
        try:
            stream = await self._pool.open(request)
            try:
                yield Session(stream, arrived_at_s, admitted_at_s)
            finally:
                stream.close()
        finally:
            self._admission.leave(time.perf_counter() - admitted_at_s)

    async def drain(self, timeout_s: float) -> bool:
        """Refuse new and waiting requests and let running sessions end; False if some still run after `timeout_s`."""
        self._admission.close()
        try:
            async with asyncio.timeout(timeout_s):
                await self._pool.drain()
        except TimeoutError:
            return False
        return True
