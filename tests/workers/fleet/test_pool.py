"""Fleets of real worker processes: what happens to streams when workers come and go.

One module however long: the fleet has many ways to lose a worker, and they share how a stream is checked.
"""

import asyncio
import hashlib
import os
import signal
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, aclosing
from pathlib import Path

import pytest

from engine.assets import DIGEST_START, running_digest
from engine.errors import InvalidRequestError, UnavailableError
from engine.requests.probe import ProbeRequest
from engine.requests.texture import TextureRequest
from engine.runtime.messages import Terms
from engine.runtime.pool import PartStream, WorkerLostError, WorkerState
from engine.sessions.continued import Continuation, ContinuedStream
from workers.fleet.pool import FleetPool

Fleet = Callable[..., AbstractAsyncContextManager[FleetPool]]

CREDIT = 4


def process_ids(pool: FleetPool) -> dict[str, int]:
    """The processes of all workers that are attached, by name."""
    return {name: member.link.process_id for name, member in pool._members.items()}


def started(starts_file: Path) -> list[int]:
    """The processes of all workers that began to load their generators."""
    return [int(process_id) for process_id in starts_file.read_text().split()]


def busy_worker(pool: FleetPool) -> str:
    """A worker that has a session."""
    return next(entry.name for entry in pool.workers() if entry.session_count)


async def until(reached: Callable[[], bool], timeout_s: float = 10.0) -> None:
    """Wait for it."""
    async with asyncio.timeout(timeout_s):
        while not reached():  # noqa: ASYNC110 (nobody announces it)
            await asyncio.sleep(0.02)


async def ready(pool: FleetPool, count: int, timeout_s: float = 30.0) -> list[str]:
    """Wait until `count` workers are ready; their names."""
    await until(lambda: pool.worker_count() == count, timeout_s)
    return [entry.name for entry in pool.workers() if entry.state is WorkerState.READY]


async def opened(pool: FleetPool, request: ProbeRequest, moves: list[None] | None = None) -> ContinuedStream:
    """A stream that outlives its workers; each of its moves is added to `moves`."""
    record = [] if moves is None else moves
    continuation = Continuation(30.0, lambda: record.append(None))
    return await ContinuedStream(pool, request, CREDIT, Terms(), continuation).open(None)


async def read(stream: PartStream) -> tuple[list[int], bytes]:
    """Take every part; their numbers, and the digest over their payloads."""
    numbers, digest = [], DIGEST_START
    try:
        async for sealed in stream:
            numbers.append(sealed.part.sequence)
            digest = running_digest(digest, hashlib.sha256(sealed.part.payload).digest())
            stream.grant(1)
        assert stream.summary().tally.digest == digest
    finally:
        stream.close()
    return numbers, digest


async def uninterrupted(pool: FleetPool, request: ProbeRequest) -> tuple[list[int], bytes]:
    """What `request` gives while nothing goes wrong."""
    expected = await read(await pool.open(ProbeRequest(request.part_bytes, request.part_count), CREDIT, Terms()))
    assert expected[0] == list(range(request.part_count))
    return expected


async def test_parts_of_a_worker_process_arrive_in_order_with_a_summary(fleet: Fleet) -> None:
    async with fleet() as pool:
        assert [info.name for info in pool.generators()] == ["probe"]
        stream = await pool.open(ProbeRequest(1000, 50), CREDIT, Terms())
        assert (stream.part_count, stream.info.name) == (50, "probe")
        numbers, _ = await read(stream)
        assert numbers == list(range(50))
        assert stream.summary().tally.size_bytes == 50_000
        assert [(entry.state, entry.session_count) for entry in pool.workers()] == [(WorkerState.READY, 0)]


async def test_sessions_go_to_the_worker_with_the_fewest(fleet: Fleet) -> None:
    async with fleet(count=2) as pool:
        await ready(pool, 2)
        streams = [await pool.open(ProbeRequest(10, 1_000_000), CREDIT, Terms()) for _ in range(6)]
        assert [entry.session_count for entry in pool.workers()] == [3, 3]
        for stream in streams:
            stream.close()
        assert [entry.session_count for entry in pool.workers()] == [0, 0]


