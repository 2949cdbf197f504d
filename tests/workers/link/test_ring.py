"""What goes into the ring comes out of it, or does not go in."""

import os
import random
from collections import deque
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workers.link.ring import RING_BYTES, RingReader, RingWriter


@pytest.fixture
def ring() -> Iterator[tuple[RingWriter, RingReader]]:
    writer = RingWriter.create()
    assert writer is not None
    reader = RingReader.open(writer.path, writer.name)
    assert reader is not None
    yield writer, reader
    reader.close()
    writer.close()


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sizes=st.lists(st.integers(0, RING_BYTES // 3), min_size=1, max_size=30), seed=st.integers(0, 2**32 - 1))
def test_payloads_come_out_as_they_went_in_however_far_the_reader_is_behind(
    ring: tuple[RingWriter, RingReader], sizes: list[int], seed: int
) -> None:
    writer, reader = ring
    chance = random.Random(seed)
    lying: deque[tuple[int, bytes]] = deque()
    for number, size_bytes in enumerate(sizes):
        payload = bytes([number]) * size_bytes
        while (position := writer.put(payload)) is None:
            assert lying, "an empty ring has room"
            taken_at, expected = lying.popleft()
            assert reader.take(taken_at, len(expected)) == expected
        lying.append((position, payload))
        if chance.random() < 0.3:
            taken_at, expected = lying.popleft()
            assert reader.take(taken_at, len(expected)) == expected
    for taken_at, expected in lying:
        assert reader.take(taken_at, len(expected)) == expected


def test_full_ring_takes_nothing_until_something_has_been_taken(ring: tuple[RingWriter, RingReader]) -> None:
    writer, reader = ring
    first = writer.put(bytes(RING_BYTES // 2))
    assert (first, writer.put(bytes(RING_BYTES // 2))) == (0, RING_BYTES // 2)
    assert writer.put(b"x") is None
    reader.take(0, RING_BYTES // 2)
    assert writer.put(b"x") == RING_BYTES


def test_payload_larger_than_the_ring_does_not_go_in(ring: tuple[RingWriter, RingReader]) -> None:
    assert ring[0].put(bytes(RING_BYTES + 1)) is None


@pytest.mark.parametrize(("position", "size_bytes"), [(0, 1), (RING_BYTES + RING_BYTES - 1, 2)])
def test_place_that_cannot_be_is_refused(ring: tuple[RingWriter, RingReader], position: int, size_bytes: int) -> None:
    writer, reader = ring
    writer.put(b"abc")
    reader.take(0, 3)
    with pytest.raises(ValueError, match="ring"):
        reader.take(position, size_bytes)


def test_ring_that_is_open_on_both_sides_cannot_be_found_any_more(ring: tuple[RingWriter, RingReader]) -> None:
    writer, reader = ring
    writer.hide()
    writer.hide()
    assert RingReader.open(writer.path, writer.name) is None
    position = writer.put(b"still there")
    assert position is not None
    assert reader.take(position, 11) == b"still there"


def test_something_else_at_its_place_is_not_opened(ring: tuple[RingWriter, RingReader], tmp_path: Path) -> None:
    writer, _ = ring
    assert RingReader.open(writer.path, "morphogen-other") is None
    assert RingReader.open(str(tmp_path / "nothing"), writer.name) is None
    with (tmp_path / writer.name).open("w+b") as file:
        assert RingReader.open(f"/proc/self/fd/{file.fileno()}", writer.name) is None


def test_where_memory_cannot_be_shared_there_is_no_ring(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "memfd_create")
    assert RingWriter.create() is None
