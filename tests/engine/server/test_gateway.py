"""Calls through a real port."""

import asyncio
import hashlib
import socket
import time
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import Any, cast
from urllib.request import urlopen

import grpc
import pytest
from google.rpc import error_details_pb2  # type: ignore[import-untyped]  # ships no types
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from grpc_status import rpc_status

from engine.assets import TextureRequest
from engine.errors import SettingsError
from engine.runtime.settings import (
    MetricsSettings,
    ServerSettings,
    SessionSettings,
    Settings,
    TransportSettings,
    WorkerSettings,
)
from morphogen.v1 import (
    catalog_pb2,
    catalog_pb2_grpc,
    diagnostics_pb2,
    diagnostics_pb2_grpc,
    texture_pb2,
    texture_pb2_grpc,
)

SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING


def texture_stub(channel: grpc.aio.Channel) -> Any:
    return texture_pb2_grpc.TextureServiceStub(channel)


def probe(channel: grpc.aio.Channel, part_count: int, step_ms: float = 0.0, **call: Any) -> Any:
    request = diagnostics_pb2.StreamProbeRequest(part_size_bytes=49_152, part_count=part_count, step_ms=step_ms)
    return diagnostics_pb2_grpc.DiagnosticsServiceStub(channel).StreamProbe(request, **call)


def texture(channel: grpc.aio.Channel, texture_class: str = "stone", size_px: int = 128, **call: Any) -> Any:
    request = texture_pb2.GenerateTextureRequest(texture_class=texture_class, seed=7, size_px=size_px)
    return texture_stub(channel).GenerateTexture(request, **call)


def sha256_over(payloads: Iterable[bytes]) -> bytes:
    """What a trailer says: SHA-256 over the SHA-256 of all parts in order."""
    return hashlib.sha256(b"".join(hashlib.sha256(payload).digest() for payload in payloads)).digest()


async def failure(call: Any) -> tuple[grpc.aio.AioRpcError, dict[str, Any]]:
    """The error that ends `call`, and its unpacked details."""
    with pytest.raises(grpc.aio.AioRpcError) as failed:
        await _count(call)
    rich = rpc_status.from_call(cast(grpc.Call, failed.value))
    found: dict[str, Any] = {}
    for packed in [] if rich is None else rich.details:
        name = packed.TypeName().rpartition(".")[2]
        found[name] = getattr(error_details_pb2, name)()
        packed.Unpack(found[name])
    return failed.value, found


async def until(condition: Any) -> None:
    for _ in range(500):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("the condition did not come true within 5 s")


async def test_texture_comes_as_header_parts_and_trailer(serve: Any) -> None:
    serving = await serve()
    messages = [message async for message in texture(serving.channel, size_px=1024)]
    header, trailer = messages[0].header, messages[-1].trailer
    request = TextureRequest("stone", seed=7, size_px=1024)
    assert header.canonical_request == request.canonical()
    assert header.asset_id == serving.painted.info.asset_id(request)
    assert list(header.lods_px) == [64, 128, 256, 512, 1024]
    assert header.generator.weights_sha256 == "ab" * 32
    chunks = [message.part for message in messages[1:-1]]
    assert all(len(chunk.data) <= 256 * 1024 for chunk in chunks)
    payloads: dict[int, bytes] = {}
    for chunk in chunks:
        payloads[chunk.sequence] = payloads.get(chunk.sequence, b"") + chunk.data
        if chunk.chunk_index == chunk.chunk_count - 1:
            assert chunk.part_sha256 == hashlib.sha256(payloads[chunk.sequence]).digest()
    assert sorted(payloads) == list(range(header.part_count))
    assert trailer.sha256 == sha256_over(payloads.values())
    assert (trailer.part_count, trailer.size_bytes) == (5, sum(map(len, payloads.values())))
    timings = trailer.timings
    assert 0 <= timings.queue_ms <= timings.first_part_ms <= timings.total_ms
    assert 0 < timings.step_ms <= timings.total_ms


async def test_equal_requests_give_equal_bytes_beside_others(serve: Any) -> None:
    serving = await serve()

    async def digest(texture_class: str) -> bytes:
        messages = [message async for message in texture(serving.channel, texture_class)]
        return bytes(messages[-1].trailer.sha256)

    alone = await digest("stone")
    together = await asyncio.gather(*(digest("stone") for _ in range(16)), digest("slow"))
    assert set(together[:16]) == {alone}