async def test_refused_request_leaves_nothing_behind(fleet: Fleet) -> None:
    async with fleet() as pool:
        with pytest.raises(InvalidRequestError, match="probe"):
            await pool.open(TextureRequest("stone"), CREDIT, Terms())
        with pytest.raises(UnavailableError, match="no worker"):
            await pool.open(ProbeRequest(1, 1), CREDIT, Terms(generator="another one"))
        assert [entry.session_count for entry in pool.workers()] == [0]


@pytest.mark.parametrize("kill", [signal.SIGKILL, signal.SIGSTOP])
async def test_worker_that_dies_or_freezes_in_mid_stream_loses_and_repeats_no_part(
    fleet: Fleet, kill: signal.Signals
) -> None:
    request = ProbeRequest(2000, 300, step_ms=2)
    async with fleet(count=2) as pool:
        await ready(pool, 2)
        expected = await uninterrupted(pool, request)
        moves: list[None] = []
        reading = [asyncio.create_task(read(await opened(pool, request, moves))) for _ in range(4)]
        await asyncio.sleep(0.1)
        victim = busy_worker(pool)
        os.kill(process_ids(pool)[victim], kill)
        assert await asyncio.gather(*reading) == [expected] * 4
        assert len(moves) == 2
        assert victim not in await ready(pool, 2)


async def test_stream_survives_one_worker_after_another(fleet: Fleet) -> None:
    request = ProbeRequest(100, 400, step_ms=5)
    async with fleet(count=2) as pool:
        expected = await uninterrupted(pool, request)
        moves: list[None] = []
        reading = asyncio.create_task(read(await opened(pool, request, moves)))
        for _ in range(3):
            await ready(pool, 2)
            await asyncio.sleep(0.1)
            os.kill(process_ids(pool)[busy_worker(pool)], signal.SIGKILL)
            await asyncio.sleep(0.1)
        assert await reading == expected
        assert len(moves) == 3


async def test_streams_outlive_the_process_that_starts_workers(fleet: Fleet) -> None:
    request = ProbeRequest(100, 300, step_ms=5)
    async with fleet() as pool:
        expected = await uninterrupted(pool, request)
        reading = asyncio.create_task(read(await opened(pool, request)))
        await asyncio.sleep(0.1)
        process = pool._steward._process
        assert process is not None
        process.kill()  # and the worker ends with it
        assert await reading == expected


async def test_drained_worker_hands_its_sessions_over_and_stops(fleet: Fleet) -> None:
    request = ProbeRequest(100, 300, step_ms=5)
    async with fleet() as pool:
        expected = await uninterrupted(pool, request)
        moves: list[None] = []
        reading = [asyncio.create_task(read(await opened(pool, request, moves))) for _ in range(3)]
        await asyncio.sleep(0.1)
        process_id = process_ids(pool)["worker-1"]
        assert await pool.drain_worker("worker-1") == 3
        assert await ready(pool, 1) == ["worker-2"]
        assert await asyncio.gather(*reading) == [expected] * 3
        assert len(moves) == 3
        assert await gone(process_id)
        with pytest.raises(KeyError):
            await pool.drain_worker("worker-1")


async def test_last_worker_is_not_drained_while_no_other_one_starts(fleet: Fleet) -> None:
    async with fleet("dying_after_the_first", start_timeout_s=3.0) as pool:
        reading = asyncio.create_task(read(await opened(pool, ProbeRequest(100, 800, step_ms=5))))
        with pytest.raises(UnavailableError, match="exit code 3"):
            await pool.drain_worker("worker-1")
        assert await ready(pool, 1) == ["worker-1"]
        with pytest.raises(UnavailableError, match="exit code 3"):
            async with aclosing(pool.replace_workers([])) as replacements:
                await anext(replacements)
        assert await ready(pool, 1) == ["worker-1"]
        numbers, _ = await reading
        assert numbers == list(range(800))
        await asyncio.sleep(1.0)  # longer than a worker too many may be idle
        assert await ready(pool, 1) == ["worker-1"]
        assert pool._roster.target_count == 1


