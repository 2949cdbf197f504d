"""A server whose scenes are small and made without a network, and whose levels are real."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch

from engine.assets import AssetRequest, GeneratorInfo, Part
from engine.catalog import SHIPPED_LEVEL_WEIGHTS
from engine.codecs.gltf.scene import write_scene_glb
from engine.codecs.heightmap import png_heightmap
from engine.codecs.image import encode_png
from engine.codecs.provenance import provenance_fields
from engine.errors import InvalidRequestError
from engine.generators.level import LevelGenerator
from engine.generators.protocol import Generator, StepKinds
from engine.geometry.props.library import build_prop
from engine.geometry.props.materials import PROP_MATERIALS
from engine.geometry.scene import Image, Instances, Lod, Material, Model, Primitive, Scene, Sun
from engine.nets.levelgen.weights_file import load_levelgen
from engine.nets.precision import choose_kernel_class
from engine.requests.level import LevelRequest
from engine.requests.scene import SceneRequest
from engine.requests.texture import MapKind, TextureRequest
from engine.terrain.surface import Surface, chunk_mesh

SIZE = 33
INFO = GeneratorInfo("scene", "hill", "1", "S", "ab" * 32, "none", classes=("grassland", "forest"))


def hill_scene(request: SceneRequest) -> Scene:
    """A hill with a picture on it and three rocks."""
    height_m = hill()
    normal = np.tile(np.array([0.0, 1.0, 0.0], np.float32), (SIZE, SIZE, 1))
    mesh = chunk_mesh(Surface(height_m, normal, request.extent_m / (SIZE - 1)), 0, 0, SIZE - 1, 1)
    picture = cv2.imencode(".jpg", np.full((64, 64, 3), 90, np.uint8))[1].tobytes()
    rock = build_prop("boulder", 0, first_material=1)
    three = np.array([[0.0, 3.0, 0.0], [9.0, 1.0, 0.0], [0.0, 1.0, 9.0]], np.float32)
    turned = np.tile(np.array([0.0, 0.6, 0.0, 0.8], np.float32), (3, 1))
    still = np.array([[0.0, 0.0, 0.0, 1.0]], np.float32), np.ones((1, 3), np.float32)
    own = {"extent_m": request.extent_m, "x_m": request.x_m or 40.0, "z_m": request.z_m or -24.0}
    own |= {"lowest_m": float(height_m.min()), "highest_m": float(height_m.max())}
    return Scene(
        name="scene",
        materials=(Material("ground", roughness=0.9, albedo=Image(picture, "image/jpeg")), *PROP_MATERIALS),
        models=(Model("terrain_0_0", (Lod((Primitive(mesh, 0),)),)), rock),
        instances=(
            Instances("terrain_0_0", 0, np.zeros((1, 3), np.float32), *still),
            Instances("boulder", 1, three, turned, np.ones((3, 3), np.float32)),
        ),
        sun=Sun((0.6, -0.8, 0.0), (1.0, 0.9, 0.8), 90_000.0),
        extras={"morphogen": own},
    )


def hill() -> Any:
    y, x = np.mgrid[-1 : 1 : SIZE * 1j, -1 : 1 : SIZE * 1j]
    return (4.0 * np.exp(-3.0 * (x**2 + y**2))).astype(np.float32)


@dataclass(slots=True)
class HillState:
    request: AssetRequest
    part_count: int
    finished: bool = False


@dataclass(slots=True)
class Hills:
    """One scene for whatever is asked. Notes the requests."""

    requests: list[SceneRequest] = field(default_factory=list)

    @property
    def info(self) -> GeneratorInfo:
        return INFO

    def begin(self, request: SceneRequest) -> HillState:
        for biome in request.landscape.biomes:
            if biome not in INFO.classes:
                raise InvalidRequestError("biomes", biome, ", ".join(INFO.classes))
        self.requests.append(request)
        return HillState(request, 11)

    def checkpoint(self, state: HillState) -> bytes:
        return bytes([state.finished])

    def resume(self, request: SceneRequest, checkpoint: bytes) -> HillState:
        assert checkpoint == b"\0"
        return self.begin(request)

    def steps_ahead(self, state: HillState) -> StepKinds:
        return (("hill", 1 - state.finished),)

    def step(self, states: Sequence[HillState]) -> list[tuple[Part, ...]]:
        return [self._step(state) for state in states]

    def _step(self, state: HillState) -> tuple[Part, ...]:
        request, state.finished = state.request, True
        assert isinstance(request, SceneRequest)
        provenance = provenance_fields(INFO, request)
        scene = hill_scene(request)
        layout = {"props": {}, "scene": scene.extras["morphogen"], "provenance": provenance}
        grey = encode_png(np.full((SIZE, SIZE, 3), 64, np.uint8), provenance)
        height = png_heightmap(hill(), request.extent_m, provenance).data
        files = [
            ("outline", "image/png", height), ("height", "image/png", height), ("ground", "image/png", grey),
            *((name, "image/png", grey) for name in ("vegetation", "soil", "rock", "snow")),
            ("layout", "application/json", json.dumps(layout).encode()), ("sky", "image/vnd.radiance", b"#?RADIANCE"),
            ("scene", "model/gltf-binary", write_scene_glb(scene, provenance)), ("preview", "image/png", grey),
        ]  # fmt: skip
        return tuple(Part(number, name, 0, kind, data) for number, (name, kind, data) in enumerate(files))


@dataclass(slots=True)
class PlainState:
    request: TextureRequest
    finished: bool = False

    @property
    def part_count(self) -> int:
        return len(self.request.maps) * len(self.request.lods_px())


class PlainTextures:
    """Grey maps, all levels of detail at once."""

    info = GeneratorInfo("texture", "plain", "1", "S", "cd" * 32, "none", classes=("paving", "brick"))

    def begin(self, request: TextureRequest) -> PlainState:
        return PlainState(request)

    def checkpoint(self, state: PlainState) -> bytes:
        return bytes([state.finished])

    def resume(self, request: TextureRequest, checkpoint: bytes) -> PlainState:
        assert checkpoint == b"\0"
        return PlainState(request)

    def steps_ahead(self, state: PlainState) -> StepKinds:
        return (("plain", 1 - state.finished),)

    def step(self, states: Sequence[PlainState]) -> list[tuple[Part, ...]]:
        made = []
        for state in states:
            state.finished = True
            parts = [
                (kind, size_px, encode_png(plain(kind, size_px), provenance_fields(self.info, state.request)))
                for size_px in state.request.lods_px()
                for kind in state.request.maps
            ]
            made.append(tuple(Part(number, kind, px, "image/png", png) for number, (kind, px, png) in enumerate(parts)))
        return made


def plain(kind: MapKind, size_px: int) -> Any:
    shape = (size_px, size_px, 3) if kind in (MapKind.ALBEDO, MapKind.NORMAL) else (size_px, size_px)
    return np.full(shape, 128, np.uint16 if kind == MapKind.HEIGHT else np.uint8)


@dataclass(slots=True)
class SmallCatalog:
    """Hills, grey materials and real levels."""

    hills: Hills
    level: LevelGenerator
    textures: PlainTextures

    def infos(self) -> tuple[GeneratorInfo, ...]:
        return (self.hills.info, self.level.info, self.textures.info)

    def generator_for(self, request: AssetRequest) -> Generator[Any, Any]:
        if isinstance(request, LevelRequest):
            return self.level
        return self.textures if isinstance(request, TextureRequest) else self.hills


@pytest.fixture(scope="session")
def levels() -> Iterator[LevelGenerator]:
    """The shipped one."""
    count = torch.get_num_threads()
    yield LevelGenerator(load_levelgen(SHIPPED_LEVEL_WEIGHTS), choose_kernel_class("fp32", 1))
    torch.set_num_threads(count)


@pytest.fixture
def hills() -> Hills:
    return Hills()


@pytest.fixture
def server(serve_catalog: Callable[[Any], str], hills: Hills, levels: LevelGenerator) -> str:
    """HOST:PORT of a server over all of them."""
    return serve_catalog(SmallCatalog(hills, levels, PlainTextures()))


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    """A sketch: a red stroke."""
    path = tmp_path / "sketch.png"
    pixels = np.zeros((32, 32, 3), np.uint8)
    pixels[10:12, :, 2] = 255
    path.write_bytes(cv2.imencode(".png", pixels)[1].tobytes())
    return path
