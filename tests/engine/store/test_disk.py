"""The disk place on real files: bound, order, damage, sharing, and death in the middle of a write."""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.store.disk import DiskPlace
from engine.store.record import CorruptEntryError, StoredAsset, decode, encode

MakeAsset = Callable[..., StoredAsset]

WRITE_FOREVER = """
import hashlib, sys
from pathlib import Path
from engine.assets import DIGEST_START, Part, running_digest
from engine.store.disk import DiskPlace
from engine.store.record import StoredAsset
payload = bytes(8 * 1024 * 1024)
sha256 = hashlib.sha256(payload).digest()
parts = (Part(0, "albedo", 512, "image/png", payload, sha256),)
place = DiskPlace(Path(sys.argv[1]), 5 * len(payload))
number = 0
while True:
    asset_id = hashlib.sha256(str(number % 7).encode()).hexdigest()
    place.write(StoredAsset(asset_id, "texgen", parts, running_digest(DIGEST_START, sha256)))
    if number == 0:
        print("writing", flush=True)
    number += 1
"""


def files_of(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def size_of(asset: StoredAsset) -> int:
    return sum(map(len, encode(asset)))


def path_of(folder: Path, asset: StoredAsset) -> Path:
    return folder / asset.asset_id[:2] / f"{asset.asset_id[2:]}.asset"


def test_written_asset_is_read_by_another_store_later(tmp_path: Path, make_asset: MakeAsset) -> None:
    assert DiskPlace(tmp_path / "a" / "b", 10_000).write(make_asset(1))
    place = DiskPlace(tmp_path / "a" / "b", 10_000)
    assert place.read(make_asset(1).asset_id) == make_asset(1)
    assert place.read(make_asset(2).asset_id) is None
    assert place.held_bytes == size_of(make_asset(1))


def test_only_the_owner_may_look_inside(tmp_path: Path, make_asset: MakeAsset) -> None:
    DiskPlace(tmp_path / "store", 10_000).write(make_asset(1))
    (file,) = files_of(tmp_path / "store")
    assert file == path_of(tmp_path / "store", make_asset(1))
    modes = [path.stat().st_mode & 0o777 for path in (file, file.parent, file.parent.parent)]
    assert modes == [0o600, 0o700, 0o700]


def test_bound_and_order_hold_under_random_operations(tmp_path: Path, make_asset: MakeAsset) -> None:
    chance = random.Random(5)
    limit_bytes = 12_000
    place = DiskPlace(tmp_path, limit_bytes)
    model: OrderedDict[str, StoredAsset] = OrderedDict()  # the least recently used first
    for _ in range(1500):
        asset = make_asset(chance.randrange(25), chance.randrange(3000))
        if chance.random() < 0.5:
            assert place.read(asset.asset_id) == model.get(asset.asset_id)
            if asset.asset_id in model:
                model.move_to_end(asset.asset_id)
        else:
            assert place.write(asset)
            model[asset.asset_id] = asset
            model.move_to_end(asset.asset_id)
            while sum(map(size_of, model.values())) > limit_bytes:
                model.popitem(last=False)
        sizes = {path.parent.name + path.stem: path.stat().st_size for path in files_of(tmp_path)}
        assert sizes == {asset_id: size_of(entry) for asset_id, entry in model.items()}
        assert place.held_bytes == sum(sizes.values()) <= limit_bytes


def test_order_survives_a_restart(tmp_path: Path, make_asset: MakeAsset) -> None:
    assets = [make_asset(number, 1000) for number in range(4)]
    first = DiskPlace(tmp_path, 1_000_000)
    for age_s, asset in enumerate(assets):
        first.write(asset)
        os.utime(path_of(tmp_path, asset), (0, time.time() - 1000 * (1 + age_s)))
    assert first.read(assets[3].asset_id) is not None  # the oldest becomes the newest
    second = DiskPlace(tmp_path, 4 * size_of(assets[0]))
    second.write(make_asset(9, 1000))
    assert [second.read(asset.asset_id) is not None for asset in assets] == [True, True, False, True]


def test_lower_bound_than_before_is_reached_at_the_first_write(tmp_path: Path, make_asset: MakeAsset) -> None:
    wide = DiskPlace(tmp_path, 1_000_000)
    for number in range(10):
        wide.write(make_asset(number, 1000))
    narrow = DiskPlace(tmp_path, 2 * size_of(make_asset(10, 1000)))
    narrow.write(make_asset(10, 1000))
    assert len(files_of(tmp_path)) == 2
    assert narrow.read(make_asset(10, 1000).asset_id) is not None


def test_asset_larger_than_the_bound_is_not_written(tmp_path: Path, make_asset: MakeAsset) -> None:
    place = DiskPlace(tmp_path, size_of(make_asset(1, 500)))
    assert place.write(make_asset(1, 500))
    assert not place.write(make_asset(2, 501))
    assert len(files_of(tmp_path)) == 1


def test_remains_of_dead_processes_are_removed_and_foreign_files_are_not(tmp_path: Path, make_asset: MakeAsset) -> None:
    folder = tmp_path / "ab"
    folder.mkdir()
    old, new, foreign = folder / ".cd.asset.1-2.tmp", folder / ".ef.asset.1-2.tmp", folder / "notes.txt"
    for path in (old, new, foreign, tmp_path / "README"):
        path.write_bytes(b"x" * 5000)
    for path in (old, foreign):
        os.utime(path, (0, time.time() - 3700))
    place = DiskPlace(tmp_path, 2000)
    place.write(make_asset(1))
    assert [path.exists() for path in (old, new, foreign, tmp_path / "README")] == [False, True, True, True]
    assert place.held_bytes == size_of(make_asset(1))


def test_wrong_asset_under_a_name_is_deleted(tmp_path: Path, make_asset: MakeAsset) -> None:
    place = DiskPlace(tmp_path, 10_000)
    place.write(make_asset(1))
    place.write(make_asset(2))
    path_of(tmp_path, make_asset(1)).replace(path_of(tmp_path, make_asset(2)))
    with pytest.raises(CorruptEntryError, match="holds asset"):
        place.read(make_asset(2).asset_id)
    assert files_of(tmp_path) == []


def test_file_deleted_by_somebody_else_is_a_miss(tmp_path: Path, make_asset: MakeAsset) -> None:
    place = DiskPlace(tmp_path, 10_000)
    place.write(make_asset(1))
    path_of(tmp_path, make_asset(1)).unlink()
    assert place.read(make_asset(1).asset_id) is None
    assert place.held_bytes == 0


def test_two_stores_keep_one_folder_within_the_bound(tmp_path: Path, make_asset: MakeAsset) -> None:
    limit_bytes = 8 * size_of(make_asset(0, 1000))
    places = [DiskPlace(tmp_path, limit_bytes, rescan_s=0.0) for _ in range(2)]
    for number in range(60):
        places[number % 2].write(make_asset(number, 1000))
        assert sum(path.stat().st_size for path in files_of(tmp_path)) <= limit_bytes
    newest = [make_asset(number, 1000) for number in range(53, 60)]
    assert [place.read(asset.asset_id) for asset in newest for place in places] == [
        asset for asset in newest for _ in places
    ]


def test_many_threads_of_two_stores_never_see_a_fault(tmp_path: Path, make_asset: MakeAsset) -> None:
    limit_bytes = 20_000
    places = [DiskPlace(tmp_path, limit_bytes, rescan_s=0.01) for _ in range(2)]
    faults: list[BaseException] = []

    def work(seed: int) -> None:
        chance = random.Random(seed)
        try:
            for _ in range(150):
                asset = make_asset(chance.randrange(20), 2000)
                if chance.random() < 0.5:
                    assert places[seed % 2].read(asset.asset_id) in (None, asset)
                else:
                    assert places[seed % 2].write(asset)
        except BaseException as error:  # noqa: BLE001  # shown by the assertion below
            faults.append(error)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    DiskPlace(tmp_path, limit_bytes).write(make_asset(99, 2000))
    assert sum(path.stat().st_size for path in files_of(tmp_path)) <= limit_bytes
    assert [path for path in files_of(tmp_path) if path.suffix == ".tmp"] == []


def test_killed_writer_leaves_no_half_entry_in_sight(tmp_path: Path) -> None:
    chance = random.Random(11)
    for _ in range(20):
        with subprocess.Popen([sys.executable, "-c", WRITE_FOREVER, tmp_path], stdout=subprocess.PIPE) as writer:
            assert writer.stdout is not None
            assert writer.stdout.readline() == b"writing\n"
            time.sleep(chance.uniform(0.0, 0.05))
            writer.send_signal(signal.SIGKILL)
        entries = list(tmp_path.rglob("*.asset"))
        assert entries
        for path in entries:
            assert decode(path.read_bytes(), path.parent.name + path.stem).size_bytes == 8 * 1024 * 1024
    assert list(tmp_path.rglob(".*.tmp")), "no kill hit a write: this run shows nothing"


def test_full_disk_keeps_what_it_has(small_disk: Path, make_asset: MakeAsset) -> None:
    place = DiskPlace(small_disk, 1 << 30)
    assert place.write(make_asset(1, 600_000))
    with pytest.raises(OSError, match="No space left"):
        place.write(make_asset(2, 600_000))
    assert len(files_of(small_disk)) == 1
    assert place.read(make_asset(1).asset_id) == make_asset(1, 600_000)
    assert place.read(make_asset(2).asset_id) is None


def test_read_only_disk_is_still_read(small_disk: Path, make_asset: MakeAsset) -> None:
    place = DiskPlace(small_disk, 1 << 30)
    place.write(make_asset(1))
    place.write(make_asset(2))
    path_of(small_disk, make_asset(2)).write_bytes(b"damaged")
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    assert place.read(make_asset(1).asset_id) == make_asset(1)
    with pytest.raises(OSError, match="Read-only file system"):
        place.write(make_asset(3))
    with pytest.raises(CorruptEntryError):
        place.read(make_asset(2).asset_id)