async def test_probe_streams_the_asked_parts(serve: Any) -> None:
    serving = await serve()
    messages = [message async for message in probe(serving.channel, 20)]
    data = [message.part.data for message in messages[1:-1]]
    assert messages[0].header.part_count == len(data) == 20
    assert messages[-1].trailer.sha256 == sha256_over(data)


async def test_catalog_lists_and_gets_generators(serve: Any) -> None:
    stub: Any = catalog_pb2_grpc.CatalogServiceStub((await serve()).channel)
    listed = (await stub.ListGenerators(catalog_pb2.ListGeneratorsRequest())).generators
    assert [generator.ref.name for generator in listed] == ["painted", "probe"]
    assert listed[0].model_card == ""
    assert not listed[0].attributes[0].HasField("default_value")
    assert listed[0].patterns[0].parameters[0].default_value == 8.0
    only = (await stub.ListGenerators(catalog_pb2.ListGeneratorsRequest(asset_kind="texture"))).generators
    assert [generator.ref.name for generator in only] == ["painted"]
    got = (await stub.GetGenerator(catalog_pb2.GetGeneratorRequest(name="painted"))).generator
    assert got.model_card == "# Painted"
    with pytest.raises(grpc.aio.AioRpcError) as missing:
        await stub.GetGenerator(catalog_pb2.GetGeneratorRequest(name="nobody"))
    assert missing.value.code() is grpc.StatusCode.NOT_FOUND


@pytest.mark.parametrize(
    ("fields", "field"),
    [({"texture_class": "lava"}, "texture_class"), ({"size_px": 65}, "size_px"), ({"wrap": 9}, "wrap")],
)
async def test_invalid_request_names_its_field(serve: Any, fields: dict[str, Any], field: str) -> None:
    serving = await serve()
    request = texture_pb2.GenerateTextureRequest(**{"texture_class": "stone", **fields})
    error, found = await failure(texture_stub(serving.channel).GenerateTexture(request))
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert found["ErrorInfo"].domain == "morphogen"
    assert found["BadRequest"].field_violations[0].field == field


async def test_broken_bytes_are_an_invalid_argument(serve: Any) -> None:
    serving = await serve()
    call = serving.channel.unary_stream("/morphogen.v1.TextureService/GenerateTexture")
    error, _ = await failure(call(b"\xff\xff\xff"))
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_failing_generator_is_internal_and_tells_no_internals(serve: Any) -> None:
    serving = await serve()
    neighbour = asyncio.create_task(_count(texture(serving.channel, "slow")))
    error, found = await failure(texture(serving.channel, "broken"))
    assert error.code() is grpc.StatusCode.INTERNAL
    assert found["ErrorInfo"].reason == "GENERATION_FAILED"
    assert "incident" in str(error.details())
    assert "path" not in str(error.details())
    assert "Painted" not in str(error.details())
    assert await neighbour == 4


async def test_overload_says_when_to_retry(serve: Any) -> None:
    settings = Settings(server=ServerSettings(port=0), sessions=SessionSettings(max_running=1, queue_limit=0))
    serving = await serve(settings)
    running = probe(serving.channel, 1000, step_ms=5)
    await running.read()
    error, found = await failure(probe(serving.channel, 1))
    assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert found["RetryInfo"].retry_delay.ToMilliseconds() >= 100
    running.cancel()
    await until(lambda: serving.gateway.sessions.running_count == 0)
    assert await _count(probe(serving.channel, 1)) == 3


async def test_client_deadline_stops_the_work(serve: Any) -> None:
    serving = await serve()
    error, _ = await failure(texture(serving.channel, "slow", size_px=2048, timeout=0.12))
    assert error.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    await until(lambda: serving.pool.load().session_count == 0)
    steps = serving.painted.step_count
    assert steps <= 4
    await asyncio.sleep(0.15)
    assert serving.painted.step_count <= steps + 1


async def test_server_limits_a_stream_whose_client_does_not(serve: Any) -> None:
    serving = await serve(Settings(server=ServerSettings(port=0, stream_limit_s=1.0)))
    error, found = await failure(probe(serving.channel, 1_000_000, step_ms=20))
    assert error.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    assert found["ErrorInfo"].reason == "DEADLINE_EXCEEDED"


