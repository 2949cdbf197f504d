"""The metrics port, and what it shows after a few calls."""

import asyncio
import socket
from typing import Any
from urllib.request import urlopen

import pytest

from engine.errors import SettingsError
from engine.settings.sections import MetricsSettings, ServerSettings, Settings

OPEN = Settings(server=ServerSettings(port=0), metrics=MetricsSettings(port=0))


async def shown(serving: Any) -> str:
    """What a scrape reads."""

    def read() -> str:
        with urlopen(f"http://127.0.0.1:{serving.gateway.metrics_port}/metrics", timeout=5) as answer:
            return str(answer.read(), "utf-8")

    return await asyncio.to_thread(read)


async def test_metrics_count_calls_parts_and_steps(serve: Any) -> None:
    serving = await serve(OPEN)
    await serving.count(serving.probe(5))
    await serving.failure(serving.texture("lava"))
    text = await shown(serving)
    assert 'morphogen_sessions_total{method="DiagnosticsService/StreamProbe",outcome="OK"} 1.0' in text
    assert 'morphogen_sessions_total{method="TextureService/GenerateTexture",outcome="INVALID_ARGUMENT"} 1.0' in text
    assert 'morphogen_parts_total{asset_kind="probe"} 5.0' in text
    assert f'morphogen_payload_bytes_total{{asset_kind="probe"}} {5 * 49_152:.1f}' in text
    assert 'morphogen_first_part_seconds_count{asset_kind="probe"} 1.0' in text
    assert 'morphogen_part_seconds_count{asset_kind="probe"} 5.0' in text
    assert "morphogen_steps_total 5.0" in text
    assert "morphogen_queue_length 0.0" in text
    assert "morphogen_workers 1.0" in text


async def test_metrics_tell_shared_stored_and_prefetched_assets_apart(serve: Any) -> None:
    serving = await serve(OPEN)
    await asyncio.gather(*(serving.count(serving.texture("slow")) for _ in range(3)))
    await serving.count(serving.texture("slow"))
    text = await shown(serving)
    assert "morphogen_flights_total 1.0" in text
    assert "morphogen_flight_joins_total 2.0" in text
    assert 'morphogen_store_hits_total{place="memory"} 1.0' in text
    assert "morphogen_prefetch_hints_total 0.0" in text


async def test_sessions_that_run_are_shown_while_they_do(serve: Any) -> None:
    serving = await serve(OPEN)
    call = serving.probe(1000, step_ms=10)
    await call.read()
    assert "morphogen_sessions_running 1.0" in await shown(serving)
    call.cancel()
    await serving.until(lambda: serving.gateway.sessions.running_count == 0)
    assert "morphogen_sessions_running 0.0" in await shown(serving)


async def test_metrics_port_in_use_is_one_clear_error(serve: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SettingsError, match=r"metrics\.port: cannot listen"):
            await serve(Settings(server=ServerSettings(port=0), metrics=MetricsSettings(port=port)))