async def test_replacing_every_worker_under_running_streams_loses_and_repeats_no_part(fleet: Fleet) -> None:
    request = ProbeRequest(2000, 800, step_ms=5)
    async with fleet(count=2) as pool:
        await ready(pool, 2)
        expected = await uninterrupted(pool, request)
        moves: list[None] = []
        reading = [asyncio.create_task(read(await opened(pool, request, moves))) for _ in range(6)]
        await asyncio.sleep(0.1)
        async with aclosing(pool.replace_workers([])) as replacements:
            made = [replacement async for replacement in replacements]
        assert [replacement.name for replacement in made] == ["worker-1", "worker-2"]
        assert await ready(pool, 2) == [replacement.replacement for replacement in made]
        assert sum(replacement.moved_count for replacement in made) >= 6
        assert not any(task.done() for task in reading)
        assert await asyncio.gather(*reading) == [expected] * 6
        assert len(moves) >= 6


async def test_worker_that_dies_while_it_is_replaced_ends_the_replacement_of_that_one_only(fleet: Fleet) -> None:
    async with fleet(count=2) as pool:
        await ready(pool, 2)
        async with aclosing(pool.replace_workers([])) as replacements:
            replacing = asyncio.ensure_future(anext(replacements))
            await asyncio.sleep(0.1)
            os.kill(process_ids(pool)["worker-1"], signal.SIGKILL)
            assert (await replacing).name == "worker-1"
            assert [made.name async for made in replacements] == ["worker-2"]
        assert {"worker-1", "worker-2"} & set(await ready(pool, 2)) == set()
        assert pool._roster.target_count == 2


async def test_worker_that_dies_at_start_up_never_becomes_a_fork_bomb(fleet: Fleet, starts_file: Path) -> None:
    async with fleet("dying", count=4) as pool:
        await asyncio.wait_for(pool.wait_available(False), 1)
        await asyncio.sleep(4)
        # The first time all four, then one at a time, after delays that go on from four failures: 1.6 s, 3.2 s.
        assert 4 <= len(started(starts_file)) <= 6
        assert pool.generators() == ()
        assert pool.worker_count() == 0
        with pytest.raises(UnavailableError, match="no worker is running"):
            await pool.open(ProbeRequest(1, 1), CREDIT, Terms())
        waiting = [entry for entry in pool.workers() if entry.state is WorkerState.WAITING]
        assert [entry.failure for entry in waiting] in ([], ["exit code 3"])
        assert len(pool.workers()) == 1
        with pytest.raises(KeyError):
            await pool.drain_worker("worker-0")


async def test_worker_that_is_not_ready_in_time_is_ended_and_tried_again(fleet: Fleet, starts_file: Path) -> None:
    async with fleet("never_ready", start_timeout_s=3.0) as pool:
        await asyncio.sleep(1.0)
        assert pool._roster.last_failure == "not ready within 3 s"
        assert await gone(started(starts_file)[0])
    assert all([await gone(process_id) for process_id in started(starts_file)])


