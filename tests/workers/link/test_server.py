"""The worker's end of a link: whom it lets in, what does not disturb it, and when it ends."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, ExitStack, asynccontextmanager
from typing import Any

import grpc
import pytest

from engine.errors import GenerationError, MorphogenError, SettingsError
from engine.requests.probe import ProbeRequest
from engine.requests.texture import TextureRequest
from morphogen.internal.v1 import worker_link_pb2
from workers.lane import LOST_THREADS_MAX
from workers.link.transport import (
    COMMANDS_MAX_BYTES,
    HANDSHAKE_TIMEOUT_S,
    KEEPALIVE_S,
    METHOD,
    SERVICE,
    UNAUTHENTICATED_CALLS_MAX,
)

Serving = Callable[..., AbstractAsyncContextManager[Any]]  # of conftest's Worker
Attached = Callable[..., AbstractAsyncContextManager[Any]]  # of conftest's Gateway
Relayed = Callable[[str], AbstractAsyncContextManager[tuple[str, asyncio.Event]]]
Call = grpc.aio.StreamStreamCall[bytes, bytes]


@asynccontextmanager
async def stranger(address: str) -> AsyncIterator[Call]:
    """A call to the worker's only method, from a connection of its own."""
    options = [("grpc.use_local_subchannel_pool", 1)]
    async with grpc.aio.insecure_channel(address, options=options) as channel:
        yield channel.stream_stream(f"/{SERVICE}/{METHOD}", None, None)(None)


async def outcome(call: Call) -> tuple[grpc.StatusCode, str]:
    async with asyncio.timeout(HANDSHAKE_TIMEOUT_S + 2):
        return await call.code(), await call.details()


async def test_worker_without_a_gateway_ends(serving: Serving) -> None:
    async with serving(unattached_timeout_s=0.2) as worker:
        started_at_s = time.perf_counter()
        assert await asyncio.wait_for(worker.server.ended(), 5) is False
        assert time.perf_counter() - started_at_s > 0.1


async def test_patience_begins_again_when_the_gateway_leaves(serving: Serving, attached: Attached) -> None:
    async with serving(unattached_timeout_s=0.5) as worker:
        async with attached(worker.address) as gateway:
            ended = asyncio.create_task(worker.server.ended())
            await asyncio.sleep(0.7)
            assert not ended.done()
            assert len(await gateway.parts(TextureRequest("stone"))) == 6
        async with attached(worker.address):
            await asyncio.sleep(0.7)
            assert not ended.done()
        assert await asyncio.wait_for(ended, 5) is False


async def test_strangers_do_not_prolong_the_patience(serving: Serving) -> None:
    async with serving(unattached_timeout_s=0.5) as worker, stranger(worker.address) as call:
        await call.write(worker_link_pb2.AttachRequest(challenge=bytes(32)).SerializeToString())
        assert await asyncio.wait_for(worker.server.ended(), 1.5) is False


async def test_gateway_behind_a_dead_line_is_let_go_and_another_one_let_in(
    serving: Serving, attached: Attached, relayed: Relayed
) -> None:
    async with serving() as worker, relayed(worker.address) as (address, way), attached(address) as gateway:
        stream = await gateway.open(TextureRequest("endless"))
        way.clear()
        async with asyncio.timeout(2 * KEEPALIVE_S + 2):
            while worker.server._attachment is not None:  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0.05)
        async with attached(worker.address) as successor:
            assert len(await successor.parts(TextureRequest("stone"))) == 6
        stream.close()


async def test_worker_whose_steps_cannot_run_any_more_ends(serving: Serving, attached: Attached) -> None:
    async with serving() as worker, attached(worker.address) as gateway:
        ended = asyncio.create_task(worker.server.ended())
        for _ in range(LOST_THREADS_MAX + 1):
            assert not ended.done()
            stream = await gateway.open(TextureRequest("fatal"))
            await anext(stream)
            with pytest.raises(MorphogenError):
                await anext(stream)
            stream.close()
        assert await asyncio.wait_for(ended, 5) is True


async def test_step_that_hangs_costs_its_own_session_only(serving: Serving, attached: Attached) -> None:
    async with serving(step_timeout_s=0.3) as worker, attached(worker.address) as gateway:
        other = await gateway.open(TextureRequest("slow"))
        hanging = await gateway.open(ProbeRequest(10, 2, 1000.0))
        assert len([sealed async for sealed in other if other.grant(1) is None]) == 6
        with pytest.raises(GenerationError, match="longer than"):
            await anext(hanging)
        for stream in (hanging, other):
            stream.close()
        assert len(await gateway.parts(ProbeRequest(10, 5))) == 5


async def test_port_in_use_is_named(serving: Serving) -> None:
    async with serving() as worker:
        port = int(worker.address.split(":")[1])
        with pytest.raises(SettingsError, match=f"worker.port: cannot listen on 127.0.0.1:{port}"):
            async with serving(port=port):
                pass


