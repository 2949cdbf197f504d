"""The gateway's end of a link, attached to a worker that really runs."""

import asyncio
import os
import random
import socket
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest

from engine.assets import AssetRequest
from engine.errors import GenerationError, InvalidRequestError, UnavailableError
from engine.requests.probe import ProbeRequest
from engine.requests.texture import TextureRequest
from engine.runtime.messages import Cancel, Event, Made, Open, Terms
from engine.runtime.pool import WorkerLostError
from engine.runtime.stats import WorkerStats
from workers.link.client import WorkerLink
from workers.link.transport import COMMAND_MAX_BYTES, HEARTBEAT_MISSED_S
from workers.local import LocalPool
from workers.stream import WorkerStream

Serving = Callable[..., AbstractAsyncContextManager[Any]]  # of conftest's Worker
Attached = Callable[..., AbstractAsyncContextManager[Any]]  # of conftest's Gateway
Relayed = Callable[[str], AbstractAsyncContextManager[tuple[str, asyncio.Event]]]


async def eventually(condition: Callable[[], bool], timeout_s: float = 5.0) -> None:
    async with asyncio.timeout(timeout_s):
        while not condition():  # noqa: ASYNC110 - in another thread, or in another process
            await asyncio.sleep(0.001)


async def rest_of(stream: WorkerStream) -> int:
    """Take all parts that still come; how many there were. Each one is granted."""
    count = 0
    async for _ in stream:
        count += 1
        stream.grant(1)
    return count


async def test_worker_introduces_itself(serving: Serving, attached: Attached) -> None:
    async with serving() as worker, attached(worker.address) as gateway:
        assert gateway.link.infos == worker.catalog.infos()
        assert gateway.link.process_id > 1


@pytest.mark.parametrize("credit", [1, 2, 4, 64])
@pytest.mark.parametrize("shared_memory", [True, False])
async def test_stream_is_that_of_a_pool_in_this_process(
    serving: Serving, attached: Attached, monkeypatch: pytest.MonkeyPatch, credit: int, shared_memory: bool
) -> None:
    if not shared_memory:
        monkeypatch.delattr(os, "memfd_create")
    async with serving() as worker, attached(worker.address) as gateway:
        pool = LocalPool(worker.catalog)
        await pool.start()
        for request in (ProbeRequest(49152, 50), TextureRequest("stone", seed=7)):
            stream = await pool.open(request, 64, Terms())
            expected = [sealed async for sealed in stream]
            assert (gateway.link._ring is not None) == shared_memory
            assert await gateway.parts(request, credit) == [
                # The checksum travels beside the part; over a link it is in both places.
                type(sealed)(sealed.part.sealed(sealed.sha256), sealed.sha256, sealed.resume_point)
                for sealed in expected
            ]
            stream.close()
        await pool.close()


async def test_session_continues_in_its_middle(serving: Serving, attached: Attached) -> None:
    async with serving() as worker, attached(worker.address) as gateway:
        parts = await gateway.parts(ProbeRequest(1000, 20))
        stream = gateway.member.opened(Open(99, ProbeRequest(1000, 20), 64, Terms(), parts[6].resume_point))
        assert [sealed async for sealed in stream] == parts[7:]
        stream.close()


async def test_many_streams_share_the_link(serving: Serving, attached: Attached) -> None:
    async with serving() as worker, attached(worker.address) as gateway:
        requests: list[AssetRequest] = [ProbeRequest(1 + 9000 * number, 20) for number in range(20)]
        requests += [TextureRequest("stone", seed=number) for number in range(20)]
        streams = await asyncio.gather(*(gateway.parts(request, 1 + n % 7) for n, request in enumerate(requests)))
        for request, parts in zip(requests, streams, strict=True):
            assert [sealed.part.sequence for sealed in parts] == list(range(len(parts)))
            assert len(parts) == (20 if isinstance(request, ProbeRequest) else 6)
        assert gateway.member.session_count == 0
        await eventually(lambda: gateway.link.stats.step_count >= 20)


async def test_large_parts_pass(serving: Serving, attached: Attached) -> None:
    async with serving() as worker, attached(worker.address) as gateway:
        parts = await gateway.parts(ProbeRequest(16 * 1024 * 1024, 6))
        assert [len(sealed.part.payload) for sealed in parts] == [16 * 1024 * 1024] * 6
        assert parts[0].part.digest() == parts[0].sha256


