import io
import json
import struct
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image as PillowImage

from engine.codecs.gltf.document import Document
from engine.codecs.gltf.reader.prop import Prop, read_prop
from engine.codecs.gltf.scene import write_scene_glb
from engine.codecs.image import decode_png
from engine.errors import DataError
from engine.geometry.scene import AlphaMode, Image, Instances, Lod, Model, Primitive, Scene

POSITION = np.asarray([[0, 0, 0], [2, 0, 0], [0, 2, 0], [2, 2, 0]], np.float32)
TRIANGLE = np.asarray([0, 1, 2, 2, 1, 3], np.uint8)
Change = Callable[[dict[str, Any]], None]


def parts(data: bytes) -> tuple[dict[str, Any], bytes]:
    """The JSON and the binary chunk of a GLB file."""
    (size,) = struct.unpack_from("<I", data, 12)
    return json.loads(data[20 : 20 + size]), data[28 + size :]


def glb(document: object, binary: bytes) -> bytes:
    """A GLB file, put together without the code under test."""
    text = json.dumps(document).encode()
    text += b" " * (-len(text) % 4)
    body = struct.pack("<I4s", len(text), b"JSON") + text + struct.pack("<I4s", len(binary), b"BIN\0") + binary
    return struct.pack("<4sII", b"glTF", 2, 12 + len(body)) + body


def changed(data: bytes, change: Change) -> bytes:
    document, binary = parts(data)
    change(document)
    return glb(document, binary)


def square(**node: object) -> bytes:
    """A file with one square in the xy plane that faces +Z, without normals; its node has these properties."""
    document = Document()
    attributes = {"POSITION": document.add_accessor(POSITION, bounds=True)}
    primitive = {"attributes": attributes, "indices": document.add_accessor(TRIANGLE)}
    nodes = [{"mesh": 0, **node}]
    return document.to_glb({"asset": {"version": "2.0"}, "nodes": nodes, "meshes": [{"primitives": [primitive]}]})


def corners(prop: Prop) -> NDArray[np.float32]:
    """All triangles as positions [triangles, 3, 3]."""
    meshes = [primitive.mesh for primitive in prop.model.lods[0].primitives]
    return np.concatenate([mesh.position[mesh.triangle] for mesh in meshes])


@pytest.fixture
def hut(village: Scene) -> bytes:
    """A file with images, colors and two materials."""
    pond, model = village.models[3], village.models[1]
    both = Model("hut", (Lod(model.lods[0].primitives + pond.lods[0].primitives),))
    return write_scene_glb(replace(village, models=(both,), instances=(replace(village.instances[0], model=0),)), {})


def test_what_was_written_comes_back(village: Scene, hut: bytes) -> None:
    prop = read_prop(hut, "hut.glb")
    written = village.models[1].lods[0].primitives + village.models[3].lods[0].primitives
    assert (prop.model.name, len(prop.model.lods)) == ("hut.glb", 1)
    # Repetition moves into the texture coordinates.
    expected = [replace(village.materials[primitive.material], texture_scale=(1.0, 1.0)) for primitive in written]
    primitives = prop.model.lods[0].primitives
    assert [prop.materials[primitive.material] for primitive in primitives] == expected
    for primitive, original in zip(primitives, written, strict=True):
        mesh = original.mesh
        np.testing.assert_array_equal(primitive.mesh.position, mesh.position)
        np.testing.assert_allclose(primitive.mesh.normal, mesh.normal, atol=1e-6)
        np.testing.assert_array_equal(primitive.mesh.triangle, mesh.triangle)
        np.testing.assert_array_equal(primitive.mesh.texture_coordinate, mesh.texture_coordinate)
        if mesh.color is not None:
            np.testing.assert_array_equal(primitive.mesh.color, mesh.color)


@pytest.mark.parametrize("quantized", [False, True])
def test_transforms_of_nodes_are_baked(village: Scene, quantized: bool) -> None:
    trees = village.instances[2]
    data = write_scene_glb(
        replace(village, instances=(trees,), sun=None), {}, instanced=False, lods=False, quantized=quantized
    )
    prop = read_prop(data, "trees")
    (primitive,) = prop.model.lods[0].primitives
    tree = village.models[2].lods[0].primitives[0].mesh
    assert primitive.mesh.triangle_count == 50 * tree.triangle_count
    x, y, z, w = trees.rotation[7].astype(np.float64)
    assert (x, z) == (0, 0)
    turn = np.asarray([[1 - 2 * y * y, 0, 2 * y * w], [0, 1, 0], [-2 * y * w, 0, 1 - 2 * y * y]])
    expected = (tree.position * trees.scale[7]) @ turn.T + trees.translation[7]
    found = primitive.mesh.position[7 * 24 : 8 * 24]
    np.testing.assert_allclose(found, expected, atol=1e-3 if quantized else 1e-4)
    normal = (tree.normal / trees.scale[7]) @ turn.T
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    np.testing.assert_allclose(primitive.mesh.normal[7 * 24 : 8 * 24], normal, atol=0.01 if quantized else 1e-5)


