from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from engine.catalog import load_catalog
from engine.codecs.gltf.scene import write_scene_glb
from engine.generators.level_model import LevelModels
from engine.generators.texture import TextureGenerator
from engine.geometry.scene import Scene
from engine.geometry.soundness import check_model
from engine.levels.building import CELL_M
from engine.levels.corpus.maker import make_level
from engine.levels.grid import walkable
from engine.levels.solver import solve
from engine.requests.texture import TextureRequest

MADE = make_level(3, 24)
PATH = solve(MADE.grid).path
Issues = Callable[[bytes], list[dict[str, Any]]]


@pytest.fixture(scope="module")
def models() -> LevelModels:
    """With the shipped TexGen."""
    textures = load_catalog(precision="fp32", thread_count=1).generators[TextureRequest]
    assert isinstance(textures, TextureGenerator)
    return LevelModels(textures)


@pytest.fixture(scope="module")
def scene(models: LevelModels) -> Scene:
    return models.scene(MADE.grid, PATH, 5)


def test_walls_and_ground_wear_generated_materials(scene: Scene) -> None:
    for name in ("walls", "floor"):
        (model,) = [model for model in scene.models if model.name == name]
        material = scene.materials[model.lods[0].primitives[0].material]
        assert material.albedo is not None
        assert material.normal is not None
        assert material.orm is not None
    for model in scene.models:
        check_model(scene, model)


def test_the_file_is_valid_and_keeps_things_as_instances(scene: Scene, khronos_issues: Issues) -> None:
    data = write_scene_glb(scene, {})
    assert khronos_issues(data) == []
    assert b"EXT_mesh_gpu_instancing" in data


def test_the_witness_path_leads_over_ground_of_the_model(scene: Scene) -> None:
    about: Any = scene.extras["morphogen"]
    places = np.array(about["witness_path_m"])
    cells = np.floor(places[:, [2, 0]] / CELL_M + 12).astype(int)
    assert walkable(MADE.grid)[cells[:, 0], cells[:, 1]].all()
    assert (np.abs(np.diff(places[:, [0, 2]], axis=0)).sum(axis=1) == CELL_M).all()


def test_equal_levels_give_equal_files_and_seeds_differ_in_look(models: LevelModels) -> None:
    first, again = (write_scene_glb(models.scene(MADE.grid, PATH, 5), {}) for _ in range(2))
    assert first == again
    looks = {models.scene(MADE.grid, PATH, seed).materials[0].name for seed in range(12)}
    assert len(looks) > 1


def test_weights_without_the_classes_give_plain_surfaces(generator: TextureGenerator) -> None:
    for models in (LevelModels(), LevelModels(generator)):
        plain = models.scene(MADE.grid, PATH, 5)
        assert plain.materials[0].albedo is None
        for model in plain.models:
            check_model(plain, model)
