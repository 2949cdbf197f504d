"""SceneService over a real connection."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import grpc
import pytest

from engine.assets import AssetRequest, GeneratorInfo, Part
from engine.errors import InvalidRequestError
from engine.generators.protocol import Generator, StepKinds
from engine.requests.landscape import Landscape
from engine.requests.level import LevelRequest, Tile
from engine.requests.scene import SceneRequest
from morphogen.v1 import scene_pb2, scene_pb2_grpc
from workers.local import LocalPool

PAYLOADS = (b"first", b"second" * 100_000)


@dataclass
class NotedState:
    made_count: int = 0
    part_count: int = len(PAYLOADS)

    @property
    def finished(self) -> bool:
        return self.made_count == self.part_count


@dataclass
class NotingGenerator:
    """Two files for whatever is asked; notes the requests. Of biomes it knows none."""

    kind: str
    requests: list[AssetRequest] = field(default_factory=list)

    @property
    def info(self) -> GeneratorInfo:
        return GeneratorInfo(self.kind, f"noting {self.kind}", "1", "S", "ab" * 32, "none")

    def begin(self, request: AssetRequest) -> NotedState:
        if isinstance(request, SceneRequest) and "lava" in request.landscape.biomes:
            raise InvalidRequestError("biomes", "lava", "grassland")
        self.requests.append(request)
        return NotedState()

    def checkpoint(self, state: NotedState) -> bytes:
        return bytes([state.made_count])

    def resume(self, request: AssetRequest, checkpoint: bytes) -> NotedState:
        self.requests.append(request)
        return NotedState(checkpoint[0])

    def steps_ahead(self, state: NotedState) -> StepKinds:
        return (("note", state.part_count - state.made_count),)

    def step(self, states: Sequence[NotedState]) -> list[tuple[Part, ...]]:
        made: list[tuple[Part, ...]] = []
        for state in states:
            made.append((Part(state.made_count, "file", 0, "application/json", PAYLOADS[state.made_count]),))
            state.made_count += 1
        return made


@dataclass
class NotingCatalog:
    """One for levels and one for scenes."""

    level: NotingGenerator = field(default_factory=lambda: NotingGenerator("level"))
    scene: NotingGenerator = field(default_factory=lambda: NotingGenerator("scene"))

    def infos(self) -> tuple[GeneratorInfo, ...]:
        return (self.level.info, self.scene.info)

    def generator_for(self, request: AssetRequest) -> Generator[Any, Any]:
        return self.level if isinstance(request, LevelRequest) else self.scene


async def scenes_of(serve: Any, catalog: NotingCatalog) -> tuple[Any, Any]:
    """The gateway, and a stub of the service."""
    serving = await serve(pool_around=lambda _: LocalPool(catalog))
    return serving, scene_pb2_grpc.SceneServiceStub(serving.channel)


async def test_level_is_streamed_as_it_was_asked_for(serve: Any) -> None:
    catalog = NotingCatalog()
    _, stub = await scenes_of(serve, catalog)
    request = scene_pb2.GenerateLevelRequest(
        seed=3, size=16, keys=0, locked_cells=[scene_pb2.LockedCell(x=1, y=2, tile=scene_pb2.TILE_START)]
    )
    messages = [message async for message in stub.GenerateLevel(request)]
    asked = LevelRequest(3, 16, keys=0, locked_cells={(1, 2): Tile.START})
    assert catalog.level.requests == [asked]
    header, trailer = messages[0].header, messages[-1].trailer
    assert (header.asset_id, header.canonical_request) == (catalog.level.info.asset_id(asked), asked.canonical())
    assert (header.part_count, list(header.lods_px), trailer.part_count) == (2, [], 2)
    assert b"".join(message.part.data for message in messages[1:-1]) == b"".join(PAYLOADS)


async def test_scene_is_streamed_as_it_was_asked_for(serve: Any) -> None:
    catalog = NotingCatalog()
    _, stub = await scenes_of(serve, catalog)
    request = scene_pb2.GenerateSceneRequest(landscape=scene_pb2.Landscape(seed=5), hour=0.0, options={"credit": 1})
    messages = [message async for message in stub.GenerateScene(request)]
    assert catalog.scene.requests == [SceneRequest(Landscape(5), hour=0.0)]
    assert messages[0].header.generator.name == "noting scene"
    assert messages[-1].trailer.size_bytes == sum(map(len, PAYLOADS))


@pytest.mark.parametrize(
    ("method", "fields", "field"),
    [
        ("Level", {"size": 65}, "size"),
        ("Level", {"rooms": 0}, "rooms"),
        ("Level", {"style": 9}, "style"),
        ("Level", {"locked_cells": [{"x": 1}]}, "locked_cells.tile"),
        ("Level", {"options": {"credit": 65}}, "options.credit"),
        ("Level", {"options": {"resume_token": b"x"}}, "resume_token"),
        ("Scene", {"landscape": {"cell_m": 0.1}}, "cell_m"),
        ("Scene", {"landscape": {"biomes": {"lava": 1.0}}}, "biomes"),
        ("Scene", {"texture_px": 3}, "texture_px"),
        ("Scene", {"options": {"priority": 7}}, "options.priority"),
    ],
)
async def test_invalid_request_names_its_field(serve: Any, method: str, fields: dict[str, Any], field: str) -> None:
    serving, stub = await scenes_of(serve, NotingCatalog())
    request = getattr(scene_pb2, f"Generate{method}Request")(**fields)
    error, found = await serving.failure(getattr(stub, f"Generate{method}")(request))
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert found["BadRequest"].field_violations[0].field == field
    assert (serving.session_count(), serving.gateway.sessions.running_count) == (0, 0)


@pytest.mark.parametrize("method", ["GenerateLevel", "GenerateScene"])
async def test_broken_bytes_are_an_invalid_argument(serve: Any, method: str) -> None:
    serving, _ = await scenes_of(serve, NotingCatalog())
    call = serving.channel.unary_stream(f"/morphogen.v1.SceneService/{method}")
    error, _ = await serving.failure(call(b"\xff\xff\xff"))
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_kind_of_asset_that_the_workers_do_not_make_is_told(serve: Any) -> None:
    serving = await serve()
    stub = scene_pb2_grpc.SceneServiceStub(serving.channel)
    error, _ = await serving.failure(stub.GenerateLevel(scene_pb2.GenerateLevelRequest()))
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert "request: 'level' is not allowed" in error.details()
