"""One worker process as the gateway sees it."""

import asyncio

import pytest

from engine.errors import UnavailableError
from engine.requests.probe import ProbeRequest
from engine.runtime.messages import Open
from engine.runtime.pool import WorkerLostError
from workers.fleet.member import Member


async def test_attached_member_knows_its_generators_and_counts_its_sessions(worker_address: str, secret: bytes) -> None:
    forgotten: list[int] = []
    member = Member("worker-1", worker_address, forgotten.append)
    await member.attach(secret)
    assert member.identities() == {info.identity() for info in member.link.infos}
    stream = member.opened(Open(7, ProbeRequest(1000, 20), 20))
    await stream.opened()
    assert member.session_count == 1
    assert (await anext(stream)).part.sequence == 0
    async with asyncio.timeout(5):
        while member.undelivered_part_count < 19:  # noqa: ASYNC110 (nobody announces it)
            await asyncio.sleep(0.01)
    assert [sealed.part.sequence async for sealed in stream] == list(range(1, 20))
    assert member.undelivered_part_count == 0
    stream.close()
    assert (member.session_count, forgotten) == (0, [7])
    await member.link.close()


async def test_giving_up_ends_every_session_on_both_sides(worker_address: str, secret: bytes) -> None:
    member = Member("worker-1", worker_address, lambda _: None)
    await member.attach(secret)
    streams = [member.opened(Open(ticket, ProbeRequest(10, 1_000_000), 4)) for ticket in range(3)]
    for stream in streams:
        await stream.opened()
    async with asyncio.timeout(5):
        while member.link.stats.session_count != 3:  # noqa: ASYNC110 (nobody announces it)
            await asyncio.sleep(0.05)
    member.give_up(WorkerLostError("the worker is being drained"))
    for stream in streams:
        with pytest.raises(WorkerLostError, match="drained"):
            async for _ in stream:
                pass
        stream.close()
    assert member.session_count == 0
    async with asyncio.timeout(5):
        while member.link.stats.session_count:  # noqa: ASYNC110 (nobody announces it)
            await asyncio.sleep(0.05)
    await member.link.close()


async def test_worker_of_another_cluster_is_not_attached(worker_address: str) -> None:
    member = Member("worker-1", worker_address, lambda _: None)
    with pytest.raises(UnavailableError, match="secret"):
        await member.attach(b"another cluster's secret")


async def test_address_where_nobody_listens_is_reported(secret: bytes) -> None:
    member = Member("worker-1", "127.0.0.1:1", lambda _: None)
    with pytest.raises(UnavailableError, match=r"127\.0\.0\.1:1"):
        await member.attach(secret)
