"""Workers in processes of their own, wherever the steward has started them: placement, supervision, moving sessions.

A session that loses its worker gets WorkerLostError; whoever opened it opens it again on another one
(`engine/sessions/continued.py`). Draining, replacing and scaling down use the same way.
"""

import asyncio
import contextlib
import itertools
import time
from collections.abc import AsyncGenerator, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import structlog

from engine.assets import AssetRequest, GeneratorInfo
from engine.errors import MorphogenError, OverloadedError, UnavailableError
from engine.runtime.availability import Availability
from engine.runtime.messages import Open, ResumePoint, Terms
from engine.runtime.pool import Replacement, WorkerEntry, WorkerLostError, WorkerState
from engine.runtime.stats import WorkerStats, total
from workers.fleet.member import Member
from workers.fleet.roster import Roster, Stage
from workers.fleet.scaling import Scaling
from workers.fleet.steward import Steward
from workers.stream import WorkerStream

TICK_S = 0.1
STATES = {
    Stage.STARTING: WorkerState.STARTING,
    Stage.READY: WorkerState.READY,
    Stage.DRAINING: WorkerState.DRAINING,
}

_log = structlog.get_logger(__name__)

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class FleetOptions:
    """How many workers, and when there are more or fewer.

    count, count_max   at least and at most
    scale_up_delay_s   a wait for the first step that calls for another one
    scale_down_idle_s  how long one beyond `count` may have nothing to do
    start_timeout_s    within which a worker has to be ready
    drain_timeout_s    how long sessions that no other worker can continue may go on in a draining one
    """

    count: int
    count_max: int
    scale_up_delay_s: float
    scale_down_idle_s: float
    start_timeout_s: float
    drain_timeout_s: float


