"""Real gateways in the test's own event loop, a proxy in front that cuts connections, and both faces of the client."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Unpack

import pytest

from engine.assets import AssetRequest, GeneratorInfo, Part
from engine.errors import InvalidRequestError
from engine.generators.character.frames import FramesGenerator
from engine.generators.probe import ProbeGenerator
from engine.generators.protocol import Generator, StepKinds
from engine.requests.character.frames import FramesRequest
from engine.requests.probe import ProbeRequest
from engine.requests.texture import TextureRequest
from engine.runtime.pool import WorkerOperations
from engine.server.gateway import Gateway
from engine.settings.sections import ServerSettings, SessionSettings, Settings, TokenSettings
from morphogen_client import AsyncClient, Client, RetryPolicy, TextureResult, TextureStreamOptions
from workers.local import LocalPool

QUICK = RetryPolicy(attempt_count=3, first_delay_s=0.1, longest_delay_s=0.2)
INFO = GeneratorInfo(
    asset_kind="texture",
    name="sketch",
    version="1",
    tier="S",
    weights_sha256="ab" * 32,
    kernel_class="stub",
    classes=("stone", "broken"),
    sizes_px=(64, 128, 256, 512),
    maps=("albedo",),
    wraps=("both",),
)


@dataclass(slots=True)
class SketchState:
    """How far one sketch is."""

    request: TextureRequest
    made_count: int = 0

    @property
    def part_count(self) -> int:
        return len(self.request.lods_px())

    @property
    def finished(self) -> bool:
        return self.made_count == self.part_count


@dataclass(slots=True)
class SketchGenerator:
    """One albedo of size_px² bytes per level of detail, 20 ms each; "broken" fails in its second step.

    begun    requests of sessions that started at the beginning
    resumed  per session that was continued: levels that had been made before
    """

    begun: list[TextureRequest] = field(default_factory=list)
    resumed: list[int] = field(default_factory=list)

    @property
    def info(self) -> GeneratorInfo:
        return INFO

    def begin(self, request: TextureRequest) -> SketchState:
        if request.texture_class not in INFO.classes:
            raise InvalidRequestError("texture_class", request.texture_class, ", ".join(INFO.classes))
        self.begun.append(request)
        return SketchState(request)

    def checkpoint(self, state: SketchState) -> bytes:
        return bytes([state.made_count])

    def resume(self, request: TextureRequest, checkpoint: bytes) -> SketchState:
        self.resumed.append(checkpoint[0])
        return SketchState(request, checkpoint[0])

    def steps_ahead(self, state: SketchState) -> StepKinds:
        return (("level", state.part_count - state.made_count),)

    def step(self, states: Sequence[SketchState]) -> list[tuple[Part, ...]]:
        return [self._step(state) for state in states]

    def _step(self, state: SketchState) -> tuple[Part, ...]:
        time.sleep(0.02)
        if state.request.texture_class == "broken" and state.made_count == 1:
            raise RuntimeError("the sketch is broken")
        size_px = state.request.lods_px()[state.made_count]
        payload = bytes([state.request.seed % 256, state.made_count]) * (size_px * size_px // 2)
        state.made_count += 1
        return (Part(state.made_count - 1, "albedo", size_px, "image/png", payload),)


@dataclass(slots=True)
class SketchCatalog:
    """The sketch generator and the probe."""

    sketch: SketchGenerator = field(default_factory=SketchGenerator)
    probe: ProbeGenerator = field(default_factory=ProbeGenerator)
    frames: FramesGenerator | None = None

    def infos(self) -> tuple[GeneratorInfo, ...]:
        frames = () if self.frames is None else (self.frames.info,)
        return (self.probe.info, self.sketch.info, *frames)

    def generator_for(self, request: AssetRequest) -> Generator[Any, Any]:
        if self.frames is not None and isinstance(request, FramesRequest):
            return self.frames
        return self.probe if isinstance(request, ProbeRequest) else self.sketch


@dataclass(slots=True)
class Serving:
    """A running gateway, and the generator behind it."""

    gateway: Gateway
    sketch: SketchGenerator
    address: str

    async def stop(self) -> None:
        """Stop at once, in the middle of whatever runs."""
        await self.gateway.close()


@pytest.fixture
async def serve(tmp_path: Path) -> AsyncIterator[Callable[..., Awaitable[Serving]]]:
    """Start gateways, by default with the same resume keys. They are closed after the test."""
    async with AsyncExitStack() as stack:

        async def start(
            port: int = 0,
            key: str = "a key that all of them share",
            operations: WorkerOperations | None = None,
            operators_file: Path | None = None,
            frames: FramesGenerator | None = None,
            generators: Any = None,
            stream_limit_s: float = 900.0,
        ) -> Serving:
            keys = tmp_path / "keys"
            keys.write_text(f"{key}\n")
            settings = Settings(
                server=ServerSettings(
                    port=port, stream_limit_s=stream_limit_s, tokens=TokenSettings(operators_file=operators_file)
                ),
                sessions=SessionSettings(resume_keys_file=keys),
            )
            catalog = SketchCatalog(frames=frames)
            gateway = Gateway(settings, LocalPool(generators or catalog), operations)
            address = await gateway.start()
            stack.push_async_callback(gateway.close)
            return Serving(gateway, catalog.sketch, address)

        yield start


class CuttingProxy:
    """Passes connections on to `target` and cuts them off.

    cut_after_bytes   per connection, in order: bytes from the server after which both sides are reset; later ones live
    connection_count  connections so far
    """

    def __init__(self, target: str, cut_after_bytes: Sequence[int]) -> None:
        self._host, _, self._port = target.rpartition(":")
        self._cut_after_bytes = list(cut_after_bytes)
        self._writers: set[asyncio.StreamWriter] = set()
        self._silenced_count = 0
        self.connection_count = 0
        self.address = ""

    async def start(self) -> asyncio.Server:
        """Listen on a free port."""
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.address = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        return server

    def cut(self) -> None:
        """Reset every connection now."""
        for writer in self._writers:
            writer.transport.abort()

    def silence(self) -> None:
        """Swallow whatever the connections of now carry from now on, without a word to either side."""
        self._silenced_count = self.connection_count

    async def _connected(self, client_reader: asyncio.StreamReader, client_writer: asyncio.StreamWriter) -> None:
        number = self.connection_count
        self.connection_count += 1
        budget = self._cut_after_bytes[number] if number < len(self._cut_after_bytes) else None
        server_reader, server_writer = await asyncio.open_connection(self._host, int(self._port))
        writers = {client_writer, server_writer}
        self._writers |= writers
        up = asyncio.create_task(self._pump(number, client_reader, server_writer, None))
        down = asyncio.create_task(self._pump(number, server_reader, client_writer, budget))
        await asyncio.wait((up, down), return_when=asyncio.FIRST_COMPLETED)
        for writer in writers:
            writer.transport.abort()
        await asyncio.gather(up, down, return_exceptions=True)
        self._writers -= writers

    async def _pump(
        self, number: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, budget: int | None
    ) -> None:
        while data := await reader.read(4096 if budget is None else min(4096, budget)):
            if number < self._silenced_count:
                continue
            writer.write(data)
            await writer.drain()
            if budget is not None:
                budget -= len(data)


@pytest.fixture
async def proxy_to() -> AsyncIterator[Callable[..., Awaitable[CuttingProxy]]]:
    """Put proxies in front of servers: `await proxy_to(target, *cut_after_bytes)`."""
    async with AsyncExitStack() as stack:

        async def start(target: str, *cut_after_bytes: int) -> CuttingProxy:
            proxy = CuttingProxy(target, cut_after_bytes)
            server = await proxy.start()

            async def stop() -> None:
                proxy.cut()
                server.close()
                await server.wait_closed()

            stack.push_async_callback(stop)
            return proxy

        yield start


@pytest.fixture(params=["sync", "async"])
def stream(request: pytest.FixtureRequest) -> Callable[..., Awaitable[tuple[list[int], TextureResult]]]:
    """One texture through either face of the client: the levels of its updates, and its result."""

    async def by_async(
        address: str, texture_class: str = "stone", **options: Unpack[TextureStreamOptions]
    ) -> tuple[list[int], TextureResult]:
        async with AsyncClient(address, retry=QUICK, timeout_s=20.0) as client:
            updates = client.generate_texture(texture_class, **options)
            return [update.lod_px async for update in updates], await updates.result()

    def blocking(address: str, texture_class: str, options: TextureStreamOptions) -> tuple[list[int], TextureResult]:
        with Client(address, retry=QUICK, timeout_s=20.0) as client:
            updates = client.generate_texture(texture_class, **options)
            return [update.lod_px for update in updates], updates.result()

    async def by_sync(
        address: str, texture_class: str = "stone", **options: Unpack[TextureStreamOptions]
    ) -> tuple[list[int], TextureResult]:
        return await asyncio.to_thread(blocking, address, texture_class, options)

    return by_async if request.param == "async" else by_sync
