"""The embedded worker: steps run in threads of this process."""

import asyncio
import itertools

from engine.assets import AssetRequest, GeneratorInfo
from engine.errors import UnavailableError
from engine.runtime.availability import Availability
from engine.runtime.messages import Event, Open, ResumePoint, Terms
from engine.runtime.pool import GeneratorSource
from engine.runtime.stats import WorkerStats
from workers.lane import Lane
from workers.lanes import Lanes
from workers.step_thread import StepOptions
from workers.stream import WorkerStream


class LocalPool:
    """A WorkerPool of one worker: this process."""

    def __init__(self, generators: GeneratorSource, options: StepOptions | None = None) -> None:
        self._generators = generators
        self._lanes = Lanes(generators, options or StepOptions(), self._take, self._end)
        self._tickets = itertools.count()
        self._streams: dict[int, WorkerStream] = {}
        self._idle = asyncio.Event()
        self._idle.set()
        self._available = Availability()
        self._draining = False

    async def start(self) -> None:
        """Start the step threads."""
        self._lanes.start()
        self._available.set(True)

    def generators(self) -> tuple[GeneratorInfo, ...]:
        """The entries of all loaded generators."""
        return self._generators.infos()

    async def open(
        self, request: AssetRequest, credit: int, terms: Terms, resume_point: ResumePoint | None = None
    ) -> WorkerStream:
        """Begin or continue a session; errors as in `WorkerPool`."""
        if self._draining or not self._available:
            raise UnavailableError("the worker is not running")
        lane = self._lanes.of(request)
        stream = WorkerStream(_Port(self, lane), next(self._tickets))
        self._streams[stream.ticket] = stream
        self._idle.clear()
        lane.submit(Open(stream.ticket, request, credit, terms, resume_point))
        try:
            await stream.opened()
        except BaseException:  # also cancellation: nobody else can close it yet
            stream.close()
            raise
        return stream

    async def drain(self) -> None:
        """Refuse new sessions and wait until the running ones have ended."""
        self._draining = True
        await self._idle.wait()

    async def close(self) -> None:
        """Stop the threads after the steps that run now."""
        self._draining = True
        await self._lanes.stop()
        self._end()

    async def wait_available(self, available: bool) -> None:
        """Wait until steps can run, or until none can any more."""
        await self._available.wait(available)

    def stats(self) -> WorkerStats:
        """What its threads have counted."""
        return self._lanes.stats()

    def worker_count(self) -> int:
        """This process, while steps can run."""
        return int(bool(self._available))

    def undelivered_part_count(self) -> int:
        """Number of parts that have been made and wait here for their readers."""
        return sum(stream.undelivered_part_count for stream in self._streams.values())

    def forget(self, ticket: int) -> None:
        """Release a session."""
        self._streams.pop(ticket, None)
        if not self._streams:
            self._idle.set()

    def _take(self, event: Event) -> None:
        stream = self._streams.get(event.ticket)
        if stream is not None:
            stream.receive(event)

    def _end(self) -> None:
        self._available.set(False)


class _Port:
    """The way from one stream to its lane."""

    def __init__(self, pool: LocalPool, lane: Lane) -> None:
        self._pool = pool
        self.submit, self.grant, self.waiting = lane.submit, lane.grant, lane.waiting
        self._lane = lane

    def forget(self, ticket: int) -> None:
        """Release the session on both sides."""
        self._lane.forget(ticket)
        self._pool.forget(ticket)