def test_mirrored_nodes_keep_their_fronts() -> None:
    prop = read_prop(square(scale=[-1, 1, 1]), "square")
    np.testing.assert_array_equal(prop.model.lods[0].primitives[0].mesh.normal, np.tile([0, 0, 1], (6, 1)))
    first, second, third = corners(prop).transpose(1, 0, 2).astype(np.float64)
    np.testing.assert_allclose(np.cross(second - first, third - first), np.tile([0, 0, 4], (2, 1)))


def test_parents_move_their_children() -> None:
    def nest(document: dict[str, Any]) -> None:
        matrix = [0, 0, -1, 0, 0, 1, 0, 0, 1, 0, 0, 0, 5, 6, 7, 1]  # a quarter turn around +Y, then a move
        document["nodes"] = [{"mesh": 0, "translation": [0, 0, 10]}, {"children": [0], "matrix": matrix}]

    position = corners(read_prop(changed(square(), nest), "square"))
    assert (position.reshape(-1, 3).min(axis=0).tolist(), position.reshape(-1, 3).max(axis=0).tolist()) == (
        [15, 6, 5],
        [15, 8, 7],
    )


def test_a_mesh_without_normals_is_flat() -> None:
    mesh = read_prop(square(), "square").model.lods[0].primitives[0].mesh
    assert (mesh.vertex_count, mesh.triangle_count) == (6, 2)
    np.testing.assert_array_equal(mesh.normal, np.tile([0, 0, 1], (6, 1)))


def test_roughness_without_occlusion_gets_white(hut: bytes, village: Scene) -> None:
    data = changed(hut, lambda document: document["materials"][0].pop("occlusionTexture"))
    image = read_prop(data, "hut").materials[0].orm
    original = village.materials[0].orm
    assert image is not None
    assert original is not None
    expected = decode_png(original.data).copy()
    expected[..., 0] = 255
    np.testing.assert_array_equal(decode_png(image.data), expected)


def test_jpeg_images_are_kept(village: Scene) -> None:
    file = io.BytesIO()
    PillowImage.new("RGB", (40, 30), (200, 100, 50)).save(file, "JPEG")
    material = replace(village.materials[2], albedo=Image(file.getvalue(), "image/jpeg"), alpha_mode=AlphaMode.OPAQUE)
    model = Model("box", (Lod((Primitive(village.models[2].lods[0].primitives[0].mesh, 0),)),))
    scene = Scene("box", (material,), (model,), (village.instances[0],))
    assert read_prop(write_scene_glb(scene, {}), "box").materials == (material,)


