"""The embedded pool, through a real step thread."""

import asyncio
import random
import threading
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from engine.assets import AssetRequest, GeneratorInfo, Part
from engine.errors import GenerationError, InvalidRequestError, OverloadedError, UnavailableError
from engine.generators.probe import ProbeGenerator
from engine.generators.protocol import Generator, StepKinds
from engine.requests.probe import ProbeRequest
from engine.requests.texture import TextureRequest
from engine.runtime.messages import Delivery, ResumePoint, Terms
from engine.runtime.pool import WorkerLostError
from engine.sessions.sessions import Sessions
from engine.sessions.tokens import ResumeTokens
from engine.settings.sections import SessionSettings
from engine.store.store import AssetStore
from workers.lane import LOST_THREADS_MAX
from workers.local import LocalPool
from workers.step_thread import StepOptions
from workers.stream import WorkerStream

STONE = TextureRequest("stone")


class ThreadEndError(BaseException):
    """Passes every handler that is meant for a generator's mistakes."""


@dataclass
class RecordedState:
    request: TextureRequest
    part_count: int = 6
    made_count: int = 0

    @property
    def finished(self) -> bool:
        return self.made_count == self.part_count


class RecordingGenerator:
    """A texture generator without a network: one part per step; remembers the seeds it stepped and in which thread.

    Class "broken" fails in its second step; class "slow" takes 5 ms per step; class "endless" has a million parts;
    class "fatal" brings the step thread down in its second step.
    """

    def __init__(self) -> None:
        self.stepped_seeds: list[int] = []
        self.threads: set[str] = set()

    @property
    def info(self) -> GeneratorInfo:
        return GeneratorInfo("texture", "recording", "1", "S", "", "none")

    def begin(self, request: TextureRequest) -> RecordedState:
        if request.texture_class == "unknown":
            raise InvalidRequestError("texture_class", "unknown", "slow, broken")
        return RecordedState(request, 1_000_000 if request.texture_class == "endless" else 6)

    def checkpoint(self, state: RecordedState) -> bytes:
        return state.made_count.to_bytes(4, "big")

    def resume(self, request: TextureRequest, checkpoint: bytes) -> RecordedState:
        state = self.begin(request)
        state.made_count = int.from_bytes(checkpoint, "big")
        return state

    def steps_ahead(self, state: RecordedState) -> StepKinds:
        return (("recorded", state.part_count - state.made_count),)

    def step(self, states: Sequence[RecordedState]) -> list[tuple[Part, ...]]:
        self.threads.add(threading.current_thread().name)
        self.stepped_seeds += [state.request.seed for state in states]
        made: list[tuple[Part, ...]] = []
        for state in states:
            if state.request.texture_class == "broken" and state.made_count == 1:
                raise RuntimeError("/secret")
            if state.request.texture_class == "fatal" and state.made_count == 1:
                raise ThreadEndError
            if state.request.texture_class == "slow":
                time.sleep(0.005)
            payload = bytes([state.made_count % 256]) * 100
            made.append((Part(state.made_count, "albedo", 64, "image/png", payload),))
            state.made_count += 1
        return made


class SmallCatalog:
    def __init__(self) -> None:
        self.probe = ProbeGenerator()
        self.recording = RecordingGenerator()

    def infos(self) -> tuple[GeneratorInfo, ...]:
        return (self.probe.info, self.recording.info)

    def generator_for(self, request: AssetRequest) -> Generator[Any, Any]:
        return self.probe if isinstance(request, ProbeRequest) else self.recording


@asynccontextmanager
async def running_pool(catalog: SmallCatalog, options: StepOptions | None = None) -> AsyncIterator[LocalPool]:
    pool = LocalPool(catalog, options)
    await pool.start()
    try:
        yield pool
    finally:
        await pool.close()


async def opened(
    pool: LocalPool,
    request: AssetRequest,
    credit: int = 4,
    terms: Terms | None = None,
    resume_point: ResumePoint | None = None,
) -> WorkerStream:
    return await pool.open(request, credit, terms or Terms(), resume_point)


