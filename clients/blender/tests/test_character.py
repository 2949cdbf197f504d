"""Characters: rig, clips, and poses baked to an action that match the client's numbers."""

import json
import math
from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest
from conftest import TOKEN
from mathutils import Quaternion, Vector
from rendering import add_sun, render

from morphogen_client import Client, ControlOptions, Identity

SCRIPT = [{"frame": 0, "speed_mps": 1.4}, {"at_s": 1.0, "heading_deg": 90.0}]


def generate(settings: Any, script: str = "", seconds: float = 2.0) -> Any:
    settings.kind, settings.seed, settings.character_kind = "CHARACTER", 3, "human"
    settings.performs = bool(script)
    settings.seconds = seconds
    if script:
        settings.script = bpy.data.texts.new("dance")
        settings.script.write(script)
    assert bpy.ops.morphogen.generate() == {"FINISHED"}
    return next(each for each in bpy.data.collections["human 3"].objects if each.type == "ARMATURE")


def test_character_comes_rigged_with_its_clips(settings: Any) -> None:
    armature = generate(settings)
    skin = next(each for each in armature.children if each.type == "MESH")
    assert any(modifier.type == "ARMATURE" and modifier.object == armature for modifier in skin.modifiers)
    assert {"walk", "run", "idle", "wave"} <= {action.name.partition("_skeleton")[0] for action in bpy.data.actions}
    assert len(armature.data.bones) == 19
    assert "Icosphere" not in bpy.data.objects
    bpy.context.view_layer.update()
    assert 0.8 < max((skin.matrix_world @ Vector(corner)).z for corner in skin.bound_box) < 2.2
    root = bpy.data.collections["human 3"].objects["human 3"]
    assert json.loads(root["morphogen_identity"])["kind"] == "human"


def test_action_moves_the_bones_as_the_server_said(settings: Any, server: str) -> None:
    bpy.context.scene.render.fps = 30
    bpy.context.scene.frame_set(1)
    armature = generate(settings, json.dumps(SCRIPT))
    script: list[tuple[int, ControlOptions]] = [(0, {"speed_mps": 1.4}), (30, {"heading_deg": 90.0})]
    with Client(server, token=TOKEN) as client:
        stream = client.play_frames(
            identity=Identity(3, "human"), rate_hz=30, frame_count=60, script=script, best_effort=True
        )
        poses = [frame.pose for frame in stream]
        described = stream.result().description
    assert armature.animation_data.action.name == "human 3 script"
    for number in (0, 31, 59):
        bpy.context.scene.frame_set(1 + number)
        expected = world_places(poses[number], described)
        for joint, place in zip(described["joints"], expected, strict=True):
            bone = armature.pose.bones[joint]
            assert (bone.head - place).length < 2e-3, (number, joint)


def world_places(pose: Any, described: Any) -> list[Vector]:
    """Where joints are, by forward kinematics in glTF's axes, then in Blender's: an own way to the same places."""
    places: list[Vector] = []
    turns: list[Quaternion] = []
    for joint, parent in enumerate(described["parents"]):
        x, y, z, w = map(float, pose.rotation[joint])
        turn = Quaternion((w, x, y, z))
        if parent < 0:
            places.append(Vector(map(float, pose.root_m)))
            turns.append(turn)
            continue
        places.append(places[parent] + turns[parent] @ Vector(described["rest_offset_m"][joint]))
        turns.append(turns[parent] @ turn)
    return [Vector((place.x, -place.z, place.y)) for place in places]


def test_quaternions_do_not_jump_and_keys_follow_the_scene(settings: Any) -> None:
    bpy.context.scene.render.fps = 25
    bpy.context.scene.frame_set(10)
    armature = generate(settings, json.dumps(SCRIPT), seconds=4.0)
    action = armature.animation_data.action
    assert action.frame_range[0] == pytest.approx(10.0)
    assert action.frame_range[1] == pytest.approx(10.0 + 95 * 25 / 24, abs=0.01)
    curves = {(curve.data_path, curve.array_index): curve for curve in curves_of(action)}
    assert len(curves) == 4 * 19 + 3
    path = 'pose.bones["l_knee"].rotation_quaternion'
    keys = np.array([[point.co.y for point in curves[path, index].keyframe_points] for index in range(4)])
    assert float(np.abs(np.diff(keys, axis=1)).max()) < 0.5
    assert np.allclose(np.linalg.norm(keys, axis=0), 1.0, atol=1e-3)


def curves_of(action: Any) -> Any:
    if not hasattr(action, "slots"):
        return action.fcurves
    return action.layers[0].strips[0].channelbag(action.slots[0]).fcurves


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("{", "script: '{' is not allowed; allowed: JSON"),
        ('[{"speed_mps": 1}]', r"script\[0\]: .* an object with \"frame\" or \"at_s\""),
        ('[{"frame": 0, "speed": 1}]', r"script\[0\]\.speed: 1 is not allowed; allowed: one of action, "),
        ('[{"frame": 9}, {"frame": 3}]', r"script\[1\]\.frame: 3 is not allowed; allowed: at least 9"),
        ('[{"frame": 0, "action": 5}]', r"script\[0\]\.action: 5 is not allowed; allowed: text"),
        ('[{"frame": 0, "speed_mps": 50}]', r"speed_mps: 50\.0 is not allowed; allowed: 0 to 8"),
    ],
)
def test_wrong_script_is_told_and_leaves_nothing(settings: Any, script: str, message: str) -> None:
    before = len(bpy.data.objects), len(bpy.data.actions), len(bpy.data.collections)
    with pytest.raises(RuntimeError, match=message):
        generate(settings, script)
    assert (len(bpy.data.objects), len(bpy.data.actions), len(bpy.data.collections)) == before


def test_walking_character_looks_like_one(settings: Any, pictures: Path) -> None:
    bpy.context.scene.render.fps = 30
    armature = generate(settings, json.dumps(SCRIPT))
    bpy.context.scene.frame_set(bpy.context.scene.frame_current + 25)
    bpy.context.view_layer.update()
    x, y, _ = armature.matrix_world @ armature.pose.bones["pelvis"].head
    add_sun()
    angle = math.radians(35.0)
    eye = (x + 3.4 * math.sin(angle), y - 3.4 * math.cos(angle), 1.2)
    picture = render(pictures / "character.png", eye, (x, y, 0.65))
    body = picture[..., 3] > 0.9
    assert 0.05 < body.mean() < 0.5
    assert picture[body][:, :3].std(axis=0).max() > 0.1