def place(path: str, value: object) -> Change:
    """Sets what a dotted path names."""

    def change(document: dict[str, Any]) -> None:
        *above, last = path.split(".")
        target: Any = document
        for step in above:
            target = target[int(step)] if step.isdigit() else target[step]
        target[int(last) if last.isdigit() else last] = value

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (place("extensionsRequired", ["KHR_draco_mesh_compression"]), "extensionsRequired: 'KHR_draco_mesh_compr"),
        (place("extensionsRequired", ["EXT_meshopt_compression"]), "extensionsRequired: 'EXT_meshopt_compression'"),
        (place("buffers.0.uri", "http://example.com/data.bin"), "buffers.0: data outside of the file"),
        (place("images.0", {"uri": "albedo.png"}), "images.0: an image outside of the file"),
        (place("images.0.bufferView", 0), "images.0: a format other than PNG and JPEG"),
        (place("nodes.0.children", [0]), "nodes.0: a second parent"),
        (place("nodes.0.skin", 0), "nodes.0.skin: a skinned mesh"),
        (place("nodes.0.scale", [0, 1, 1]), "nodes.0: a scale of 0"),
        (place("nodes.0.rotation", [0, 0, 0, 0]), "nodes.0.rotation: 'length 0' is not allowed; allowed: a unit"),
        (place("nodes.0.translation", [0, "1", 0]), "nodes.0.translation: '1' is not allowed; allowed: numbers from"),
        (place("nodes.0.translation", [0, 1e8, 0]), "nodes.0: coordinates beyond 1000 km"),
        (place("meshes.0.primitives.0.mode", 1), "meshes.0.primitives.0.mode: 1 is not allowed; allowed: 4"),
        (place("meshes.0.primitives.0.material", 9), "material: 9 is not allowed; allowed: 0 to 2"),
        (place("meshes.0.primitives.0.indices", 0), "accessors.0.type: 'VEC3 of 5126' is not allowed"),
        (place("meshes.0.primitives.0.attributes.POSITION", 99), "accessor: 99 is not allowed"),
        (place("meshes.0.primitives", []), "no triangles in the file"),
        (place("accessors.0.count", 10**400), "accessors.0.count: 1000000000000000000000000000000000000..."),
        (place("accessors.0.count", 400_000), "accessors.0: 400000 elements every 12 bytes"),
        (place("accessors.0.sparse", {}), "accessors.0: sparse"),
        (place("bufferViews.0.byteLength", 10**9), "bufferViews.0.byteLength: 1000000000 is not allowed"),
        (place("bufferViews.0.byteOffset", -4), "bufferViews.0.byteOffset: -4 is not allowed"),
        (place("materials.0.normalTexture.texCoord", 1), "texCoord: 1 is not allowed; allowed: 0"),
        (place("materials.0.alphaMode", "ADD"), "materials.0.alphaMode: 'ADD' is not allowed; allowed: OPAQUE, MASK"),
        (place("materials.0.normalTexture.extensions", {"KHR_texture_transform": {"scale": [2, 2]}}), "placed diff"),
        (place("materials", 3), "materials: 3 is not allowed; allowed: a list"),
        (place("meshes.0", None), "meshes.0: None is not allowed; allowed: an object"),
        (place("scene", True), "scene: True is not allowed"),
    ],
)
def test_foreign_and_broken_documents_are_refused_with_the_reason(hut: bytes, change: Change, message: str) -> None:
    with pytest.raises(DataError) as caught:
        read_prop(changed(hut, change), "props/hut.glb")
    assert str(caught.value).startswith("props/hut.glb: ")
    assert message in str(caught.value)


def test_broken_files_are_refused_with_the_reason(hut: bytes) -> None:
    document, binary = parts(hut)
    nested = b'{"a":' + b"[" * 100_000
    broken = {
        "not a GLB file: the 0 bytes": b"",
        "not a GLB file: the 4000 bytes": b"\x89PNG" * 1000,
        "GLB version 1 is not allowed; allowed: 2": hut[:4] + struct.pack("<I", 1) + hut[8:],
        f"incomplete: {len(hut) - 1} bytes of {len(hut)}": hut[:-1],
        "no JSON chunk": hut[:16] + b"NONE" + hut[20:],
        "its JSON is not readable": glb(document, binary).replace(b'{"asset"', b'{"asset,', 1),
        "its JSON is not readable (NaN": glb({**document, "extras": float("nan")}, binary),
        "document: list is not allowed; allowed: an object": glb([], b""),
        "no triangles in the file": glb({}, b""),
        "its JSON is not readable (": struct.pack("<4sIII4s", b"glTF", 2, 20 + len(nested), len(nested), b"JSON")
        + nested,
    }
    for message, data in broken.items():
        with pytest.raises(DataError) as caught:
            read_prop(data, "hut.glb")
        assert message in str(caught.value)


def test_numbers_that_are_not_finite_are_refused(hut: bytes) -> None:
    document, binary = parts(hut)
    view = document["bufferViews"][document["accessors"][0]["bufferView"]]
    start = view["byteOffset"] + 16
    with pytest.raises(DataError, match=r"meshes\.0\.primitives\.0\.attributes\.POSITION: NaN or infinite"):
        read_prop(glb(document, binary[:start] + struct.pack("<f", np.nan) + binary[start + 4 :]), "hut")


