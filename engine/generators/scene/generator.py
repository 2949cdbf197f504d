"""Scenes as a generator: request -> state -> parts, from the first look at the land to the finished file."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from engine.assets import Draft, GeneratorInfo, ParameterInfo
from engine.codecs.gltf.scene import write_scene_glb
from engine.codecs.heightmap import png_heightmap
from engine.codecs.image import encode_png
from engine.codecs.provenance import provenance_fields
from engine.codecs.render.panorama import encode_radiance
from engine.errors import InvalidRequestError
from engine.generators.protocol import StepKinds
from engine.generators.scene.assembly import cells_of
from engine.generators.scene.work import PREVIEW_PX, SceneWork
from engine.generators.terrain.biomes import BIOMES, GROUNDS
from engine.generators.terrain.heights import Decoders
from engine.generators.terrain.land import LAND_VERSION
from engine.generators.texture.generator import TextureGenerator
from engine.geometry.scene import Scene
from engine.nets.precision import KernelClass
from engine.nets.terragen.weights_file import TerraGenWeights
from engine.requests.scene import TEXTURE_SIZES_PX, SceneRequest
from engine.requests.texture import MapKind

PNG, GLB, JSON, RADIANCE = "image/png", "model/gltf-binary", "application/json", "image/vnd.radiance"
OUTLINE, HEIGHT, GROUND_MAP, LAYOUT, SKY, SCENE, PREVIEW = (
    "outline", "height", "ground", "layout", "sky", "scene", "preview"
)  # fmt: skip
MATERIAL = "material "
STEPS = ("land", *(MATERIAL + name for name in GROUNDS), "dressing", "file", "preview")
PARTS_PER_STEP = (3, *(1 for _ in GROUNDS), 2, 1, 1)
PART_COUNT = sum(PARTS_PER_STEP)
OUTLINE_PX = 65
SKY_PX = 512

ATTRIBUTES = (
    ParameterInfo("extent_m", 32, 4096, 512, "m", "Edge length"),
    ParameterInfo("relief", 0, 4, 1, "", "Factor of all heights"),
    ParameterInfo("roughness", -1, 1, 0, "", "-1 rounded, 1 craggy"),
    ParameterInfo("sea_level_m", -1000, 1000, 0, "m", "Height of the sea"),
    ParameterInfo("hour", 0, 24, 15, "h", "Time of day: where the sun stands"),
    ParameterInfo("prop_density", 0, 4, 1, "", "Factor of what grows and lies there"),
    ParameterInfo("prop_limit", 0, 20000, 2000, "", "Most props"),
)


@dataclass(slots=True)
class SceneState:
    """A session: the request and how many steps are done.

    `work` only remembers: a state resumed elsewhere makes the same anew.
    """

    request: SceneRequest
    work: SceneWork | None = field(repr=False)
    finished_steps: int = 0

    @property
    def finished(self) -> bool:
        """Whether every part has been made."""
        return self.finished_steps == len(STEPS)

    @property
    def part_count(self) -> int:
        """The same for every scene."""
        return PART_COUNT


class SceneGenerator:
    """Makes scenes with TerraGen and TexGen."""

    def __init__(
        self, weights: TerraGenWeights, textures: TextureGenerator, kernel: KernelClass, model_card: str = ""
    ) -> None:
        self._decoders = Decoders(weights.landforms, weights.details)
        self._textures = textures
        self._info = GeneratorInfo(
            asset_kind=SceneRequest.ASSET_KIND,
            name="terragen",
            version=f"{weights.header.version}.{LAND_VERSION}",
            tier=weights.header.tier,
            weights_sha256=weights.sha256,
            kernel_class=f"{kernel.name}+{textures.info.weights_sha256[:16]}",
            classes=tuple(BIOMES),
            sizes_px=TEXTURE_SIZES_PX,
            maps=(OUTLINE, HEIGHT, GROUND_MAP, *GROUNDS, LAYOUT, SKY, SCENE, PREVIEW),
            attributes=ATTRIBUTES,
            training_licences=tuple(dict.fromkeys((*weights.header.licences, *textures.info.training_licences))),
            model_card=model_card,
        )

    @property
    def info(self) -> GeneratorInfo:
        """The catalog entry; classes are biomes."""
        return self._info

    def begin(self, request: SceneRequest) -> SceneState:
        """Open a session. Raises InvalidRequestError for an unknown biome or an unusable sketch."""
        return SceneState(request, SceneWork(request, self._decoders, self._textures))

    def checkpoint(self, state: SceneState) -> bytes:
        """The number of finished steps, one byte."""
        return bytes([state.finished_steps])

    def resume(self, request: SceneRequest, checkpoint: bytes) -> SceneState:
        """Continue after the steps that `checkpoint` counts."""
        state = self.begin(request)
        if len(checkpoint) != 1 or checkpoint[0] >= len(STEPS):
            raise InvalidRequestError("checkpoint", checkpoint[:8].hex(), f"one byte below {len(STEPS)}")
        state.finished_steps = checkpoint[0]
        return state

    def steps_ahead(self, state: SceneState) -> StepKinds:
        """The steps by name; what they cost depends on the scene's size."""
        cells = cells_of(state.request)
        return tuple((f"scene {step} of {cells} cells", 1) for step in STEPS[state.finished_steps :])

    def step(self, states: Sequence[SceneState]) -> list[tuple[Draft, ...]]:
        """The next step of each state. Scenes are made one at a time: that fixes every bit of the result."""
        return [self._step(state) for state in states]

    def _step(self, state: SceneState) -> tuple[Draft, ...]:
        step, work = STEPS[state.finished_steps], state.work
        if work is None:
            raise ValueError("state: it is finished")
        first = sum(PARTS_PER_STEP[: state.finished_steps])
        provenance = provenance_fields(self._info, state.request)
        files = _MAKERS.get(step, partial(_material, step.removeprefix(MATERIAL)))(work, provenance)
        state.finished_steps += 1
        if state.finished:
            state.work = None
        return tuple(
            Draft(first + number, file.name, file.edge_px, file.media_type, file.encode)
            for number, file in enumerate(files)
        )


