"""Generators and workers that fail in every way, as clients see it: at most their own stream fails, and none lies."""

import asyncio
import hashlib
import os
import signal
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from engine.runtime.pool import WorkerPool
from engine.server.gateway import Gateway
from engine.settings.sections import LogSettings, ServerSettings, SessionSettings, Settings, StoreSettings
from morphogen.v1 import diagnostics_pb2, diagnostics_pb2_grpc, texture_pb2, texture_pb2_grpc
from workers.fleet.pool import FleetPool

GatewayOver = Callable[..., AbstractAsyncContextManager[tuple[Gateway, str]]]

SETTINGS = Settings(
    server=ServerSettings(port=0),
    sessions=SessionSettings(migration_timeout_s=20.0),
    store=StoreSettings(memory_bytes=0),
    log=LogSettings(level="error"),
)
NEIGHBOUR_COUNT = 8
STEP_TIMEOUT_S = 0.5


async def texture(channel: grpc.aio.Channel, texture_class: str, seed: int = 0) -> list[bytes]:
    """All payloads of a texture."""
    request = texture_pb2.GenerateTextureRequest(texture_class=texture_class, seed=seed, size_px=64)
    call: Any = texture_pb2_grpc.TextureServiceStub(channel).GenerateTexture(request)
    return [message.part.data async for message in call if message.HasField("part")]


async def lone_failure(channel: grpc.aio.Channel, texture_class: str) -> grpc.aio.AioRpcError:
    """How a texture fails; others that are made beside it all the time arrive in full."""
    expected = [b"stone" * (50 + sequence) for sequence in range(5)]
    failed = asyncio.Event()

    async def neighbour(first_seed: int) -> int:
        count = 0
        while count < 2 or not failed.is_set():
            assert await texture(channel, "stone", first_seed + count) == expected
            count += 1
        return count

    neighbours = [asyncio.create_task(neighbour(number * 1_000_000)) for number in range(NEIGHBOUR_COUNT)]
    await asyncio.sleep(0.2)
    with pytest.raises(grpc.aio.AioRpcError) as failure:
        await texture(channel, texture_class)
    failed.set()
    await asyncio.gather(*neighbours)
    return failure.value


@pytest.mark.parametrize("texture_class", ["raises", "hangs"])
async def test_generator_that_goes_wrong_fails_its_own_stream_only(
    pool_of: Callable[..., WorkerPool], gateway_over: GatewayOver, texture_class: str
) -> None:
    pool = pool_of("dot_generators:faulty", step_timeout_s=STEP_TIMEOUT_S, batch_size=1)
    async with gateway_over(pool, SETTINGS) as (gateway, address), grpc.aio.insecure_channel(address) as channel:
        error = await lone_failure(channel, texture_class)
        assert error.code() is grpc.StatusCode.INTERNAL
        assert "internal/path" not in str(error.details())
        assert "FaultyGenerator" not in str(error.details())
        assert len(await texture(channel, "stone")) == 5
        assert gateway.sessions.running_count == 0


async def test_request_that_kills_its_worker_is_given_up_and_the_next_one_is_answered(
    fleet_pool: Callable[..., FleetPool], gateway_over: GatewayOver
) -> None:
    pool = fleet_pool("dot_generators:faulty")
    async with gateway_over(pool, SETTINGS) as (gateway, address), grpc.aio.insecure_channel(address) as channel:
        with pytest.raises(grpc.aio.AioRpcError) as failure:
            await texture(channel, "kills")
        assert failure.value.code() is grpc.StatusCode.INTERNAL
        await asyncio.wait_for(pool.wait_available(True), 20)
        assert len(await texture(channel, "stone")) == 5
        assert pool._roster.failure_count <= 3
        assert gateway.sessions.running_count == 0


async def probe(channel: grpc.aio.Channel, part_count: int, started: asyncio.Event) -> bytes:
    """Take a synthetic stream, which is made step by step; the digest of what it carried."""
    request = diagnostics_pb2.StreamProbeRequest(part_size_bytes=1000, part_count=part_count, step_ms=20.0)
    call: Any = diagnostics_pb2_grpc.DiagnosticsServiceStub(channel).StreamProbe(request)
    digest = hashlib.sha256()
    async for message in call:
        started.set()  # by its header, before any part
        digest.update(message.part.data)
    return digest.digest()


async def test_drain_outlives_the_death_of_every_worker(
    fleet_pool: Callable[..., FleetPool], gateway_over: GatewayOver
) -> None:
    pool = fleet_pool("dot_generators:dots")
    async with gateway_over(pool, SETTINGS) as (gateway, address), grpc.aio.insecure_channel(address) as channel:
        expected = await probe(channel, 50, asyncio.Event())
        begun = [asyncio.Event() for _ in range(8)]
        streams = [asyncio.create_task(probe(channel, 50, event)) for event in begun]
        await asyncio.gather(*(event.wait() for event in begun))
        draining = asyncio.create_task(gateway.drain())
        await asyncio.sleep(0.1)
        for member in list(pool._members.values()):
            os.kill(member.link.process_id, signal.SIGKILL)
        assert set(await asyncio.wait_for(asyncio.gather(*streams), 30)) == {expected}
        await asyncio.wait_for(draining, 10)


async def test_network_that_returns_no_numbers_is_a_failure_and_no_picture(
    pool_of: Callable[..., WorkerPool], gateway_over: GatewayOver, weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("END_TO_END_WEIGHTS", str(weights))
    pool = pool_of("dot_generators:not_finite")
    async with gateway_over(pool, SETTINGS) as (gateway, address), grpc.aio.insecure_channel(address) as channel:
        request = texture_pb2.GenerateTextureRequest(texture_class="stone", size_px=64)
        call: Any = texture_pb2_grpc.TextureServiceStub(channel).GenerateTexture(request)
        assert (await call.read()).HasField("header")
        with pytest.raises(grpc.aio.AioRpcError) as failure:
            await call.read()  # not a single part
        assert failure.value.code() is grpc.StatusCode.INTERNAL
        assert gateway.sessions.running_count == 0


async def test_workers_that_die_at_start_up_leave_a_gateway_that_says_so_and_a_machine_that_rests(
    fleet_pool: Callable[..., FleetPool], gateway_over: GatewayOver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    starts = tmp_path / "starts"
    monkeypatch.setenv("END_TO_END_STARTS_FILE", str(starts))
    pool = fleet_pool("dot_generators:dying")
    async with gateway_over(pool, SETTINGS) as (_, address), grpc.aio.insecure_channel(address) as channel:
        await asyncio.sleep(5.0)
        health: Any = health_pb2_grpc.HealthStub(channel)
        answer = await health.Check(health_pb2.HealthCheckRequest())
        assert answer.status == health_pb2.HealthCheckResponse.NOT_SERVING
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await texture(channel, "stone")
        assert refused.value.code() is grpc.StatusCode.UNAVAILABLE
        # Both at once, and then one at a time after 0.4, 0.8, 1.6 and 3.2 s.
        assert 2 <= len(starts.read_text(encoding="ascii").split()) <= 6
