"""The store as its users see it: a hit fills what is faster, and no fault of a place reaches a request."""

import asyncio
import hashlib
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import fsspec  # type: ignore[import-untyped]
import pytest
from structlog.testing import capture_logs

from engine.errors import InvalidRequestError, SettingsError
from engine.store.place import PlaceCounters
from engine.store.record import MAGIC, PREFIX, StoredAsset, encode
from engine.store.store import AssetStore

MakeAsset = Callable[..., StoredAsset]

WRITE_ABOVE_THE_LIMIT = """
import asyncio, hashlib, resource, sys
from pathlib import Path
from engine.assets import DIGEST_START, Part, running_digest
from engine.store.record import StoredAsset
from engine.store.store import AssetStore

def asset(number, size_bytes):
    payload = bytes(size_bytes)
    sha256 = hashlib.sha256(payload).digest()
    asset_id = hashlib.sha256(str(number).encode()).hexdigest()
    parts = (Part(0, "albedo", 64, "image/png", payload, sha256),)
    return StoredAsset(asset_id, "texgen", parts, running_digest(DIGEST_START, sha256))

async def main():
    store = AssetStore(0, Path(sys.argv[1]), 1 << 30, None)
    resource.setrlimit(resource.RLIMIT_FSIZE, (65536, 65536))
    for number, size_bytes in ((1, 100_000), (2, 100_000), (3, 1000)):
        await store.put(asset(number, size_bytes))
        await store.flush()
    assert [await store.get(asset(number, 0).asset_id) is not None for number in (1, 2, 3)] == [False, False, True]
    print(store.counters.places["disk"].write_failure_count, store.counters.places["disk"].write_count)
    await store.close()

asyncio.run(main())
"""


@pytest.fixture
def shared_url(tmp_path: Path) -> str:
    return f"memory://{tmp_path}/assets"  # another path for every test: the place outlives it


def path_of(folder: Path, asset: StoredAsset) -> Path:
    return folder / asset.asset_id[:2] / f"{asset.asset_id[2:]}.asset"


def entries(folder: Path) -> list[Path]:
    return list(folder.rglob("*.asset"))


def foreign_prefix(data: bytes) -> tuple[bytes, int, int, bytes]:
    """The prefix of the same record had another version written it."""
    _, _, head_size_bytes, _ = PREFIX.unpack_from(data)
    start = PREFIX.pack(MAGIC, 2, head_size_bytes, bytes(32))[:-32]
    head = data[PREFIX.size : PREFIX.size + head_size_bytes]
    return MAGIC, 2, head_size_bytes, hashlib.sha256(start + head).digest()


async def test_asset_outlives_the_process_on_disk(tmp_path: Path, make_asset: MakeAsset) -> None:
    first = AssetStore(10_000, tmp_path, 10_000, None)
    await first.put(make_asset(1))
    await first.close()
    second = AssetStore(10_000, tmp_path, 10_000, None)
    assert await second.get(make_asset(1).asset_id) == make_asset(1)
    assert await second.get(make_asset(1).asset_id) == make_asset(1)
    assert await second.get(make_asset(2).asset_id) is None
    counters = second.counters
    assert (counters.miss_count, counters.memory_bytes) == (1, make_asset(1).size_bytes)
    assert {name: place.hit_count for name, place in counters.places.items()} == {"memory": 1, "disk": 1}
    assert counters.disk_bytes == path_of(tmp_path, make_asset(1)).stat().st_size
    await second.close()


async def test_hit_in_the_shared_place_fills_disk_and_memory(
    tmp_path: Path, shared_url: str, make_asset: MakeAsset
) -> None:
    one = AssetStore(0, None, 0, shared_url)
    await one.put(make_asset(1))
    await one.close()
    other = AssetStore(10_000, tmp_path, 10_000, shared_url)
    for _ in range(2):
        assert await other.get(make_asset(1).asset_id) == make_asset(1)
    await other.flush()
    hits = {name: place.hit_count for name, place in other.counters.places.items()}
    assert hits == {"memory": 1, "disk": 0, "shared": 1}
    assert path_of(tmp_path, make_asset(1)).read_bytes() == b"".join(encode(make_asset(1)))
    assert other.counters.places["shared"].write_count == 0
    await other.close()


