"""A gateway in the test's own event loop, over a catalog without networks."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any, Protocol, cast

import grpc
import pytest
from google.rpc import error_details_pb2  # type: ignore[import-untyped]  # ships no types
from grpc_status import rpc_status

from engine.assets import AssetRequest, GeneratorInfo, ParameterInfo, Part, PatternInfo
from engine.errors import InvalidRequestError
from engine.generators.character.frames import FramesGenerator
from engine.generators.probe import ProbeGenerator
from engine.generators.protocol import Generator, StepKinds
from engine.requests.character.frames import FramesRequest
from engine.requests.probe import ProbeRequest
from engine.requests.texture import TextureRequest
from engine.runtime.pool import WorkerOperations, WorkerPool
from engine.server.gateway import Gateway
from engine.server.telemetry.tracing import Tracing, load_tracing
from engine.settings.sections import ServerSettings, Settings
from morphogen.v1 import diagnostics_pb2, diagnostics_pb2_grpc, texture_pb2, texture_pb2_grpc
from workers.local import LocalPool
from workers.step_thread import StepOptions

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

    def checkpoint(self, state: PaintedState) -> bytes:
        return bytes([state.made_count])

    def resume(self, request: TextureRequest, checkpoint: bytes) -> PaintedState:
        return PaintedState(request, checkpoint[0])

    def steps_ahead(self, state: PaintedState) -> StepKinds:
        return (("paint", state.part_count - state.made_count),)

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
    def __init__(self, frames: FramesGenerator | None) -> None:
        self.probe = ProbeGenerator()
        self.painted = PaintedGenerator()
        self.frames = frames

    def infos(self) -> tuple[GeneratorInfo, ...]:
        frames = () if self.frames is None else (self.frames.info,)
        return (self.probe.info, self.painted.info, *frames)

    def generator_for(self, request: AssetRequest) -> Generator[Any, Any]:
        if self.frames is not None and isinstance(request, FramesRequest):
            return self.frames
        return self.probe if isinstance(request, ProbeRequest) else self.painted


def options_of(settings: Settings, tracing: Tracing | None) -> StepOptions:
    worker = settings.worker
    trace = None if tracing is None else tracing.step
    return StepOptions(worker.batch_size, worker.encoder_count, worker.step_timeout_s, trace)


@dataclass
class Serving:
    gateway: Gateway
    pool: WorkerPool
    painted: PaintedGenerator
    address: str
    channel: grpc.aio.Channel
    worker_tracing: Tracing | None = None

    @property
    def textures(self) -> Any:
        return texture_pb2_grpc.TextureServiceStub(self.channel)

    @property
    def diagnostics(self) -> Any:
        return diagnostics_pb2_grpc.DiagnosticsServiceStub(self.channel)

    def texture(self, texture_class: str = "stone", size_px: int = 128, seed: int = 7, **options: Any) -> Any:
        request = texture_pb2.GenerateTextureRequest(
            texture_class=texture_class, seed=seed, size_px=size_px, options=options
        )
        return self.textures.GenerateTexture(request)

    def probe(self, part_count: int, step_ms: float = 0.0, part_size_bytes: int = 49_152, **options: Any) -> Any:
        request = diagnostics_pb2.StreamProbeRequest(
            part_size_bytes=part_size_bytes, part_count=part_count, step_ms=step_ms, options=options
        )
        return self.diagnostics.StreamProbe(request)

    def session_count(self) -> int:
        return self.pool.stats().session_count

    def step_count(self) -> int:
        return self.pool.stats().step_count

    @staticmethod
    async def count(call: Any) -> int:
        """Number of messages that are left; by `read`, which the tests also use for the first ones."""
        message_count = 0
        while await call.read() is not grpc.aio.EOF:  # type: ignore[attr-defined]  # missing in its types
            message_count += 1
        return message_count

    @staticmethod
    async def failure(call: Any) -> tuple[grpc.aio.AioRpcError, dict[str, Any]]:
        """The error that ends `call`, and its unpacked details."""
        with pytest.raises(grpc.aio.AioRpcError) as failed:
            await (Serving.count(call) if hasattr(call, "read") else call)
        rich = rpc_status.from_call(cast(grpc.Call, failed.value))
        found: dict[str, Any] = {}
        for packed in [] if rich is None else rich.details:
            name = packed.TypeName().rpartition(".")[2]
            found[name] = getattr(error_details_pb2, name)()
            packed.Unpack(found[name])
        return failed.value, found

    @staticmethod
    async def until(condition: Callable[[], object]) -> None:
        for _ in range(500):
            if condition():
                return
            await asyncio.sleep(0.01)
        raise AssertionError("the condition did not come true within 5 s")


class Serve(Protocol):
    async def __call__(
        self,
        settings: Settings = ...,
        connect: Callable[[str], grpc.aio.Channel] = ...,
        pool_around: Callable[[LocalPool], WorkerPool] = ...,
        operations: WorkerOperations | None = ...,
        frames: FramesGenerator | None = ...,
    ) -> Serving: ...


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """Start gateways; they are closed after the test."""
    async with AsyncExitStack() as stack:
        free_port = Settings(server=ServerSettings(port=0))

        async def start(
            settings: Settings = free_port,
            connect: Callable[[str], grpc.aio.Channel] = grpc.aio.insecure_channel,
            pool_around: Callable[[LocalPool], WorkerPool] = lambda pool: pool,
            operations: WorkerOperations | None = None,
            frames: FramesGenerator | None = None,
        ) -> Serving:
            catalog = PaintedCatalog(frames)
            tracing = load_tracing(settings.tracing, "morphogen-worker")
            if tracing is not None:
                stack.push_async_callback(asyncio.to_thread, tracing.close)
            pool = pool_around(LocalPool(catalog, options_of(settings, tracing)))
            gateway = Gateway(settings, pool, operations)
            address = await gateway.start()
            stack.push_async_callback(gateway.close)
            channel = connect(address)
            stack.push_async_callback(channel.close, None)
            return Serving(gateway, pool, catalog.painted, address, channel, tracing)

        yield start
