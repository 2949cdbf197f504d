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

from engine.assets import AssetRequest, GeneratorInfo, Part, ProbeRequest, TextureRequest
from engine.errors import GenerationError, InvalidRequestError, UnavailableError
from engine.generators.probe import ProbeGenerator
from engine.generators.protocol import Generator
from engine.runtime.sessions import Sessions
from engine.runtime.settings import SessionSettings
from workers.local import LocalPool


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
            made.append((Part(state.made_count, "albedo", 64, "image/png", b"x" * 100),))
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
async def running_pool(catalog: SmallCatalog, run_ahead_parts: int = 4) -> AsyncIterator[LocalPool]:
    pool = LocalPool(catalog, run_ahead_parts=run_ahead_parts)
    await pool.start()
    try:
        yield pool
    finally:
        await pool.close()


async def test_parts_arrive_in_order_with_a_summary() -> None:
    catalog = SmallCatalog()
    async with running_pool(catalog) as pool:
        stream = await pool.open(ProbeRequest(1000, 50))
        assert (stream.part_count, stream.info.name) == (50, "probe")
        assert [sealed.part.sequence async for sealed in stream] == list(range(50))
        assert stream.summary().size_bytes == 50_000
        stream.close()
        stream.close()
        assert pool.load().session_count == 0


async def test_steps_run_in_the_step_thread_only() -> None:
    catalog = SmallCatalog()
    async with running_pool(catalog) as pool:
        stream = await pool.open(TextureRequest("stone"))
        assert len([sealed async for sealed in stream]) == 6
    assert catalog.recording.threads == {"morphogen-steps"}


@pytest.mark.parametrize("run_ahead_parts", [1, 4])
async def test_stalled_reader_stops_its_session_after_the_run_ahead(run_ahead_parts: int) -> None:
    catalog = SmallCatalog()
    async with running_pool(catalog, run_ahead_parts) as pool:
        stalled = await pool.open(TextureRequest("endless", seed=1))
        assert (await anext(stalled)).part.sequence == 0
        other = await pool.open(TextureRequest("stone", seed=2))
        assert len([sealed async for sealed in other]) == 6
        await asyncio.sleep(0.05)
        assert catalog.recording.stepped_seeds.count(1) == run_ahead_parts
        for _ in range(10):
            await anext(stalled)
        await asyncio.sleep(0.05)
        assert catalog.recording.stepped_seeds.count(1) <= 10 + run_ahead_parts
        stalled.close()


async def test_at_most_one_step_follows_a_cancel() -> None:
    catalog = SmallCatalog()
    async with running_pool(catalog, run_ahead_parts=64) as pool:
        for seed in range(20):
            stream = await pool.open(TextureRequest("slow", seed=seed))
            await anext(stream)
            before = catalog.recording.stepped_seeds.count(seed)
            stream.close()
            await asyncio.sleep(0.02)
            assert catalog.recording.stepped_seeds.count(seed) <= before + 1


async def test_failing_session_leaves_its_neighbours_unharmed() -> None:
    catalog = SmallCatalog()
    async with running_pool(catalog) as pool:
        broken, fine = await pool.open(TextureRequest("broken")), await pool.open(TextureRequest("stone"))
        assert (await anext(broken)).part.sequence == 0
        with pytest.raises(GenerationError, match="incident") as failed:
            await anext(broken)
        assert "secret" not in str(failed.value)
        assert len([sealed async for sealed in fine]) == 6


async def test_refused_request_leaves_nothing_behind() -> None:
    async with running_pool(SmallCatalog()) as pool:
        with pytest.raises(InvalidRequestError):
            await pool.open(TextureRequest("unknown"))
        assert pool.load().session_count == 0


async def test_closing_ends_running_streams_and_refuses_new_ones() -> None:
    async with running_pool(SmallCatalog()) as pool:
        stream = await pool.open(ProbeRequest(10, 1_000_000))
        await anext(stream)
        await pool.close()
        with pytest.raises(UnavailableError):
            async for _ in stream:
                pass
        with pytest.raises(UnavailableError):
            await pool.open(ProbeRequest(1, 1))
        await asyncio.wait_for(pool.stopped(), 5)


async def test_end_of_the_step_thread_ends_every_session_and_the_pool(capsys: pytest.CaptureFixture[str]) -> None:
    async with running_pool(SmallCatalog()) as pool:
        probe = await pool.open(ProbeRequest(10, 1_000_000))
        fatal = await pool.open(TextureRequest("fatal"))
        stopped = asyncio.create_task(pool.stopped())
        await asyncio.sleep(0.01)
        for stream in (fatal, probe):
            with pytest.raises(UnavailableError, match="stopped"):
                async for _ in stream:
                    pass
            stream.close()
        await asyncio.wait_for(stopped, 5)
        with pytest.raises(UnavailableError):
            await pool.open(TextureRequest("stone"))
        await asyncio.wait_for(pool.drain(), 5)
    assert "step thread failed" in capsys.readouterr().out


async def test_waiting_step_of_a_probe_does_not_hold_up_a_texture() -> None:
    async with running_pool(SmallCatalog()) as pool:
        probe = await pool.open(ProbeRequest(10, 3, step_ms=1000))
        started_at_s = time.perf_counter()
        texture = await pool.open(TextureRequest("stone"))
        assert len([sealed async for sealed in texture]) == 6
        assert time.perf_counter() - started_at_s < 0.5
        probe.close()


async def test_drain_waits_for_running_sessions() -> None:
    async with running_pool(SmallCatalog()) as pool:
        stream = await pool.open(ProbeRequest(10, 3))
        draining = asyncio.create_task(pool.drain())
        await asyncio.sleep(0.01)
        assert not draining.done()
        with pytest.raises(UnavailableError):
            await pool.open(ProbeRequest(1, 1))
        assert len([sealed async for sealed in stream]) == 3
        stream.close()
        await asyncio.wait_for(draining, 5)


async def test_thousands_of_random_cancels_leak_nothing() -> None:
    """Requests cancelled while queued, while beginning, while waiting for a part, between parts, and at the end."""
    chance = random.Random(11)
    async with running_pool(SmallCatalog()) as pool:
        sessions = Sessions(pool, SessionSettings(max_running=8, queue_limit=2000))
        completed_count = 0

        async def consume(request: AssetRequest, pause_every: int) -> None:
            nonlocal completed_count
            async with sessions.open(request) as session:
                async for sealed in session:
                    if pause_every and sealed.part.sequence % pause_every == 0:
                        await asyncio.sleep(0)
                completed_count += session.account().part_count == session.part_count

        tasks: list[asyncio.Task[None]] = []
        for number in range(3000):
            request = ProbeRequest(1 + number % 3000, 1 + chance.randrange(12))
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
        assert pool.load().session_count == 0
        await asyncio.wait_for(pool.drain(), 5)
    for steps in (pool._steps, pool._probe_steps):
        assert steps.session_count == 0
        assert len(steps._step_loop._scheduler) == 0
    assert asyncio.all_tasks() == {asyncio.current_task()}
