"""What the commands write, in the eyes of other readers: Khronos' validator, three.js, USD's validators."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from engine.catalog import load_catalog
from engine.generators.whole import steps_of
from engine.requests.landscape import Landscape
from engine.requests.level import LevelRequest, LevelStyle
from engine.requests.scene import SceneRequest
from engine.requests.world import ChunkRequest
from workers.cli.making.offline import OfflineSource
from workers.cli.making.sources import AssetSource, Made
from workers.cli.scenes.level_files import built
from workers.cli.scenes.scene_files import folder_files, one_file

Issues = Callable[[bytes], list[dict[str, Any]]]
Load = Callable[[bytes], dict[str, Any]]
Faults = Callable[[str, dict[str, bytes]], list[str]]


@pytest.fixture(scope="module")
def source() -> Iterator[AssetSource]:
    """This process, with what is shipped."""
    count = torch.get_num_threads()
    yield OfflineSource(None)
    torch.set_num_threads(count)


@pytest.fixture(scope="module")
def scene(source: AssetSource) -> Made:
    """A small scene with props and water."""
    land = Landscape(3, {"forest": 1.0}, sea_level_m=2.0)
    return source.make(SceneRequest(land, extent_m=128.0, prop_limit=200, texture_px=256), lambda _: None)


def test_scene_passes_the_khronos_validator_and_opens_in_three(
    scene: Made, khronos_issues: Issues, load_in_three: Load
) -> None:
    glb = one_file("scene.glb", ".glb", scene)["scene.glb"]
    assert khronos_issues(glb) == []
    found = load_in_three(glb)
    assert any(mesh["instanced"] for mesh in found["meshes"])
    assert [mesh["images"]["map"] for mesh in found["meshes"] if mesh["name"].startswith("terrain")][:1] == [256]
    assert len(found["lights"]) == 1


def test_scene_for_godot_passes_the_khronos_validator(scene: Made, khronos_issues: Issues) -> None:
    assert khronos_issues(folder_files(scene)["godot_scene.glb"]) == []


@pytest.mark.parametrize("ending", [".usdz", ".usda", ".usdc", ".usd"])
def test_scene_passes_the_validators_of_usd(scene: Made, usd_faults: Faults, ending: str) -> None:
    assert usd_faults(f"scene{ending}", one_file(f"scene{ending}", ending, scene)) == []


def test_level_passes_the_khronos_validator_and_opens_in_three(
    source: AssetSource, khronos_issues: Issues, load_in_three: Load
) -> None:
    made = source.make(LevelRequest(seed=5, size=16, keys=1, style=LevelStyle.CAVES), lambda _: None)
    files = built(made, source, lambda _: None, "level.glb", "level.png")
    assert khronos_issues(files["level.glb"]) == []
    found = load_in_three(files["level.glb"])
    assert {"floor", "wall", "start", "exit"} <= {mesh["name"] for mesh in found["meshes"]}


def test_mesh_of_a_chunk_passes_the_khronos_validator_and_opens_in_three(
    weights: Path, khronos_issues: Issues, load_in_three: Load
) -> None:
    generators = load_catalog(precision="fp32", thread_count=1, texture_weights=weights)
    request = ChunkRequest(Landscape(3), 0, 0, 65, ("mesh",))
    parts = [part for step in steps_of(generators.generator_for(request), request) for part in step]
    glb = next(part.payload for part in parts if part.map == "mesh")
    assert khronos_issues(glb) == []
    (mesh,) = load_in_three(glb)["meshes"]
    assert mesh["triangles"] == 2 * 64 * 64 + 2 * 4 * 64
