"""Calls that are opened and closed as fast as clients can: neither sessions nor memory stay."""

import asyncio
import gc
import random
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import grpc
import psutil  # type: ignore[import-untyped]  # ships no types
import pytest

from engine.runtime.pool import WorkerPool
from engine.server.gateway import Gateway
from engine.settings.sections import LogSettings, ServerSettings, SessionSettings, Settings, TransportSettings
from morphogen.v1 import diagnostics_pb2, diagnostics_pb2_grpc
from morphogen_client import AsyncClient
from workers.link.transport import HEARTBEAT_INTERVAL_S

GatewayOver = Callable[..., AbstractAsyncContextManager[tuple[Gateway, str]]]

SETTINGS = Settings(
    server=ServerSettings(port=0, transport=TransportSettings(max_concurrent_streams=1000)),
    sessions=SessionSettings(max_running=64, queue_limit=1000),
    log=LogSettings(level="error"),
)
CLIENT_COUNT = 100
WARM_UP_COUNT = 3000
OBJECTS_MAX_COUNT = 1000
CALL_MAX_BYTES, NOISE_BYTES = 512, 64 * 1024 * 1024
"""gRPC itself, client and server together, holds on to some 300 bytes per call; allocators keep what they please."""


async def open_and_close(channel: grpc.aio.Channel, call_count: int) -> None:
    """So many calls, each of which is left at once, after a moment, or with its header."""
    request = diagnostics_pb2.StreamProbeRequest(part_size_bytes=1000, part_count=1_000_000)
    stub = diagnostics_pb2_grpc.DiagnosticsServiceStub(channel)

    async def client(number: int) -> None:
        chance = random.Random(number)
        for _ in range(call_count // CLIENT_COUNT):
            call: Any = stub.StreamProbe(request)
            match chance.randrange(4):
                case 0:
                    await asyncio.sleep(0)
                case 1 | 2:
                    await asyncio.sleep(chance.uniform(0.0, 0.01))
                case 3:
                    assert (await call.read()).HasField("header")
            call.cancel()

    await asyncio.gather(*(client(number) for number in range(CLIENT_COUNT)))


async def nothing_left(gateway: Gateway, pool: WorkerPool) -> None:
    """Wait until no session is left anywhere, 10 s at most, and workers have said so again."""
    for _ in range(2):
        async with asyncio.timeout(10):
            while gateway.sessions.running_count or gateway.sessions.waiting_count or pool.stats().session_count:  # noqa: ASYNC110 (nobody announces it)
                await asyncio.sleep(0.01)
        await asyncio.sleep(2 * HEARTBEAT_INTERVAL_S)
    assert pool.undelivered_part_count() == 0


def held_bytes() -> int:
    """Memory of this process and its workers."""
    process = psutil.Process()
    return sum(each.memory_info().rss for each in [process, *process.children(recursive=True)])


def object_count() -> int:
    """Python's own objects in this process: of whatever a call leaves, there is at least one."""
    gc.collect()
    return len(gc.get_objects())


@pytest.mark.parametrize("call_count", [10_000])
async def test_calls_that_are_opened_and_closed_at_once_leave_neither_sessions_nor_memory(
    pool_of: Callable[..., WorkerPool], gateway_over: GatewayOver, call_count: int
) -> None:
    pool = pool_of("dot_generators:dots")
    async with gateway_over(pool, SETTINGS) as (gateway, address), grpc.aio.insecure_channel(address) as channel:
        await open_and_close(channel, WARM_UP_COUNT)
        await nothing_left(gateway, pool)
        before_bytes, before_count = held_bytes(), object_count()
        await open_and_close(channel, call_count)
        await nothing_left(gateway, pool)
        assert object_count() - before_count < OBJECTS_MAX_COUNT
        assert held_bytes() - before_bytes < NOISE_BYTES + call_count * CALL_MAX_BYTES
        async with AsyncClient(address) as client:
            assert await client.healthy()
            assert (await client.probe(part_count=20, part_size_bytes=1000).result()).part_count == 20
