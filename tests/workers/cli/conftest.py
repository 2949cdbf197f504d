"""A whole server around a generator that paints flat colors: no weights, no torch."""

import asyncio
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
import structlog

from engine.assets import AssetRequest, GeneratorInfo, ParameterInfo, Part, PatternInfo
from engine.codecs.image import encode_png
from engine.codecs.provenance import provenance_fields
from engine.errors import InvalidRequestError
from engine.generators.probe import ProbeGenerator
from engine.generators.protocol import Generator, StepKinds
from engine.requests.probe import ProbeRequest
from engine.requests.texture import MapKind, TextureRequest
from engine.runtime.pool import WorkerOperations
from engine.server.gateway import Gateway
from engine.server.telemetry.logs import configure_logs
from engine.settings.sections import LogSettings, ServerSettings, Settings
from workers import cli
from workers.local import LocalPool

INFO = GeneratorInfo(
    asset_kind="texture",
    name="flat",
    version="1",
    tier="S",
    weights_sha256="ab" * 32,
    kernel_class="stub",
    classes=("stone", "brick", "wood"),
    sizes_px=(64, 128),
    maps=tuple(MapKind),
    wraps=("both",),
    attributes=(ParameterInfo("roughness", 0.0, 1.0, None, "", "mean roughness"),),
    patterns=(
        PatternInfo("hexagons", "six-sided tiles", (ParameterInfo("rows", 1, 16, 4, "cells per tile", "row count"),)),
    ),
    training_licences=("CC0-1.0",),
    model_card="# Flat\n\nA stub.",
)


@dataclass(slots=True)
class FlatState:
    """How far one flat texture is."""

    request: TextureRequest
    lods_px: list[int]

    @property
    def finished(self) -> bool:
        return not self.lods_px

    @property
    def part_count(self) -> int:
        return len(self.request.lods_px()) * len(self.request.maps)


@dataclass(slots=True)
class FlatGenerator:
    """Paints every map in one shade, which is the seed. Notes what it was asked."""

    requests: list[TextureRequest] = field(default_factory=list)

    @property
    def info(self) -> GeneratorInfo:
        return INFO

    def begin(self, request: TextureRequest) -> FlatState:
        self.requests.append(request)
        if request.texture_class not in INFO.classes:
            raise InvalidRequestError("texture_class", request.texture_class, ", ".join(INFO.classes))
        for name, value in request.attributes.items():
            if name != "roughness":
                raise InvalidRequestError(f"attributes.{name}", value, "one of the attributes roughness")
        return FlatState(request, list(request.lods_px()))

    def checkpoint(self, state: FlatState) -> bytes:
        return bytes([len(state.lods_px)])

    def resume(self, request: TextureRequest, checkpoint: bytes) -> FlatState:
        return FlatState(request, list(request.lods_px()[-checkpoint[0] :]))

    def steps_ahead(self, state: FlatState) -> StepKinds:
        return (("level", len(state.lods_px)),)

    def step(self, states: Sequence[FlatState]) -> list[tuple[Part, ...]]:
        return [self._paint(state) for state in states]

    def _paint(self, state: FlatState) -> tuple[Part, ...]:
        size_px = state.lods_px.pop(0)
        request, first = state.request, request_index(state.request, size_px)
        provenance = provenance_fields(INFO, request)
        return tuple(
            Part(first + number, kind, size_px, "image/png", encode_png(shade(kind, request.seed, size_px), provenance))
            for number, kind in enumerate(request.maps)
        )


def request_index(request: TextureRequest, size_px: int) -> int:
    return request.lods_px().index(size_px) * len(request.maps)


def shade(kind: MapKind, seed: int, size_px: int) -> Any:
    if kind in (MapKind.ALBEDO, MapKind.NORMAL):
        return np.full((size_px, size_px, 3), seed % 256, np.uint8)
    return np.full((size_px, size_px), seed % 256, np.uint16 if kind == MapKind.HEIGHT else np.uint8)


@dataclass(frozen=True, slots=True)
class FlatCatalog:
    """The flat generator and the probe."""

    flat: FlatGenerator
    probe: ProbeGenerator

    def infos(self) -> tuple[GeneratorInfo, ...]:
        return (self.flat.info, self.probe.info)

    def generator_for(self, request: AssetRequest) -> Generator[Any, Any]:
        return self.probe if isinstance(request, ProbeRequest) else self.flat


@pytest.fixture
def generator() -> FlatGenerator:
    return FlatGenerator()


@pytest.fixture
def operations() -> WorkerOperations | None:
    """What the server lets operators do: nothing."""
    return None


@contextmanager
def serving(catalog: Any, operations: WorkerOperations | None = None) -> Iterator[str]:
    """HOST:PORT of a server in a thread of this process."""
    configure_logs(LogSettings(level="error"))
    started = threading.Event()
    seen: dict[str, Any] = {}

    async def serve() -> None:
        gateway = Gateway(Settings(server=ServerSettings(port=0)), LocalPool(catalog), operations)
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
def serve_catalog() -> Iterator[Callable[[Any], str]]:
    """Starts a server over a catalog: its HOST:PORT. It is stopped after the test."""
    with ExitStack() as stack:
        yield lambda catalog: stack.enter_context(serving(catalog))


@pytest.fixture
def address(generator: FlatGenerator, operations: WorkerOperations | None) -> Iterator[str]:
    """HOST:PORT of a server that makes flat textures."""
    with serving(FlatCatalog(generator, ProbeGenerator()), operations) as started:
        yield started


@pytest.fixture
def morphogen(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Runs one command line in this process: exit code, standard output, standard error."""

    def run(*arguments: object) -> tuple[int, str, str]:
        code = cli.main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run
