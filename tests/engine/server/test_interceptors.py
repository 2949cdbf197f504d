"""What happens around every call: deadlines, outcomes in the metrics."""

import asyncio
from typing import Any

import grpc
import pytest

from engine.settings.sections import MetricsSettings, ServerSettings, Settings
from morphogen.v1 import diagnostics_pb2, texture_pb2


def outcomes(serving: Any) -> dict[tuple[str, str], float]:
    """Calls by method and outcome."""
    registry = serving.gateway._metrics.registry
    return {
        (sample.labels["method"], sample.labels["outcome"]): sample.value
        for metric in registry.collect()
        for sample in metric.samples
        if sample.name == "morphogen_sessions_total"
    }


async def test_client_deadline_stops_the_work(serve: Any) -> None:
    serving = await serve()
    request = texture_pb2.GenerateTextureRequest(texture_class="slow", size_px=2048)
    error, _ = await serving.failure(serving.textures.GenerateTexture(request, timeout=0.1))
    assert error.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    await serving.until(lambda: serving.session_count() == 0)
    steps = serving.painted.step_count
    await asyncio.sleep(0.15)
    assert serving.painted.step_count <= steps + 1
    assert serving.gateway.sessions.running_count == 0


async def test_what_cannot_be_made_in_time_is_refused_at_once(serve: Any) -> None:
    serving = await serve()
    assert await serving.count(serving.texture("slow", size_px=2048)) > 6  # so that its steps are known to take 50 ms
    steps = serving.painted.step_count
    request = texture_pb2.GenerateTextureRequest(texture_class="slow", seed=1, size_px=2048)
    error, found = await serving.failure(serving.textures.GenerateTexture(request, timeout=0.15))
    assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert found["RetryInfo"].retry_delay.ToMilliseconds() >= 100
    assert serving.painted.step_count == steps


async def test_server_limits_a_stream_whose_client_does_not(serve: Any) -> None:
    serving = await serve(Settings(server=ServerSettings(port=0, stream_limit_s=1.0)))
    error, found = await serving.failure(serving.probe(1_000_000, step_ms=20))
    assert error.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    assert found["ErrorInfo"].reason == "DEADLINE_EXCEEDED"


async def test_server_limits_a_client_that_never_says_what_it_wants(serve: Any) -> None:
    serving = await serve(Settings(server=ServerSettings(port=0, stream_limit_s=1.0)))
    error, _ = await serving.failure(serving.diagnostics.SteerProbe())
    assert error.code() is grpc.StatusCode.DEADLINE_EXCEEDED


async def test_client_that_is_gone_when_its_time_is_up_is_no_error(
    serve: Any, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its deadline passes on both sides at the same time: whoever is first, nobody is left to tell."""
    serving = await serve()
    request = diagnostics_pb2.StreamProbeRequest(part_size_bytes=1, part_count=1000, step_ms=1)
    calls = [serving.diagnostics.StreamProbe(request, timeout=0.02 + 0.003 * number) for number in range(60)]
    for error, _ in await asyncio.gather(*map(serving.failure, calls)):
        assert error.code() in (grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.RESOURCE_EXHAUSTED)
    await serving.until(lambda: serving.session_count() == serving.gateway.sessions.running_count == 0)
    assert caplog.records == []
    assert "unexpected error" not in capsys.readouterr().out


async def test_every_call_is_counted_once_with_its_outcome(serve: Any) -> None:
    serving = await serve(Settings(server=ServerSettings(port=0), metrics=MetricsSettings(port=0)))
    await serving.count(serving.probe(1))
    await serving.failure(serving.texture("lava"))
    await serving.failure(serving.texture("broken"))
    left = serving.probe(1000, step_ms=10)
    await left.read()
    left.cancel()
    request = diagnostics_pb2.StreamProbeRequest(part_size_bytes=1, part_count=1000, step_ms=30)
    await serving.failure(serving.diagnostics.StreamProbe(request, timeout=0.2))
    probe, texture = "DiagnosticsService/StreamProbe", "TextureService/GenerateTexture"
    await serving.until(lambda: sum(outcomes(serving).values()) == 5)
    counted = outcomes(serving)
    assert counted.pop((probe, "OK")) == 1
    assert counted.pop((texture, "INVALID_ARGUMENT")) == 1
    assert counted.pop((texture, "INTERNAL")) == 1
    assert counted.pop((probe, "CANCELLED")) == 1
    # Refused at once or stopped in time, as the steps seen so far let one expect.
    (last,) = counted
    assert last in ((probe, "DEADLINE_EXCEEDED"), (probe, "RESOURCE_EXHAUSTED"))