async def test_store_without_places_keeps_nothing(make_asset: MakeAsset) -> None:
    store = AssetStore(0, None, 0, None)
    await store.put(make_asset(1))
    assert await store.get(make_asset(1).asset_id) is None
    assert store.counters.places == {"memory": PlaceCounters(skipped_write_count=1)}
    await store.close()


async def test_many_tasks_that_want_one_asset_read_it_once(tmp_path: Path, make_asset: MakeAsset) -> None:
    first = AssetStore(0, tmp_path, 1 << 20, None)
    await asyncio.gather(*(first.put(make_asset(1, 50_000)) for _ in range(20)))
    await first.close()
    second = AssetStore(0, tmp_path, 1 << 20, None)
    found = await asyncio.gather(*(second.get(make_asset(1).asset_id) for _ in range(100)))
    assert found == [make_asset(1, 50_000)] * 100
    assert len({id(asset) for asset in found}) == 1
    assert second.counters.places["disk"].hit_count == 100
    await second.close()


async def test_caller_who_leaves_does_not_spoil_it_for_the_others(tmp_path: Path, make_asset: MakeAsset) -> None:
    store = AssetStore(0, tmp_path, 10_000, None)
    await store.put(make_asset(1))
    await store.flush()
    tasks = [asyncio.create_task(store.get(make_asset(1).asset_id)) for _ in range(3)]
    await asyncio.sleep(0)
    tasks[0].cancel()
    found = await asyncio.gather(*tasks, return_exceptions=True)
    assert isinstance(found[0], asyncio.CancelledError)
    assert found[1:] == [make_asset(1)] * 2
    await store.close()


async def test_damage_anywhere_is_never_returned_and_is_repaired(tmp_path: Path, make_asset: MakeAsset) -> None:
    asset = make_asset(1)
    path, data = path_of(tmp_path, asset), b"".join(encode(asset))
    damaged = [data[:position] + bytes([data[position] ^ 1]) + data[position + 1 :] for position in range(len(data))]
    damaged += [data[:size_bytes] for size_bytes in range(len(data))]
    store = AssetStore(0, tmp_path, 10_000, None)
    await store.put(asset)
    await store.flush()
    with capture_logs():
        for content in damaged:
            path.write_bytes(content)
            assert await store.get(asset.asset_id) is None
            assert not path.exists()
    assert store.counters.places["disk"].corrupt_entry_count == len(damaged)
    await store.put(asset)
    await store.flush()
    assert await store.get(asset.asset_id) == asset
    await store.close()


async def test_damage_on_disk_is_repaired_from_the_shared_place(
    tmp_path: Path, shared_url: str, make_asset: MakeAsset
) -> None:
    store = AssetStore(0, tmp_path, 10_000, shared_url)
    await store.put(make_asset(1))
    await store.flush()
    path_of(tmp_path, make_asset(1)).write_bytes(b"")
    assert await store.get(make_asset(1).asset_id) == make_asset(1)
    await store.flush()
    assert path_of(tmp_path, make_asset(1)).read_bytes() == b"".join(encode(make_asset(1)))
    assert store.counters.places["disk"].corrupt_entry_count == 1
    await store.close()


@pytest.mark.parametrize("place", ["disk", "shared"])
async def test_entry_of_another_version_is_ignored_and_replaced(
    tmp_path: Path, shared_url: str, make_asset: MakeAsset, place: str
) -> None:
    asset = make_asset(1)
    data = bytearray(b"".join(encode(asset)))
    PREFIX.pack_into(data, 0, *foreign_prefix(bytes(data)))
    if place == "disk":
        store = AssetStore(0, tmp_path, 10_000, None)
        path_of(tmp_path, asset).parent.mkdir()
        path_of(tmp_path, asset).write_bytes(data)
    else:
        store = AssetStore(0, None, 0, shared_url)
        key = str(path_of(tmp_path / "assets", asset))
        fsspec.filesystem("memory").pipe_file(key, bytes(data))
    assert await store.get(asset.asset_id) is None
    assert store.counters.places[place] == PlaceCounters()
    await store.put(asset)
    await store.flush()
    assert await store.get(asset.asset_id) == asset
    await store.close()


