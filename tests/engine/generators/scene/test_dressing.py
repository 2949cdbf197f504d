"""Props of a user's own: read, placed, and refused with the reason."""

import json
import struct
from typing import Any

import numpy as np
import pytest

from engine.codecs.gltf.scene import write_scene_glb
from engine.errors import InvalidRequestError
from engine.generators.scene.dressing import _shared_out, dress, kit_of
from engine.generators.terrain.heights import Decoders
from engine.generators.terrain.land import Land
from engine.geometry.props.library import PROPS, build_prop
from engine.geometry.props.materials import PROP_MATERIALS
from engine.geometry.scene import Instances, Scene
from engine.requests.landscape import Landscape
from engine.requests.scene import OwnProp, SceneRequest


def statue() -> bytes:
    """A file like a modeller's."""
    still = np.array([[0.0, 0.0, 0.0, 1.0]], np.float32), np.ones((1, 3), np.float32)
    once = Instances("statue", 0, np.zeros((1, 3), np.float32), *still)
    return write_scene_glb(Scene("statue", PROP_MATERIALS, (build_prop("boulder", 0),), (once,)), {})


GLB = statue()


def changed_glb(change: dict[str, Any]) -> bytes:
    """The file with other properties."""
    size = struct.unpack_from("<I", GLB, 12)[0]
    document = json.loads(GLB[20 : 20 + size]) | change
    text = json.dumps(document).encode()
    text += b" " * (-len(text) % 4)
    binary = GLB[20 + size :]
    return struct.pack("<4sIIII", b"glTF", 2, 20 + len(text) + len(binary), len(text), 0x4E4F534A) + text + binary


def test_own_props_are_placed_with_their_materials(decoders: Decoders) -> None:
    own = OwnProp("statue", GLB, {"grassland": 400.0, "forest": 400.0, "beach": 400.0, "alpine": 400.0}, slope_max=4.0)
    request = SceneRequest(Landscape(3), 128.0, 0.0, 0.0, builtin_props=False, own_props=(own,))
    land = Land(decoders, request.landscape)
    ground = land.ground(-32, -32, 65, 65)
    dressing = dress(land, ground, request, kit_of(request), 10, 20)
    assert dressing.count > 20
    (model,) = dressing.models
    assert [each.model for each in dressing.instances] == [10]
    materials = {part.material for lod in model.lods for part in lod.primitives}
    assert min(materials) >= 20 + len(PROP_MATERIALS)
    assert max(materials) < 20 + len(dressing.materials)


@pytest.mark.parametrize(
    "glb",
    [
        b"this is no model",
        b"glTF",
        GLB[: len(GLB) // 2],
        GLB[:-8],
        struct.pack("<4sII", b"glTF", 1, 12),
        struct.pack("<4sII", b"glTF", 2, 2**31),
        changed_glb({"meshes": []}),
        changed_glb({"accessors": []}),
        changed_glb({"extensionsRequired": ["EXT_from_elsewhere"], "extensionsUsed": ["EXT_from_elsewhere"]}),
        changed_glb({"buffers": [{"byteLength": 4, "uri": "http://elsewhere/x.bin"}]}),
    ],
)
def test_broken_and_foreign_files_are_refused_by_name(glb: bytes) -> None:
    with pytest.raises(InvalidRequestError) as refusal:
        kit_of(SceneRequest(own_props=(OwnProp("statue", glb, {"forest": 1.0}),)))
    assert refusal.value.field == "own_props.statue.glb"
    assert "glTF" in refusal.value.allowed


def test_unknown_biomes_and_taken_names_are_refused() -> None:
    with pytest.raises(InvalidRequestError) as refusal:
        kit_of(SceneRequest(own_props=(OwnProp("statue", GLB, {"lava": 1.0}),)))
    assert refusal.value.field == "own_props.statue.densities"
    with pytest.raises(InvalidRequestError) as refusal:
        kit_of(SceneRequest(own_props=(OwnProp("hut", GLB, {"forest": 1.0}),)))
    assert refusal.value.field == "own_props.name"
    assert "hut" in PROPS


@pytest.mark.parametrize(
    ("wanted", "limit", "total"),
    [
        ([10, 20, 30], 100, 60),
        ([10, 20, 30], 0, 0),
        ([1000, 1000], 100, 100),
        ([5, 100000], 50, 50),
        ([0, 0], 5, 0),
        ([0, 9], 5, 5),
    ],
)
def test_a_limit_is_shared_out_in_full(wanted: list[int], limit: int, total: int) -> None:
    allowed = _shared_out(wanted, [1.0] * len(wanted), limit)
    assert all(0 <= one <= most for one, most in zip(allowed, wanted, strict=True))
    assert sum(allowed) == total


def test_large_things_get_more_of_a_limit() -> None:
    tree, grass = _shared_out([1000, 1000], [1.5, 0.2], 170)
    assert tree > 5 * grass > 0
