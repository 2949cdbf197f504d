"""Synthetic streams that the client steers, through either face."""

import asyncio
import contextlib
import threading
import time
from collections.abc import Awaitable, Callable
from typing import Protocol

import pytest

from morphogen_client import (
    Arrival,
    AsyncClient,
    AsyncSteeredProbe,
    CancelledError,
    Client,
    DeadlineExceededError,
    InvalidRequestError,
    MorphogenError,
    SteeredProbe,
    UnavailableError,
)


class Serving(Protocol):
    address: str


Serve = Callable[..., Awaitable[Serving]]


async def test_every_arrival_grants_another_part(serve: Serve) -> None:
    address = (await serve()).address

    def blocking() -> list[int]:
        with Client(address) as client:
            return [arrival.sequence for arrival in client.steer_probe(part_size_bytes=10, part_count=200, credit=2)]

    async with AsyncClient(address) as client:
        steered = client.steer_probe(part_size_bytes=10, part_count=200, credit=2)
        assert [arrival.sequence async for arrival in steered] == list(range(200))
        assert (await steered.result()).dropped_count == 0
    assert await asyncio.to_thread(blocking) == list(range(200))


async def test_control_shows_in_the_parts_that_follow(serve: Serve) -> None:
    address = (await serve()).address

    def blocking() -> list[int]:
        with Client(address) as client:
            steered = client.steer_probe(part_size_bytes=10, part_count=30, credit=1)
            assert steered.control(b"before the start") == 1
            shown = []
            for arrival in steered:
                shown.append(arrival.control_count)
                if arrival.sequence == 9:
                    assert steered.control(b"left") == 2
            return shown

    async def in_loop() -> list[int]:
        async with AsyncClient(address) as client:
            steered = client.steer_probe(part_size_bytes=10, part_count=30, credit=1)
            assert await steered.control(b"before the start") == 1
            shown = []
            async for arrival in steered:
                shown.append(arrival.control_count)
                if arrival.sequence == 9:
                    assert await steered.control(b"left") == 2
            return shown

    for shown in (await asyncio.to_thread(blocking), await in_loop()):
        assert shown == sorted(shown)
        assert (set(shown) <= {0, 1, 2}, shown[5], shown[-1]) == (True, 1, 2)


async def test_nothing_comes_without_credit(serve: Serve) -> None:
    async with AsyncClient((await serve()).address) as client:
        steered = client.steer_probe(auto_grant=False, part_size_bytes=10, part_count=8, credit=3)
        arrivals = aiter(steered)
        assert [(await anext(arrivals)).sequence for _ in range(3)] == [0, 1, 2]
        waiting = asyncio.ensure_future(anext(arrivals))
        assert await asyncio.wait([waiting], timeout=0.3) == (set(), {waiting})
        await steered.grant(5)
        assert (await waiting).sequence == 3
        assert [arrival.sequence async for arrival in arrivals] == [4, 5, 6, 7]


async def test_nothing_comes_without_credit_to_a_thread_either(serve: Serve) -> None:
    address = (await serve()).address

    def blocking() -> list[Arrival]:
        with Client(address) as client:
            steered = client.steer_probe(auto_grant=False, part_size_bytes=10, part_count=8, credit=3)
            later = threading.Timer(0.4, steered.grant, [5])
            later.start()
            return list(steered)

    arrivals = await asyncio.to_thread(blocking)
    assert [arrival.sequence for arrival in arrivals] == list(range(8))
    assert arrivals[2].at_ms < 300.0 < arrivals[3].at_ms


async def test_credit_beyond_the_limit_ends_the_stream(serve: Serve) -> None:
    address = (await serve()).address

    def blocking() -> None:
        with Client(address) as client:
            steered = client.steer_probe(auto_grant=False, part_size_bytes=10, part_count=1000, step_ms=20.0)
            steered.grant(64)
            steered.result()

    with pytest.raises(InvalidRequestError, match=r"credit.part_count: .* allowed: 64 parts granted and not yet sent"):
        await asyncio.to_thread(blocking)
    async with AsyncClient(address) as client:
        steered = client.steer_probe(auto_grant=False, part_size_bytes=10, part_count=1000, step_ms=20.0)
        await steered.grant(64)
        with pytest.raises(InvalidRequestError, match="credit"):
            await steered.result()


async def test_control_that_the_generator_refuses_ends_the_stream(serve: Serve) -> None:
    async with AsyncClient((await serve()).address) as client:
        steered = client.steer_probe(part_size_bytes=10, part_count=1000, step_ms=5.0)
        await steered.control(bytes(65))
        with pytest.raises(InvalidRequestError, match="control: '65 bytes' is not allowed; allowed: at most 64 bytes"):
            await steered.result()


async def test_live_stream_drops_what_has_no_credit_and_counts_it(serve: Serve) -> None:
    async with AsyncClient((await serve()).address) as client:
        steered = client.steer_probe(
            auto_grant=False, part_size_bytes=10, part_count=40, interval_ms=10.0, delivery="live", credit=2
        )
        sequences = []
        async for arrival in steered:
            sequences.append(arrival.sequence)
            if arrival.sequence == 1:
                await asyncio.sleep(0.2)
                await steered.grant(64)
        result = await steered.result()
    assert sequences[:2] == [0, 1]
    assert (sequences == sorted(set(sequences)), sequences[-1]) == (True, 39)
    assert result.dropped_count == 40 - len(sequences) > 0


