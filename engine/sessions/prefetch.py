"""What clients said they will want next: made while the workers have nothing else to do, forgotten when they have."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog

from engine.assets import AssetRequest
from engine.errors import MorphogenError
from engine.requests.texture import TextureRequest
from engine.sessions.flights import Flight

RETRY_S = 1.0
"""After a hint that could not be followed, because no worker runs for example."""

MASKS_MAX_BYTES = 64 * 1024 * 1024
"""The masks in all hints that wait."""

_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class PrefetchCounters:
    """Hints since the start: how many came, were made, and were dropped for newer ones or for want of room."""

    hint_count: int = 0
    made_count: int = 0
    dropped_count: int = 0


class Prefetcher:
    """Follows hints one after the other, newest first: what a player will want next is what it said last.

    fly    begins the generation that a hint asks for; None if there is nothing to do
    limit  hints that wait; beyond that, or beyond MASKS_MAX_BYTES, the oldest is dropped
    """

    def __init__(self, fly: Callable[[str, AssetRequest, str], Awaitable[Flight | None]], limit: int) -> None:
        self.counters = PrefetchCounters()
        self._fly = fly
        self._limit = limit
        self._hints: OrderedDict[str, tuple[AssetRequest, str]] = OrderedDict()
        self._mask_bytes = 0
        self._flight: Flight | None = None
        self._task: asyncio.Task[None] | None = None
        self._closed = False

    @property
    def waiting_count(self) -> int:
        """Hints that nobody has followed yet."""
        return len(self._hints)

    def hint(self, asset_id: str, request: AssetRequest, tenant: str) -> None:
        """Take a hint; a repeated one becomes the newest."""
        if self._closed or self._limit == 0:
            return
        self.counters.hint_count += 1
        if asset_id not in self._hints:
            self._mask_bytes += _mask_bytes(request)  # equal ids, equal masks
        self._hints[asset_id] = (request, tenant)
        self._hints.move_to_end(asset_id)
        while len(self._hints) > self._limit or self._mask_bytes > MASKS_MAX_BYTES:
            self._taken(newest=False)
            self.counters.dropped_count += 1
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._work())

    def give_way(self) -> None:
        """Somebody waits for a slot: drop every hint, also the one that is being made if nobody reads it."""
        self.counters.dropped_count += len(self._hints)
        self._hints.clear()
        self._mask_bytes = 0
        if self._flight is not None and self._flight.reader_count == 0:
            self._flight.cancel()

    async def close(self) -> None:
        """Drop everything and take no more."""
        self._closed = True
        self.give_way()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _work(self) -> None:
        while self._hints:
            asset_id, request, tenant = self._taken(newest=True)
            failure = await self._follow(asset_id, request, tenant)
            if failure is not None:
                _log.info("prefetch failed", asset_id=asset_id, cause=str(failure))
                await asyncio.sleep(RETRY_S)

    def _taken(self, *, newest: bool) -> tuple[str, AssetRequest, str]:
        asset_id, (request, tenant) = self._hints.popitem(last=newest)
        self._mask_bytes -= _mask_bytes(request)
        return asset_id, request, tenant

    async def _follow(self, asset_id: str, request: AssetRequest, tenant: str) -> MorphogenError | None:
        """Have it made; why it could not be."""
        try:
            flight = self._flight = await self._fly(asset_id, request, tenant)
        except MorphogenError as error:
            self.counters.dropped_count += 1
            return error
        if flight is None:
            return None
        await flight.done()
        self._flight = None
        made = flight.summary is not None
        self.counters.made_count += made
        self.counters.dropped_count += not made
        return flight.error


def _mask_bytes(request: AssetRequest) -> int:
    return len(request.mask_png) if isinstance(request, TextureRequest) else 0