async def test_connections_that_send_nothing_do_not_keep_the_gateway_out(serving: Serving, attached: Attached) -> None:
    async with serving() as worker:
        host, port = worker.address.split(":")
        with ExitStack() as sockets:
            for number in range(200):
                silent = sockets.enter_context(socket.create_connection((host, int(port))))
                if number % 2:
                    silent.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"[: number % 24])
            started_at_s = time.perf_counter()
            async with attached(worker.address) as gateway:
                assert time.perf_counter() - started_at_s < 2
                assert len(await gateway.parts(TextureRequest("stone"))) == 6


async def test_silent_connections_are_closed_by_the_worker(serving: Serving) -> None:
    async with serving() as worker:
        host, port = worker.address.split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        async with asyncio.timeout(HANDSHAKE_TIMEOUT_S + 3):
            await reader.read()
        writer.close()


async def test_caller_that_says_nothing_is_sent_away(serving: Serving) -> None:
    async with serving() as worker, stranger(worker.address) as call:
        code, details = await outcome(call)
        assert (code, details) == (grpc.StatusCode.UNAUTHENTICATED, "the handshake failed")


async def test_caller_that_stops_in_the_middle_is_sent_away(serving: Serving) -> None:
    async with serving() as worker, stranger(worker.address) as call:
        await call.write(worker_link_pb2.AttachRequest(challenge=bytes(32)).SerializeToString())
        assert isinstance(await call.read(), bytes)
        assert (await outcome(call))[0] is grpc.StatusCode.UNAUTHENTICATED


async def test_gateway_gets_in_once_too_many_silent_callers_have_been_sent_away(
    serving: Serving, attached: Attached
) -> None:
    async with serving() as worker:
        strangers = [stranger(worker.address) for _ in range(UNAUTHENTICATED_CALLS_MAX + 8)]
        calls = [await caller.__aenter__() for caller in strangers]
        codes = {(await outcome(call))[0] for call in calls}
        assert codes == {grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.RESOURCE_EXHAUSTED}
        async with attached(worker.address) as gateway:
            assert len(await gateway.parts(TextureRequest("stone"))) == 6
        for caller in strangers:
            await caller.__aexit__(None, None, None)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff" * 40,
        bytes(300),
        worker_link_pb2.AttachRequest(challenge=bytes(31)).SerializeToString(),
        worker_link_pb2.AttachRequest(proof=bytes(32)).SerializeToString(),
        worker_link_pb2.AttachRequest(
            commands=worker_link_pb2.Commands(commands=[worker_link_pb2.Command(cancel=1)])
        ).SerializeToString(),
        bytes(COMMANDS_MAX_BYTES - 1),
    ],
    ids=["empty", "garbage", "zeros", "short challenge", "proof first", "commands first", "huge"],
)
async def test_first_message_that_is_no_challenge_ends_the_call(serving: Serving, data: bytes) -> None:
    async with serving() as worker, stranger(worker.address) as call:
        await call.write(data)
        code, details = await outcome(call)
        assert (code, details) == (grpc.StatusCode.UNAUTHENTICATED, "the handshake failed")


async def test_message_beyond_the_limit_is_not_even_read(serving: Serving, attached: Attached) -> None:
    async with serving() as worker:
        async with stranger(worker.address) as call:
            await call.write(bytes(COMMANDS_MAX_BYTES + 1))
            assert (await outcome(call))[0] in (grpc.StatusCode.RESOURCE_EXHAUSTED, grpc.StatusCode.UNAUTHENTICATED)
        async with attached(worker.address) as gateway:
            assert len(await gateway.parts(TextureRequest("stone"))) == 6


async def test_wrong_proof_learns_nothing_but_that_it_is_wrong(serving: Serving) -> None:
    async with serving() as worker, stranger(worker.address) as call:
        await call.write(worker_link_pb2.AttachRequest(challenge=bytes(32)).SerializeToString())
        await call.read()
        await call.write(worker_link_pb2.AttachRequest(proof=bytes(32)).SerializeToString())
        code, details = await outcome(call)
        assert (code, details) == (grpc.StatusCode.UNAUTHENTICATED, "the handshake failed")


async def test_strangers_do_not_disturb_the_attached_gateway(serving: Serving, attached: Attached) -> None:
    async with serving() as worker, attached(worker.address) as gateway:
        stream = await gateway.open(ProbeRequest(10, 300, 10.0))
        count = 0
        for data in (b"\xff" * 40, bytes(2_000_000), b""):
            async with stranger(worker.address) as call:
                await call.write(data)
                assert (await outcome(call))[0] is grpc.StatusCode.UNAUTHENTICATED
        async for _ in stream:
            stream.grant(1)
            count += 1
            if count == 50:
                break
        stream.close()