async def test_live_stream_of_a_slow_worker_keeps_its_clock(serve: Serve) -> None:
    async with AsyncClient((await serve()).address) as client:
        steered = client.steer_probe(
            part_size_bytes=10, part_count=60, step_ms=60.0, interval_ms=20.0, delivery="live", credit=8
        )
        arrivals = [arrival async for arrival in steered]
        result = await steered.result()
    late_ms = [arrival.at_ms - arrivals[0].at_ms - 20.0 * arrival.sequence for arrival in arrivals[:-1]]
    assert max(late_ms) < 500.0  # if every part were made: 2400
    assert arrivals[-1].sequence == 59
    assert result.dropped_count == 60 - len(arrivals) > 30


async def test_live_stream_without_an_interval_is_refused(serve: Serve) -> None:
    async with AsyncClient((await serve()).address) as client:
        with pytest.raises(InvalidRequestError) as caught:
            await client.steer_probe(delivery="live").result()
    assert caught.value.field == "interval_ms"


async def test_nothing_can_be_sent_after_the_end(serve: Serve) -> None:
    address = (await serve()).address

    def blocking() -> None:
        with Client(address) as client:
            steered = client.steer_probe(part_size_bytes=10, part_count=2)
            steered.result()
            with pytest.raises(CancelledError, match="the stream has ended"):
                steered.control(b"late")
            with pytest.raises(CancelledError, match="the stream has ended"):
                steered.grant(1)
            with pytest.raises(MorphogenError, match="iterated once"):
                iter(steered)

    await asyncio.to_thread(blocking)
    async with AsyncClient(address) as client:
        steered = client.steer_probe(part_size_bytes=10, part_count=2)
        await steered.result()
        with pytest.raises(CancelledError, match="the stream has ended"):
            await steered.control(b"late")


async def test_what_is_on_its_way_when_the_stream_ends_spoils_nothing(serve: Serve) -> None:
    address = (await serve()).address

    async def send(steered: AsyncSteeredProbe) -> None:
        with contextlib.suppress(CancelledError):
            while True:
                await steered.control(b"on its way")

    async with AsyncClient(address) as client:
        for _ in range(60):
            steered = client.steer_probe(part_size_bytes=10, part_count=5)
            sending = asyncio.create_task(send(steered))
            assert (await steered.result()).part_count == 5
            await sending


async def test_refusal_is_told_even_if_something_was_on_its_way(serve: Serve) -> None:
    async with AsyncClient((await serve()).address) as client:
        for _ in range(20):
            steered = client.steer_probe(auto_grant=False, part_size_bytes=10, part_count=1000, credit=64, step_ms=20.0)
            for _ in range(60):
                await steered.grant(1)
            with pytest.raises(InvalidRequestError, match=r"credit.part_count"):
                await steered.result()


async def test_what_a_thread_sends_when_the_stream_ends_spoils_nothing(serve: Serve) -> None:
    address = (await serve()).address

    def send(steered: SteeredProbe) -> None:
        with contextlib.suppress(CancelledError):
            while True:
                steered.control(b"on its way")

    def blocking() -> None:
        with Client(address) as client:
            for _ in range(60):
                steered = client.steer_probe(part_size_bytes=10, part_count=5)
                sending = threading.Thread(target=send, args=[steered])
                sending.start()
                assert steered.result().part_count == 5
                sending.join()

    await asyncio.to_thread(blocking)


async def test_close_ends_the_iteration_and_whoever_waits_to_send(serve: Serve) -> None:
    address = (await serve()).address

    def blocking() -> None:
        with Client(address) as client:
            steered = client.steer_probe(auto_grant=False, part_size_bytes=10, part_count=9, credit=1)
            threading.Timer(0.3, steered.close).start()
            for _ in range(64):
                steered.control(b"fills the outbox")
            with pytest.raises(CancelledError, match="the stream has ended"):
                steered.control(b"one too many: waits until the stream is closed")
            with pytest.raises(CancelledError):
                list(steered)

    await asyncio.to_thread(blocking)
    async with AsyncClient(address) as client:
        steered = client.steer_probe(auto_grant=False, part_size_bytes=10, part_count=9, credit=1)
        asyncio.get_running_loop().call_later(0.3, steered.close)
        with pytest.raises(CancelledError):
            await steered.result()


async def test_leaving_the_loop_leaves_no_thread_behind(serve: Serve) -> None:
    address = (await serve()).address

    def blocking() -> None:
        before = threading.active_count()
        with Client(address) as client:
            with client.steer_probe(part_size_bytes=10, part_count=1000, step_ms=5.0) as steered:
                for _ in steered:
                    break
            with pytest.raises(CancelledError, match="left before its end"):
                steered.result()
        ends_at_s = time.monotonic() + 5.0
        while threading.active_count() > before and time.monotonic() < ends_at_s:
            time.sleep(0.02)
        assert threading.active_count() <= before

    await asyncio.to_thread(blocking)


async def test_deadline_ends_a_stream_that_waits_for_credit(serve: Serve) -> None:
    async with AsyncClient((await serve()).address) as client:
        with pytest.raises(DeadlineExceededError):
            await client.steer_probe(auto_grant=False, part_count=9, credit=1, timeout_s=0.3).result()


async def test_steered_stream_is_never_tried_again() -> None:
    async with AsyncClient("127.0.0.1:1") as client:
        with pytest.raises(UnavailableError):
            await client.steer_probe().result()
    with Client("127.0.0.1:1") as blocking, pytest.raises(UnavailableError):
        blocking.steer_probe().result()