@pytest.mark.parametrize("credit", [1, 4, 16])
async def test_stalled_reader_stops_its_session_and_no_other(serving: Serving, attached: Attached, credit: int) -> None:
    async with serving() as worker, attached(worker.address) as gateway:
        stalled = await gateway.open(TextureRequest("endless", seed=1), credit)
        assert len(await gateway.parts(TextureRequest("stone", seed=2))) == 6
        await asyncio.sleep(0.1)
        seeds = worker.catalog.recording.stepped_seeds
        assert seeds.count(1) == credit
        stalled.grant(3)
        await eventually(lambda: seeds.count(1) == credit + 3)
        await asyncio.sleep(0.05)
        assert seeds.count(1) == credit + 3
        stalled.close()


async def test_a_little_credit_arrives_soon_although_others_stall(serving: Serving, attached: Attached) -> None:
    async with serving() as worker, attached(worker.address) as gateway:
        stalled = [await gateway.open(TextureRequest("endless", seed=seed), 16) for seed in range(1, 9)]
        seeds = worker.catalog.recording.stepped_seeds
        await eventually(lambda: all(seeds.count(seed) == 16 for seed in range(1, 9)))
        waits_s = []
        for _ in range(10):
            before, granted_at_s = seeds.count(1), time.perf_counter()
            stalled[0].grant(1)
            await eventually(lambda before=before: seeds.count(1) > before)  # type: ignore[misc]
            waits_s.append(time.perf_counter() - granted_at_s)
        # Only a heartbeat, four times a second, would carry it otherwise.
        assert sorted(waits_s)[5] < 0.1
        for stream in stalled:
            stream.close()


async def test_nothing_follows_a_cancel_but_what_is_on_its_way(serving: Serving) -> None:
    events: list[Event] = []
    async with serving() as worker:
        link = await WorkerLink.attach(worker.address, b"the secret of these tests", events.append)
        for ticket in range(20):
            link.submit(Open(ticket, TextureRequest("endless", seed=ticket), 1000))
        await eventually(lambda: sum(isinstance(event, Made) for event in events) > 100)
        for ticket in range(20):
            link.submit(Cancel(ticket))
        await eventually(lambda: link.stats.session_count == 0 and link.stats.step_count > 0)
        count = len(events)
        await asyncio.sleep(0.3)
        assert len(events) == count
        await link.close()


async def test_control_shows_in_the_parts_that_follow_it(serving: Serving, attached: Attached) -> None:
    async with serving() as worker, attached(worker.address) as gateway:
        stream = await gateway.open(ProbeRequest(10, 1000, 1.0), 2)
        assert (await anext(stream)).control_count == 0
        stream.steer(1, b"left")
        stream.grant(10)
        counts = [(await anext(stream)).control_count for _ in range(8)]
        assert counts[-1] == 1
        assert counts == sorted(counts)
        stream.steer(2, bytes(1000))
        with pytest.raises(InvalidRequestError) as refused:
            await rest_of(stream)
        assert refused.value.field == "control"
        stream.close()


async def test_failures_arrive_as_what_they_are(serving: Serving, attached: Attached) -> None:
    async with serving() as worker, attached(worker.address) as gateway:
        with pytest.raises(InvalidRequestError, match="fluff") as refused:
            await gateway.open(TextureRequest("fluff"))
        assert refused.value.field == "texture_class"
        broken = await gateway.open(TextureRequest("broken"))
        with pytest.raises(GenerationError, match="incident") as failed:
            await rest_of(broken)
        assert "secret" not in str(failed.value)
        broken.close()
        assert len(await gateway.parts(TextureRequest("stone"))) == 6


async def test_session_that_brings_its_thread_down_fails_and_the_worker_goes_on(
    serving: Serving, attached: Attached
) -> None:
    async with serving() as worker, attached(worker.address) as gateway:
        fatal = await gateway.open(TextureRequest("fatal"))
        with pytest.raises(GenerationError):
            await rest_of(fatal)
        fatal.close()
        assert len(await gateway.parts(TextureRequest("stone"))) == 6


