from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from engine.codecs.gltf.sphere import RADIUS_M, build_sphere, write_material_glb
from engine.codecs.image import Pixels, encode_png
from engine.codecs.material import pack_orm
from engine.requests.texture import MapKind

Open = Callable[[bytes], Any]
Issues = Callable[[bytes], list[dict[str, Any]]]


@pytest.fixture
def glb(maps: dict[MapKind, Pixels], files: dict[MapKind, bytes], provenance: dict[str, str]) -> bytes:
    return write_material_glb(files, encode_png(pack_orm(maps), provenance), provenance, "brick")


def test_the_khronos_validator_finds_no_errors_and_no_warnings(khronos_issues: Issues, glb: bytes) -> None:
    assert khronos_issues(glb) == []


def test_the_khronos_validator_accepts_a_material_without_maps(khronos_issues: Issues) -> None:
    assert khronos_issues(write_material_glb({}, None, {})) == []


def test_the_khronos_validator_would_notice_a_fault(khronos_issues: Issues, glb: bytes) -> None:
    assert [issue["pointer"] for issue in khronos_issues(glb.replace(b'"wrapS":10497', b'"wrapS":10400'))]


def test_a_second_reader_finds_the_maps_in_their_places(
    open_glb: Open, glb: bytes, maps: dict[MapKind, Pixels]
) -> None:
    reader = open_glb(glb)
    material = reader.document["materials"][0]
    surface = material["pbrMetallicRoughness"]
    np.testing.assert_array_equal(reader.image(surface["baseColorTexture"]), maps[MapKind.ALBEDO])
    np.testing.assert_array_equal(reader.image(material["normalTexture"]), maps[MapKind.NORMAL])
    packed = reader.image(surface["metallicRoughnessTexture"])
    np.testing.assert_array_equal(packed[..., 1], maps[MapKind.ROUGHNESS])
    np.testing.assert_array_equal(packed[..., 2], maps[MapKind.METALLIC])
    np.testing.assert_array_equal(reader.image(material["occlusionTexture"])[..., 0], maps[MapKind.AMBIENT_OCCLUSION])
    assert (surface["metallicFactor"], surface["roughnessFactor"]) == (1, 1)
    assert {(sampler["wrapS"], sampler["wrapT"]) for sampler in reader.document["samplers"]} == {(10497, 10497)}


def test_the_file_says_where_it_came_from(open_glb: Open, glb: bytes, provenance: dict[str, str]) -> None:
    document = open_glb(glb).document
    source_type = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
    assert document["asset"]["extras"] == {"digitalSourceType": source_type, "provenance": provenance}
    packet = document["asset"]["extensions"]["KHR_xmp_json_ld"]["packet"]
    packets = document["extensions"]["KHR_xmp_json_ld"]["packets"]
    assert packets[packet]["Iptc4xmpExt:DigitalSourceType"] == source_type


def test_the_sphere_in_the_file_is_the_sphere_that_was_built(open_glb: Open, glb: bytes) -> None:
    reader = open_glb(glb)
    primitive = reader.document["meshes"][0]["primitives"][0]
    sphere = build_sphere()
    expected = {
        "POSITION": sphere.position,
        "NORMAL": sphere.normal,
        "TANGENT": sphere.tangent,
        "TEXCOORD_0": sphere.texture_coordinate,
    }
    assert primitive["attributes"].keys() == expected.keys()
    for name, values in expected.items():
        np.testing.assert_array_equal(reader.accessor(primitive["attributes"][name]), values)
    np.testing.assert_array_equal(reader.accessor(primitive["indices"]).reshape(-1, 3), sphere.triangle)


def test_every_triangle_faces_outwards() -> None:
    sphere = build_sphere()
    first, second, third = (sphere.position[sphere.triangle[:, corner]].astype(np.float64) for corner in range(3))
    face = np.cross(second - first, third - first)
    assert np.all(np.einsum("tc,tc->t", face, first + second + third) > 0)
    area_m2 = np.linalg.norm(face, axis=1).sum() / 2
    assert area_m2 == pytest.approx(4 * np.pi * RADIUS_M**2, rel=0.005)


def test_the_surface_is_closed() -> None:
    sphere = build_sphere()
    _, point = np.unique(np.round(sphere.position, 6), axis=0, return_inverse=True)
    corners = point[sphere.triangle]
    edges = np.concatenate([corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [2, 0]]]).tolist()
    assert sorted(edges) == sorted([end, start] for start, end in edges)
    assert len({tuple(edge) for edge in edges}) == len(edges)


def test_tangents_follow_the_image_to_the_right_and_bitangents_to_its_top() -> None:
    sphere = build_sphere()
    corner = sphere.triangle[len(sphere.triangle) // 2]
    position = sphere.position[corner].astype(np.float64)
    coordinate = sphere.texture_coordinate[corner].astype(np.float64)
    edges = np.linalg.solve(coordinate[1:] - coordinate[0], position[1:] - position[0])
    tangent, normal = sphere.tangent[corner[0]].astype(np.float64), sphere.normal[corner[0]].astype(np.float64)
    assert tangent[:3] @ edges[0] / np.linalg.norm(edges[0]) == pytest.approx(1, abs=0.01)
    up = np.cross(normal, tangent[:3]) * tangent[3]
    assert up @ -edges[1] / np.linalg.norm(edges[1]) == pytest.approx(1, abs=0.01)


def test_texels_are_square_at_the_equator() -> None:
    sphere = build_sphere()
    equator = np.isclose(sphere.position[:, 1], 0, atol=1e-6)
    around, down = np.ptp(sphere.texture_coordinate[equator, 0]), np.ptp(sphere.texture_coordinate[:, 1])
    assert 2 * np.pi * RADIUS_M / around == pytest.approx(np.pi * RADIUS_M / down)


def test_absent_maps_become_neutral_factors(open_glb: Open, files: dict[MapKind, bytes]) -> None:
    document = open_glb(write_material_glb({MapKind.NORMAL: files[MapKind.NORMAL]}, None, {})).document
    assert [image["name"] for image in document["images"]] == ["normal"]
    assert document["materials"][0]["pbrMetallicRoughness"] == {"metallicFactor": 0.0, "roughnessFactor": 0.8}


def test_equal_arguments_give_equal_bytes(files: dict[MapKind, bytes], provenance: dict[str, str]) -> None:
    assert write_material_glb(files, None, provenance) == write_material_glb(dict(files), None, dict(provenance))
