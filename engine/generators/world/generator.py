"""Worlds and their chunks as generators."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from engine.assets import Draft, GeneratorInfo
from engine.codecs.gltf.scene import write_scene_glb
from engine.codecs.image import encode_png
from engine.codecs.provenance import provenance_fields
from engine.errors import InvalidRequestError
from engine.generators.protocol import StepKinds
from engine.generators.scene.grounds import ground_requests, make_tile
from engine.generators.terrain.biomes import BIOMES, GROUNDS
from engine.generators.texture.generator import TextureGenerator
from engine.generators.world.atlas import Atlas
from engine.generators.world.chunk import GLB, JSON, PNG, Chunk, File, height_step_m
from engine.geometry.props.library import PROPS, build_prop
from engine.geometry.props.materials import PROP_MATERIALS
from engine.geometry.scene import Instances, Scene
from engine.requests.landscape import Landscape
from engine.requests.texture import MapKind
from engine.requests.world import CHUNK_CELLS, CHUNK_MAPS, CHUNK_VERTICES, ChunkRequest, WorldRequest

WORLD, MODELS = "world", "models"
WORLD_STEPS = (WORLD, *GROUNDS, MODELS)
MODEL_SPACING_M = 12.0


@dataclass(slots=True)
class WorldState:
    """A session: the request and how many steps are done; each makes one part."""

    request: WorldRequest
    finished_steps: int = 0

    @property
    def finished(self) -> bool:
        """Whether every part has been made."""
        return self.finished_steps == len(WORLD_STEPS)

    @property
    def part_count(self) -> int:
        """The same for every world."""
        return len(WORLD_STEPS)


class WorldGenerator:
    """Describes worlds: spawn, scale, the ground's materials, the models of the props."""

    def __init__(self, atlas: Atlas, textures: TextureGenerator, info: GeneratorInfo) -> None:
        self._atlas, self._textures = atlas, textures
        self._info = _info_of(info, WorldRequest.ASSET_KIND, WORLD_STEPS)

    @property
    def info(self) -> GeneratorInfo:
        """The catalog entry; classes are biomes."""
        return self._info

    def begin(self, request: WorldRequest) -> WorldState:
        """Open a session. Raises InvalidRequestError for an unknown biome or an unusable sketch."""
        self._atlas.land(request.landscape)
        return WorldState(request)

    def checkpoint(self, state: WorldState) -> bytes:
        """The number of finished steps, one byte."""
        return bytes([state.finished_steps])

    def resume(self, request: WorldRequest, checkpoint: bytes) -> WorldState:
        """Continue after the steps that `checkpoint` counts."""
        state = self.begin(request)
        if len(checkpoint) != 1 or checkpoint[0] >= len(WORLD_STEPS):
            raise InvalidRequestError("checkpoint", checkpoint[:8].hex(), f"one byte below {len(WORLD_STEPS)}")
        state.finished_steps = checkpoint[0]
        return state

    def steps_ahead(self, state: WorldState) -> StepKinds:
        """The steps by name."""
        return tuple((f"world {step}", 1) for step in WORLD_STEPS[state.finished_steps :])

    def step(self, states: Sequence[WorldState]) -> list[tuple[Draft, ...]]:
        """The next part of each state."""
        return [(self._next(state),) for state in states]

    def _next(self, state: WorldState) -> Draft:
        step, sequence = WORLD_STEPS[state.finished_steps], state.finished_steps
        provenance = provenance_fields(self._info, state.request)
        landscape = state.request.landscape
        if step == WORLD:
            description = self._description(landscape, provenance)
            file = File(WORLD, JSON, lambda: json.dumps(description, sort_keys=True).encode())
        elif step == MODELS:
            file = File(MODELS, GLB, lambda: write_scene_glb(models(), provenance))
        else:
            request = ground_requests(landscape)[GROUNDS.index(step)]
            pixels = np.rint(make_tile(self._textures, request)[MapKind.ALBEDO] * 255.0).astype(np.uint8)
            file = File(step, PNG, partial(encode_png, pixels, provenance, srgb=True))
        state.finished_steps += 1
        return Draft(sequence, file.name, 0, file.media_type, file.encode)

    def _description(self, landscape: Landscape, provenance: Mapping[str, str]) -> dict[str, object]:
        row, column = self._atlas.land(landscape).spawn()
        return {
            "spawn": {"x_m": column * landscape.cell_m, "z_m": row * landscape.cell_m},
            "chunk_m": CHUNK_CELLS * landscape.cell_m,
            "cell_m": landscape.cell_m,
            "height_step_m": height_step_m(landscape),
            "sea_level_m": landscape.sea_level_m,
            "vertices": list(CHUNK_VERTICES),
            "grounds": [
                {"name": name, **json.loads(request.canonical())}
                for name, request in zip(GROUNDS, ground_requests(landscape), strict=True)
            ],
            "provenance": dict(provenance),
        }