@pytest.mark.parametrize("limit_bytes", [COMMAND_MAX_BYTES - 1000, COMMAND_MAX_BYTES + 1000, 40_000_000])
async def test_request_beyond_all_measure_ends_only_its_own_session(
    serving: Serving, attached: Attached, limit_bytes: int
) -> None:
    async with serving() as worker, attached(worker.address) as gateway:
        other = await gateway.open(TextureRequest("slow"))
        with pytest.raises(InvalidRequestError):
            await gateway.open(TextureRequest("x" * limit_bytes))
        for _ in range(5):
            requests = [gateway.open(TextureRequest("\0" * (limit_bytes // 8), seed=seed)) for seed in range(8)]
            results = await asyncio.gather(*requests, return_exceptions=True)
            assert all(isinstance(result, InvalidRequestError) for result in results)
        assert await rest_of(other) == 6
        other.close()


async def test_control_beyond_all_measure_ends_only_its_own_session(serving: Serving, attached: Attached) -> None:
    async with serving() as worker, attached(worker.address) as gateway:
        stream, other = await gateway.open(ProbeRequest(10, 1000, 5.0)), await gateway.open(ProbeRequest(10, 9, 5.0))
        stream.steer(1, bytes(COMMAND_MAX_BYTES))
        with pytest.raises(InvalidRequestError) as refused:
            await rest_of(stream)
        assert refused.value.field == "control"
        stream.close()
        assert await rest_of(other) == 9
        other.close()
        await eventually(lambda: gateway.link.stats.session_count == 0)


async def test_figures_arrive_by_themselves(serving: Serving, attached: Attached) -> None:
    async with serving() as worker, attached(worker.address) as gateway:
        stream = await gateway.open(TextureRequest("endless"))
        await eventually(lambda: gateway.link.stats.stalled_count == 1)
        stats = gateway.link.stats
        assert isinstance(stats, WorkerStats)
        assert (stats.session_count, stats.ready_count, stats.batch_sizes) == (1, 0, {1: 4})
        assert stats.uptime_s > stats.busy_s > 0
        stream.close()
        await eventually(lambda: gateway.link.stats.session_count == 0)


async def test_thousands_of_random_cancels_leak_nothing(serving: Serving, attached: Attached) -> None:
    """Sessions cancelled before they are sent, while they begin, while they wait, between parts, and at the end."""
    chance = random.Random(12)
    completed: list[int] = []
    async with serving() as worker, attached(worker.address) as gateway:

        async def consume(part_count: int, pause_every: int) -> None:
            stream = await gateway.open(ProbeRequest(1 + part_count * 999, part_count), 1 + chance.randrange(8))
            try:
                async for sealed in stream:
                    assert sealed.part.sequence < part_count
                    stream.grant(1)
                    if pause_every and sealed.part.sequence % pause_every == 0:
                        await asyncio.sleep(0)
                completed.append(stream.summary().tally.part_count)
                assert completed[-1] == part_count
            finally:
                stream.close()

        tasks: list[asyncio.Task[None]] = []
        for _ in range(3000):
            tasks.append(asyncio.create_task(consume(1 + chance.randrange(12), chance.randrange(3))))
            if chance.random() < 0.6:
                chance.choice(tasks[-20:]).cancel()
            if chance.random() < 0.5:
                await asyncio.sleep(chance.choice((0, 0, 0.0005)))
        results = await asyncio.gather(*tasks, return_exceptions=True)
        assert all(result is None or isinstance(result, asyncio.CancelledError) for result in results)
        assert len(completed) == results.count(None)
        assert 500 < len(completed) < 2500
        assert gateway.member.session_count == 0
        await eventually(lambda: gateway.link.stats.session_count == 0)
        assert len(await gateway.parts(TextureRequest("stone"))) == 6
        assert (gateway.link._credits, gateway.link._owed, len(gateway.link._commands)) == ({}, {}, 0)
        attachment = worker.server._attachment
        assert attachment is not None
        assert (attachment._sessions, attachment._gateway_tickets) == ({}, {})
        assert [lane._credits for lane in worker.server._lanes] == [{}, {}]


async def test_gateway_with_another_secret_is_not_let_in(serving: Serving, attached: Attached) -> None:
    async with serving() as worker:
        with pytest.raises(UnavailableError, match="does not know the secret") as refused:
            async with attached(worker.address, b"another secret, as long"):
                pass
        assert "another secret" not in str(refused.value)
        async with attached(worker.address) as gateway:
            assert len(await gateway.parts(TextureRequest("stone"))) == 6


async def test_second_gateway_is_turned_away_and_the_first_one_stays(serving: Serving, attached: Attached) -> None:
    async with serving() as worker:
        async with attached(worker.address) as gateway:
            stream = await gateway.open(TextureRequest("slow"))
            with pytest.raises(UnavailableError, match="another gateway is attached"):
                async with attached(worker.address):
                    pass
            assert await rest_of(stream) == 6
            stream.close()
        async with attached(worker.address) as successor:
            assert len(await successor.parts(TextureRequest("stone"))) == 6


async def test_gateway_that_leaves_leaves_no_session_behind(serving: Serving, attached: Attached) -> None:
    async with serving() as worker:
        async with attached(worker.address) as gateway:
            for seed in range(5):
                await gateway.open(TextureRequest("endless", seed=seed))
        await eventually(lambda: all(lane.stats().session_count == 0 for lane in worker.server._lanes))
        assert [lane._credits for lane in worker.server._lanes] == [{}, {}]


async def test_nobody_listening_is_told(attached: Attached) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(UnavailableError, match=address):
        async with attached(address):
            pass


async def test_listener_that_never_answers_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(UnavailableError, match=r"no answer within 0\.5 s"):
            await WorkerLink.attach(address, b"the secret of these tests", lambda _: None, timeout_s=0.5)


async def test_listener_that_talks_nonsense_is_given_up() -> None:
    async def talk(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 smtp ready\r\n" * 100)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    address = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    with pytest.raises(UnavailableError):
        await WorkerLink.attach(address, b"the secret of these tests", lambda _: None, timeout_s=3.0)
    server.close()


async def test_worker_behind_a_dead_line_is_lost_soon(serving: Serving, attached: Attached, relayed: Relayed) -> None:
    async with serving() as worker, relayed(worker.address) as (address, way), attached(address) as gateway:
        stream = await gateway.open(TextureRequest("endless"))
        way.clear()
        cut_at_s = time.perf_counter()
        assert "told nothing" in await asyncio.wait_for(gateway.link.lost(), HEARTBEAT_MISSED_S + 1)
        assert time.perf_counter() - cut_at_s > HEARTBEAT_MISSED_S - 0.5
        stream.close()
        gateway.link.grant(stream.ticket, 1)
        gateway.link.submit(Cancel(7))


async def test_worker_that_ends_is_lost_at_once(serving: Serving, attached: Attached) -> None:
    async with serving() as worker, attached(worker.address) as gateway:
        await gateway.open(TextureRequest("endless"))
        await worker.server.close()
        assert "broke" in await asyncio.wait_for(gateway.link.lost(), 1)


async def test_gateway_that_was_held_up_itself_does_not_give_its_worker_up(
    serving: Serving, attached: Attached
) -> None:
    async with serving() as worker, attached(worker.address) as gateway:
        stream = await gateway.open(TextureRequest("endless"))
        time.sleep(HEARTBEAT_MISSED_S + 0.5)  # noqa: ASYNC251 - this is the hold-up
        await asyncio.sleep(0.6)
        stream.grant(1)
        for _ in range(5):
            await anext(stream)
        stream.close()


async def test_lost_worker_says_why_to_everyone_who_asks(serving: Serving, attached: Attached) -> None:
    async with serving() as worker, attached(worker.address) as gateway:
        asking = [asyncio.create_task(gateway.link.lost()) for _ in range(3)]
        await asyncio.sleep(0)
        asking.pop().cancel()
        await gateway.link.close()
        assert [await task for task in asking] == ["closed", "closed"]
        assert await gateway.link.lost() == "closed"


async def test_streams_of_a_lost_worker_can_be_ended_by_their_keeper(serving: Serving, attached: Attached) -> None:
    async with serving() as worker, attached(worker.address) as gateway:
        stream = await gateway.open(TextureRequest("endless"))
        await worker.server.close()
        cause = await gateway.link.lost()
        gateway.member.give_up(WorkerLostError(cause, suspected=True))
        with pytest.raises(WorkerLostError):
            await rest_of(stream)
        stream.close()
