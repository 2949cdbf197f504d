"""Every generating call of a gateway: from the store, from a generation that runs already, or from a worker."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import partial

from engine.assets import AssetRequest, GeneratorInfo
from engine.errors import InvalidRequestError, OverloadedError, UnavailableError
from engine.runtime.messages import CREDIT_DEFAULT, Priority, ResumePoint, Tally, Terms
from engine.runtime.pool import PartStream, WorkerPool
from engine.sessions.admission import Admission
from engine.sessions.continued import Continuation, ContinuedStream
from engine.sessions.counters import SessionCounters
from engine.sessions.flights import Flight
from engine.sessions.prefetch import PrefetchCounters, Prefetcher
from engine.sessions.session import Call, Session
from engine.sessions.stored import StoredStream, stored_from
from engine.sessions.tokens import ResumeTokens
from engine.settings.sections import SessionSettings
from engine.store.store import AssetStore, StoreCounters


@dataclass(frozen=True, slots=True)
class Wishes:
    """How a client wants its stream.

    credit           parts the worker may be ahead of the reader
    explicit_credit  the client grants further credit itself; otherwise every part it takes does
    resume_tokens    whether every part shall bring a token
    resume_token     continue behind the part that brought this token; empty: from the start
    """

    terms: Terms = field(default_factory=Terms)
    credit: int = CREDIT_DEFAULT
    explicit_credit: bool = False
    resume_tokens: bool = False
    resume_token: bytes = b""


class Sessions:
    """All sessions of one gateway."""

    def __init__(self, pool: WorkerPool, store: AssetStore, tokens: ResumeTokens, settings: SessionSettings) -> None:
        self.counters = SessionCounters()
        self._tokens = tokens
        self._pool = pool
        self._store = store
        self._settings = settings
        self._prefetcher = Prefetcher(self._fly_ahead, settings.hint_limit)
        self._admission = Admission(settings, self._prefetcher.give_way)
        self._continuation = Continuation(settings.migration_timeout_s, self.counters.migrated)
        self._flights: dict[str, Flight] = {}
        self._writes: set[asyncio.Task[None]] = set()
        self._open_count = 0
        self._all_left = asyncio.Event()
        self._all_left.set()

    @property
    def prefetch_counters(self) -> PrefetchCounters:
        """What became of hints."""
        return self._prefetcher.counters

    @property
    def store_counters(self) -> StoreCounters:
        """What the store counts."""
        return self._store.counters

    @property
    def running_count(self) -> int:
        """Number of admitted sessions."""
        return self._admission.running_count

    @property
    def waiting_count(self) -> int:
        """Number of requests that wait for admission."""
        return self._admission.waiting_count

    @property
    def open_count(self) -> int:
        """Number of calls that are being answered, whether from a worker, a flight or the store."""
        return self._open_count

    def generators(self) -> tuple[GeneratorInfo, ...]:
        """The entries of all loaded generators."""
        return self._pool.generators()

    @asynccontextmanager
    async def open(self, request: AssetRequest, wishes: Wishes = Wishes()) -> AsyncIterator[Session]:
        """Run a session for `request` for as long as the context lasts; leaving it early stops the work.

        Raises OverloadedError if too many requests wait or the terms cannot be met, UnavailableError while draining or
        without workers, InvalidRequestError for a request that no generator can make or a token that does not fit.
        """
        arrived_at_s = time.perf_counter()
        self._admission.check()
        self._open_count += 1
        self._all_left.clear()
        try:
            async with self._session(request, wishes, arrived_at_s) as session:
                yield session
        finally:
            self._open_count -= 1
            if not self._open_count:
                self._all_left.set()

    def prefetch(self, request: AssetRequest, tenant: str) -> str:
        """Note that `request` will probably be made; its asset id. Raises InvalidRequestError."""
        asset_id = self._info(request).asset_id(request)
        if asset_id not in self._flights:
            self._prefetcher.hint(asset_id, request, tenant)
        return asset_id

    async def drain(self, timeout_s: float) -> bool:
        """Refuse new and waiting requests and let running sessions end; False if some still run after `timeout_s`.

        The pool comes last: as long as a session runs it may have to move.
        """
        self._admission.close()
        await self._prefetcher.close()
        try:
            async with asyncio.timeout(timeout_s):
                await self._all_left.wait()
                await self._pool.drain()
        except TimeoutError:
            return False
        return True

    async def close(self) -> None:
        """Stop what works for nobody, and let the store finish its writes."""
        await self._prefetcher.close()
        await asyncio.gather(*self._writes, return_exceptions=True)
        await self._store.close()

    @asynccontextmanager
    async def _session(self, request: AssetRequest, wishes: Wishes, arrived_at_s: float) -> AsyncIterator[Session]:
        info = self._info(request)
        canonical = request.canonical()
        asset_id = info.asset_id_of(canonical)
        wishes = replace(wishes, terms=replace(wishes.terms, generator=info.identity()))
        point = self._tokens.read(wishes.resume_token, asset_id) if wishes.resume_token else None
        call = Call(
            arrived_at_s,
            asset_id,
            canonical,
            first_sequence=0 if point is None else point.next_sequence,
            control_count=0 if point is None else point.control_count,
            tally=Tally() if point is None else point.tally,
            credit=wishes.credit if wishes.explicit_credit else None,
            token_of=partial(self._tokens.issue, asset_id) if wishes.resume_tokens else None,
        )
        stream = await self._shared(request, asset_id, wishes, point) if request.SHARED else None
        if stream is not None:
            try:
                yield Session(stream, call)
            finally:
                stream.close()
            return
        async with self._alone(request, wishes, point) as (own, queued_s):
            yield Session(own, call, queued_s)

    def _info(self, request: AssetRequest) -> GeneratorInfo:
        infos = self._pool.generators()
        info = next((info for info in infos if info.asset_kind == request.ASSET_KIND), None)
        if info is None:
            if not infos:
                raise UnavailableError("no worker is running")
            raise InvalidRequestError("request", request.ASSET_KIND, ", ".join(info.asset_kind for info in infos))
        return info

    @asynccontextmanager
    async def _alone(
        self,
        request: AssetRequest,
        wishes: Wishes,
        point: ResumePoint | None,
        dated: Callable[[], bool] = lambda: True,
    ) -> AsyncIterator[tuple[PartStream, float]]:
        """A generation of its own, and how long it waited for admission; `dated` as in ContinuedStream."""
        asked_at_s = time.perf_counter()
        stream = ContinuedStream(self._pool, request, wishes.credit, wishes.terms, self._continuation, dated)
        tenant = wishes.terms.tenant
        await self._admission.enter(tenant)
        admitted_at_s = time.perf_counter()
        try:
            try:
                yield await stream.open(point), admitted_at_s - asked_at_s
            finally:
                stream.close()
        finally:
            self._admission.leave(tenant, time.perf_counter() - admitted_at_s)

    async def _shared(
        self, request: AssetRequest, asset_id: str, wishes: Wishes, point: ResumePoint | None
    ) -> PartStream | None:
        """The stored asset, or a seat in its running generation; None if it has to be continued in its middle."""
        first_sequence = 0 if point is None else point.next_sequence
        while True:
            flight = self._flights.get(asset_id)
            own = flight is None or not flight.joinable
            if own:
                stored = await self._store.get(asset_id)
                if stored is not None:
                    return StoredStream(stored, self._info(request), first_sequence)
                if point is not None:
                    return None
                if asset_id in self._flights:
                    continue  # somebody has begun it meanwhile
                flight = self._fly(asset_id, request, wishes)
            assert flight is not None
            self.counters.joined(own=own)
            reader = flight.join(first_sequence, own=own)
            try:
                flight.promote(wishes.terms.priority)
                return await reader.opened()
            except OverloadedError:
                reader.close()
                if own:
                    raise  # others' terms may be easier to meet than those of whoever began
            except BaseException:
                reader.close()
                raise

    def _fly(self, asset_id: str, request: AssetRequest, wishes: Wishes) -> Flight:
        """Begin a generation that others may join."""

        async def work(flight: Flight) -> None:
            async with self._alone(request, wishes, None, lambda: flight.owned) as (stream, queued_s):
                await flight.pump(stream, queued_s)

        return self._started(Flight(asset_id, work, self._landed))

    async def _fly_ahead(self, asset_id: str, request: AssetRequest, tenant: str) -> Flight | None:
        """Begin a generation that nobody waits for; None if it is under way or has been made."""
        if asset_id in self._flights or await self._store.get(asset_id) is not None or asset_id in self._flights:
            return None
        terms = Terms(tenant=tenant, priority=Priority.BACKGROUND, generator=self._info(request).identity())

        async def work(flight: Flight) -> None:
            stream = ContinuedStream(self._pool, request, CREDIT_DEFAULT, terms, self._continuation)
            try:
                await flight.pump(await stream.open(None), 0.0)
            finally:
                stream.close()

        return self._started(Flight(asset_id, work, self._landed, held=True))

    def _started(self, flight: Flight) -> Flight:
        self._flights[flight.asset_id] = flight
        flight.start()
        return flight

    def _landed(self, flight: Flight) -> None:
        """Keep what has been made; until the store has it, the flight can still be joined."""
        if flight.summary is None:
            self._forget(flight)
            return
        writing = asyncio.create_task(self._keep(flight))
        self._writes.add(writing)
        writing.add_done_callback(self._writes.discard)

    async def _keep(self, flight: Flight) -> None:
        try:
            await self._store.put(stored_from(flight))
        finally:
            self._forget(flight)

    def _forget(self, flight: Flight) -> None:
        if self._flights.get(flight.asset_id) is flight:
            del self._flights[flight.asset_id]
