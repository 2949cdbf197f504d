"""Small assets by number, and a disk that is really small."""

import hashlib
import random
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine.assets import DIGEST_START, Part, running_digest
from engine.store.record import StoredAsset


def asset_of(number: int, *sizes_bytes: int) -> StoredAsset:
    """Asset `number` with one part per size; the same number and sizes, the same asset."""
    digest, parts = DIGEST_START, []
    for sequence, size_bytes in enumerate(sizes_bytes or (90, 0, 40)):
        payload = random.Random(f"{number} {sequence}").randbytes(size_bytes)
        part = Part(sequence, "albedo", 64 << sequence, "image/png", payload, hashlib.sha256(payload).digest())
        digest = running_digest(digest, part.sha256)
        parts.append(part)
    asset_id = hashlib.sha256(str(number).encode()).hexdigest()
    return StoredAsset(asset_id, "texgen 1.2.0 M", tuple(parts), digest)


@pytest.fixture(scope="session")
def make_asset() -> Callable[..., StoredAsset]:
    return asset_of


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 1 MiB of its own."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    try:
        subprocess.run(mount, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("mounting a small file system needs more rights")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)
