"""From a finished flight to the store, and back as a stream."""

from collections.abc import Callable
from typing import Any

import pytest

from engine.requests.texture import TextureRequest
from engine.runtime.messages import Priority, SealedPart, Terms
from engine.sessions.flights import Flight
from engine.sessions.stored import StoredStream, stored_from
from engine.store.record import decode, encode

ASSET_ID = "cd" * 32


async def flown(stream: Any) -> Flight:
    """A flight over all parts of `stream`."""
    flight = Flight(ASSET_ID, lambda flight: flight.pump(stream, 0.0), lambda _: None)
    flight.start()
    stream.finish()
    await flight.done()
    return flight


@pytest.fixture
async def flight(stream_of: Callable[..., Any]) -> Flight:
    return await flown(stream_of(TextureRequest("stone"), 4, Terms()))


async def collected(stream: StoredStream) -> list[SealedPart]:
    return [sealed async for sealed in stream]


async def test_stored_asset_streams_what_was_made(flight: Flight) -> None:
    assert flight.info is not None
    assert flight.summary is not None
    stream = StoredStream(stored_from(flight), flight.info)
    again = await collected(stream)
    assert [(each.part.payload, each.sha256) for each in again] == [
        (each.part.payload, each.sha256) for each in flight.parts
    ]
    assert [each.resume_point.tally for each in again] == [each.resume_point.tally for each in flight.parts]
    assert (stream.part_count, stream.info) == (6, flight.info)
    assert stream.summary().tally == flight.summary.tally
    assert (stream.summary().queue_ms, stream.summary().step_ms) == (0.0, 0.0)


async def test_stored_asset_survives_being_written_and_read(flight: Flight) -> None:
    stored = stored_from(flight)
    assert decode(b"".join(encode(stored)), ASSET_ID) == stored
    assert stored.generator == "scripted texture 1 S"


@pytest.mark.parametrize("first_sequence", range(7))
async def test_stored_asset_can_be_read_from_any_part_on(flight: Flight, first_sequence: int) -> None:
    assert flight.info is not None
    assert flight.summary is not None
    stream = StoredStream(stored_from(flight), flight.info, first_sequence)
    assert [each.part.sequence for each in await collected(stream)] == list(range(first_sequence, 6))
    assert stream.summary().tally == flight.summary.tally


async def test_resume_points_of_a_stored_asset_start_from_its_beginning(flight: Flight) -> None:
    """No checkpoint is kept: should the store lose the asset, everything is made again and dropped up to there."""
    assert flight.info is not None
    for sealed in await collected(StoredStream(stored_from(flight), flight.info)):
        point = sealed.resume_point
        assert (point.checkpoint, point.checkpoint_sequence) == (b"", 0)
        assert point.next_sequence == point.tally.part_count == sealed.part.sequence + 1


async def test_stored_asset_cannot_be_moved_by_its_reader(flight: Flight) -> None:
    assert flight.info is not None
    stream = StoredStream(stored_from(flight), flight.info)
    stream.grant(1)
    stream.steer(1, b"left")
    stream.promote(Priority.INTERACTIVE)
    stream.close()
    stream.close()
    assert len(await collected(stream)) == 6