@pytest.mark.parametrize("disappear", [False, True], ids=["cancel", "lost connection"])
async def test_at_most_one_step_follows_a_leaving_client(serve: Any, disappear: bool) -> None:
    serving = await serve()
    channel = grpc.aio.insecure_channel(serving.address)
    call = texture(channel, "slow", size_px=2048)
    await call.read()
    await call.read()
    before = serving.painted.step_count
    if disappear:
        await channel.close(None)
    else:
        call.cancel()
    await until(lambda: serving.pool.load().session_count == 0)
    await asyncio.sleep(0.15)
    assert serving.painted.step_count <= before + 1
    assert serving.gateway.sessions.running_count == 0
    await channel.close(None)


async def test_stalled_reader_bounds_what_is_made(serve: Any) -> None:
    serving = await serve()
    call = probe(serving.channel, 1_000_000)
    await call.read()
    await asyncio.sleep(0.3)
    made = serving.pool.load().step_count
    await asyncio.sleep(0.3)
    assert serving.pool.load().step_count == made < 2000
    assert serving.pool.load().undelivered_part_count <= 32
    call.cancel()
    await until(lambda: serving.pool.load().session_count == 0)


async def test_mask_of_the_largest_size_fits_and_more_than_the_limit_does_not(serve: Any) -> None:
    serving = await serve()
    mask = bytes(4 * 1024 * 1024)
    request = texture_pb2.GenerateTextureRequest(texture_class="stone", size_px=64, mask_png=mask)
    assert await _count(texture_stub(serving.channel).GenerateTexture(request)) == 3
    assert serving.painted.requests[-1].mask_png == mask
    too_large = texture_pb2.GenerateTextureRequest(texture_class="stone", mask_png=mask * 3)
    error, _ = await failure(texture_stub(serving.channel).GenerateTexture(too_large))
    assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED


async def test_connection_has_a_limit_of_concurrent_streams(serve: Any) -> None:
    transport = TransportSettings(max_concurrent_streams=2)
    serving = await serve(Settings(server=ServerSettings(port=0, transport=transport)))
    calls = [probe(serving.channel, 1000, step_ms=10) for _ in range(2)]
    for call in calls:
        await call.read()
    third = asyncio.create_task(_count(probe(serving.channel, 1)))
    await asyncio.sleep(0.1)
    assert serving.gateway.sessions.running_count == 2
    for call in calls:
        call.cancel()
    assert await asyncio.wait_for(third, 5) == 3


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


async def test_health_is_served_until_draining(serve: Any) -> None:
    serving = await serve()
    stub: Any = health_pb2_grpc.HealthStub(serving.channel)
    for service in ("", "morphogen.v1.TextureService"):
        answer = await stub.Check(health_pb2.HealthCheckRequest(service=service))
        assert answer.status == SERVING
    running = probe(serving.channel, 30, step_ms=20)
    await running.read()
    draining = asyncio.create_task(serving.gateway.drain())
    await asyncio.sleep(0.05)
    assert (await stub.Check(health_pb2.HealthCheckRequest(service=""))).status == NOT_SERVING
    error, found = await failure(probe(serving.channel, 1))
    assert error.code() is grpc.StatusCode.UNAVAILABLE
    assert found["ErrorInfo"].reason == "UNAVAILABLE"
    assert await _count(running) == 31
    await asyncio.wait_for(draining, 5)


async def test_health_tells_of_a_step_thread_that_has_ended(serve: Any) -> None:
    serving = await serve()
    stub: Any = health_pb2_grpc.HealthStub(serving.channel)
    watch = stub.Watch(health_pb2.HealthCheckRequest(service="morphogen.v1.TextureService"))
    assert (await watch.read()).status == SERVING
    for _ in range(2):
        error, _ = await failure(texture(serving.channel, "fatal"))
        assert error.code() is grpc.StatusCode.UNAVAILABLE
    assert (await asyncio.wait_for(watch.read(), 5)).status == NOT_SERVING
    watch.cancel()
    answer = await stub.Check(health_pb2.HealthCheckRequest(service=""))
    assert answer.status == NOT_SERVING


