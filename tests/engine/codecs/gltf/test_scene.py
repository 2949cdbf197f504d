from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.codecs.gltf.scene import write_scene_glb
from engine.codecs.image import Pixels
from engine.geometry.scene import Instances, Scene
from engine.requests.texture import MapKind

Open = Callable[[bytes], Any]
Issues = Callable[[bytes], list[dict[str, Any]]]
Load = Callable[[bytes], dict[str, Any]]

VARIANTS: list[dict[str, bool]] = [
    {},
    {"lods": False},
    {"instanced": False},
    {"quantized": True},
    {"quantized": True, "instanced": False, "lods": False},
]


def node_named(document: dict[str, Any], name: str) -> dict[str, Any]:
    (node,) = [node for node in document["nodes"] if node["name"] == name]
    return dict(node)


def matrix(instances: Instances, index: int) -> NDArray[np.float64]:
    """A placement as a matrix [4, 4], written from the definition of unit quaternions."""
    x, y, z, w = instances.rotation[index].astype(np.float64)
    rotation = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
        [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
        [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
    ]
    placed = np.eye(4)
    placed[:3, :3] = np.asarray(rotation) * instances.scale[index]
    placed[:3, 3] = instances.translation[index]
    return placed


@pytest.mark.parametrize("options", VARIANTS)
def test_the_khronos_validator_finds_no_errors_and_no_warnings(
    khronos_issues: Issues, village: Scene, provenance: dict[str, str], options: dict[str, bool]
) -> None:
    assert khronos_issues(write_scene_glb(village, provenance, **options)) == []


@pytest.mark.parametrize("options", VARIANTS)
def test_three_finds_every_mesh_where_it_was_placed(
    load_in_three: Load, village: Scene, options: dict[str, bool]
) -> None:
    found = load_in_three(write_scene_glb(village, {}, **options))
    assert found["extras"]["biome"] == "meadow"
    assert [light["intensity"] for light in found["lights"]] == [80_000]
    np.testing.assert_allclose(found["lights"][0]["direction"], (0.6, -0.8, 0), atol=1e-6)
    triangles = sum(mesh["triangles"] * len(mesh["places"]) for mesh in found["meshes"])
    assert triangles == 128 * 128 * 2 + 2 * 12 + 50 * 12 + 12
    trees = [mesh for mesh in found["meshes"] if mesh["name"].startswith("tree")]
    assert len(trees) == (50 if options.get("instanced") is False else 1)
    assert trees[0]["instanced"] == options.get("instanced", True)
    corner = np.append(village.models[2].lods[0].primitives[0].mesh.position[0], 1)
    expected = [(matrix(village.instances[2], index) @ corner)[:3] for index in range(50)]
    places = np.concatenate([tree["places"] for tree in trees])
    np.testing.assert_allclose(places, expected, atol=1e-3 if options.get("quantized") else 1e-4)


def test_three_finds_the_images_repeated_as_the_material_says(load_in_three: Load, village: Scene) -> None:
    meshes = load_in_three(write_scene_glb(village, {}))["meshes"]
    (terrain,) = [mesh for mesh in meshes if mesh["name"] == "terrain"]
    assert terrain["images"] == {"map": 64, "normalMap": 64, "roughnessMap": 64, "aoMap": 64}
    assert terrain["repeat"] == [32, 16]
    assert terrain["attributes"] == ["normal", "position", "tangent", "uv"]
    (pond,) = [mesh for mesh in meshes if mesh["name"] == "pond"]
    assert pond["attributes"] == ["color", "normal", "position", "uv"]


def test_geometry_and_images_are_stored_exactly_and_once(
    open_glb: Open, village: Scene, maps: dict[MapKind, Pixels]
) -> None:
    reader = open_glb(write_scene_glb(village, {}))
    document = reader.document
    assert [image["name"] for image in document["images"]] == ["ground_albedo", "ground_orm", "ground_normal"]
    assert [material["name"] for material in document["materials"]] == ["ground", "wall", "leaf", "water"]
    assert document["materials"][2]["alphaMode"] == "MASK"
    assert (document["materials"][3]["alphaMode"], document["materials"][3]["doubleSided"]) == ("BLEND", True)
    np.testing.assert_array_equal(reader.image(document["materials"][0]["normalTexture"]), maps[MapKind.NORMAL])
    terrain = village.models[0].lods[0].primitives[0].mesh
    primitive = document["meshes"][0]["primitives"][0]
    attributes = primitive["attributes"]
    np.testing.assert_array_equal(reader.accessor(attributes["POSITION"]), terrain.position)
    np.testing.assert_array_equal(reader.accessor(attributes["NORMAL"]), terrain.normal)
    np.testing.assert_array_equal(reader.accessor(attributes["TEXCOORD_0"]), terrain.texture_coordinate)
    np.testing.assert_array_equal(reader.accessor(primitive["indices"]).reshape(-1, 3), terrain.triangle)
    assert document["accessors"][primitive["indices"]]["componentType"] == 5123


def test_instances_stay_instances_at_every_level_of_detail(open_glb: Open, village: Scene) -> None:
    reader = open_glb(write_scene_glb(village, {}))
    document, trees = reader.document, village.instances[2]
    finest = node_named(document, "trees")
    levels = [finest, *(document["nodes"][index] for index in finest["extensions"]["MSFT_lod"]["ids"])]
    assert [node["name"] for node in levels] == ["trees", "trees_lod1", "trees_lod2"]
    assert finest["extras"]["MSFT_screencoverage"] == [0.3, 0.1, 0.0]
    assert len({node["mesh"] for node in levels}) == 3
    shared = [node["extensions"]["EXT_mesh_gpu_instancing"]["attributes"] for node in levels]
    assert shared == [shared[0]] * 3
    np.testing.assert_array_equal(reader.accessor(shared[0]["TRANSLATION"]), trees.translation)
    np.testing.assert_array_equal(reader.accessor(shared[0]["ROTATION"]), trees.rotation)
    np.testing.assert_array_equal(reader.accessor(shared[0]["SCALE"]), trees.scale)
    assert document["extensionsRequired"] == ["EXT_mesh_gpu_instancing"]
    hut = node_named(document, "hut")
    assert (hut["translation"], "rotation" in hut, "scale" in hut) == ([10, 3, -20], False, False)
    roots = [document["nodes"][index]["name"] for index in document["scenes"][0]["nodes"]]
    assert roots == ["terrain", "hut", "trees", "pond", "sun"]


def test_quantized_geometry_stays_within_its_steps_and_is_half_as_large(open_glb: Open, village: Scene) -> None:
    plain, small = write_scene_glb(village, {}), write_scene_glb(village, {}, quantized=True)
    reader = open_glb(small)
    node, terrain = node_named(reader.document, "terrain"), village.models[0].lods[0].primitives[0].mesh
    attributes = reader.document["meshes"][0]["primitives"][0]["attributes"]
    position = reader.accessor(attributes["POSITION"]) * node["scale"] + node.get("translation", (0, 0, 0))
    np.testing.assert_allclose(position, terrain.position, atol=256 / 65534 + 1e-4)
    normal = reader.accessor(attributes["NORMAL"])
    cosine = (normal * terrain.normal).sum(axis=1) / np.linalg.norm(normal, axis=1)
    assert np.degrees(np.arccos(np.clip(cosine, -1, 1))).max() < 0.5
    assert terrain.texture_coordinate is not None
    np.testing.assert_allclose(reader.accessor(attributes["TEXCOORD_0"]), terrain.texture_coordinate, atol=1e-5)
    geometry_bytes = 129 * 129 * (12 + 12 + 8 + 16)
    assert len(plain) - len(small) > 0.5 * geometry_bytes
    assert set(reader.document["extensionsRequired"]) == {"EXT_mesh_gpu_instancing", "KHR_mesh_quantization"}


def test_the_file_says_where_it_came_from(open_glb: Open, village: Scene, provenance: dict[str, str]) -> None:
    document = open_glb(write_scene_glb(village, provenance)).document
    source_type = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
    assert document["asset"]["extras"] == {"digitalSourceType": source_type, "provenance": provenance}
    packets = document["extensions"]["KHR_xmp_json_ld"]["packets"]
    assert packets[document["asset"]["extensions"]["KHR_xmp_json_ld"]["packet"]]["dc:title"] == "village"


def test_equal_scenes_give_equal_bytes(village: Scene, provenance: dict[str, str]) -> None:
    again = replace(village, extras=dict(reversed(list(village.extras.items()))))
    assert write_scene_glb(village, provenance) == write_scene_glb(again, dict(provenance))


def test_numbers_may_come_from_arrays(open_glb: Open, village: Scene) -> None:
    half: Any = np.float32(0.5)
    ground = replace(village.materials[0], roughness=half, base_color=(half, half, half, half))
    assert village.sun is not None
    sun = replace(village.sun, color=(half, half, half), illuminance=2000 * half)
    scene = replace(village, materials=(ground, *village.materials[1:]), sun=sun)
    document = open_glb(write_scene_glb(scene, {})).document
    assert document["materials"][0]["pbrMetallicRoughness"]["baseColorFactor"] == [0.5] * 4


def test_what_is_placed_nowhere_is_left_out(khronos_issues: Issues, open_glb: Open, village: Scene) -> None:
    nowhere = Instances("none", 1, *(np.zeros((0, width), np.float32) for width in (3, 4, 3)))
    data = write_scene_glb(replace(village, instances=(nowhere, village.instances[0]), sun=None), {})
    document = open_glb(data).document
    assert ([mesh["name"] for mesh in document["meshes"]], len(document["materials"])) == (["terrain"], 1)
    assert khronos_issues(data) == []


def test_an_empty_scene_is_a_valid_file(khronos_issues: Issues) -> None:
    assert khronos_issues(write_scene_glb(Scene("empty", (), (), ()), {}, quantized=True)) == []


def test_large_meshes_get_long_indices(open_glb: Open, village: Scene, large_terrain: Scene) -> None:
    reader = open_glb(write_scene_glb(large_terrain, {}))
    primitive = reader.document["meshes"][0]["primitives"][0]
    assert reader.document["accessors"][primitive["indices"]]["componentType"] == 5125
    expected = large_terrain.models[0].lods[0].primitives[0].mesh.triangle
    np.testing.assert_array_equal(reader.accessor(primitive["indices"]).reshape(-1, 3), expected)
    assert village.models[0].lods[0].primitives[0].mesh.vertex_count < expected.max()


def test_broken_scenes_are_refused_with_the_field(village: Scene) -> None:
    terrain = village.models[0].lods[0].primitives[0].mesh
    position = terrain.position.copy()
    position[7, 1] = np.nan
    broken = {
        r"lods\.0\.primitives\.0\.position: NaN or infinite is not": replace(terrain, position=position),
        r"lods\.0\.primitives\.0\.triangle: 16641 is not allowed; allowed: 0 to 16640": replace(
            terrain, triangle=terrain.triangle + np.uint32(1)
        ),
        r"lods\.0\.primitives\.0\.normal: float32 \[5, 3\] is not": replace(terrain, normal=terrain.normal[:5]),
        r"lods\.0\.primitives\.0\.texture_coordinate: None": replace(terrain, texture_coordinate=None),
        r"lods\.0\.primitives\.0: 16641 vertices and 0 triangles": replace(terrain, triangle=terrain.triangle[:0]),
    }
    for message, mesh in broken.items():
        model = village.models[0]
        lod = replace(model.lods[0], primitives=(replace(model.lods[0].primitives[0], mesh=mesh),))
        scene = replace(village, models=(replace(model, lods=(lod,)), *village.models[1:]))
        with pytest.raises(ValueError, match=rf"models\.terrain\.{message}"):
            write_scene_glb(scene, {})


def test_broken_placements_are_refused_with_the_field(village: Scene) -> None:
    trees = village.instances[2]
    broken = {
        r"instances\.0\.model: 4 is not allowed; allowed: 0 to 3": replace(trees, model=4),
        r"instances\.0\.scale: float32 \[3, 3\] is not allowed; allowed: float32 \[50, 3\]": replace(
            trees, scale=trees.scale[:3]
        ),
        r"instances\.0\.translation: NaN": replace(trees, translation=trees.translation * np.float32(np.inf)),
    }
    for message, instances in broken.items():
        with pytest.raises(ValueError, match=message):
            write_scene_glb(replace(village, instances=(instances,)), {})
