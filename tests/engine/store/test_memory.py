"""The memory place behaves like the simplest possible model of it."""

from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from engine.store.memory import MemoryPlace
from engine.store.record import StoredAsset

MakeAsset = Callable[..., StoredAsset]

STEPS = st.lists(st.tuples(st.sampled_from(["read", "write"]), st.integers(0, 6), st.integers(0, 40)), max_size=60)


@given(st.integers(0, 100), STEPS)
def test_least_recently_used_goes_first(
    make_asset: MakeAsset, limit_bytes: int, steps: list[tuple[str, int, int]]
) -> None:
    place = MemoryPlace(limit_bytes)
    model: list[StoredAsset] = []  # the least recently used first
    for operation, number, size_bytes in steps:
        asset = make_asset(number, size_bytes)
        known = next((entry for entry in model if entry.asset_id == asset.asset_id), None)
        if operation == "read":
            assert place.read(asset.asset_id) is known
            model = [entry for entry in model if entry is not known] + ([known] if known else [])
        elif place.write(asset):
            model = [entry for entry in model if entry is not known] + [asset]
            while sum(entry.size_bytes for entry in model) > limit_bytes:
                model.pop(0)
        else:
            assert size_bytes > limit_bytes
        assert place.held_bytes == sum(entry.size_bytes for entry in model) <= limit_bytes


def test_asset_larger_than_the_bound_displaces_nothing(make_asset: MakeAsset) -> None:
    place = MemoryPlace(100)
    assert place.write(make_asset(1, 100))
    assert not place.write(make_asset(2, 101))
    assert place.read(make_asset(1, 100).asset_id) is not None


def test_cleared_memory_is_empty(make_asset: MakeAsset) -> None:
    place = MemoryPlace(100)
    place.write(make_asset(1, 50))
    place.clear()
    assert place.read(make_asset(1, 50).asset_id) is None
    assert place.held_bytes == 0
