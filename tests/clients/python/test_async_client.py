"""The asynchronous face against a real server that plays scripted streams."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from typing import Any, Protocol

import grpc
import pytest

from morphogen.v1 import catalog_pb2, texture_pb2
from morphogen_client import (
    AsyncClient,
    BrokenStreamError,
    CancelledError,
    ChecksumMismatchError,
    IncompleteStreamError,
    MorphogenError,
    NotFoundError,
    RetryPolicy,
    UnavailableError,
)

Message = texture_pb2.GenerateTextureResponse
StreamOf = Callable[..., list[Message]]
StatusOf = Callable[..., grpc.Status]
QUICK = RetryPolicy(attempt_count=3, first_delay_s=0.01)
AFTER_THE_FIRST_LEVEL_S = (0.0, 0.0, 0.0, 30.0)
"""Waits of a server that stalls after header, albedo and normals."""


class Script(Protocol):
    attempts: list[list[object]]
    requests: list[texture_pb2.GenerateTextureRequest]
    asked: threading.Event
    cancelled: threading.Event
    pause_s: list[float]


async def cancellation_seen(script: Script) -> bool:
    return await asyncio.to_thread(script.cancelled.wait, 5.0)


async def test_updates_come_level_by_level_then_the_result(script: Script, address: str, stream_of: StreamOf) -> None:
    script.attempts.append([*stream_of()])
    async with AsyncClient(address) as client, client.generate_texture("stone") as stream:
        assert [(update.lod_px, update.final) async for update in stream] == [(64, False), (128, True)]
        assert (await stream.result()).maps["albedo"].shape == (128, 128, 3)
        with pytest.raises(MorphogenError, match="iterated once"):
            aiter(stream)


async def test_many_streams_run_side_by_side(script: Script, address: str, stream_of: StreamOf) -> None:
    script.attempts.append([*stream_of()])
    async with AsyncClient(address) as client:
        results = await asyncio.gather(*(client.texture("stone", seed=seed) for seed in range(8)))
    assert len({result.sha256 for result in results}) == 1
    assert sorted(request.seed for request in script.requests) == list(range(8))


async def test_unavailable_server_is_asked_again(
    script: Script, address: str, stream_of: StreamOf, status_of: StatusOf
) -> None:
    cut = status_of(grpc.StatusCode.UNAVAILABLE, "connection lost")
    script.attempts += [[cut], [*stream_of()[:-1], cut], [*stream_of()]]
    async with AsyncClient(address, retry=QUICK) as client:
        assert [update.lod_px async for update in client.generate_texture("stone")] == [64, 128]
    assert len(script.requests) == 3


async def test_attempts_are_bounded(script: Script, address: str, status_of: StatusOf) -> None:
    script.attempts.append([status_of(grpc.StatusCode.UNAVAILABLE, "draining")])
    async with AsyncClient(address, retry=QUICK) as client:
        with pytest.raises(UnavailableError, match="draining"):
            await client.texture("stone")
    assert len(script.requests) == 3


async def test_damaged_streams_are_refused(script: Script, address: str, stream_of: StreamOf) -> None:
    damaged = stream_of()
    damaged[-1].trailer.sha256 = bytes(32)
    script.attempts += [[*damaged], [*stream_of()[:-1]]]
    async with AsyncClient(address) as client:
        with pytest.raises(ChecksumMismatchError):
            await client.texture("stone")
        with pytest.raises(IncompleteStreamError):
            await client.texture("stone")


async def test_leaving_the_with_block_cancels_the_call(script: Script, address: str, stream_of: StreamOf) -> None:
    script.attempts.append([*stream_of(chunk_bytes=1000)])
    script.pause_s += AFTER_THE_FIRST_LEVEL_S
    async with AsyncClient(address) as client:
        async with client.generate_texture("stone") as stream, aclosing(aiter(stream)) as updates:
            async for _ in updates:
                break
        assert await cancellation_seen(script)
        with pytest.raises(CancelledError, match="left before its end"):
            await stream.result()


async def test_plain_break_cancels_the_call(script: Script, address: str, stream_of: StreamOf) -> None:
    script.attempts.append([*stream_of(chunk_bytes=1000)])
    script.pause_s += AFTER_THE_FIRST_LEVEL_S
    async with AsyncClient(address) as client:
        async for _ in client.generate_texture("stone"):
            break
        assert await cancellation_seen(script)


async def test_close_ends_the_iteration_of_another_task(script: Script, address: str, stream_of: StreamOf) -> None:
    script.attempts.append([*stream_of()])
    script.pause_s.append(30.0)
    async with AsyncClient(address) as client:
        stream = client.generate_texture("stone")
        task = asyncio.create_task(stream.result())
        assert await asyncio.to_thread(script.asked.wait, 5.0)
        stream.close()
        with pytest.raises(CancelledError, match="the stream was closed"):
            await task
        assert not task.cancelled()
        assert await cancellation_seen(script)


async def test_closing_the_client_ends_its_streams(script: Script, address: str, stream_of: StreamOf) -> None:
    script.attempts.append([*stream_of()])
    script.pause_s.append(30.0)
    async with AsyncClient(address) as client:
        task = asyncio.create_task(client.texture("stone"))
        assert await asyncio.to_thread(script.asked.wait, 5.0)
    with pytest.raises(CancelledError):
        await task


async def test_cancelling_the_task_cancels_the_call(script: Script, address: str, stream_of: StreamOf) -> None:
    script.attempts.append([*stream_of()])
    script.pause_s.append(30.0)
    async with AsyncClient(address) as client:
        task = asyncio.create_task(client.texture("stone"))
        assert await asyncio.to_thread(script.asked.wait, 5.0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await cancellation_seen(script)


async def test_close_while_waiting_for_a_retry_ends_the_wait(script: Script, address: str, status_of: StatusOf) -> None:
    script.attempts.append([status_of(grpc.StatusCode.UNAVAILABLE, "draining")])
    async with AsyncClient(address, retry=RetryPolicy(first_delay_s=60.0, longest_delay_s=60.0)) as client:
        stream = client.generate_texture("stone")
        asyncio.get_running_loop().call_later(0.3, stream.close)
        with pytest.raises(CancelledError):
            await asyncio.wait_for(stream.result(), 10.0)


async def test_catalog_health_and_probe_work_without_blocking(
    script: Script, address: str, stream_of: StreamOf, status_of: StatusOf
) -> None:
    script.attempts += [
        [status_of(grpc.StatusCode.UNAVAILABLE, "starting")],
        [catalog_pb2.ListGeneratorsResponse(generators=[catalog_pb2.Generator(classes=["stone"])])],
        [catalog_pb2.GetGeneratorResponse(generator=catalog_pb2.Generator(model_card="# TexGen"))],
        [status_of(grpc.StatusCode.NOT_FOUND, "no generator 'x'")],
        [*stream_of((("probe", 0, bytes(1000)),))],
    ]
    async with AsyncClient(address, retry=QUICK) as client:
        assert await client.healthy()
        assert [entry.classes for entry in await client.catalog()] == [("stone",)]
        assert (await client.generator("texgen")).model_card == "# TexGen"
        with pytest.raises(NotFoundError):
            await client.generator("x")
        assert (await client.probe(part_count=1).result()).parts_per_s == 0.0


async def test_unreachable_server_is_not_healthy() -> None:
    async with AsyncClient("127.0.0.1:1") as client:
        assert not await client.healthy()


class UnreadableServer(grpc.GenericRpcHandler):  # type: ignore[type-arg]  # generic to mypy only
    """Answers every call with bytes that are no message."""

    def service(self, details: grpc.HandlerCallDetails) -> Any:
        if details.method.startswith("/morphogen.v1.CatalogService"):
            return grpc.unary_unary_rpc_method_handler(self.answer)
        return grpc.unary_stream_rpc_method_handler(self.stream)

    async def answer(self, _request: bytes, _context: object) -> bytes:
        return 11 * b"\xff"

    async def stream(self, _request: bytes, _context: object) -> AsyncIterator[bytes]:
        yield 11 * b"\xff"


async def test_bytes_that_are_no_message_break_the_stream() -> None:
    server = grpc.aio.server(handlers=[UnreadableServer()])
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        async with AsyncClient(f"127.0.0.1:{port}") as client:
            with pytest.raises(BrokenStreamError, match="cannot be read"):
                await client.texture("stone")
            with pytest.raises(BrokenStreamError, match="cannot be read"):
                await client.catalog()
    finally:
        await server.stop(None)