async def test_two_stores_on_one_folder_see_each_other(tmp_path: Path, make_asset: MakeAsset) -> None:
    one, other = AssetStore(0, tmp_path, 10_000, None), AssetStore(0, tmp_path, 10_000, None)
    await one.put(make_asset(1))
    await one.flush()
    assert await other.get(make_asset(1).asset_id) == make_asset(1)
    path_of(tmp_path, make_asset(1)).unlink()
    with capture_logs() as lines:
        assert await one.get(make_asset(1).asset_id) is None
        assert await other.get(make_asset(1).asset_id) is None
    assert lines == []
    await one.close()
    await other.close()


async def test_folder_that_cannot_be_made_is_logged_once_and_counted(tmp_path: Path, make_asset: MakeAsset) -> None:
    (tmp_path / "file").write_bytes(b"")
    store = AssetStore(10_000, tmp_path / "file" / "store", 10_000, None)
    with capture_logs() as lines:
        for number in range(5):
            await store.put(make_asset(number))
            await store.flush()
            assert await store.get(make_asset(number).asset_id) == make_asset(number)
            assert await store.get(make_asset(number + 100).asset_id) is None
    assert [(line["operation"], line["cause"]) for line in lines] == [
        ("write", "Not a directory"),
        ("read", "Not a directory"),
    ]
    disk = store.counters.places["disk"]
    assert (disk.write_failure_count, disk.read_failure_count, disk.write_count) == (5, 5, 0)
    await store.close()


async def test_full_disk_costs_no_request_and_heals(small_disk: Path, make_asset: MakeAsset) -> None:
    store = AssetStore(0, small_disk, 1 << 30, None)
    ballast = small_disk / "ballast"
    with capture_logs() as lines:
        ballast.write_bytes(bytes(900_000))
        for number in range(3):
            await store.put(make_asset(number, 300_000))
            await store.flush()
            assert await store.get(make_asset(number).asset_id) is None
        ballast.unlink()
        await store.put(make_asset(1, 300_000))
        await store.flush()
    assert await store.get(make_asset(1).asset_id) == make_asset(1, 300_000)
    assert [line["event"] for line in lines] == ["the asset store fails", "the asset store works again"]
    assert (store.counters.places["disk"].write_failure_count, store.counters.places["disk"].write_count) == (3, 1)
    await store.close()


def test_limit_on_file_sizes_costs_no_request(tmp_path: Path) -> None:
    command = [sys.executable, "-c", WRITE_ABOVE_THE_LIMIT, str(tmp_path)]
    result = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    assert result.returncode == 0, result.stderr
    assert result.stdout.splitlines()[-1] == "2 1"
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 1


@pytest.mark.parametrize("text", ["", "brick", "A" * 64, "../../../../etc/passwd"])
async def test_asset_id_is_checked_before_it_becomes_a_file_name(tmp_path: Path, text: str) -> None:
    store = AssetStore(0, tmp_path, 10_000, None)
    with pytest.raises(InvalidRequestError, match="asset_id"):
        await store.get(text)
    await store.close()


def test_shared_place_of_an_unknown_kind_is_refused_at_the_start() -> None:
    with pytest.raises(SettingsError, match=r"store\.shared_url"):
        AssetStore(0, None, 0, "nonsense://bucket")


async def test_closed_store_has_written_everything_and_does_nothing_more(tmp_path: Path, make_asset: MakeAsset) -> None:
    store = AssetStore(10_000, tmp_path, 100_000, None)
    for number in range(20):
        await store.put(make_asset(number))
    await store.close()
    assert len(entries(tmp_path)) == 20
    await store.put(make_asset(99))
    await store.flush()
    assert await store.get(make_asset(1).asset_id) is None
    assert len(entries(tmp_path)) == 20
    await store.close()
