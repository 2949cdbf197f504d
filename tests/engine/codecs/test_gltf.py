import io
import json
import shutil
import struct
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from engine.codecs.gltf import RADIUS_M, build_sphere, write_material_glb
from engine.codecs.image import Pixels, encode_png
from engine.codecs.material import pack_orm
from engine.requests.texture import MapKind

CONFORMANCE = Path(__file__).parents[2] / "conformance"
COMPONENT_TYPES = {5126: "<f4", 5123: "<u2"}
COMPONENT_COUNTS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4}


class GlbReader:
    """A reader of its own, written from the format's specification."""

    def __init__(self, data: bytes) -> None:
        magic, version, size = struct.unpack_from("<4sII", data)
        assert (magic, version, size) == (b"glTF", 2, len(data))
        text_size, text_kind = struct.unpack_from("<I4s", data, 12)
        binary_size, binary_kind = struct.unpack_from("<I4s", data, 20 + text_size)
        assert (text_kind, binary_kind) == (b"JSON", b"BIN\x00")
        assert (text_size % 4, binary_size % 4) == (0, 0)
        self.document: dict[str, Any] = json.loads(data[20 : 20 + text_size])
        self.binary = data[28 + text_size :]
        assert len(self.binary) == binary_size

    def view(self, index: int) -> bytes:
        view = self.document["bufferViews"][index]
        assert view["byteOffset"] % 4 == 0
        return self.binary[view["byteOffset"] : view["byteOffset"] + view["byteLength"]]

    def accessor(self, index: int) -> NDArray[np.float32 | np.uint16]:
        accessor = self.document["accessors"][index]
        values = np.frombuffer(self.view(accessor["bufferView"]), COMPONENT_TYPES[accessor["componentType"]])
        shaped: NDArray[np.float32 | np.uint16] = values.reshape(accessor["count"], COMPONENT_COUNTS[accessor["type"]])
        return shaped

    def image(self, texture: dict[str, int]) -> NDArray[np.uint8]:
        source = self.document["textures"][texture["index"]]["source"]
        image = self.document["images"][source]
        assert image["mimeType"] == "image/png"
        with Image.open(io.BytesIO(self.view(image["bufferView"]))) as opened:
            return np.asarray(opened)


@pytest.fixture
def glb(maps: dict[MapKind, Pixels], files: dict[MapKind, bytes], provenance: dict[str, str]) -> bytes:
    return write_material_glb(files, encode_png(pack_orm(maps), provenance), provenance, "brick")


@pytest.fixture(scope="session")
def validator() -> Path:
    """The Khronos validator's command, installed on first use."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("Node.js with npm is not installed, so the Khronos glTF validator cannot run")
    if not (CONFORMANCE / "node_modules" / "gltf-validator").is_dir():
        subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=CONFORMANCE, check=True, capture_output=True)
    return CONFORMANCE / "validate_gltf.mjs"


def issues_found(validator: Path, path: Path, data: bytes) -> list[dict[str, Any]]:
    """The validator's errors and warnings about `data`."""
    path.write_bytes(data)
    done = subprocess.run(["node", validator, path], check=True, capture_output=True, text=True)
    report = json.loads(done.stdout)
    assert report["info"]["totalTriangleCount"] > 1000
    return [message for message in report["issues"]["messages"] if message["severity"] < 2]


def test_the_khronos_validator_finds_no_errors_and_no_warnings(validator: Path, tmp_path: Path, glb: bytes) -> None:
    assert issues_found(validator, tmp_path / "material.glb", glb) == []


def test_the_khronos_validator_accepts_a_material_without_maps(validator: Path, tmp_path: Path) -> None:
    assert issues_found(validator, tmp_path / "material.glb", write_material_glb({}, None, {})) == []


def test_the_khronos_validator_would_notice_a_fault(validator: Path, tmp_path: Path, glb: bytes) -> None:
    faulty = glb.replace(b'"wrapS":10497', b'"wrapS":10400')
    assert [issue["pointer"] for issue in issues_found(validator, tmp_path / "faulty.glb", faulty)]


def test_a_second_reader_finds_the_maps_in_their_places(glb: bytes, maps: dict[MapKind, Pixels]) -> None:
    reader = GlbReader(glb)
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


def test_the_file_says_where_it_came_from(glb: bytes, provenance: dict[str, str]) -> None:
    document = GlbReader(glb).document
    source_type = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
    assert document["asset"]["extras"] == {"digitalSourceType": source_type, "provenance": provenance}
    packet = document["asset"]["extensions"]["KHR_xmp_json_ld"]["packet"]
    packets = document["extensions"]["KHR_xmp_json_ld"]["packets"]
    assert packets[packet]["Iptc4xmpExt:DigitalSourceType"] == source_type


def test_the_sphere_in_the_file_is_the_sphere_that_was_built(glb: bytes) -> None:
    reader = GlbReader(glb)
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


def test_absent_maps_become_neutral_factors(files: dict[MapKind, bytes]) -> None:
    document = GlbReader(write_material_glb({MapKind.NORMAL: files[MapKind.NORMAL]}, None, {})).document
    assert [image["name"] for image in document["images"]] == ["normal"]
    assert document["materials"][0]["pbrMetallicRoughness"] == {"metallicFactor": 0.0, "roughnessFactor": 0.8}


def test_equal_arguments_give_equal_bytes(files: dict[MapKind, bytes], provenance: dict[str, str]) -> None:
    assert write_material_glb(files, None, provenance) == write_material_glb(dict(files), None, dict(provenance))
