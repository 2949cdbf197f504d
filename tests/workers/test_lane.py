"""A lane survives steps that hang and threads that die; its sessions hear what happened to them."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest

from engine.assets import AssetRequest, GeneratorInfo, Part
from engine.errors import GenerationError, MorphogenError, UnavailableError
from engine.generators.probe import ProbeGenerator, ProbeState
from engine.generators.protocol import Generator
from engine.requests.probe import ProbeRequest
from engine.runtime.messages import Cancel, Event, Failed, Finished, Open
from engine.runtime.pool import WorkerLostError
from engine.runtime.stats import WorkerStats
from workers.lane import LOST_THREADS_MAX, Lane
from workers.step_thread import StepOptions

STEP_TIMEOUT_S = 0.3
HANGS, DIES, HANGS_AT_BEGIN = ProbeRequest(1, 3), ProbeRequest(2, 3), ProbeRequest(3, 3)


class ThreadEndError(BaseException):
    """Passes every handler that is meant for a generator's mistakes."""


class FaultyGenerator(ProbeGenerator):
    """What it does is a question of the size of parts. Whatever hangs goes on when `release` is set."""

    def __init__(self) -> None:
        super().__init__()
        self.release = threading.Event()
        self.released = threading.Semaphore(0)

    def begin(self, request: ProbeRequest) -> ProbeState:
        if request == HANGS_AT_BEGIN:
            self._hang()
        return super().begin(request)

    def step(self, states: Sequence[ProbeState]) -> list[tuple[Part, ...]]:
        sizes_bytes = {len(state.payload) for state in states}
        if DIES.part_bytes in sizes_bytes:
            raise ThreadEndError
        if HANGS.part_bytes in sizes_bytes:
            self._hang()
        return super().step(states)

    def _hang(self) -> None:
        self.release.wait(30)
        self.released.release()


class Watched:
    """A lane, and the events that it has handed over."""

    def __init__(self, step_timeout_s: float = STEP_TIMEOUT_S, batch_size: int = 1) -> None:
        self.generator = FaultyGenerator()
        self.events: list[Event] = []
        self.ended_count = 0
        self._news = asyncio.Event()
        options = StepOptions(batch_size=batch_size, step_timeout_s=step_timeout_s)
        self.lane = Lane("steps", self, options, self._take, self._end)

    def infos(self) -> tuple[GeneratorInfo, ...]:
        return (self.generator.info,)

    def generator_for(self, _request: AssetRequest) -> Generator[Any, Any]:
        return self.generator

    def names(self, ticket: int) -> list[str]:
        return [type(event).__name__ for event in self.events if event.ticket == ticket]

    async def until(self, *tickets: int) -> None:
        """Wait as a reader does, until these sessions have ended."""
        async with asyncio.timeout(10):
            while not set(tickets) <= {each.ticket for each in self.events if isinstance(each, Finished | Failed)}:
                await self._wait()

    async def until_made(self, ticket: int, part_count: int) -> None:
        async with asyncio.timeout(10):
            while self.names(ticket).count("Made") < part_count:
                await self._wait()

    async def settled(self, step_count: int) -> None:
        """Until so many steps have run; none follows."""
        for _ in range(1000):
            if self.lane.stats().step_count >= step_count:
                break
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.05)
        assert self.lane.stats().step_count == step_count

    def error(self, ticket: int) -> MorphogenError:
        return next(event.error for event in self.events if isinstance(event, Failed) and event.ticket == ticket)

    async def _wait(self) -> None:
        self._news.clear()
        with self.lane.waiting():
            await self._news.wait()

    def _take(self, event: Event) -> None:
        self.events.append(event)
        self._news.set()

    def _end(self) -> None:
        self.ended_count += 1


@asynccontextmanager
async def watched(step_timeout_s: float = STEP_TIMEOUT_S, batch_size: int = 1) -> AsyncIterator[Watched]:
    each = Watched(step_timeout_s, batch_size)
    each.lane.start()
    try:
        yield each
    finally:
        each.generator.release.set()
        await each.lane.stop()


async def test_parts_are_handed_over_while_somebody_waits() -> None:
    async with watched() as each:
        each.lane.submit(Open(0, ProbeRequest(10, 5), 5))
        await each.until(0)
        assert each.names(0) == ["Opened", *["Made"] * 5, "Finished"]
        assert each.lane.stats().step_count == 5


async def test_credit_is_passed_on_in_bulk_and_at_once_to_who_waits() -> None:
    async with watched() as each:
        each.lane.submit(Open(0, ProbeRequest(10, 100), 8))
        await each.until_made(0, 8)
        each.lane.grant(0, 3)
        await each.settled(8)  # not half of the credit, and nobody waits
        each.lane.grant(0, 1)
        each.lane.grant(99, 50)
        await each.settled(12)
        each.lane.grant(0, 1)
        await each.until_made(0, 13)


async def test_nothing_of_a_cancelled_session_is_handed_over() -> None:
    async with watched() as each:
        each.lane.submit(Open(0, ProbeRequest(10, 100), 50))
        each.lane.submit(Open(1, ProbeRequest(10, 5), 5))
        await asyncio.sleep(0.05)
        each.lane.submit(Cancel(0))
        await each.until(1)
        assert each.names(0) == []