async def taken(stream: WorkerStream) -> list[Part]:
    """All its parts, taken by a reader that makes room for one more whenever it takes one."""
    parts: list[Part] = []
    async for sealed in stream:
        parts.append(sealed.part)
        stream.grant(1)
    stream.close()
    return parts


async def test_parts_arrive_in_order_with_a_summary() -> None:
    async with running_pool(SmallCatalog()) as pool:
        stream = await opened(pool, ProbeRequest(1000, 50))
        assert (stream.part_count, stream.info.name) == (50, "probe")
        assert [part.sequence for part in await taken(stream)] == list(range(50))
        assert stream.summary().tally.size_bytes == 50_000
        stream.close()
        await asyncio.wait_for(pool.drain(), 5)
        assert (pool.stats().session_count, pool.stats().step_count) == (0, 50)


async def test_steps_run_in_the_step_thread_only() -> None:
    catalog = SmallCatalog()
    async with running_pool(catalog) as pool:
        assert len(await taken(await opened(pool, STONE))) == 6
    assert catalog.recording.threads == {"morphogen-steps"}


@pytest.mark.parametrize("credit", [1, 4])
async def test_stalled_reader_stops_its_session_when_its_credit_is_spent(credit: int) -> None:
    catalog = SmallCatalog()
    async with running_pool(catalog) as pool:
        stalled = await opened(pool, TextureRequest("endless", seed=1), credit)
        assert (await anext(stalled)).part.sequence == 0
        assert len(await taken(await opened(pool, TextureRequest("stone", seed=2)))) == 6
        await asyncio.sleep(0.05)
        assert catalog.recording.stepped_seeds.count(1) == credit
        for _ in range(10):
            stalled.grant(1)
            await anext(stalled)
        await asyncio.sleep(0.05)
        assert 10 < catalog.recording.stepped_seeds.count(1) <= 10 + credit
        stalled.close()


async def test_credit_granted_while_its_reader_waits_arrives() -> None:
    """Also beside many sessions that stand still, which keep the lane from having half of all credit to pay."""
    async with running_pool(SmallCatalog()) as pool:
        others = [await opened(pool, TextureRequest("endless", seed=seed), 64) for seed in range(8)]
        stream = await opened(pool, TextureRequest("endless", seed=99), 3)
        for _ in range(3):
            await anext(stream)
        for sequence in range(3, 9):
            reading = asyncio.create_task(anext(stream))
            await asyncio.sleep(0.005)
            stream.grant(1)
            assert (await asyncio.wait_for(reading, 5)).part.sequence == sequence
        for each in (stream, *others):
            each.close()


async def test_at_most_one_step_follows_a_cancel() -> None:
    catalog = SmallCatalog()
    async with running_pool(catalog) as pool:
        for seed in range(20):
            stream = await opened(pool, TextureRequest("slow", seed=seed), 64)
            await anext(stream)
            before = catalog.recording.stepped_seeds.count(seed)
            stream.close()
            await asyncio.sleep(0.02)
            assert catalog.recording.stepped_seeds.count(seed) <= before + 1


async def test_session_continued_behind_any_part_gives_the_same_bytes() -> None:
    async with running_pool(SmallCatalog()) as first, running_pool(SmallCatalog()) as second:
        stream = await opened(first, STONE, 6)
        sealed = [sealed async for sealed in stream]
        for cut in sealed:
            resumed = await opened(second, STONE, 6, resume_point=cut.resume_point)
            assert [each async for each in resumed] == sealed[cut.part.sequence + 1 :]
            assert resumed.summary().tally == stream.summary().tally
            resumed.close()
        stream.close()


