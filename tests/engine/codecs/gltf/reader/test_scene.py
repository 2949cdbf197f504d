"""Scenes read back from their own files."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from engine.codecs.gltf.reader.scene import read_glb_provenance, read_scene
from engine.codecs.gltf.scene import write_scene_glb
from engine.codecs.usd.write import write_usda, write_usdc, write_usdz
from engine.errors import DataError
from engine.geometry.scene import Scene

Faults = Callable[[str, dict[str, bytes]], list[str]]


@pytest.mark.parametrize("options", [{}, {"instanced": True, "lods": False}])
def test_scene_comes_back_as_it_was(village: Scene, options: dict[str, bool]) -> None:
    read = read_scene(write_scene_glb(village, {}, **options))
    assert (read.name, dict(read.extras)) == (village.name, dict(village.extras))
    assert [model.name for model in read.models] == [model.name for model in village.models]
    assert read.sun is not None
    assert village.sun is not None
    np.testing.assert_allclose(read.sun.direction, village.sun.direction, atol=1e-6)
    assert (read.sun.color, read.sun.illuminance) == (village.sun.color, village.sun.illuminance)
    for before, after in zip(village.instances, read.instances, strict=True):
        np.testing.assert_array_equal(after.translation, before.translation)
        np.testing.assert_array_equal(after.scale, before.scale)
        np.testing.assert_array_equal(after.rotation, before.rotation)
    for model, again in zip(village.models, read.models, strict=True):
        for first, second in zip(model.lods[0].primitives, again.lods[0].primitives, strict=True):
            np.testing.assert_array_equal(second.mesh.position, first.mesh.position)
            np.testing.assert_array_equal(second.mesh.triangle, first.mesh.triangle)
            assert read.materials[second.material].base_color == pytest.approx(
                village.materials[first.material].base_color
            )
    ground = read.materials[read.models[0].lods[0].primitives[0].material]
    assert (ground.albedo, ground.normal) == (village.materials[0].albedo, village.materials[0].normal)


def test_usd_of_a_scene_that_was_read_is_valid(village: Scene, usd_faults: Faults) -> None:
    read = read_scene(write_scene_glb(village, {}))
    assert usd_faults("a.usda", write_usda(read, {}, "a")) == []
    assert usd_faults("b.usdc", write_usdc(read, {}, "b")) == []
    assert usd_faults("c.usdz", {"c.usdz": write_usdz(read, {})}) == []


def test_file_of_a_scene_that_was_read_holds_the_same_scene(village: Scene) -> None:
    once = read_scene(write_scene_glb(village, {}))
    twice = read_scene(write_scene_glb(once, {}))
    assert [len(each.translation) for each in twice.instances] == [len(each.translation) for each in village.instances]
    assert twice.materials == once.materials


def test_provenance_and_what_the_scene_says_of_itself_are_found(village: Scene) -> None:
    told = replace(village, extras={"morphogen": {"x_m": 3.0}})
    assert read_glb_provenance(write_scene_glb(told, {"Seed": "7"})) == ({"Seed": "7"}, {"x_m": 3.0})


@pytest.mark.parametrize("data", [b"", b"glTF", bytes(100), b"glTF" + bytes(100)])
def test_what_is_no_scene_is_refused(data: bytes) -> None:
    for read in (read_scene, read_glb_provenance):
        with pytest.raises(DataError):
            read(data)
