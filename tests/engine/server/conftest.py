"""A gateway in the test's own event loop, over a catalog without networks."""

import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any, Protocol

import grpc
import pytest

from engine.assets import AssetRequest, GeneratorInfo, ParameterInfo, Part, PatternInfo, ProbeRequest, TextureRequest
from engine.errors import InvalidRequestError
from engine.generators.probe import ProbeGenerator
from engine.generators.protocol import Generator
from engine.runtime.settings import ServerSettings, Settings
from engine.server.gateway import Gateway
from workers.local import LocalPool

INFO = GeneratorInfo(
    asset_kind="texture",
    name="painted",
    version="3",
    tier="M",
    weights_sha256="ab" * 32,
    kernel_class="cpu fp32 1 thread",
    classes=("stone", "slow", "broken", "fatal"),
    sizes_px=(64, 128),
    maps=("albedo",),
    wraps=("both",),
    attributes=(ParameterInfo("scale", 0.5, 2.0, None, "", "Size of the features"),),
    patterns=(PatternInfo("bricks", "Rows", (ParameterInfo("rows", 1, 32, 8.0, "cells per tile", "Rows"),)),),
    training_licences=("CC0-1.0",),
    model_card="# Painted",
)


class ThreadEndError(BaseException):
    """Passes every handler that is meant for a generator's mistakes."""


@dataclass
class PaintedState:
    request: TextureRequest
    made_count: int = 0

    @property
    def part_count(self) -> int:
        return len(self.request.lods_px())

    @property
    def finished(self) -> bool:
        return self.made_count == self.part_count


class PaintedGenerator:
    """One albedo per level of detail, of size_px² bytes; "slow" takes 50 ms a step, "broken" fails in its second.

    "fatal" is no mistake of one session: it brings the thread down.
    """

    def __init__(self) -> None:
        self.requests: list[TextureRequest] = []
        self.step_count = 0

    @property
    def info(self) -> GeneratorInfo:
        return INFO

    def begin(self, request: TextureRequest) -> PaintedState:
        self.requests.append(request)
        if request.texture_class not in INFO.classes:
            raise InvalidRequestError("texture_class", request.texture_class, ", ".join(INFO.classes))
        return PaintedState(request)

    def step(self, states: Sequence[PaintedState]) -> list[tuple[Part, ...]]:
        made: list[tuple[Part, ...]] = []
        for state in states:
            self.step_count += 1
            if state.request.texture_class == "slow":
                time.sleep(0.05)
            if state.request.texture_class == "fatal":
                raise ThreadEndError
            if state.request.texture_class == "broken" and state.made_count == 1:
                raise RuntimeError("/internal/path PaintedGenerator")
            size_px = state.request.lods_px()[state.made_count]
            payload = bytes([state.request.seed % 256, size_px % 251]) * (size_px * size_px // 2)
            made.append((Part(state.made_count, "albedo", size_px, "image/png", payload),))
            state.made_count += 1
        return made


class PaintedCatalog:
    def __init__(self) -> None:
        self.probe = ProbeGenerator()
        self.painted = PaintedGenerator()

    def infos(self) -> tuple[GeneratorInfo, ...]:
        return (self.probe.info, self.painted.info)

    def generator_for(self, request: AssetRequest) -> Generator[Any, Any]:
        return self.probe if isinstance(request, ProbeRequest) else self.painted


@dataclass
class Serving:
    gateway: Gateway
    pool: LocalPool
    painted: PaintedGenerator
    address: str
    channel: grpc.aio.Channel


class Serve(Protocol):
    async def __call__(self, settings: Settings = ..., connect: Callable[[str], grpc.aio.Channel] = ...) -> Serving: ...


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """Start gateways; they are closed after the test, and must then have released everything."""
    async with AsyncExitStack() as stack:
        free_port = Settings(server=ServerSettings(port=0))

        async def start(
            settings: Settings = free_port, connect: Callable[[str], grpc.aio.Channel] = grpc.aio.insecure_channel
        ) -> Serving:
            catalog = PaintedCatalog()
            pool = LocalPool(catalog, settings.worker.batch_size, settings.worker.run_ahead_parts)
            gateway = Gateway(settings, pool)
            address = await gateway.start()
            stack.push_async_callback(gateway.close)
            channel = connect(address)
            stack.push_async_callback(channel.close, None)
            return Serving(gateway, pool, catalog.painted, address, channel)

        yield start
