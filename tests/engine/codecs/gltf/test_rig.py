"""Rigged characters as GLB files, read by readers that know nothing of the writer."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from engine.characters.character import Character, build_character
from engine.characters.identity import KINDS, make_identity
from engine.characters.rendering.cast import cast_of
from engine.characters.rendering.kinematics import skinned
from engine.characters.rendering.stage import stage, take_of
from engine.characters.rendering.views import FrameCamera, FrameLight
from engine.codecs.gltf.rig import Clip, write_character_glb
from engine.motion import quaternions
from engine.motion.pose import Poses, rest_poses
from engine.motion.skeleton import SKELETON

PROVENANCE = {"Software": "Morphogen"}


def wave(frames: int = 5) -> Poses:
    """An arm that goes up while the character walks a bit."""
    poses = rest_poses(frames)
    angle = np.zeros((frames, 3), np.float32)
    angle[:, 2] = np.linspace(0.0, 1.4, frames)
    poses.rotation[:, SKELETON.index("l_shoulder")] = quaternions.from_rotation_vector(angle)
    poses.root_m[:, 2] = np.linspace(0.0, 0.8, frames)
    return poses


@pytest.fixture(scope="module")
def knight() -> Character:
    """A character."""
    return build_character(make_identity(5))


@pytest.fixture(scope="module")
def file(knight: Character) -> bytes:
    """Its file with two clips."""
    return write_character_glb(knight, [Clip("wave", wave(), 10.0), Clip("stand", rest_poses(2), 30.0)], PROVENANCE)


def test_rest_pose_clips_and_colors_are_in_the_file(
    file: bytes, knight: Character, open_glb: Callable[[bytes], Any]
) -> None:
    glb = open_glb(file)
    document = glb.document
    names = [document["nodes"][index]["name"] for index in document["skins"][0]["joints"]]
    assert names == list(SKELETON.names)
    attributes = document["meshes"][0]["primitives"][0]["attributes"]
    assert np.array_equal(glb.accessor(attributes["POSITION"]), knight.position)
    assert np.array_equal(glb.accessor(attributes["JOINTS_0"]), knight.joint)
    assert glb.accessor(attributes["WEIGHTS_0"]).sum(1) == pytest.approx(1.0, abs=1e-5)
    triangles = sum(document["accessors"][p["indices"]]["count"] for p in document["meshes"][0]["primitives"]) // 3
    assert triangles == len(knight.triangle)
    assert [clip["name"] for clip in document["animations"]] == ["wave", "stand"]
    assert {material["name"] for material in document["materials"]} >= {"skin", "primary", "metal"}


def test_way_is_scaled_to_the_legs(file: bytes, knight: Character, open_glb: Callable[[bytes], Any]) -> None:
    glb = open_glb(file)
    clip = glb.document["animations"][0]
    channel = next(c for c in clip["channels"] if c["target"]["path"] == "translation")
    way = glb.accessor(clip["samplers"][channel["sampler"]]["output"])
    assert way[-1, 2] - way[0, 2] == pytest.approx(0.8 * knight.measures.leg_scale, abs=1e-5)
    assert way[0, 1] == pytest.approx(knight.measures.joint[0, 1], abs=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_validator_finds_nothing(kind: str, khronos_issues: Callable[[bytes], list[dict[str, Any]]]) -> None:
    character = build_character(make_identity(3, kind))
    assert khronos_issues(write_character_glb(character, [Clip("wave", wave(), 30.0)], PROVENANCE)) == []


def test_three_plays_the_skin_that_the_renderer_draws(
    file: bytes, knight: Character, load_in_three: Callable[[bytes], dict[str, Any]]
) -> None:
    clip = load_in_three(file)["clips"][0]
    assert (clip["name"], clip["duration"], clip["tracks"]) == ("wave", pytest.approx(0.4), 20)
    cast = cast_of([knight])
    joints, _ = stage(cast, take_of(wave()[2:3], FrameCamera(), FrameLight()))
    place, _ = skinned(joints, cast.rest_place, cast.position, cast.normal, cast.joint, cast.weight)
    vertices = np.array(clip["skins"][0]["vertices"])
    assert vertices == pytest.approx(place[0, : len(vertices)].numpy(), abs=2e-4)


def test_equal_characters_give_equal_bytes(file: bytes, knight: Character) -> None:
    again = write_character_glb(knight, [Clip("wave", wave(), 10.0), Clip("stand", rest_poses(2), 30.0)], PROVENANCE)
    assert again == file


def test_without_clips_there_are_no_animations(knight: Character, open_glb: Callable[[bytes], Any]) -> None:
    assert "animations" not in open_glb(write_character_glb(knight, [], PROVENANCE)).document


def test_bad_clips_are_refused(knight: Character) -> None:
    with pytest.raises(ValueError, match="clip stand: poses"):
        Clip("stand", rest_poses(1), 30.0)
    with pytest.raises(ValueError, match="rate_hz 0"):
        Clip("stand", rest_poses(2), 0.0)
    with pytest.raises(ValueError, match="a name for each"):
        write_character_glb(knight, [Clip("a", rest_poses(2), 30.0), Clip("a", rest_poses(2), 30.0)], PROVENANCE)