async def test_steward_that_cannot_work_is_reported_and_does_not_hold_up_the_start(
    fleet: Fleet, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.py"
    broken.write_text("raise SystemExit(1)")
    async with fleet(steward=str(broken)) as pool:
        assert pool.worker_count() == 0
        assert [(entry.state, entry.failure) for entry in pool.workers()] == [
            (WorkerState.WAITING, "the process that manages workers ended")
        ]
        with pytest.raises(UnavailableError, match="no worker is running"):
            await pool.open(ProbeRequest(1, 1), CREDIT, Terms())


async def test_sessions_that_wait_bring_another_worker_which_leaves_when_idle(fleet: Fleet) -> None:
    async with fleet(count=1, count_max=2, batch_size=1, scale_up_delay_s=0.02) as pool:
        request = ProbeRequest(10, 8, step_ms=50)
        reading = [asyncio.create_task(read(await opened(pool, request))) for _ in range(8)]
        await ready(pool, 2)
        late = await pool.open(request, CREDIT, Terms())  # the new worker takes what comes now
        assert pool.workers()[1].session_count == 1
        late.close()
        assert all(numbers == list(range(8)) for numbers, _ in await asyncio.gather(*reading))
        assert len(await ready(pool, 1)) == 1
        await asyncio.sleep(1.0)
        assert pool.worker_count() == 1


async def test_closing_ends_running_streams_and_every_process(fleet: Fleet) -> None:
    async with fleet(count=2) as pool:
        await ready(pool, 2)
        stream = await pool.open(ProbeRequest(10, 1_000_000), CREDIT, Terms())
        await anext(stream)
        ids = process_ids(pool).values()
        await pool.close()
        with pytest.raises(UnavailableError, match="shutting down"):
            async for _ in stream:
                pass
        stream.close()
        with pytest.raises(UnavailableError):
            await pool.open(ProbeRequest(1, 1), CREDIT, Terms())
        assert all([await gone(process_id) for process_id in ids])
        await asyncio.wait_for(pool.wait_available(False), 1)


async def test_stream_that_nobody_continues_ends_with_the_loss_of_its_worker(fleet: Fleet) -> None:
    async with fleet() as pool:
        stream = await pool.open(ProbeRequest(10, 1_000_000, step_ms=1), CREDIT, Terms())
        await anext(stream)
        os.kill(process_ids(pool)["worker-1"], signal.SIGKILL)
        with pytest.raises(WorkerLostError) as lost:
            await read(stream)
        assert lost.value.suspected


async def test_drain_refuses_new_sessions_and_waits_for_running_ones(fleet: Fleet) -> None:
    async with fleet() as pool:
        reading = asyncio.create_task(read(await pool.open(ProbeRequest(10, 50, step_ms=5), CREDIT, Terms())))
        await asyncio.sleep(0.05)
        draining = asyncio.create_task(pool.drain())
        await asyncio.sleep(0.05)
        with pytest.raises(UnavailableError, match="shutting down"):
            await pool.open(ProbeRequest(1, 1), CREDIT, Terms())
        assert not draining.done()
        await asyncio.wait_for(draining, 10)
        numbers, _ = await reading
        assert numbers == list(range(50))


async def test_no_call_is_refused_while_the_only_worker_is_drained(fleet: Fleet) -> None:
    async with fleet() as pool:
        draining = asyncio.create_task(pool.drain_worker("worker-1"))
        served_count = 0
        while not draining.done():
            assert pool.worker_count() > 0
            numbers, _ = await read(await opened(pool, ProbeRequest(10, 3)))
            assert numbers == [0, 1, 2]
            served_count += 1
        assert await draining <= 1
        assert served_count > 0
        assert await ready(pool, 1) == ["worker-2"]
        assert pool._roster.target_count == 1


@pytest.mark.parametrize("operation", ["drain", "replace"])
async def test_cancelled_before_another_worker_is_ready_the_old_one_stays_ready(fleet: Fleet, operation: str) -> None:
    async with fleet() as pool:
        moving = asyncio.create_task(drained(pool, "worker-1") if operation == "drain" else replaced(pool, "worker-1"))
        await asyncio.sleep(0.02)  # no process starts so fast
        moving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await moving
        assert [entry.state for entry in pool.workers() if entry.name == "worker-1"] == [WorkerState.READY]
        assert pool._roster.target_count == 1
        numbers, _ = await read(await pool.open(ProbeRequest(10, 3), CREDIT, Terms()))
        assert numbers == [0, 1, 2]


@pytest.mark.parametrize("operation", ["drain", "replace"])
async def test_emptying_goes_on_when_whoever_asked_for_it_has_left(fleet: Fleet, operation: str) -> None:
    async with fleet("of_one_class_each", count=2, drain_timeout_s=20.0) as pool:
        await ready(pool, 2)
        name, stream = await session_on_some_worker(pool)
        moving = asyncio.create_task(drained(pool, name) if operation == "drain" else replaced(pool, name))
        await until(lambda: any(entry.state is WorkerState.DRAINING for entry in pool.workers()))
        moving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await moving
        numbers, _ = await read(stream)  # nobody else has this class: it ends where it is
        assert numbers == list(range(100))
        assert name not in await ready(pool, 2)
        await until(lambda: name not in [entry.name for entry in pool.workers()])
        assert pool._roster.target_count == 2


async def test_worker_that_is_drained_twice_is_emptied_once(fleet: Fleet) -> None:
    async with fleet("of_one_class_each", count=2, drain_timeout_s=0.3) as pool:
        await ready(pool, 2)
        name, stream = await session_on_some_worker(pool)
        assert list(await asyncio.gather(pool.drain_worker(name), pool.drain_worker(name))) == [1, 1]
        with pytest.raises(WorkerLostError):
            await read(stream)
        assert pool._emptying == {}


async def test_closing_ends_an_emptying_with_an_error_for_whoever_asked_for_it(fleet: Fleet) -> None:
    async with fleet("of_one_class_each", count=2, drain_timeout_s=60.0) as pool:
        await ready(pool, 2)
        name, stream = await session_on_some_worker(pool)
        draining = asyncio.create_task(pool.drain_worker(name))
        await asyncio.sleep(0.1)
        await pool.close()
        with pytest.raises(UnavailableError, match="shutting down"):
            await draining
        stream.close()


async def test_generators_are_those_of_the_newest_worker_that_is_ready(
    fleet: Fleet, capsys: pytest.CaptureFixture[str]
) -> None:
    async with fleet("of_one_class_each") as pool:
        assert kernel_classes(pool) == ["1"]
        pool._roster.target_count = 2
        await ready(pool, 2)
        assert kernel_classes(pool) == ["2"]
        assert "workers differ in their generators" in capsys.readouterr().out
        pool._roster.target_count = 1  # so that no third one comes
        os.kill(process_ids(pool)["worker-2"], signal.SIGKILL)
        await ready(pool, 1)
        assert kernel_classes(pool) == ["1"]
        generator = pool.generators()[0].identity()
        numbers, _ = await read(await pool.open(ProbeRequest(10, 3), CREDIT, Terms(generator=generator)))
        assert numbers == [0, 1, 2]
        os.kill(process_ids(pool)["worker-1"], signal.SIGKILL)
        await asyncio.wait_for(pool.wait_available(False), 5)
        assert kernel_classes(pool) == ["1"]


async def drained(pool: FleetPool, name: str) -> None:
    """Drain a worker."""
    await pool.drain_worker(name)


async def replaced(pool: FleetPool, name: str) -> None:
    """Replace a worker."""
    async with aclosing(pool.replace_workers([name])) as replacements:
        async for _ in replacements:
            pass


async def session_on_some_worker(pool: FleetPool) -> tuple[str, PartStream]:
    """A worker, and a session that it runs for two seconds."""
    stream = await pool.open(ProbeRequest(10, 100, step_ms=20), CREDIT, Terms())
    return busy_worker(pool), stream


def kernel_classes(pool: FleetPool) -> list[str]:
    """Those of the generators that new sessions use."""
    return [info.kernel_class for info in pool.generators()]


async def gone(process_id: int, within_s: float = 5.0) -> bool:
    """Whether that process ends."""
    give_up_at_s = time.monotonic() + within_s
    while time.monotonic() < give_up_at_s:
        try:
            os.kill(process_id, 0)
        except ProcessLookupError:
            return True
        await asyncio.sleep(0.02)
    return False
