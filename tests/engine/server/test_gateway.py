"""One port from the first call to the last: health, draining, limits, what cannot be bound."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from engine.assets import AssetRequest, GeneratorInfo
from engine.errors import SettingsError, UnavailableError
from engine.runtime.availability import Availability
from engine.runtime.messages import ResumePoint, Terms
from engine.runtime.pool import PartStream
from engine.runtime.stats import WorkerStats
from engine.settings.sections import ServerSettings, SessionSettings, Settings, TransportSettings
from morphogen.v1 import texture_pb2
from workers.local import LocalPool

SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING


class FadingPool:
    """A pool whose only worker comes and goes as the test says."""

    def __init__(self, pool: LocalPool) -> None:
        self._pool = pool
        self.available = Availability()

    async def start(self) -> None:
        await self._pool.start()
        self.available.set(True)

    def generators(self) -> tuple[GeneratorInfo, ...]:
        return self._pool.generators()

    async def open(
        self, request: AssetRequest, credit: int, terms: Terms, resume_point: ResumePoint | None = None
    ) -> PartStream:
        if not self.available:
            raise UnavailableError("no worker is running")
        return await self._pool.open(request, credit, terms, resume_point)

    async def drain(self) -> None:
        await self._pool.drain()

    async def close(self) -> None:
        await self._pool.close()

    async def wait_available(self, available: bool) -> None:
        await self.available.wait(available)

    def stats(self) -> WorkerStats:
        return self._pool.stats()

    def worker_count(self) -> int:
        return int(bool(self.available))

    def undelivered_part_count(self) -> int:
        return self._pool.undelivered_part_count()


async def test_health_is_served_until_draining(serve: Any) -> None:
    serving = await serve()
    stub: Any = health_pb2_grpc.HealthStub(serving.channel)
    for service in ("", "morphogen.v1.TextureService", "morphogen.v1.WorkerService"):
        answer = await stub.Check(health_pb2.HealthCheckRequest(service=service))
        assert answer.status == SERVING
    running = serving.probe(30, step_ms=20)
    await running.read()
    draining = asyncio.create_task(serving.gateway.drain())
    await asyncio.sleep(0.05)
    assert (await stub.Check(health_pb2.HealthCheckRequest(service=""))).status == NOT_SERVING
    error, found = await serving.failure(serving.probe(1))
    assert error.code() is grpc.StatusCode.UNAVAILABLE
    assert found["ErrorInfo"].reason == "UNAVAILABLE"
    assert await serving.count(running) == 31
    await asyncio.wait_for(draining, 5)


async def test_health_follows_the_last_worker_within_a_second(serve: Any) -> None:
    serving = await serve(pool_around=FadingPool)
    stub: Any = health_pb2_grpc.HealthStub(serving.channel)
    watch = stub.Watch(health_pb2.HealthCheckRequest(service="morphogen.v1.TextureService"))
    assert (await watch.read()).status == SERVING
    for _ in range(2):
        serving.pool.available.set(False)
        assert (await asyncio.wait_for(watch.read(), 1)).status == NOT_SERVING
        assert (await stub.Check(health_pb2.HealthCheckRequest(service=""))).status == NOT_SERVING
        error, _ = await serving.failure(serving.probe(1))
        assert error.code() is grpc.StatusCode.UNAVAILABLE
        serving.pool.available.set(True)
        assert (await asyncio.wait_for(watch.read(), 1)).status == SERVING
        assert (await stub.Check(health_pb2.HealthCheckRequest(service=""))).status == SERVING
        assert await serving.count(serving.probe(1)) == 3
    watch.cancel()


async def test_health_tells_of_a_worker_that_has_given_up(serve: Any) -> None:
    serving = await serve()
    stub: Any = health_pb2_grpc.HealthStub(serving.channel)
    watch = stub.Watch(health_pb2.HealthCheckRequest(service="morphogen.v1.TextureService"))
    assert (await watch.read()).status == SERVING
    for code in (*[grpc.StatusCode.INTERNAL] * 3, grpc.StatusCode.UNAVAILABLE):  # the thread is replaced three times
        error, _ = await serving.failure(serving.texture("fatal"))
        assert error.code() is code
    assert (await asyncio.wait_for(watch.read(), 5)).status == NOT_SERVING
    watch.cancel()
    answer = await stub.Check(health_pb2.HealthCheckRequest(service=""))
    assert answer.status == NOT_SERVING


async def test_draining_waits_for_a_slow_reader_of_what_has_been_made(serve: Any) -> None:
    options = [("grpc.http2.bdp_probe", 0)]  # so that the transport holds next to nothing
    serving = await serve(connect=lambda address: grpc.aio.insecure_channel(address, options=options))
    assert await serving.count(serving.texture(size_px=2048)) > 6
    slow = serving.texture(size_px=2048)  # from the store
    await slow.read()
    draining = asyncio.create_task(serving.gateway.drain())
    await asyncio.sleep(1.5)
    assert not draining.done()
    assert await serving.count(slow) > 6
    await asyncio.wait_for(draining, 5)


async def test_drain_timeout_cancels_what_still_runs(serve: Any) -> None:
    serving = await serve(Settings(server=ServerSettings(port=0, drain_timeout_s=0.1)))
    running = serving.probe(1_000_000, step_ms=5)
    await running.read()
    started_at_s = time.perf_counter()
    await serving.gateway.drain()
    assert time.perf_counter() - started_at_s < 2
    error, _ = await serving.failure(running)
    assert error.code() in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED)


async def test_closing_leaves_no_task_behind(serve: Any) -> None:
    serving = await serve()
    running = [serving.probe(1_000_000, step_ms=1), serving.texture("slow", size_px=2048)]
    for call in running:
        await call.read()
    await serving.gateway.close()
    for call in running:
        await serving.failure(call)
    await serving.channel.close(None)
    await serving.until(lambda: asyncio.all_tasks() == {asyncio.current_task()})


async def test_mask_of_the_largest_size_fits_and_more_than_the_limit_does_not(serve: Any) -> None:
    serving = await serve()
    mask = bytes(4 * 1024 * 1024)
    request = texture_pb2.GenerateTextureRequest(texture_class="stone", size_px=64, mask_png=mask)
    assert await serving.count(serving.textures.GenerateTexture(request)) == 3
    assert serving.painted.requests[-1].mask_png == mask
    too_large = texture_pb2.GenerateTextureRequest(texture_class="stone", mask_png=mask * 3)
    error, _ = await serving.failure(serving.textures.GenerateTexture(too_large))
    assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED


async def test_connection_has_a_limit_of_concurrent_streams(serve: Any) -> None:
    transport = TransportSettings(max_concurrent_streams=2)
    serving = await serve(Settings(server=ServerSettings(port=0, transport=transport)))
    calls = [serving.probe(1000, step_ms=10) for _ in range(2)]
    for call in calls:
        await call.read()
    third = asyncio.create_task(serving.count(serving.probe(1)))
    await asyncio.sleep(0.1)
    assert serving.gateway.sessions.running_count == 2
    for call in calls:
        call.cancel()
    assert await asyncio.wait_for(third, 5) == 3


async def test_overload_says_when_to_retry(serve: Any) -> None:
    settings = Settings(server=ServerSettings(port=0), sessions=SessionSettings(max_running=1, queue_limit=0))
    serving = await serve(settings)
    running = serving.probe(1000, step_ms=5)
    await running.read()
    error, found = await serving.failure(serving.probe(1))
    assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert found["RetryInfo"].retry_delay.ToMilliseconds() >= 100
    running.cancel()
    await serving.until(lambda: serving.gateway.sessions.running_count == 0)
    assert await serving.count(serving.probe(1)) == 3


async def test_second_server_on_the_same_port_is_refused(serve: Any) -> None:
    serving = await serve()
    port = int(serving.address.rpartition(":")[2])
    with pytest.raises(SettingsError, match=rf"server\.port: cannot listen on 127\.0\.0\.1:{port} \(Address already"):
        await serve(Settings(server=ServerSettings(port=port)))


async def test_host_that_is_not_ours_is_refused(serve: Any) -> None:
    with pytest.raises(SettingsError, match=r"server\.port: cannot listen on 192\.0\.2\.1:0"):
        await serve(Settings(server=ServerSettings(host="192.0.2.1", port=0, insecure=True)))


async def test_ready_file_holds_the_address_while_serving(serve: Any, tmp_path: Path) -> None:
    ready_file = tmp_path / "ready"
    serving = await serve(Settings(server=ServerSettings(port=0, ready_file=ready_file)))
    assert ready_file.read_text(encoding="ascii") == f"{serving.address}\n"
    await serving.gateway.close()
    assert not ready_file.exists()


async def test_ready_file_that_cannot_be_written_is_one_clear_error(serve: Any, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"server\.ready_file: .* cannot be written"):
        await serve(Settings(server=ServerSettings(port=0, ready_file=tmp_path / "missing" / "ready")))


@pytest.mark.parametrize("reflection", [False, True])
async def test_reflection_answers_only_if_configured(serve: Any, reflection: bool) -> None:
    serving = await serve(Settings(server=ServerSettings(port=0, reflection=reflection)))
    stub: Any = reflection_pb2_grpc.ServerReflectionStub(serving.channel)

    async def ask() -> AsyncIterator[Any]:
        yield reflection_pb2.ServerReflectionRequest(list_services="")

    call = stub.ServerReflectionInfo(ask())
    if not reflection:
        error, _ = await serving.failure(call)
        assert error.code() is grpc.StatusCode.UNIMPLEMENTED
        return
    names = {service.name for service in (await call.read()).list_services_response.service}
    assert "morphogen.v1.TextureService" in names
    call.cancel()
