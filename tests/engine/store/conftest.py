"""Small assets by number, and a disk that is really small."""

import hashlib
import random
from collections.abc import Callable

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