async def test_live_reader_that_is_slow_misses_parts_but_not_the_last() -> None:
    async with running_pool(SmallCatalog()) as pool:
        terms = Terms(delivery=Delivery.LIVE, interval_s=0.002)
        stream = await opened(pool, ProbeRequest(10, 50), 1, terms)
        sequences: list[int] = []
        async for sealed in stream:
            sequences.append(sealed.part.sequence)
            await asyncio.sleep(0.02)
            stream.grant(1)
        assert sequences == sorted(set(sequences))
        assert (sequences[0], sequences[-1]) == (0, 49)
        assert len(sequences) == 50 - pool.stats().dropped_count < 30
        stream.close()


async def test_terms_that_cannot_be_met_are_refused() -> None:
    async with running_pool(SmallCatalog()) as pool:
        await taken(await opened(pool, ProbeRequest(10, 3, step_ms=20)))
        with pytest.raises(OverloadedError) as refused:
            await opened(pool, ProbeRequest(10, 100, step_ms=20), terms=Terms(due_in_s=0.5))
        assert refused.value.retry_after_s > 0
        await asyncio.wait_for(pool.drain(), 5)


async def test_failing_session_leaves_its_neighbours_unharmed() -> None:
    async with running_pool(SmallCatalog()) as pool:
        broken, fine = await opened(pool, TextureRequest("broken")), await opened(pool, STONE)
        assert (await anext(broken)).part.sequence == 0
        with pytest.raises(GenerationError, match="incident") as failed:
            await anext(broken)
        assert "secret" not in str(failed.value)
        assert len(await taken(fine)) == 6
        broken.close()


async def test_refused_request_leaves_nothing_behind() -> None:
    async with running_pool(SmallCatalog()) as pool:
        with pytest.raises(InvalidRequestError):
            await opened(pool, TextureRequest("unknown"))
        assert pool.stats().session_count == 0
        await asyncio.wait_for(pool.drain(), 5)


async def test_closing_ends_running_streams_and_refuses_new_ones() -> None:
    async with running_pool(SmallCatalog()) as pool:
        assert pool.worker_count() == 1
        stream = await opened(pool, ProbeRequest(10, 1_000_000))
        await anext(stream)
        await pool.close()
        with pytest.raises(UnavailableError):
            await taken(stream)
        with pytest.raises(UnavailableError):
            await opened(pool, ProbeRequest(1, 1))
        await asyncio.wait_for(pool.wait_available(False), 5)
        assert pool.worker_count() == 0


async def test_end_of_a_step_thread_ends_its_sessions_and_no_others() -> None:
    async with running_pool(SmallCatalog(), StepOptions(batch_size=1)) as pool:
        probe = await opened(pool, ProbeRequest(10, 100))
        bystander = await opened(pool, TextureRequest("endless"))
        fatal = await opened(pool, TextureRequest("fatal"))
        with pytest.raises(GenerationError, match="died"):
            await taken(fatal)
        with pytest.raises(WorkerLostError):
            await taken(bystander)
        assert len(await taken(probe)) == 100
        assert len(await taken(await opened(pool, STONE))) == 6
        for stream in (fatal, bystander):
            stream.close()


async def test_pool_whose_threads_keep_dying_is_unavailable(capsys: pytest.CaptureFixture[str]) -> None:
    async with running_pool(SmallCatalog(), StepOptions(batch_size=1)) as pool:
        await asyncio.wait_for(pool.wait_available(True), 5)
        for loss in range(LOST_THREADS_MAX + 1):
            fatal = await opened(pool, TextureRequest("fatal"))
            with pytest.raises(GenerationError if loss < LOST_THREADS_MAX else UnavailableError):
                await taken(fatal)
            fatal.close()
        await asyncio.wait_for(pool.wait_available(False), 5)
        with pytest.raises(UnavailableError):
            await opened(pool, STONE)
        await asyncio.wait_for(pool.drain(), 5)
    assert capsys.readouterr().out.count("step thread lost") == LOST_THREADS_MAX + 1


