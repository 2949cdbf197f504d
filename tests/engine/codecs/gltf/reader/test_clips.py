import json
import struct
from typing import Any

import numpy as np
import pytest

from engine.codecs.gltf.reader.clips import read_clips_of_glb
from engine.errors import DataError
from engine.motion.quaternions import about_axis
from engine.motion.retarget.rig import world_poses


def glb(document: dict[str, Any], binary: bytes) -> bytes:
    text = json.dumps(document).encode()
    text += b" " * (-len(text) % 4)
    binary += b"\0" * (-len(binary) % 4)
    size = 12 + 8 + len(text) + 8 + len(binary)
    head = struct.pack("<III", 0x46546C67, 2, size)
    return (
        head + struct.pack("<II", len(text), 0x4E4F534A) + text + struct.pack("<II", len(binary), 0x004E4942) + binary
    )


def rigged(how: str = "LINEAR") -> tuple[dict[str, Any], bytes]:
    """An armature in centimeters with a hip and a knee; the hip rises, the knee bends by a quarter turn in a second."""
    times = np.array((0, 1), np.float32)
    turns = np.stack((about_axis(0, np.array(0.0)), about_axis(0, np.array(np.pi / 2)))).astype(np.float32)
    rises = np.array(((0, 90, 0), (0, 110, 0)), np.float32)
    binary = times.tobytes() + turns.tobytes() + rises.tobytes()
    views = [(0, 8), (8, 32), (40, 24)]
    document = {
        "asset": {"version": "2.0"},
        "buffers": [{"byteLength": len(binary)}],
        "bufferViews": [{"buffer": 0, "byteOffset": begin, "byteLength": size} for begin, size in views],
        "accessors": [
            {"bufferView": 0, "componentType": 5126, "count": 2, "type": "SCALAR"},
            {"bufferView": 1, "componentType": 5126, "count": 2, "type": "VEC4"},
            {"bufferView": 2, "componentType": 5126, "count": 2, "type": "VEC3"},
        ],
        "nodes": [
            {"name": "Armature", "children": [1], "scale": [0.01, 0.01, 0.01]},
            {"name": "Hip", "children": [2], "translation": [0, 90, 0]},
            {"name": "Knee", "translation": [0, -45, 0]},
        ],
        "skins": [{"joints": [1, 2]}],
        "animations": [
            {
                "name": "Bend",
                "samplers": [
                    {"input": 0, "output": 1, "interpolation": how},
                    {"input": 0, "output": 2, "interpolation": how},
                ],
                "channels": [
                    {"sampler": 0, "target": {"node": 2, "path": "rotation"}},
                    {"sampler": 1, "target": {"node": 1, "path": "translation"}},
                ],
            }
        ],
    }
    return document, binary


def test_joints_move_in_meters_at_the_wished_rate() -> None:
    file = read_clips_of_glb(glb(*rigged()), 30.0)
    assert file.rig.names == ("Hip", "Knee")
    assert file.rig.parents == (-1, 0)
    world = world_poses(file.rig, file.clips["Bend"])
    assert world.position.shape == (31, 2, 3)
    assert np.allclose(world.position[15, 0], (0, 1.0, 0), atol=1e-5)
    assert np.allclose(world.position[:, 0] - world.position[:, 1], (0, 0.45, 0), atol=1e-5)
    assert np.allclose(world.rotation[-1, 1], about_axis(0, np.array(np.pi / 2)), atol=1e-5)


def test_steps_stay_until_the_next_key() -> None:
    world = read_clips_of_glb(glb(*rigged("STEP")), 30.0)
    assert np.allclose(world_poses(world.rig, world.clips["Bend"]).position[20, 0], (0, 0.9, 0), atol=1e-5)


def test_the_rest_pose_is_that_of_the_nodes() -> None:
    file = read_clips_of_glb(glb(*rigged()), 30.0)
    assert np.allclose(world_poses(file.rig, file.rig.rest()).position[0], ((0, 0.9, 0), (0, 0.45, 0)), atol=1e-6)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"skins": []}, "skins"),
        ({"skins": [{"joints": []}]}, "joints"),
        ({"nodes": [{"children": [0]}]}, "children"),
        ({"accessors": []}, "accessor"),
    ],
)
def test_unsound_files_are_refused(change: dict[str, Any], said: str) -> None:
    document, binary = rigged()
    with pytest.raises(DataError, match=said):
        read_clips_of_glb(glb(document | change, binary), 30.0)


def test_keys_out_of_order_are_refused() -> None:
    document, binary = rigged()
    broken = np.array((1, 0), np.float32).tobytes() + binary[8:]
    with pytest.raises(DataError, match="order"):
        read_clips_of_glb(glb(document, broken), 30.0)
