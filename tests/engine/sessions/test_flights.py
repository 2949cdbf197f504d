"""One generation, many readers."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from engine.errors import GenerationError, UnavailableError
from engine.requests.texture import TextureRequest
from engine.runtime.messages import Priority, SealedPart, Terms
from engine.sessions.flights import Flight, FlightReader

ASSET_ID = "ab" * 32


class Tower:
    """Starts flights over one stream, and notes which have landed."""

    def __init__(self, stream: Any, queued_s: float = 0.0) -> None:
        self.stream = stream
        self.queued_s = queued_s
        self.cleared = asyncio.Event()
        self.cleared.set()
        self.landed: list[Flight] = []

    def start(self, *, held: bool = False) -> Flight:
        flight = Flight(ASSET_ID, self._work, self.landed.append, held=held)
        flight.start()
        return flight

    async def _work(self, flight: Flight) -> None:
        try:
            await self.cleared.wait()
            await flight.pump(self.stream, self.queued_s)
        finally:
            self.stream.close()


@pytest.fixture
def tower(stream_of: Callable[..., Any]) -> Tower:
    return Tower(stream_of(TextureRequest("stone"), 4, Terms()))


async def collected(reader: FlightReader) -> list[SealedPart]:
    return [sealed async for sealed in await reader.opened()]


async def settled() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_reader_that_joins_late_gets_every_part_from_the_first(tower: Tower) -> None:
    flight = tower.start()
    early = asyncio.create_task(collected(flight.join()))
    await settled()
    tower.stream.make(4)
    await settled()
    late = asyncio.create_task(collected(flight.join()))
    await settled()
    tower.stream.finish()
    behind = flight.join()  # it has landed, and can still be read
    assert [each.part.sequence for each in await early] == list(range(6))
    assert await late == await early
    assert await collected(behind) == await early
    assert tower.landed == [flight]
    assert behind.summary().tally.part_count == 6


async def test_sixty_four_readers_cost_one_stream(tower: Tower) -> None:
    flight = tower.start()
    readers = [asyncio.create_task(collected(flight.join())) for _ in range(64)]
    await settled()
    assert flight.reader_count == 64
    tower.stream.finish()
    everything = await asyncio.gather(*readers)
    assert {tuple(each.part.sequence for each in parts) for parts in everything} == {tuple(range(6))}
    assert tower.stream.granted_count <= 6


async def test_worker_follows_the_reader_that_is_ahead(tower: Tower) -> None:
    flight = tower.start()
    fast, slow = await flight.join().opened(), await flight.join().opened()
    tower.stream.make(4)
    await anext(slow)
    for _ in range(3):
        await anext(fast)
    await anext(slow)
    assert tower.stream.granted_count == 2  # the third part has not been taken before the fourth is asked for
    fast.close()
    for _ in range(2):
        await anext(slow)
    assert tower.stream.granted_count == 3
    slow.close()


async def test_reader_of_the_rest_starts_there(tower: Tower) -> None:
    flight = tower.start()
    reader = asyncio.create_task(collected(flight.join(first_sequence=4)))
    await settled()
    assert tower.stream.granted_count == 4  # the first four are taken as read
    tower.stream.finish()
    assert [each.part.sequence for each in await reader] == [4, 5]


async def test_last_reader_that_leaves_ends_the_work(tower: Tower) -> None:
    flight = tower.start()
    one, other = flight.join(), flight.join()
    await settled()
    one.close()
    one.close()
    await settled()
    assert flight.joinable
    assert not tower.stream.closed
    other.close()
    assert not flight.joinable
    await flight.done()
    assert tower.stream.closed
    assert tower.landed == [flight]


async def test_work_that_was_cancelled_before_it_began_lands_too(tower: Tower) -> None:
    flight = tower.start()
    flight.join().close()
    assert tower.landed == [flight]
    await flight.done()
    assert tower.landed == [flight]


async def test_readers_that_leave_a_finished_flight_change_nothing(tower: Tower) -> None:
    flight = tower.start()
    reader = flight.join()
    tower.stream.finish()
    await collected(reader)
    reader.close()
    assert flight.joinable
    assert tower.landed == [flight]


@pytest.mark.parametrize("opened", [True, False], ids=["while it runs", "before it begins"])
async def test_error_reaches_all_readers(tower: Tower, opened: bool) -> None:
    if not opened:
        tower.cleared.clear()
    flight = tower.start()
    readers = [asyncio.create_task(collected(flight.join())) for _ in range(8)]
    await settled()
    if opened:
        tower.stream.make(2)
        await settled()
    tower.stream.fail(GenerationError("failed; incident 1"))
    tower.cleared.set()
    results = await asyncio.gather(*readers, return_exceptions=True)
    assert {str(result) for result in results} == {"failed; incident 1"}
    assert not flight.joinable
    assert tower.landed == [flight]
    with pytest.raises(GenerationError):
        await collected(flight.join())


async def test_mistake_of_the_program_does_not_leave_readers_waiting(capsys: pytest.CaptureFixture[str]) -> None:
    async def work(_flight: Flight) -> None:
        raise ZeroDivisionError("secret")

    landed: list[Flight] = []
    flight = Flight(ASSET_ID, work, landed.append)
    flight.start()
    with pytest.raises(GenerationError, match="internal error; incident") as failed:
        await flight.join().opened()
    assert "secret" not in str(failed.value)
    assert "ZeroDivisionError" in capsys.readouterr().out
    assert landed == [flight]


async def test_refusal_to_open_reaches_the_readers() -> None:
    async def work(_flight: Flight) -> None:
        raise UnavailableError("no worker is running")

    flight = Flight(ASSET_ID, work, lambda _: None)
    flight.start()
    with pytest.raises(UnavailableError):
        await flight.join().opened()


async def test_held_flight_goes_on_without_readers(tower: Tower) -> None:
    flight = tower.start(held=True)
    await settled()
    for made_count in range(1, 5):
        tower.stream.make()
        await settled()
        assert tower.stream.granted_count == made_count
    tower.stream.finish()
    await flight.done()
    assert flight.summary is not None
    assert tower.landed == [flight]


async def test_held_flight_goes_on_when_its_only_reader_leaves(tower: Tower) -> None:
    flight = tower.start(held=True)
    reader = await flight.join().opened()
    tower.stream.make(4)
    await anext(reader)
    assert tower.stream.granted_count == 0
    reader.close()
    assert flight.joinable
    assert tower.stream.granted_count == 4  # or its worker would wait for the one who left
    tower.stream.finish()
    await flight.done()
    assert flight.summary is not None


async def test_flight_is_as_urgent_as_its_most_urgent_reader(tower: Tower) -> None:
    tower.cleared.clear()
    flight = tower.start()
    reader = flight.join()
    flight.promote(Priority.STANDARD)
    flight.promote(Priority.INTERACTIVE)
    flight.promote(Priority.STANDARD)
    tower.cleared.set()
    await reader.opened()
    assert tower.stream.promoted == [Priority.INTERACTIVE]
    reader.promote(Priority.BACKGROUND)
    assert tower.stream.promoted == [Priority.INTERACTIVE]
    reader.close()


async def test_time_in_the_queue_is_part_of_the_readers_account(stream_of: Callable[..., Any]) -> None:
    tower = Tower(stream_of(TextureRequest("stone"), 4, Terms()), queued_s=0.5)
    reader = tower.start().join()
    tower.stream.finish()
    await collected(reader)
    assert reader.summary().queue_ms == 501.0


async def test_readers_cannot_steer_what_others_see(tower: Tower) -> None:
    reader = await tower.start().join().opened()
    reader.steer(1, b"left")
    reader.grant(10)
    await settled()
    assert (tower.stream.steered, tower.stream.granted_count) == ([], 0)
    reader.close()


async def test_flight_is_owned_until_the_reader_that_began_it_leaves(tower: Tower) -> None:
    flight = tower.start()
    owner, guest, late = flight.join(own=True), flight.join(), flight.join()
    guest.close()
    assert flight.owned
    owner.close()
    assert not flight.owned
    late.close()
    assert not flight.owned
    await flight.done()