class FleetPool:
    """A WorkerPool over worker processes, with what operators can do (`WorkerOperations`).

    steward_of  makes the steward, given what takes its events
    secret      what both ends of a link prove to each other
    """

    def __init__(
        self,
        options: FleetOptions,
        steward_of: Callable[[Callable[[Mapping[str, Any]], None]], Steward],
        secret: bytes,
    ) -> None:
        self._options = options
        self._steward = steward_of(self._take)
        self._secret = secret
        self._roster = Roster(options.count)
        self._scaling = Scaling(
            self._roster, options.count, options.count_max, options.scale_up_delay_s, options.scale_down_idle_s
        )
        self._members: dict[str, Member] = {}
        self._steward_failure = ""
        self._past = WorkerStats()
        self._infos: tuple[GeneratorInfo, ...] = ()
        self._tickets = itertools.count()
        self._available = Availability()
        self._news = asyncio.Event()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._emptying: dict[str, asyncio.Task[int]] = {}
        self._draining = False
        self._closed = False

    async def start(self) -> None:
        """Start the workers; return once one is ready or has failed. What fails is tried again for ever."""
        self._steward.start()
        self._spawn(self._supervise())
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._options.start_timeout_s):
                while not (self._available or self._roster.failure_count or self._steward_failure):
                    await self._change()

    def generators(self) -> tuple[GeneratorInfo, ...]:
        """The entries of all generators of the newest ready worker; while none is ready, of the last one that was."""
        return self._infos

    async def open(
        self, request: AssetRequest, credit: int, terms: Terms, resume_point: ResumePoint | None = None
    ) -> WorkerStream:
        """Begin or continue a session on the worker with the fewest sessions; errors as in `WorkerPool`."""
        if self._draining:
            raise UnavailableError("the server is shutting down")
        members = self._able(terms.generator)
        if not members:
            raise UnavailableError("no worker has that generator" if self._ready() else "no worker is running")
        refusal: MorphogenError | None = None
        for member in members:
            stream = member.opened(Open(next(self._tickets), request, credit, terms, resume_point))
            try:
                await stream.opened()
            except OverloadedError as error:
                stream.close()
                refusal = error
            except BaseException:  # also cancellation: nobody else can close it yet
                stream.close()
                raise
            else:
                return stream
        assert refusal is not None
        raise refusal

    async def drain(self) -> None:
        """Refuse new sessions and wait until the running ones have ended."""
        self._draining = True
        while any(member.session_count for member in self._members.values()):
            await self._change()

    async def close(self) -> None:
        """Stop everything."""
        self._draining = self._closed = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for member in list(self._members.values()):
            member.give_up(UnavailableError("the server is shutting down"))
            await member.link.close()
        await self._steward.close()
        self._available.set(False)

    async def wait_available(self, available: bool) -> None:
        """Wait until some worker is ready, or none is."""
        await self._available.wait(available)

    def stats(self) -> WorkerStats:
        """Of all workers, those that are gone included."""
        return total([self._past, *(member.link.stats for member in self._members.values())])

    def worker_count(self) -> int:
        """Workers that are ready."""
        return len(self._roster.names(Stage.READY))

    def undelivered_part_count(self) -> int:
        """Parts that have come and wait here for their readers."""
        return sum(member.undelivered_part_count for member in self._members.values())

    def workers(self) -> Sequence[WorkerEntry]:
        """All workers, and in the place of those that wait for another attempt one that says why."""
        entries = []
        for name, entry in self._roster.entries.items():
            member = self._members.get(name)
            steps = 0 if member is None else member.link.stats.step_count
            sessions, address = (0, "") if member is None else (member.session_count, member.address)
            entries.append(WorkerEntry(name, STATES[entry.stage], address, sessions, steps, ""))
        if self._roster.retry_in_s(time.monotonic()) is not None:
            entries.append(WorkerEntry("", WorkerState.WAITING, "", 0, 0, self._roster.last_failure))
        elif self._steward_failure:
            entries.append(WorkerEntry("", WorkerState.WAITING, "", 0, 0, self._steward_failure))
        return entries

    async def drain_worker(self, name: str) -> int:
        """Move the sessions of a worker to others and stop it; how many moved. The only one waits for another one.

        Once sessions have begun to move the rest follows, also if the caller is cancelled; before, nothing has changed.
        Raises KeyError for an unknown name, UnavailableError if there is no other worker and none becomes ready.
        """
        stage = self._roster.entries[name].stage
        if stage is Stage.READY and self._roster.names(Stage.READY) == [name]:
            with self._scaling.one_more():
                await self._newcomer({name})
                self._leave(name)
        return await self._left(name)

    async def replace_workers(self, names: Sequence[str]) -> AsyncGenerator[Replacement, None]:
        """Replace workers (none named: all) one by one: first the new one, then away with the old one.

        Raises UnavailableError if a new one does not become ready; what has not been replaced by then stays. So it does
        if the caller is cancelled; a worker whose sessions have begun to move is emptied all the same.
        """
        for name in names or self._roster.names(Stage.READY, Stage.STARTING):
            if name not in self._roster.entries:
                continue  # it has ended by itself meanwhile, and another one has taken its place
            with self._scaling.one_more():
                replacement = await self._newcomer(set(self._roster.entries))
                self._leave(name)
            yield Replacement(name, replacement, await self._left(name))

    def _leave(self, name: str) -> None:
        """Begin to empty a worker, unless it has ended or is being emptied; not bound to whoever asked for it."""
        if name in self._roster.entries and name not in self._emptying:
            self._roster.draining(name)
            self._workers_changed()
            self._emptying[name] = self._spawn(self._empty(name))

    async def _left(self, name: str) -> int:
        """Empty a worker; how many sessions have moved."""
        self._leave(name)
        emptying = self._emptying.get(name)
        if emptying is None:
            return 0
        await asyncio.wait((emptying,))  # does not cancel it with its own task
        if emptying.cancelled():
            raise UnavailableError("the server is shutting down")
        return emptying.result()

    async def _newcomer(self, known: set[str]) -> str:
        """The name of a ready worker that is not among the `known` ones."""
        starting: set[str] = set()
        try:
            async with asyncio.timeout(self._options.start_timeout_s):
                while not (fresh := set(self._roster.names(Stage.READY)) - known):
                    if starting - set(self._roster.entries):
                        break
                    starting |= set(self._roster.entries) - known
                    await self._change()
        except TimeoutError:
            fresh = set()
        if not fresh:
            raise UnavailableError(f"the new worker did not start: {self._roster.last_failure or 'it took too long'}")
        return min(fresh)

    async def _empty(self, name: str) -> int:
        """Move everything away from a draining worker, and stop it."""
        member = self._members.get(name)
        moved_count = 0
        if member is not None:
            if not any(member.identities() <= other.identities() for other in self._ready()):
                await self._wait_for_end(member)
            moved_count = member.session_count
        self._end(name, "drained")
        return moved_count

    async def _wait_for_end(self, member: Member) -> None:
        """Nobody else has this worker's generators: let its sessions end, within the drain timeout."""
        try:
            async with asyncio.timeout(self._options.drain_timeout_s):
                while member.session_count:
                    await self._change()
        except TimeoutError:
            _log.warning("drain timeout; sessions are lost", worker=member.name, session_count=member.session_count)

    def _able(self, generator: str) -> list[Member]:
        """Ready workers that have that generator (empty: any), least loaded first."""
        members = [member for member in self._ready() if not generator or generator in member.identities()]
        return sorted(members, key=lambda member: member.session_count)

    def _ready(self) -> list[Member]:
        """Ready workers in the order in which they became so."""
        names = self._roster.names(Stage.READY)
        return [member for name, member in self._members.items() if name in names]

    def _workers_changed(self) -> None:
        """Ready workers have come or gone."""
        ready = self._ready()
        if ready:
            self._infos = ready[-1].link.infos
        self._available.set(bool(ready))
        self._tell()

    def _take(self, event: Mapping[str, Any]) -> None:
        """An event of the steward."""
        if self._closed:
            return
        name, cause = str(event.get("name", "")), str(event.get("cause", ""))
        match event.get("event"):
            case "ready":
                self._steward_failure = ""
                self._tell()
            case "started" if name in self._roster.entries:
                self._spawn(self._attach(name, str(event.get("address", ""))))
            case "failed" | "ended":
                self._end(name, cause)
            case "lost":
                # Workers may live on without it for a while; a link tells by itself when its worker is gone.
                self._steward_failure = "the process that manages workers ended"
                for starting in self._roster.names(Stage.STARTING):
                    self._end(starting, self._steward_failure)
                self._tell()

    async def _attach(self, name: str, address: str) -> None:
        member = Member(name, address, lambda _: self._tell())
        try:
            await member.attach(self._secret)
        except UnavailableError as error:
            self._end(name, str(error))
            return
        entry = self._roster.entries.get(name)
        if entry is None or entry.stage is not Stage.STARTING:
            await member.link.close()
            return
        self._warn_of_difference(member)
        self._members[name] = member
        self._roster.ready(name, time.monotonic())
        _log.info("worker ready", worker=name, address=address, process_id=member.link.process_id)
        self._workers_changed()
        cause = await member.link.lost()
        self._end(name, cause)

    def _warn_of_difference(self, member: Member) -> None:
        """Say that new sessions go to the newest worker and its like only, which may not be meant so."""
        others = [other.name for other in self._ready() if other.identities() != member.identities()]
        if others:
            generators = sorted(member.identities())
            _log.warning("workers differ in their generators", worker=member.name, generators=generators, others=others)

    def _end(self, name: str, cause: str) -> None:
        """A worker is gone, or has to go: its sessions move, its process ends."""
        if name not in self._roster.entries:
            return
        expected = self._roster.entries[name].stage is Stage.DRAINING
        self._roster.ended(name, cause, time.monotonic())
        member = self._members.pop(name, None)
        self._emptying.pop(name, None)
        if member is not None:
            self._past = total([self._past, member.link.stats.counted()])
            member.give_up(WorkerLostError(cause, suspected=not expected))
            self._spawn(member.link.close())
        self._steward.end(name)
        log = _log.info if expected else _log.error
        log("worker ended", worker=name, cause=cause, left_count=self.worker_count())
        self._workers_changed()

    async def _supervise(self) -> None:
        while True:
            now_s = time.monotonic()
            self._roster.settled(now_s)
            if self._steward.ready:
                for _ in range(self._roster.missing_count(now_s)):
                    self._launch()
            leaving = self._scaling.update([member.load() for member in self._ready()], now_s)
            if leaving is not None:
                self._leave(leaving)
            await asyncio.sleep(TICK_S)

    def _launch(self) -> None:
        name = self._roster.added()
        self._steward.launch(name)
        self._spawn(self._give_up_starting(name))
        self._tell()

    async def _give_up_starting(self, name: str) -> None:
        await asyncio.sleep(self._options.start_timeout_s)
        if name in self._roster.names(Stage.STARTING):
            self._end(name, f"not ready within {self._options.start_timeout_s:g} s")

    def _spawn(self, work: Coroutine[Any, Any, Result]) -> asyncio.Task[Result]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def _tell(self) -> None:
        """Wake everyone who waits for a change."""
        self._news.set()
        self._news = asyncio.Event()

    async def _change(self) -> None:
        await self._news.wait()
