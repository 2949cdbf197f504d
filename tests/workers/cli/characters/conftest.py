"""A whole server around discs instead of characters: no weights, no torch."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import structlog

from engine.assets import AssetRequest, GeneratorInfo
from engine.generators.character.frames import FramesGenerator
from engine.generators.probe import ProbeGenerator
from engine.generators.protocol import Generator
from engine.requests.character.frames import FramesRequest
from engine.server.gateway import Gateway
from engine.server.telemetry.logs import configure_logs
from engine.settings.sections import LogSettings, ServerSettings, Settings
from workers import cli
from workers.local import LocalPool


@dataclass(frozen=True, slots=True)
class DiscCatalog:
    """Frames of discs, and the probe."""

    frames: FramesGenerator
    probe: ProbeGenerator

    def infos(self) -> tuple[GeneratorInfo, ...]:
        return (self.frames.info, self.probe.info)

    def generator_for(self, request: AssetRequest) -> Generator[Any, Any]:
        return self.frames if isinstance(request, FramesRequest) else self.probe


@pytest.fixture
def disc_server(disc_frames: FramesGenerator) -> Iterator[str]:
    """HOST:PORT of a server in a thread of this process."""
    configure_logs(LogSettings(level="error"))
    started = threading.Event()
    seen: dict[str, Any] = {}

    async def serve() -> None:
        pool = LocalPool(DiscCatalog(disc_frames, ProbeGenerator()))
        gateway = Gateway(Settings(server=ServerSettings(port=0)), pool)
        seen["address"] = await gateway.start()
        seen["loop"], seen["stop"] = asyncio.get_running_loop(), asyncio.Event()
        started.set()
        await seen["stop"].wait()
        await gateway.close()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    assert started.wait(30.0)
    yield seen["address"]
    seen["loop"].call_soon_threadsafe(seen["stop"].set)
    thread.join(30.0)
    structlog.reset_defaults()


@pytest.fixture
def morphogen(capsysbinary: pytest.CaptureFixture[bytes]) -> Callable[..., tuple[int, bytes, str]]:
    """Runs one command line in this process: exit code, standard output, standard error."""

    def run(*arguments: object) -> tuple[int, bytes, str]:
        code = cli.main([str(argument) for argument in arguments])
        captured = capsysbinary.readouterr()
        return code, captured.out, captured.err.decode()

    return run