async def test_failing_step_of_a_batch_fails_its_own_stream_only(serve: Any) -> None:
    serving = await serve(Settings(server=ServerSettings(port=0), worker=WorkerSettings(batch_size=8)))
    alone = [message async for message in texture(serving.channel, "slow", size_px=512)][-1].trailer.sha256
    calls = [texture(serving.channel, "slow", size_px=512) for _ in range(3)]
    (error, _), *neighbours = await asyncio.gather(
        failure(texture(serving.channel, "broken", size_px=512)), *(last_message(call) for call in calls)
    )
    assert error.code() is grpc.StatusCode.INTERNAL
    assert [message.trailer.sha256 for message in neighbours] == [alone] * 3


async def test_drain_timeout_cancels_what_still_runs(serve: Any) -> None:
    serving = await serve(Settings(server=ServerSettings(port=0, drain_timeout_s=0.1)))
    running = probe(serving.channel, 1_000_000, step_ms=5)
    await running.read()
    started_at_s = time.perf_counter()
    await serving.gateway.drain()
    assert time.perf_counter() - started_at_s < 2
    error, _ = await failure(running)
    assert error.code() in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED)


@pytest.mark.parametrize("reflection", [False, True])
async def test_reflection_answers_only_if_configured(serve: Any, reflection: bool) -> None:
    serving = await serve(Settings(server=ServerSettings(port=0, reflection=reflection)))
    stub: Any = reflection_pb2_grpc.ServerReflectionStub(serving.channel)

    async def ask() -> AsyncIterator[Any]:
        yield reflection_pb2.ServerReflectionRequest(list_services="")

    call = stub.ServerReflectionInfo(ask())
    if not reflection:
        error, _ = await failure(call)
        assert error.code() is grpc.StatusCode.UNIMPLEMENTED
        return
    names = {service.name for service in (await call.read()).list_services_response.service}
    assert "morphogen.v1.TextureService" in names
    call.cancel()


async def test_metrics_count_calls_parts_and_steps(serve: Any) -> None:
    settings = Settings(server=ServerSettings(port=0), metrics=MetricsSettings(port=0))
    serving = await serve(settings)
    await _count(probe(serving.channel, 5))
    await failure(texture(serving.channel, "lava"))
    url = f"http://127.0.0.1:{serving.gateway.metrics_port}/metrics"

    def read() -> str:
        with urlopen(url, timeout=5) as answer:
            return str(answer.read(), "utf-8")

    text = await asyncio.to_thread(read)
    assert 'morphogen_sessions_total{method="DiagnosticsService/StreamProbe",outcome="OK"} 1.0' in text
    assert 'morphogen_sessions_total{method="TextureService/GenerateTexture",outcome="INVALID_ARGUMENT"} 1.0' in text
    assert 'morphogen_parts_total{asset_kind="probe"} 5.0' in text
    assert f'morphogen_payload_bytes_total{{asset_kind="probe"}} {5 * 49_152:.1f}' in text
    assert 'morphogen_first_part_seconds_count{asset_kind="probe"} 1.0' in text
    assert "morphogen_steps_total 5.0" in text
    assert "morphogen_queue_length 0.0" in text


async def test_metrics_port_in_use_is_one_clear_error(serve: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SettingsError, match=r"metrics\.port: cannot listen"):
            await serve(Settings(server=ServerSettings(port=0), metrics=MetricsSettings(port=port)))


async def test_hundreds_of_random_cancels_leak_nothing(serve: Any) -> None:
    settings = Settings(server=ServerSettings(port=0), sessions=SessionSettings(max_running=4, queue_limit=500))
    serving = await serve(settings)

    async def call(number: int) -> None:
        stream = probe(serving.channel, 1 + number % 9, step_ms=0.2 * (number % 3))
        for _ in range(number % 7):
            if await stream.read() is grpc.aio.EOF:  # type: ignore[attr-defined]  # missing in its types
                return
        stream.cancel()

    for batch in range(4):
        await asyncio.gather(*(call(number) for number in range(batch, batch + 100)), return_exceptions=True)
    sessions = serving.gateway.sessions
    await until(lambda: sessions.running_count == sessions.waiting_count == serving.pool.load().session_count == 0)
    assert await _count(probe(serving.channel, 3)) == 5


async def last_message(call: Any) -> Any:
    return [message async for message in call][-1]


async def _count(call: Any) -> int:
    """Number of messages that are left; by `read`, which the tests also use for the first ones."""
    message_count = 0
    while await call.read() is not grpc.aio.EOF:  # type: ignore[attr-defined]  # missing in its types
        message_count += 1
    return message_count