def test_a_small_file_cannot_ask_for_much(hut: bytes) -> None:
    def multiply(document: dict[str, Any]) -> None:
        document["nodes"] = [{"mesh": 0} for _ in range(9999)]
        document["scenes"] = [{"nodes": list(range(9999))}]

    with pytest.raises(DataError, match="more than 500000 vertices or 500000 triangles"):
        read_prop(changed(hut, multiply), "hut")
    with pytest.raises(DataError, match="nodes: 10001 are not allowed; allowed: 10000"):
        read_prop(changed(hut, place("nodes", [{}] * 10_001)), "hut")
    with pytest.raises(DataError, match=r"pixels are not allowed; allowed: 16777216"):
        read_prop(huge_image(hut), "hut")


def huge_image(data: bytes) -> bytes:
    """The file with an image of 25 million pixels in few bytes."""
    file = io.BytesIO()
    PillowImage.new("L", (5000, 5000)).save(file, "PNG")
    document, binary = parts(data)
    document["bufferViews"].append({"buffer": 0, "byteOffset": len(binary), "byteLength": file.tell()})
    document["images"][0]["bufferView"] = len(document["bufferViews"]) - 1
    return glb(document, binary + file.getvalue())


VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.integers(-2, 70_000),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=3),
    st.lists(st.integers(-2, 20), max_size=5),
    st.dictionaries(st.text(max_size=2), st.integers(), max_size=2),
)


def paths(value: object, path: str = "") -> list[str]:
    """The dotted paths of everything inside a document."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    found = [f"{path}.{key}".removeprefix(".") for key, _ in items]
    return found + [deeper for key, inner in items for deeper in paths(inner, f"{path}.{key}".removeprefix("."))]


@pytest.fixture(scope="module")
def small_file() -> bytes:
    """A file with everything that is read, small enough to change at random."""
    document = Document()
    file = io.BytesIO()
    PillowImage.new("RGB", (4, 4), (90, 120, 60)).save(file, "PNG")
    texture = {"index": document.add_texture("green", file.getvalue())}
    attributes = {
        "POSITION": document.add_accessor(POSITION, bounds=True),
        "NORMAL": document.add_accessor(np.tile(np.asarray([0, 0, 127, 0], np.int8), (4, 1))[:, :3], normalized=True),
        "TEXCOORD_0": document.add_accessor(POSITION[:, :2]),
        "COLOR_0": document.add_accessor(np.full((4, 4), 200, np.uint8), normalized=True),
    }
    primitive = {"attributes": attributes, "indices": document.add_accessor(TRIANGLE), "material": 0}
    surface = {"baseColorTexture": texture, "metallicRoughnessTexture": texture, "roughnessFactor": 0.5}
    nodes = [{"children": [1], "translation": [1, 2, 3]}, {"mesh": 0, "rotation": [0, 0, 0, 1]}]
    return document.to_glb(
        {
            "asset": {"version": "2.0"},
            "scene": 0,
            "scenes": [{"nodes": [0]}],
            "nodes": nodes,
            "meshes": [{"primitives": [primitive]}],
            "materials": [{"pbrMetallicRoughness": surface, "normalTexture": texture}],
        }
    )


ONCE = Instances(
    "once", 0, np.zeros((1, 3), np.float32), np.asarray([[0, 0, 0, 1]], np.float32), np.ones((1, 3), np.float32)
)


def read_or_refuse(data: bytes) -> None:
    """Whatever the bytes are: a model comes out that can be written again, or DataError with the file's name."""
    try:
        prop = read_prop(data, "any.glb")
    except DataError as error:
        reason = str(error)
    else:
        reason = "any.glb: none"
        write_scene_glb(Scene("again", prop.materials, (prop.model,), (ONCE,)), {})
    assert reason.startswith("any.glb: ")
    assert len(reason) < 500


@settings(max_examples=300, deadline=None)
@given(random=st.randoms(use_true_random=False), count=st.integers(1, 12))
def test_files_with_bytes_changed_at_random_never_crash(small_file: bytes, random: Any, count: int) -> None:
    data = bytearray(small_file)
    for _ in range(count):
        data[random.randrange(len(data))] = random.randrange(256)
    read_or_refuse(bytes(data))
    read_or_refuse(bytes(data[: random.randrange(len(data))]))


@settings(max_examples=400, deadline=None)
@given(choice=st.data())
def test_documents_with_values_changed_at_random_never_crash(small_file: bytes, choice: st.DataObject) -> None:
    document, binary = parts(small_file)
    for _ in range(choice.draw(st.integers(1, 3))):
        place(choice.draw(st.sampled_from(paths(document))), choice.draw(VALUES))(document)
    read_or_refuse(glb(document, binary))
