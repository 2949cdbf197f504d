"""What a gateway that knows the secret and not the rules can do to a worker: end its own link, nothing else."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from itertools import pairwise
from typing import Any

import grpc
import pytest

from engine.requests.texture import TextureRequest
from engine.runtime.messages import Open
from morphogen.internal.v1 import worker_link_pb2 as link
from morphogen.v1 import diagnostics_pb2, texture_pb2
from workers.link.handshake import GatewayHandshake
from workers.link.messages import command_message
from workers.link.transport import (
    EVENTS_MAX_COUNT,
    GATEWAY_OPTIONS,
    HEARTBEAT_MISSED_S,
    MESSAGE_GOAL_BYTES,
    METHOD,
    SERVICE,
)

Serving = Callable[..., AbstractAsyncContextManager[Any]]  # of conftest's Worker
Attached = Callable[..., AbstractAsyncContextManager[Any]]  # of conftest's Gateway
Call = grpc.aio.StreamStreamCall[bytes, bytes]
SECRET = b"the secret of these tests"


@asynccontextmanager
async def link_of(address: str) -> AsyncIterator[Call]:
    """A link that lets every message be written and read by hand."""
    async with grpc.aio.insecure_channel(address, options=GATEWAY_OPTIONS) as channel:
        call: Call = channel.stream_stream(f"/{SERVICE}/{METHOD}", None, None)(None)
        handshake = GatewayHandshake(SECRET)
        await call.write(handshake.challenge())
        greeting = await call.read()
        assert isinstance(greeting, bytes)
        await call.write(handshake.answer(greeting))
        welcome = await call.read()
        assert isinstance(welcome, bytes)
        assert link.AttachResponse.FromString(welcome).HasField("welcome")
        yield call


async def send(call: Call, *commands: link.Command) -> None:
    await call.write(link.AttachRequest(commands=link.Commands(commands=commands)).SerializeToString())


async def messages(call: Call) -> AsyncIterator[link.Events]:
    while isinstance(data := await asyncio.wait_for(call.read(), 5), bytes):
        yield link.AttachResponse.FromString(data).events


async def events_until(call: Call, kind: str) -> list[link.Event]:
    """All events up to the first one of this kind."""
    events: list[link.Event] = []
    async for message in messages(call):
        for event in message.events:
            events.append(event)
            if event.WhichOneof("payload") == kind:
                return events
    raise AssertionError(f"no {kind} among {events}")


def probe(ticket: int, size_bytes: int, part_count: int, credit: int = 64) -> link.Command:
    request = diagnostics_pb2.StreamProbeRequest(part_size_bytes=size_bytes, part_count=part_count)
    return link.Command(open=link.Open(ticket=ticket, credit=credit, probe=request))


@pytest.mark.parametrize(
    "data",
    [
        b"\xff\xff\xff",
        link.AttachRequest(commands=link.Commands(commands=[link.Command()])).SerializeToString(),
        link.AttachRequest(
            commands=link.Commands(commands=[link.Command(promote=link.Promote(ticket=1, priority=9))])
        ).SerializeToString(),
        link.AttachRequest(
            commands=link.Commands(commands=[link.Command(grant=link.Grant(tickets=[1]))])
        ).SerializeToString(),
        link.AttachRequest(
            commands=link.Commands(commands=[link.Command(open=link.Open(ticket=1, credit=1))])
        ).SerializeToString(),
        link.AttachRequest(commands=link.Commands(commands=[probe(1, 10, 10), probe(1, 10, 10)])).SerializeToString(),
    ],
    ids=["garbage", "no command", "unknown priority", "uneven grant", "no request", "ticket taken"],
)
async def test_message_that_no_gateway_sends_ends_its_link(serving: Serving, attached: Attached, data: bytes) -> None:
    async with serving() as worker:
        async with link_of(worker.address) as call:
            await send(call, probe(7, 10, 1_000_000))
            await call.write(data)
            with pytest.raises(grpc.aio.AioRpcError) as ended:
                await events_until(call, "failed")
            assert ended.value.code() is grpc.StatusCode.INVALID_ARGUMENT
        async with attached(worker.address) as gateway:
            assert len(await gateway.parts(TextureRequest("stone"))) == 6
        assert [lane._credits for lane in worker.server._lanes] == [{}, {}]


async def test_commands_for_unknown_sessions_do_nothing(serving: Serving) -> None:
    async with serving() as worker, link_of(worker.address) as call:
        await send(
            call,
            link.Command(cancel=5),
            link.Command(grant=link.Grant(tickets=[5, 6], part_counts=[1, 2])),
            link.Command(steer=link.Steer(ticket=5, number=1, control=b"x")),
            link.Command(promote=link.Promote(ticket=5, priority=0)),
            probe(5, 10, 3),
        )
        events = await events_until(call, "finished")
        assert [event.WhichOneof("payload") for event in events] == ["opened", "made", "made", "made", "finished"]


async def test_request_that_cannot_be_made_fails_its_session_only(serving: Serving) -> None:
    bad = texture_pb2.GenerateTextureRequest(texture_class="stone", size_px=77)
    async with serving() as worker, link_of(worker.address) as call:
        await send(call, link.Command(open=link.Open(ticket=2, credit=4, texture=bad)), probe(3, 10, 1))
        events = await events_until(call, "finished")
        assert [(event.ticket, event.WhichOneof("payload")) for event in events] == [
            (2, "failed"),
            (3, "opened"),
            (3, "made"),
            (3, "finished"),
        ]
        assert events[0].failed.invalid_request.field == "size_px"


async def test_ticket_of_a_finished_session_can_be_used_again(serving: Serving) -> None:
    async with serving() as worker, link_of(worker.address) as call:
        for part_count in (1, 2, 3):
            await send(call, probe(1, 10, part_count))
            assert len(await events_until(call, "finished")) == part_count + 2


async def test_cancel_in_the_message_of_its_session_leaves_nothing(serving: Serving) -> None:
    async with serving() as worker, link_of(worker.address) as call:
        await send(call, probe(1, 10, 1_000_000), link.Command(cancel=1), probe(2, 10, 3))
        events = await events_until(call, "finished")
        assert {event.ticket for event in events} == {2}
        assert [lane._credits for lane in worker.server._lanes] == [{}, {}]


async def test_messages_keep_their_bounds(serving: Serving) -> None:
    """Small parts: a bounded number. Large ones: no more than the goal, except for one that is larger itself."""
    async with serving() as worker, link_of(worker.address) as call:
        await send(call, *(probe(ticket, 10 if ticket % 2 else 400_000, 40) for ticket in range(8)))
        await send(call, probe(8, 3_000_000, 5))
        finished_count = 0
        async for message in messages(call):
            kinds = [event.WhichOneof("payload") for event in message.events]
            finished_count += kinds.count("finished")
            assert len(kinds) <= EVENTS_MAX_COUNT
            assert kinds.count("made") == len(message.payloads)
            size_bytes = sum(map(len, message.payloads))
            assert size_bytes <= MESSAGE_GOAL_BYTES or (len(kinds) == 1 and size_bytes == 3_000_000)
            if finished_count == 9:
                break


async def test_heartbeats_come_while_nothing_else_does_and_while_much_else_does(serving: Serving) -> None:
    async with serving() as worker, link_of(worker.address) as call:
        for commands in ([], [probe(1, 10_000, 1_000_000, credit=1_000_000)]):
            if commands:
                await send(call, *commands)
            beats_at_s: list[float] = []
            async for message in messages(call):
                if message.HasField("stats"):
                    beats_at_s.append(asyncio.get_running_loop().time())
                if len(beats_at_s) == 5:
                    break
            assert max(later - sooner for sooner, later in pairwise(beats_at_s)) < HEARTBEAT_MISSED_S


async def test_open_by_message_is_open_by_command(serving: Serving) -> None:
    async with serving() as worker, link_of(worker.address) as call:
        await send(call, command_message(Open(9, TextureRequest("stone", seed=3), 64)))
        events = await events_until(call, "finished")
        assert len(events) == 8
        assert worker.catalog.recording.stepped_seeds == [3] * 6