@dataclass(slots=True)
class ChunkState:
    """A session: one step makes everything."""

    request: ChunkRequest
    finished: bool = False

    @property
    def part_count(self) -> int:
        """The description and the maps."""
        return 1 + len(self.request.maps)


class ChunkGenerator:
    """Makes the chunks of worlds."""

    def __init__(self, atlas: Atlas, info: GeneratorInfo) -> None:
        self._atlas = atlas
        self._info = _info_of(info, ChunkRequest.ASSET_KIND, CHUNK_MAPS)

    @property
    def info(self) -> GeneratorInfo:
        """The catalog entry; classes are biomes, sizes are vertices along the edge."""
        return self._info

    def begin(self, request: ChunkRequest) -> ChunkState:
        """Open a session. Raises InvalidRequestError for an unknown biome or an unusable sketch."""
        self._atlas.land(request.landscape)
        return ChunkState(request)

    def checkpoint(self, state: ChunkState) -> bytes:  # noqa: ARG002 - there is one step: before it there is nothing
        """Nothing."""
        return b""

    def resume(self, request: ChunkRequest, checkpoint: bytes) -> ChunkState:
        """Begin again."""
        if checkpoint:
            raise InvalidRequestError("checkpoint", checkpoint[:8].hex(), "none")
        return self.begin(request)

    def steps_ahead(self, state: ChunkState) -> StepKinds:  # noqa: ARG002 - they are all alike
        """One."""
        return (("chunk", 1),)

    def step(self, states: Sequence[ChunkState]) -> list[tuple[Draft, ...]]:
        """All parts of each state."""
        return [self._made(state) for state in states]

    def _made(self, state: ChunkState) -> tuple[Draft, ...]:
        request = state.request
        files = Chunk(request, self._atlas.block(request)).files(provenance_fields(self._info, request))
        state.finished = True
        return tuple(
            Draft(sequence, file.name, request.vertices, file.media_type, file.encode)
            for sequence, file in enumerate(files)
        )


def models() -> Scene:
    """Every variant of every kind of prop side by side: node names are those in the props of chunks."""
    built = [build_prop(kind.name, variant) for kind in PROPS.values() for variant in range(kind.variant_count)]
    across = -(-len(built) // 8)
    still = np.array([[0.0, 0.0, 0.0, 1.0]], np.float32), np.ones((1, 3), np.float32)
    instances = []
    for index, model in enumerate(built):
        place = [(index % across) * MODEL_SPACING_M, 0.0, (index // across) * MODEL_SPACING_M]
        instances.append(Instances(model.name, index, np.array([place], np.float32), *still))
    return Scene(name="props", materials=PROP_MATERIALS, models=tuple(built), instances=tuple(instances))


def _info_of(info: GeneratorInfo, asset_kind: str, maps: tuple[str, ...]) -> GeneratorInfo:
    """The catalog entry of a generator that shares the networks of the one described by `info`."""
    return GeneratorInfo(
        asset_kind=asset_kind,
        name=f"{info.name}-{asset_kind}",
        version=info.version,
        tier=info.tier,
        weights_sha256=info.weights_sha256,
        kernel_class=info.kernel_class,
        classes=tuple(BIOMES),
        sizes_px=CHUNK_VERTICES if asset_kind == ChunkRequest.ASSET_KIND else (),
        maps=maps,
        training_licences=info.training_licences,
        model_card=info.model_card,
    )