@dataclass(frozen=True, slots=True)
class _File:
    name: str
    edge_px: int
    media_type: str
    encode: Callable[[], bytes]


def _land(work: SceneWork, provenance: Mapping[str, str]) -> list[_File]:
    height_m, extent_m = work.ground.height_m, work.extent_m
    stride = max(1, (len(height_m) - 1) // (OUTLINE_PX - 1))
    outline = np.ascontiguousarray(height_m[::stride, ::stride])
    shares = np.rint(work.ground.splat[..., 1:] * 255.0).astype(np.uint8)
    return [
        _File(OUTLINE, len(outline), PNG, lambda: png_heightmap(outline, extent_m, provenance).data),
        _File(HEIGHT, len(height_m), PNG, lambda: png_heightmap(height_m, extent_m, provenance).data),
        _File(GROUND_MAP, len(shares), PNG, partial(encode_png, shares, provenance)),
    ]


def _material(name: str, work: SceneWork, provenance: Mapping[str, str]) -> list[_File]:
    pixels = np.rint(work.tile(name)[MapKind.ALBEDO] * 255.0).astype(np.uint8)
    return [_File(name, len(pixels), PNG, partial(encode_png, pixels, provenance, srgb=True))]


def _dressing(work: SceneWork, provenance: Mapping[str, str]) -> list[_File]:
    return [
        _File(LAYOUT, 0, JSON, partial(_layout, work.scene, provenance)),
        _File(SKY, SKY_PX, RADIANCE, lambda: encode_radiance(work.sky.panorama(SKY_PX, disc=False))),
    ]


def _scene(work: SceneWork, provenance: Mapping[str, str]) -> list[_File]:
    return [_File(SCENE, 0, GLB, partial(write_scene_glb, work.scene, provenance))]


def _preview(work: SceneWork, provenance: Mapping[str, str]) -> list[_File]:
    picture = work.preview()
    return [_File(PREVIEW, PREVIEW_PX[0], PNG, partial(encode_png, picture, provenance, 6, srgb=True))]


_MAKERS: Mapping[str, Callable[[SceneWork, Mapping[str, str]], list[_File]]] = {
    "land": _land,
    "dressing": _dressing,
    "file": _scene,
    "preview": _preview,
}


def _layout(scene: Scene, provenance: Mapping[str, str]) -> bytes:
    """Where every prop stands, as JSON: [x, y, z, turn about the vertical in degrees, scale] by model."""
    props = {}
    for each in scene.instances:
        model = scene.models[each.model]
        if model.name in ("water", "plinth") or model.name.startswith("terrain_"):
            continue
        turn = np.degrees(2.0 * np.arctan2(each.rotation[:, 1], each.rotation[:, 3])) % 360.0
        rows = np.column_stack([each.translation, turn, each.scale[:, 0]])
        props[model.name] = np.round(rows, 3).tolist()
    document = {"props": props, "scene": scene.extras.get("morphogen", {}), "provenance": dict(provenance)}
    return json.dumps(document, sort_keys=True, separators=(",", ":")).encode()
