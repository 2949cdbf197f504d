"""Hints: newest first, one at a time, and the first thing to go."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from engine.assets import AssetRequest
from engine.errors import GenerationError, UnavailableError
from engine.requests.texture import MASK_MAX_BYTES, TextureRequest
from engine.runtime.messages import Priority, Terms
from engine.sessions.flights import Flight
from engine.sessions.prefetch import MASKS_MAX_BYTES, Prefetcher


class Airfield:
    """Flies ahead over streams that the test plays; notes for whom."""

    def __init__(self, stream_of: Callable[..., Any]) -> None:
        self._stream_of = stream_of
        self.flown: list[tuple[str, str]] = []
        self.flights: list[Flight] = []
        self.streams: list[Any] = []
        self.known: set[str] = set()
        self.error: Exception | None = None

    async def fly(self, asset_id: str, request: AssetRequest, tenant: str) -> Flight | None:
        self.flown.append((asset_id, tenant))
        if self.error is not None:
            raise self.error
        if asset_id in self.known:
            return None
        stream = self._stream_of(request, 4, Terms(tenant=tenant, priority=Priority.BACKGROUND))

        async def work(flight: Flight) -> None:
            try:
                await flight.pump(stream, 0.0)
            finally:
                stream.close()

        flight = Flight(asset_id, work, lambda _: None, held=True)
        flight.start()
        self.flights.append(flight)
        self.streams.append(stream)
        return flight


@pytest.fixture
def airfield(stream_of: Callable[..., Any]) -> Airfield:
    return Airfield(stream_of)


def hint(prefetcher: Prefetcher, *names: str) -> None:
    for name in names:
        prefetcher.hint(name, TextureRequest(name), "tenant of " + name)


async def settled() -> None:
    for _ in range(8):
        await asyncio.sleep(0)


async def test_hints_are_followed_newest_first_and_one_at_a_time(airfield: Airfield) -> None:
    prefetcher = Prefetcher(airfield.fly, 10)
    hint(prefetcher, "a", "b", "c")
    for count, name in enumerate("cba", start=1):
        await settled()
        assert airfield.flown[-1] == (name, f"tenant of {name}")
        assert len(airfield.flown) == count
        airfield.streams[-1].finish()
    await settled()
    counters = prefetcher.counters
    assert (counters.hint_count, counters.made_count, counters.dropped_count) == (3, 3, 0)
    await prefetcher.close()


async def test_repeated_hint_becomes_the_newest_and_is_followed_once(airfield: Airfield) -> None:
    prefetcher = Prefetcher(airfield.fly, 10)
    hint(prefetcher, "a", "b", "a")
    assert prefetcher.waiting_count == 2
    for _ in range(2):
        await settled()
        airfield.streams[-1].finish()
    await settled()
    assert [asset_id for asset_id, _ in airfield.flown] == ["a", "b"]
    await prefetcher.close()


async def test_oldest_hints_are_dropped_beyond_the_limit(airfield: Airfield) -> None:
    prefetcher = Prefetcher(airfield.fly, 2)
    hint(prefetcher, "a", "b", "c", "d")
    assert prefetcher.waiting_count == 2
    assert prefetcher.counters.dropped_count == 2
    await settled()
    assert airfield.flown[0][0] == "d"
    await prefetcher.close()


async def test_oldest_hints_are_dropped_beyond_the_masks_that_fit(airfield: Airfield) -> None:
    prefetcher = Prefetcher(airfield.fly, 100)
    mask_count = MASKS_MAX_BYTES // MASK_MAX_BYTES
    mask = bytes(MASK_MAX_BYTES)
    for _ in range(2):  # the second time they are the same ones
        for number in range(mask_count):
            prefetcher.hint(str(number), TextureRequest("stone", number, mask_png=mask), "somebody")
    assert (prefetcher.waiting_count, prefetcher.counters.dropped_count) == (mask_count, 0)
    prefetcher.hint("one more", TextureRequest("stone", mask_png=b"x"), "somebody")
    assert (prefetcher.waiting_count, prefetcher.counters.dropped_count) == (mask_count, 1)
    hint(prefetcher, "a", "b")
    assert prefetcher.waiting_count == mask_count + 2
    prefetcher.give_way()
    for number in range(mask_count):
        prefetcher.hint(str(number), TextureRequest("stone", number, mask_png=mask), "somebody")
    assert prefetcher.waiting_count == mask_count
    await prefetcher.close()


async def test_followed_hint_makes_room_for_another_mask(airfield: Airfield) -> None:
    prefetcher = Prefetcher(airfield.fly, 100)
    mask_count = MASKS_MAX_BYTES // MASK_MAX_BYTES
    for number in range(mask_count):
        prefetcher.hint(str(number), TextureRequest("stone", mask_png=bytes(MASK_MAX_BYTES)), "somebody")
    await settled()
    assert prefetcher.waiting_count == mask_count - 1
    prefetcher.hint("one more", TextureRequest("stone", mask_png=bytes(MASK_MAX_BYTES)), "somebody")
    assert (prefetcher.waiting_count, prefetcher.counters.dropped_count) == (mask_count, 0)
    await prefetcher.close()


async def test_limit_of_zero_ignores_hints(airfield: Airfield) -> None:
    prefetcher = Prefetcher(airfield.fly, 0)
    hint(prefetcher, "a")
    await settled()
    assert airfield.flown == []
    assert prefetcher.counters.hint_count == 0
    await prefetcher.close()


async def test_giving_way_drops_the_hints_and_what_is_being_made(airfield: Airfield) -> None:
    prefetcher = Prefetcher(airfield.fly, 10)
    hint(prefetcher, "a", "b", "c")
    await settled()
    prefetcher.give_way()
    await settled()
    assert prefetcher.waiting_count == 0
    assert airfield.streams[0].closed
    assert len(airfield.flown) == 1
    assert prefetcher.counters.dropped_count == 3
    hint(prefetcher, "d")
    await settled()
    assert airfield.flown[-1][0] == "d"
    await prefetcher.close()


async def test_giving_way_leaves_alone_what_somebody_reads(airfield: Airfield) -> None:
    prefetcher = Prefetcher(airfield.fly, 10)
    hint(prefetcher, "a")
    await settled()
    reader = airfield.flights[0].join()
    prefetcher.give_way()
    await settled()
    assert not airfield.streams[0].closed
    airfield.streams[0].finish()
    assert len([sealed async for sealed in await reader.opened()]) == 6
    await prefetcher.close()


async def test_known_assets_are_passed_over(airfield: Airfield) -> None:
    airfield.known = {"b"}
    prefetcher = Prefetcher(airfield.fly, 10)
    hint(prefetcher, "a", "b")
    await settled()
    assert [asset_id for asset_id, _ in airfield.flown] == ["b", "a"]
    await prefetcher.close()


async def test_failed_hint_is_dropped_and_the_next_one_waits_a_little(airfield: Airfield) -> None:
    prefetcher = Prefetcher(airfield.fly, 10)
    hint(prefetcher, "a", "b")
    await settled()
    airfield.streams[0].fail(GenerationError("failed"))
    await settled()
    assert len(airfield.flown) == 1
    assert prefetcher.counters.dropped_count == 1
    await asyncio.sleep(1.1)
    assert [asset_id for asset_id, _ in airfield.flown] == ["b", "a"]
    await prefetcher.close()


async def test_hint_that_nobody_can_follow_now_does_not_end_the_work(airfield: Airfield) -> None:
    airfield.error = UnavailableError("no worker is running")
    prefetcher = Prefetcher(airfield.fly, 10)
    hint(prefetcher, "a", "b")
    await settled()
    airfield.error = None
    await asyncio.sleep(1.1)
    assert [asset_id for asset_id, _ in airfield.flown] == ["b", "a"]
    assert prefetcher.counters.dropped_count == 1
    await prefetcher.close()


async def test_closing_drops_everything_and_takes_no_more(airfield: Airfield) -> None:
    prefetcher = Prefetcher(airfield.fly, 10)
    hint(prefetcher, "a", "b")
    await settled()
    await prefetcher.close()
    hint(prefetcher, "c")
    await settled()
    assert len(airfield.flown) == 1
    assert airfield.streams[0].closed
    assert asyncio.all_tasks() == {asyncio.current_task()}
