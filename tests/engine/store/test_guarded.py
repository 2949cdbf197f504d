"""Faults of a place become counts, one line in the log, and at most a short wait."""

import asyncio
import errno
import threading
import time
from collections.abc import Callable
from dataclasses import replace

from structlog.testing import capture_logs

from engine.store.guarded import GuardedPlace, Patience
from engine.store.place import PlaceCounters
from engine.store.record import CorruptEntryError, StoredAsset

MakeAsset = Callable[..., StoredAsset]

HASTE = Patience(read_timeout_s=0.3, write_timeout_s=5.0, slow_s=0.05, pause_s=0.5)


class RecordingPlace:
    """Keeps assets in a dict, raises `error` while there is one, and waits for `open_gate`."""

    def __init__(self) -> None:
        self.assets: dict[str, StoredAsset] = {}
        self.calls: list[str] = []
        self.error: Exception | None = None
        self.open_gate = threading.Event()
        self.open_gate.set()

    def read(self, asset_id: str) -> StoredAsset | None:
        self._enter("read")
        return self.assets.get(asset_id)

    def write(self, asset: StoredAsset) -> bool:
        self._enter("write")
        self.assets[asset.asset_id] = asset
        return True

    def _enter(self, operation: str) -> None:
        self.calls.append(operation)
        self.open_gate.wait(10)
        if self.error is not None:
            raise self.error


async def test_working_place_keeps_and_finds(make_asset: MakeAsset) -> None:
    guarded = GuardedPlace("disk", RecordingPlace(), Patience())
    with capture_logs() as lines:
        await guarded.write(make_asset(1))
        assert await guarded.read(make_asset(1).asset_id) == make_asset(1)
        assert await guarded.read(make_asset(2).asset_id) is None
    assert guarded.counters == PlaceCounters(write_count=1)
    assert lines == []


async def test_failures_are_logged_once_per_cause_until_it_works_again(make_asset: MakeAsset) -> None:
    place = RecordingPlace()
    guarded = GuardedPlace("disk", place, Patience())
    with capture_logs() as lines:
        for error in (OSError(errno.ENOSPC, "No space left on device"), OSError(errno.EIO, "Input/output error")):
            for number in range(3):
                place.error = OSError(error.errno, error.strerror, f"/store/{number}")
                await guarded.write(make_asset(number))
        place.error = None
        await guarded.write(make_asset(1))
        await guarded.write(make_asset(2))
        place.error = OSError(errno.ENOSPC, "No space left on device")
        await guarded.write(make_asset(3))
    assert [line.get("cause", line["event"]) for line in lines] == [
        "No space left on device",
        "Input/output error",
        "the asset store works again",
        "No space left on device",
    ]
    assert guarded.counters == PlaceCounters(write_count=2, write_failure_count=7)


async def test_readable_place_that_cannot_be_written_is_not_called_healthy(make_asset: MakeAsset) -> None:
    place = RecordingPlace()
    guarded = GuardedPlace("disk", place, Patience())
    with capture_logs() as lines:
        for _ in range(3):
            place.error = OSError(errno.EROFS, "Read-only file system")
            await guarded.write(make_asset(1))
            place.error = None
            await guarded.read(make_asset(1).asset_id)
    assert [line["event"] for line in lines] == ["the asset store fails"]


async def test_any_exception_of_a_place_is_a_miss(make_asset: MakeAsset) -> None:
    place = RecordingPlace()
    place.error = RuntimeError("no route to bucket")
    guarded = GuardedPlace("shared", place, Patience())
    with capture_logs() as lines:
        assert await guarded.read(make_asset(1).asset_id) is None
        await guarded.write(make_asset(1))
    assert [(line["operation"], line["error"]) for line in lines] == [
        ("read", "no route to bucket"),
        ("write", "no route to bucket"),
    ]
    assert guarded.counters == PlaceCounters(read_failure_count=1, write_failure_count=1)


async def test_corrupt_entries_are_counted_and_named(make_asset: MakeAsset) -> None:
    place = RecordingPlace()
    place.error = CorruptEntryError("the head is damaged")
    guarded = GuardedPlace("disk", place, Patience())
    with capture_logs() as lines:
        assert await guarded.read(make_asset(1).asset_id) is None
    assert [(line["asset_id"], line["cause"]) for line in lines] == [(make_asset(1).asset_id, "the head is damaged")]
    assert guarded.counters == PlaceCounters(corrupt_entry_count=1)


async def test_hanging_place_is_waited_for_once_and_then_passed_over(make_asset: MakeAsset) -> None:
    place = RecordingPlace()
    place.open_gate.clear()
    guarded = GuardedPlace("shared", place, replace(HASTE, pause_s=60.0))
    with capture_logs() as lines:
        assert await guarded.read(make_asset(1).asset_id) is None
        start_s = time.monotonic()
        for _ in range(50):
            assert await guarded.read(make_asset(1).asset_id) is None
            await guarded.write(make_asset(1))
        assert time.monotonic() - start_s < 50 * HASTE.read_timeout_s
    assert place.calls == ["read"]
    assert guarded.counters == PlaceCounters(read_failure_count=1, skipped_write_count=50)
    assert [line["cause"] for line in lines] == ["TimeoutError"]
    place.open_gate.set()


async def test_one_call_finds_out_whether_a_place_is_back(make_asset: MakeAsset) -> None:
    place = RecordingPlace()
    place.open_gate.clear()
    guarded = GuardedPlace("shared", place, HASTE)
    await guarded.read(make_asset(1).asset_id)
    await asyncio.sleep(HASTE.pause_s)
    await asyncio.gather(*(guarded.read(make_asset(1).asset_id) for _ in range(20)))
    assert place.calls == ["read", "read"]
    place.open_gate.set()
    await asyncio.sleep(HASTE.pause_s + 0.05)
    await guarded.write(make_asset(1))
    assert await guarded.read(make_asset(1).asset_id) == make_asset(1)


async def test_quick_failures_do_not_stop_reading(make_asset: MakeAsset) -> None:
    place = RecordingPlace()
    guarded = GuardedPlace("disk", place, Patience())
    await guarded.write(make_asset(1))
    place.error = OSError(errno.ENOSPC, "No space left on device")
    await guarded.write(make_asset(2))
    place.error = None
    assert await guarded.read(make_asset(1).asset_id) == make_asset(1)


async def test_writes_do_not_pile_up_without_bound(make_asset: MakeAsset) -> None:
    place = RecordingPlace()
    place.open_gate.clear()
    guarded = GuardedPlace("disk", place, Patience())
    large = make_asset(0, 30 * 1024 * 1024)
    assets = [replace(large, asset_id=make_asset(number).asset_id) for number in range(10)]
    writes = [asyncio.create_task(guarded.write(asset)) for asset in assets]
    await asyncio.sleep(0.05)
    assert guarded.counters.skipped_write_count == 8
    place.open_gate.set()
    await asyncio.gather(*writes)
    await guarded.write(assets[9])
    assert set(place.assets) == {asset.asset_id for asset in (*assets[:2], assets[9])}
    assert guarded.counters == PlaceCounters(write_count=3, skipped_write_count=8)


async def test_asset_larger_than_the_queue_is_written_alone(make_asset: MakeAsset) -> None:
    place = RecordingPlace()
    guarded = GuardedPlace("disk", place, Patience())
    large = make_asset(0, 65 * 1024 * 1024)
    await guarded.write(large)
    assert place.assets == {large.asset_id: large}
