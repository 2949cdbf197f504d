"""The shared place on fsspec's own file systems: in memory, in a folder, and at a server that never answers."""

import asyncio
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import fsspec  # type: ignore[import-untyped]
import pytest

from engine.errors import SettingsError
from engine.store.guarded import GuardedPlace, Patience
from engine.store.record import CorruptEntryError, StoredAsset, encode
from engine.store.shared import SharedPlace

MakeAsset = Callable[..., StoredAsset]


@pytest.fixture(params=["memory", "file"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    yield f"{request.param}://{tmp_path}/shared/assets"
    fsspec.filesystem("memory").store.clear()


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port that accepts connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield int(server.getsockname()[1])


def entries(url: str) -> list[str]:
    file_system, root = fsspec.url_to_fs(url)
    return [str(path) for path in file_system.find(root)]


def test_one_host_writes_and_another_reads(url: str, make_asset: MakeAsset) -> None:
    assert SharedPlace(url).read(make_asset(1).asset_id) is None
    assert SharedPlace(url).write(make_asset(1))
    assert SharedPlace(url + "/").read(make_asset(1).asset_id) == make_asset(1)
    asset_id = make_asset(1).asset_id
    (key,) = entries(url)
    assert key.endswith(f"/shared/assets/{asset_id[:2]}/{asset_id[2:]}.asset")


def test_writing_again_replaces(url: str, make_asset: MakeAsset) -> None:
    place = SharedPlace(url)
    for sizes_bytes in ((10,), (20, 30)):
        place.write(make_asset(1, *sizes_bytes))
        assert place.read(make_asset(1).asset_id) == make_asset(1, *sizes_bytes)
    assert len(entries(url)) == 1


def test_damaged_object_is_removed_and_made_anew(url: str, make_asset: MakeAsset) -> None:
    place = SharedPlace(url)
    place.write(make_asset(1))
    file_system, _ = fsspec.url_to_fs(url)
    (key,) = entries(url)
    file_system.pipe_file(key, b"".join(encode(make_asset(1)))[:-1])
    with pytest.raises(CorruptEntryError):
        place.read(make_asset(1).asset_id)
    assert entries(url) == []
    place.write(make_asset(1))
    assert place.read(make_asset(1).asset_id) == make_asset(1)


def test_folder_that_cannot_be_written_says_so_and_leaves_nothing(tmp_path: Path, make_asset: MakeAsset) -> None:
    (tmp_path / "file").write_bytes(b"")
    place = SharedPlace(f"file://{tmp_path}/file/assets")
    with pytest.raises(NotADirectoryError):
        place.write(make_asset(1))
    with pytest.raises(NotADirectoryError):
        place.read(make_asset(1).asset_id)


def test_full_shared_disk_keeps_no_temporary_object(small_disk: Path, make_asset: MakeAsset) -> None:
    place = SharedPlace(f"file://{small_disk}")
    place.write(make_asset(1, 600_000))
    with pytest.raises(OSError, match="No space left"):
        place.write(make_asset(2, 600_000))
    assert len(entries(f"file://{small_disk}")) == 1


@pytest.mark.parametrize("url", ["nonsense://user:secret@host/x", "dropbox://user:secret@host/x"])
def test_kind_of_place_that_is_not_there_is_a_settings_error(url: str) -> None:
    with pytest.raises(SettingsError, match=r"^store\.shared_url: \w+:// cannot be used: ") as caught:
        SharedPlace(url)
    assert "secret" not in str(caught.value)


async def test_server_that_never_answers_is_given_up(silent_port: int, make_asset: MakeAsset) -> None:
    place = SharedPlace(f"ftp://127.0.0.1:{silent_port}/assets")
    guarded = GuardedPlace("shared", place, Patience(read_timeout_s=0.3, slow_s=0.1))
    start_s = time.monotonic()
    for _ in range(10):
        assert await guarded.read(make_asset(1).asset_id) is None
        await guarded.write(make_asset(1))
    assert time.monotonic() - start_s < 2.0
    assert guarded.counters.read_failure_count == 1
    assert guarded.counters.skipped_write_count == 10


async def test_server_that_is_not_there_is_asked_again(make_asset: MakeAsset) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    guarded = GuardedPlace("shared", SharedPlace(f"ftp://127.0.0.1:{port}/assets"), Patience())
    await asyncio.gather(*(guarded.read(make_asset(1).asset_id) for _ in range(3)))
    assert guarded.counters.read_failure_count == 3