async def test_hanging_step_is_taken_away_from_the_lane(capsys: pytest.CaptureFixture[str]) -> None:
    async with watched() as each:
        for ticket, request in enumerate((ProbeRequest(10, 1000), HANGS, ProbeRequest(20, 1000))):
            each.lane.submit(Open(ticket, request, 4))
        await each.until(0, 1, 2)
        culprit = each.error(1)
        assert isinstance(culprit, GenerationError)
        assert str(culprit) == "a step took longer than 0.3 s"
        for ticket in (0, 2):
            error = each.error(ticket)
            assert isinstance(error, WorkerLostError)
            assert not error.suspected
        each.lane.submit(Open(9, ProbeRequest(10, 5), 5))
        await each.until(9)
        assert each.names(9)[-1] == "Finished"
        assert each.ended_count == 0
        each.generator.release.set()
        assert each.generator.released.acquire(timeout=10)
        await each.settled(5)
        assert each.names(1)[-1] == "Failed"  # what the old thread still makes is nobody's
    assert "step thread lost" in capsys.readouterr().out


@pytest.mark.parametrize("request_", [HANGS, HANGS_AT_BEGIN])
async def test_session_that_hangs_alone_is_not_made_again(request_: ProbeRequest) -> None:
    async with watched() as each:
        each.lane.submit(Open(0, request_, 4))
        await each.until(0)
        assert isinstance(each.error(0), GenerationError)


async def test_hanging_batch_makes_suspects_of_all_who_are_in_it() -> None:
    async with watched(batch_size=2) as each:
        assert each.lane._thread is not None
        for batch_size in (1, 1, 2, 2):
            each.lane._thread._step_loop._costs.record("probe 1: probe 0 ms", batch_size, 1.0)
        for ticket, request in enumerate((HANGS, ProbeRequest(10, 1000))):
            each.lane.submit(Open(ticket, request, 4))
        await each.until(0, 1)
        for ticket in (0, 1):
            error = each.error(ticket)
            assert isinstance(error, WorkerLostError)
            assert error.suspected


async def test_thread_that_dies_is_replaced_as_well(capsys: pytest.CaptureFixture[str]) -> None:
    async with watched(step_timeout_s=60.0) as each:
        each.lane.submit(Open(0, ProbeRequest(10, 1000), 4))
        each.lane.submit(Open(1, DIES, 4))
        await each.until(0, 1)
        assert isinstance(each.error(0), WorkerLostError)
        assert isinstance(each.error(1), GenerationError)
        each.lane.submit(Open(2, ProbeRequest(10, 5), 5))
        await each.until(2)
        assert each.names(2)[-1] == "Finished"
    assert "step thread died" in capsys.readouterr().out


async def test_parts_made_before_the_loss_are_handed_over_first() -> None:
    async with watched() as each:
        each.lane.submit(Open(0, ProbeRequest(10, 1000), 4))
        await asyncio.sleep(0.1)
        assert each.names(0) == []
        each.lane.submit(Open(1, DIES, 4))
        await each.until(0)
        assert each.names(0) == ["Opened", *["Made"] * 4, "Failed"]


async def test_lane_that_loses_too_many_threads_gives_up() -> None:
    async with watched() as each:
        bystander = 100
        for ticket in range(LOST_THREADS_MAX + 1):
            assert each.lane.running
            each.lane.submit(Open(bystander + ticket, ProbeRequest(10, 1000), 4))
            each.lane.submit(Open(ticket, DIES, 4))
            await each.until(ticket, bystander + ticket)
        assert type(each.error(LOST_THREADS_MAX)) is UnavailableError
        assert type(each.error(bystander + LOST_THREADS_MAX)) is UnavailableError
        assert not each.lane.running
        assert each.lane.stats() == WorkerStats()
        assert each.ended_count == 1
    assert each.ended_count == 1


async def test_stopping_ends_every_session_once() -> None:
    async with watched() as each:
        each.lane.submit(Open(0, ProbeRequest(10, 1000), 4))
        await each.until_made(0, 4)
        await each.lane.stop()
        assert each.names(0)[-1] == "Failed"
        assert type(each.error(0)) is UnavailableError
        assert (each.lane.running, each.ended_count) == (False, 1)
        each.lane.submit(Cancel(0))
        each.lane.grant(0, 9)


async def test_lane_that_never_started_can_be_stopped() -> None:
    each = Watched()
    await each.lane.stop()
    assert each.ended_count == 0


def test_hanging_step_holds_up_neither_the_stop_nor_the_end_of_the_process() -> None:
    generators: list[FaultyGenerator] = []

    async def stop_while_it_hangs() -> None:
        each = Watched()
        generators.append(each.generator)
        each.lane.start()
        each.lane.submit(Open(0, HANGS, 4))
        await asyncio.sleep(0.05)
        await each.lane.stop()
        assert each.names(0) == ["Opened", "Failed"]

    began_at_s = time.perf_counter()
    try:
        asyncio.run(stop_while_it_hangs())  # returns once the threads of the event loop's executor have ended
        assert time.perf_counter() - began_at_s < 5
        assert not generators[0].release.is_set()
    finally:
        generators[0].release.set()
