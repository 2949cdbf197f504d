"""Scenes as a generator: every file, the same bytes after any interruption, and what is refused."""

import json
import time
from typing import Any

import numpy as np
import pytest

from engine.assets import Draft, Part
from engine.catalog import load_catalog
from engine.codecs.image import decode_png, read_provenance
from engine.codecs.render.soup import scene_bounds
from engine.errors import InvalidRequestError
from engine.generators.scene.generator import (
    GROUND_MAP,
    HEIGHT,
    LAYOUT,
    OUTLINE,
    PART_COUNT,
    PREVIEW,
    SCENE,
    SKY,
    STEPS,
    SceneGenerator,
)
from engine.generators.scene.work import PREVIEW_PX, SceneWork
from engine.generators.terrain.biomes import GROUNDS
from engine.generators.texture.generator import TextureGenerator
from engine.geometry.scene import Scene
from engine.nets.precision import KernelClass
from engine.nets.terragen.weights_file import TerraGenWeights
from engine.requests.landscape import Landscape, Sketch
from engine.requests.scene import SceneRequest
from engine.requests.texture import TextureRequest
from engine.runtime.messages import CHECKPOINT_MAX_BYTES

REQUEST = SceneRequest(
    Landscape(5, {"forest": 1.0}), extent_m=64.0, x_m=16.0, z_m=0.0, hour=9.0, prop_limit=30, texture_px=256
)


@pytest.fixture(scope="module")
def scenes(land_weights: TerraGenWeights, kernel: KernelClass) -> SceneGenerator:
    textures = load_catalog(precision="fp32", thread_count=1).generators[TextureRequest]
    assert isinstance(textures, TextureGenerator)
    return SceneGenerator(land_weights, textures, kernel)


def rest(generator: SceneGenerator, state: Any) -> list[Part]:
    """The parts that are left."""
    made: list[Part] = []
    while not state.finished:
        made += [draft.part() for draft in generator.step([state])[0] if isinstance(draft, Draft)]
    return made


@pytest.fixture(scope="module")
def parts(scenes: SceneGenerator) -> list[Part]:
    return rest(scenes, scenes.begin(REQUEST))


def scene_of(scenes: SceneGenerator, request: SceneRequest) -> Scene:
    return SceneWork(request, scenes._decoders, scenes._textures).scene


def test_a_scene_comes_from_coarse_to_finished(scenes: SceneGenerator, parts: list[Part]) -> None:
    assert [part.map for part in parts] == [OUTLINE, HEIGHT, GROUND_MAP, *GROUNDS, LAYOUT, SKY, SCENE, PREVIEW]
    assert [part.sequence for part in parts] == list(range(PART_COUNT))
    state = scenes.begin(REQUEST)
    assert state.part_count == PART_COUNT
    assert sum(count for _, count in scenes.steps_ahead(state)) == len(STEPS)
    files = {part.map: part for part in parts}
    assert decode_png(files[HEIGHT].payload).dtype == np.uint16
    assert decode_png(files[GROUND_MAP].payload).shape == (33, 33, 3)
    assert decode_png(files[PREVIEW].payload).shape == (PREVIEW_PX[1], PREVIEW_PX[0], 3)
    assert files[SCENE].payload.startswith(b"glTF")
    assert files[SKY].payload.startswith(b"#?RADIANCE")
    assert read_provenance(files[PREVIEW].payload)["Request"] == REQUEST.canonical()


def test_the_layout_names_what_the_file_holds(scenes: SceneGenerator, parts: list[Part]) -> None:
    layout = json.loads(next(part.payload for part in parts if part.map == LAYOUT))
    scene = scene_of(scenes, REQUEST)
    fixed = ("terrain", "water", "plinth")
    placed = {
        scene.models[each.model].name: len(each.translation)
        for each in scene.instances
        if not scene.models[each.model].name.startswith(fixed)
    }
    assert {name: len(rows) for name, rows in layout["props"].items()} == placed
    assert layout["scene"]["prop_count"] == sum(placed.values()) <= REQUEST.prop_limit
    assert layout["scene"]["props_without_limit"] >= layout["scene"]["prop_count"]


@pytest.mark.parametrize("step_count", range(len(STEPS)))
def test_a_scene_resumed_at_any_checkpoint_goes_on_with_the_same_bytes(
    scenes: SceneGenerator, parts: list[Part], step_count: int
) -> None:
    checkpoint = bytes([step_count])
    state = scenes.resume(REQUEST, checkpoint)
    assert scenes.checkpoint(state) == checkpoint
    assert len(checkpoint) <= CHECKPOINT_MAX_BYTES
    made = [draft.part() for draft in scenes.step([state])[0] if isinstance(draft, Draft)]
    assert made == [parts[part.sequence] for part in made]
    assert made


@pytest.mark.parametrize("checkpoint", [b"", b"\x00\x00", bytes([len(STEPS)]), b"\xff"])
def test_foreign_checkpoints_are_refused(scenes: SceneGenerator, checkpoint: bytes) -> None:
    with pytest.raises(InvalidRequestError) as refusal:
        scenes.resume(REQUEST, checkpoint)
    assert refusal.value.field == "checkpoint"


def test_a_scene_is_as_large_as_asked_and_stands_around_its_origin(scenes: SceneGenerator) -> None:
    low, high = scene_bounds(
        scene_of(scenes, SceneRequest(Landscape(2), 128.0, 0.0, 0.0, prop_limit=0, texture_px=256))
    )
    np.testing.assert_allclose(low[[0, 2]], -64.0)
    np.testing.assert_allclose(high[[0, 2]], 64.0)


def test_a_limit_of_props_takes_from_all_kinds(scenes: SceneGenerator) -> None:
    few, many = (
        scene_of(scenes, SceneRequest(Landscape(5, {"forest": 1.0}), 128.0, 0.0, 0.0, prop_limit=limit, texture_px=256))
        for limit in (60, 20000)
    )
    kinds = [{scene.models[each.model].name.rsplit("_", 1)[0] for each in scene.instances} for scene in (few, many)]
    assert len(kinds[0] & kinds[1]) >= 0.6 * len(kinds[1])


def test_bare_ground_has_no_props(scenes: SceneGenerator) -> None:
    for request in (
        SceneRequest(Landscape(5), 64.0, 0.0, 0.0, prop_density=0.0, texture_px=256),
        SceneRequest(Landscape(5), 64.0, 0.0, 0.0, prop_limit=0, texture_px=256),
        SceneRequest(Landscape(5), 64.0, 0.0, 0.0, builtin_props=False, texture_px=256),
    ):
        names = {model.name for model in scene_of(scenes, request).models}
        assert all(name.startswith(("terrain", "water", "plinth")) for name in names)


@pytest.mark.parametrize(
    ("field", "request_"),
    [
        ("biomes", SceneRequest(Landscape(biomes={"lava": 1.0}))),
        ("sketch.png", SceneRequest(Landscape(sketch=Sketch(b"no picture", 512.0)))),
    ],
)
def test_what_cannot_be_made_is_refused_at_once(scenes: SceneGenerator, field: str, request_: SceneRequest) -> None:
    started = time.monotonic()
    with pytest.raises(InvalidRequestError) as refusal:
        scenes.begin(request_)
    assert refusal.value.field == field
    assert refusal.value.allowed
    assert time.monotonic() - started < 20.0