async def test_waiting_step_of_a_probe_does_not_hold_up_a_texture() -> None:
    async with running_pool(SmallCatalog()) as pool:
        probe = await opened(pool, ProbeRequest(10, 3, step_ms=1000))
        started_at_s = time.perf_counter()
        assert len(await taken(await opened(pool, STONE))) == 6
        assert time.perf_counter() - started_at_s < 0.5
        probe.close()


async def test_cancelled_opening_leaves_nothing_behind() -> None:
    async with running_pool(SmallCatalog()) as pool:
        opening = asyncio.create_task(opened(pool, STONE))
        await asyncio.sleep(0)
        opening.cancel()
        with pytest.raises(asyncio.CancelledError):
            await opening
        await asyncio.wait_for(pool.drain(), 5)


async def test_drain_waits_for_running_sessions() -> None:
    async with running_pool(SmallCatalog()) as pool:
        stream = await opened(pool, ProbeRequest(10, 3))
        draining = asyncio.create_task(pool.drain())
        await asyncio.sleep(0.01)
        assert not draining.done()
        with pytest.raises(UnavailableError):
            await opened(pool, ProbeRequest(1, 1))
        assert len([sealed async for sealed in stream]) == 3
        assert not draining.done()
        stream.close()
        await asyncio.wait_for(draining, 5)


async def test_lanes_of_the_worker_share_one_uptime() -> None:
    started_at_s = time.perf_counter()
    async with running_pool(SmallCatalog()) as pool:
        await asyncio.sleep(0.2)
        uptime_s = pool.stats().uptime_s
        assert 0.1 < uptime_s <= time.perf_counter() - started_at_s


async def test_parts_that_wait_for_their_reader_are_counted() -> None:
    async with running_pool(SmallCatalog()) as pool:
        idle, busy = await opened(pool, ProbeRequest(10, 100)), await opened(pool, ProbeRequest(10, 100))
        await taken(busy)
        assert pool.undelivered_part_count() == 4
        idle.close()
        assert pool.undelivered_part_count() == 0


async def test_thousands_of_random_cancels_leak_nothing() -> None:
    """Requests cancelled while queued, while beginning, while waiting for a part, between parts, and at the end."""
    chance = random.Random(11)
    async with running_pool(SmallCatalog()) as pool:
        threads = [lane._thread for lane in pool._lanes]
        store = AssetStore(2**20, None, 2**20, None)
        sessions = Sessions(pool, store, ResumeTokens((), 60.0), SessionSettings(max_running=8, queue_limit=2000))
        completed_count = 0

        async def consume(request: AssetRequest, pause_every: int) -> None:
            nonlocal completed_count
            async with sessions.open(request) as session:
                async for sealed in session:
                    if pause_every and sealed.part.sequence % pause_every == 0:
                        await asyncio.sleep(0)
                completed_count += session.account().tally.part_count == session.part_count

        tasks: list[asyncio.Task[None]] = []
        for number in range(3000):
            request: AssetRequest = ProbeRequest(1 + number % 3000, 1 + chance.randrange(12))
            if chance.random() < 0.3:
                request = TextureRequest("stone", seed=chance.randrange(400))  # some of them equal, and shared
            tasks.append(asyncio.create_task(consume(request, chance.randrange(3))))
            if chance.random() < 0.6:
                chance.choice(tasks[-20:]).cancel()
            if chance.random() < 0.3:
                await asyncio.sleep(chance.choice((0, 0, 0.0005)))
        results = await asyncio.gather(*tasks, return_exceptions=True)
        assert all(result is None or isinstance(result, asyncio.CancelledError) for result in results)
        assert completed_count == sum(result is None for result in results) > 500
        assert results.count(None) < 2500
        assert (sessions.running_count, sessions.waiting_count) == (0, 0)
        await asyncio.wait_for(pool.drain(), 5)
        assert pool.undelivered_part_count() == 0
        await sessions.close()
    for thread in threads:
        assert thread is not None
        assert thread.session_count == 0
        assert len(thread._step_loop._scheduler) == 0
    assert asyncio.all_tasks() == {asyncio.current_task()}
