"""The asset store: memory, then disk, then a shared place."""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import structlog

from engine.store.disk import DiskPlace
from engine.store.guarded import GuardedPlace, Patience
from engine.store.memory import MemoryPlace
from engine.store.place import PlaceCounters
from engine.store.record import StoredAsset, check_asset_id
from engine.store.shared import SharedPlace

CLOSE_TIMEOUT_S = 10.0
"""Writes that are still under way after this time are given up at the end."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class StoreCounters:
    """What happened since the start.

    miss_count  assets that were asked for and found in no place
    places      "memory", and "disk" and "shared" where there is one
    disk_bytes  known after the first access
    """

    miss_count: int
    places: Mapping[str, PlaceCounters]
    memory_bytes: int
    disk_bytes: int


class AssetStore:
    """Finished assets by content address. A hit in a slower place fills the faster ones. Belongs to one event loop.

    memory_bytes  payloads kept in memory; 0: none
    disk_folder   where records are kept, None: nowhere; `disk_bytes` bounds the size of its files
    shared_url    a place for several hosts in fsspec's notation, None: none

    Raises SettingsError for a `shared_url` whose kind of place is not known. After that, no fault of a place raises:
    it is a miss, or an asset that is not kept there.
    """

    def __init__(
        self,
        memory_bytes: int,
        disk_folder: Path | None,
        disk_bytes: int,
        shared_url: str | None,
        patience: Patience = Patience(),  # noqa: B008  # frozen
    ) -> None:
        self._memory = MemoryPlace(memory_bytes)
        self._disk = DiskPlace(disk_folder, disk_bytes) if disk_folder is not None else None
        self._slow_places: list[GuardedPlace] = []
        if self._disk is not None:
            self._slow_places.append(GuardedPlace("disk", self._disk, patience))
        if shared_url is not None:
            self._slow_places.append(GuardedPlace("shared", SharedPlace(shared_url), patience))
        self._searches: dict[str, asyncio.Task[tuple[str, StoredAsset] | None]] = {}
        self._writes: set[asyncio.Task[None]] = set()
        self._hit_counts: Counter[str] = Counter()
        self._memory_write_counts: Counter[bool] = Counter()
        self._miss_count = 0
        self._is_closed = False

    @property
    def counters(self) -> StoreCounters:
        """Counts and sizes at this moment."""
        kept = self._memory_write_counts
        places = {"memory": PlaceCounters(write_count=kept[True], skipped_write_count=kept[False])}
        places |= {place.name: place.counters for place in self._slow_places}
        places = {name: replace(counters, hit_count=self._hit_counts[name]) for name, counters in places.items()}
        disk_bytes = self._disk.held_bytes if self._disk is not None else 0
        return StoreCounters(self._miss_count, places, self._memory.held_bytes, disk_bytes)

    async def get(self, asset_id: str) -> StoredAsset | None:
        """The asset, None if no place has it. Raises InvalidRequestError for an `asset_id` that is none."""
        check_asset_id(asset_id)
        asset = self._memory.read(asset_id)
        if asset is not None:
            self._hit_counts["memory"] += 1
            return asset
        found = await self._search_once(asset_id)
        if found is None:
            self._miss_count += 1
            return None
        name, asset = found
        self._hit_counts[name] += 1
        return asset

    async def put(self, asset: StoredAsset) -> None:
        """Keep the asset: in memory at once, in slower places soon. Never raises for a fault of a place."""
        if self._is_closed:
            return
        self._keep_in_memory(asset)
        self._keep_in(self._slow_places, asset)

    async def flush(self) -> None:
        """Wait until every asset put so far is kept in the slower places, or given up."""
        if self._writes:
            await asyncio.wait(set(self._writes))

    async def close(self) -> None:
        """Wait for writes under way, CLOSE_TIMEOUT_S at most; then nothing is found or kept any more."""
        self._is_closed = True
        tasks = self._writes | set(self._searches.values())
        if tasks:
            _, unfinished = await asyncio.wait(tasks, timeout=CLOSE_TIMEOUT_S)
            if unfinished:
                _log.warning("closing the asset store with calls under way", call_count=len(unfinished))
            for task in unfinished:
                task.cancel()
            await asyncio.gather(*unfinished, return_exceptions=True)
        self._memory.clear()

    async def _search_once(self, asset_id: str) -> tuple[str, StoredAsset] | None:
        """What `_search` finds; all who ask for the same asset at the same time share one search."""
        if self._is_closed or not self._slow_places:
            return None
        task = self._searches.get(asset_id)
        if task is None:
            task = self._searches[asset_id] = asyncio.create_task(self._search(asset_id))
            task.add_done_callback(lambda _: self._searches.pop(asset_id))
        await asyncio.wait({task})  # whoever stops waiting does not stop the search
        return None if task.cancelled() else task.result()

    async def _search(self, asset_id: str) -> tuple[str, StoredAsset] | None:
        """The first slow place that has the asset, and the asset; faster places are filled with it."""
        for index, place in enumerate(self._slow_places):
            asset = await place.read(asset_id)
            if asset is not None:
                self._keep_in_memory(asset)
                self._keep_in(self._slow_places[:index], asset)
                return place.name, asset
        return None

    def _keep_in_memory(self, asset: StoredAsset) -> None:
        self._memory_write_counts[self._memory.write(asset)] += 1

    def _keep_in(self, places: Sequence[GuardedPlace], asset: StoredAsset) -> None:
        if self._is_closed:
            return
        for place in places:
            task = asyncio.create_task(place.write(asset))
            self._writes.add(task)
            task.add_done_callback(self._writes.discard)
