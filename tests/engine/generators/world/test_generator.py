"""Worlds and chunks as generators."""

import json
from typing import Any

import pytest

from engine.assets import Draft, GeneratorInfo, Part
from engine.catalog import load_catalog
from engine.codecs.image import decode_png, read_provenance
from engine.errors import InvalidRequestError
from engine.generators.scene.generator import SceneGenerator
from engine.generators.terrain.biomes import GROUNDS
from engine.generators.terrain.heights import Decoders
from engine.generators.texture.generator import TextureGenerator
from engine.generators.world.atlas import Atlas
from engine.generators.world.generator import ChunkGenerator, WorldGenerator, models
from engine.geometry.props.library import PROPS
from engine.nets.precision import KernelClass
from engine.nets.terragen.weights_file import TerraGenWeights
from engine.requests.landscape import Landscape
from engine.requests.texture import TextureRequest
from engine.requests.world import ChunkRequest, WorldRequest

WORLD = Landscape(6, cell_m=8.0)


@pytest.fixture(scope="module")
def textures() -> TextureGenerator:
    """The shipped one: grounds need its classes."""
    made = load_catalog(precision="fp32", thread_count=1).generators[TextureRequest]
    assert isinstance(made, TextureGenerator)
    return made


@pytest.fixture(scope="module")
def info(land_weights: TerraGenWeights, textures: TextureGenerator, kernel: KernelClass) -> GeneratorInfo:
    return SceneGenerator(land_weights, textures, kernel).info


@pytest.fixture(scope="module")
def worlds(decoders: Decoders, textures: TextureGenerator, info: GeneratorInfo) -> WorldGenerator:
    return WorldGenerator(Atlas(decoders), textures, info)


@pytest.fixture(scope="module")
def chunks(decoders: Decoders, info: GeneratorInfo) -> ChunkGenerator:
    return ChunkGenerator(Atlas(decoders), info)


def rest(generator: Any, state: Any) -> list[Part]:
    """The parts that are left."""
    made: list[Part] = []
    while not state.finished:
        made += [draft.part() for draft in generator.step([state])[0] if isinstance(draft, Draft)]
    return made


def test_a_world_tells_where_to_begin_then_its_materials_then_its_models(worlds: WorldGenerator) -> None:
    state = worlds.begin(WorldRequest(WORLD))
    assert sum(count for _, count in worlds.steps_ahead(state)) == state.part_count
    parts = rest(worlds, state)
    assert [part.map for part in parts] == ["world", *GROUNDS, "models"]
    assert [part.sequence for part in parts] == list(range(len(parts))) == list(range(state.part_count))
    about = json.loads(parts[0].payload)
    assert about["provenance"]["Request"] == WorldRequest(WORLD).canonical()
    assert {"x_m", "z_m"} == set(about["spawn"])
    assert [each["name"] for each in about["grounds"]] == list(GROUNDS)
    for part in parts[1:-1]:
        assert decode_png(part.payload).ndim == 3
        assert read_provenance(part.payload)["Seed"] == "6"
    assert parts[-1].payload.startswith(b"glTF")


def test_the_models_are_those_that_chunks_place() -> None:
    scene = models()
    names = {f"{kind.name}_{variant}" for kind in PROPS.values() for variant in range(kind.variant_count)}
    assert {each.name for each in scene.instances} == names
    assert all(len(each.translation) == 1 for each in scene.instances)


@pytest.mark.parametrize("step_count", range(6))
def test_a_world_resumed_after_any_step_goes_on_with_the_same_bytes(worlds: WorldGenerator, step_count: int) -> None:
    request = WorldRequest(Landscape(6, cell_m=8.0, relief=0.5))
    state = worlds.begin(request)
    for _ in range(step_count):
        worlds.step([state])
    resumed = worlds.resume(request, worlds.checkpoint(state))
    assert worlds.step([resumed])[0][0].part() == worlds.step([state])[0][0].part()


@pytest.mark.parametrize("checkpoint", [b"", b"\x06", b"\x00\x00"])
def test_foreign_checkpoints_of_worlds_are_refused(worlds: WorldGenerator, checkpoint: bytes) -> None:
    with pytest.raises(InvalidRequestError) as refusal:
        worlds.resume(WorldRequest(WORLD), checkpoint)
    assert refusal.value.field == "checkpoint"


def test_a_chunk_is_one_step(chunks: ChunkGenerator) -> None:
    request = ChunkRequest(WORLD, 0, 0, 65)
    state = chunks.begin(request)
    assert chunks.steps_ahead(state) == (("chunk", 1),)
    assert chunks.checkpoint(state) == b""
    parts = rest(chunks, state)
    assert [part.map for part in parts] == ["chunk", *request.maps]
    assert len(parts) == state.part_count
    assert {part.lod_px for part in parts} == {65}
    assert read_provenance(parts[1].payload)["Request"] == request.canonical()
    assert rest(chunks, chunks.resume(request, b"")) == parts
    with pytest.raises(InvalidRequestError, match="checkpoint"):
        chunks.resume(request, b"\x01")


def test_chunks_in_company_have_the_bytes_of_chunks_alone(
    chunks: ChunkGenerator, decoders: Decoders, info: GeneratorInfo
) -> None:
    requests = [ChunkRequest(WORLD, row, 1, 33) for row in range(2)]
    states = [chunks.begin(request) for request in requests]
    together = [[draft.part() for draft in drafts if isinstance(draft, Draft)] for drafts in chunks.step(states)]
    for request, parts in zip(requests, together, strict=True):
        alone = ChunkGenerator(Atlas(decoders), info)
        assert rest(alone, alone.begin(request)) == parts


def test_unknown_biomes_are_refused_before_anything_is_made(worlds: WorldGenerator, chunks: ChunkGenerator) -> None:
    lava = Landscape(biomes={"lava": 1.0})
    with pytest.raises(InvalidRequestError, match="biomes"):
        worlds.begin(WorldRequest(lava))
    with pytest.raises(InvalidRequestError, match="biomes"):
        chunks.begin(ChunkRequest(lava))


def test_catalog_entries_tell_the_three_apart(
    worlds: WorldGenerator, chunks: ChunkGenerator, info: GeneratorInfo
) -> None:
    names = {worlds.info.name, chunks.info.name, info.name}
    assert len(names) == 3
    assert worlds.info.weights_sha256 == chunks.info.weights_sha256 == info.weights_sha256
