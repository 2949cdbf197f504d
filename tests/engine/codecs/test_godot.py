import re
from typing import Any

import numpy as np
import pytest

from engine.codecs.godot import write_godot_scene
from engine.geometry.scene import Sun

SUN = Sun((0.6, -0.8, 0.0), (1.0, 0.5, 0.0), 80_000.0)


def sections(data: bytes) -> list[tuple[str, dict[str, str], dict[str, str]]]:
    """A reader of the text format: each section's tag, the attributes of its head, its properties."""
    found: list[tuple[str, dict[str, str], dict[str, str]]] = []
    for line in data.decode().splitlines():
        if head := re.fullmatch(r"\[(\w+)(.*)\]", line):
            attributes = dict(re.findall(r'(\w+)=("(?:[^"\\]|\\.)*"|\w+\([^)]*\)|\w+)', head[2]))
            found.append((head[1], attributes, {}))
        elif line:
            key, _, value = line.partition(" = ")
            found[-1][2][key] = value
    return found


def node(data: bytes, name: str) -> dict[str, str]:
    (properties,) = [properties for tag, head, properties in sections(data) if tag == "node" and head["name"] == name]
    return properties


def numbers(value: str) -> Any:
    return np.asarray(
        [float(number) for number in re.findall(r"-?[\d.]+(?:e-?\d+)?", value.partition("(")[2] or value)]
    )


def test_every_resource_that_is_used_is_declared_before() -> None:
    data = write_godot_scene("village", "scene.glb", {}, SUN, "sky.png")
    known: set[str] = set()
    for tag, head, properties in sections(data):
        for kind, identity in re.findall(r'(Ext|Sub)Resource\("(\w+)"\)', str((head, properties))):
            assert f"{kind.lower()}_resource {identity}" in known
        if tag.endswith("_resource"):
            known.add(f"{tag} {head['id'].strip(chr(34))}")
    assert len(known) == 5
    tag, head, _ = sections(data)[0]
    assert (tag, head) == ("gd_scene", {"load_steps": "6", "format": "3"})


def test_the_scene_instances_the_file_below_its_root() -> None:
    data = write_godot_scene("village", "scene.glb", {"Seed": '7 "x"'})
    tags = [(tag, head) for tag, head, _ in sections(data)]
    assert tags == [
        ("gd_scene", {"load_steps": "2", "format": "3"}),
        ("ext_resource", {"type": '"PackedScene"', "path": '"scene.glb"', "id": '"1"'}),
        ("node", {"name": '"village"', "type": '"Node3D"'}),
        ("node", {"name": '"Model"', "parent": '"."', "instance": 'ExtResource("1")'}),
    ]
    assert node(data, '"village"') == {"metadata/provenance": '{"Seed": "7 \\"x\\""}'}


@pytest.mark.parametrize("direction", [(0.6, -0.8, 0.0), (0.0, -1.0, 0.0), (0.0, 0.0, 1.0), (0.48, -0.6, 0.64)])
def test_the_sun_shines_along_its_direction(direction: tuple[float, float, float]) -> None:
    sun = node(write_godot_scene("a", "a.glb", {}, Sun(direction, (1.0, 0.5, 0.0), 80_000.0)), '"Sun"')
    values = numbers(sun["transform"])
    basis = values[:9].reshape(3, 3)
    np.testing.assert_allclose(basis @ (0, 0, -1), direction, atol=1e-6)
    np.testing.assert_allclose(basis @ basis.T, np.eye(3), atol=1e-6)
    assert np.linalg.det(basis) == pytest.approx(1)
    assert values[9:].tolist() == [0, 0, 0]


def test_the_sun_has_its_strength_and_its_color_in_srgb() -> None:
    sun = node(write_godot_scene("a", "a.glb", {}, SUN), '"Sun"')
    assert float(sun["light_energy"]) == pytest.approx(0.8)
    np.testing.assert_allclose(numbers(sun["light_color"]), (1, 0.735357, 0, 1), atol=1e-5)


def test_names_that_godot_does_not_allow_are_replaced() -> None:
    assert b'[node name="my_village_2_" type="Node3D"]' in write_godot_scene('my/village:2"', "a.glb", {})
    assert b'[node name="Scene" type="Node3D"]' in write_godot_scene("", "a.glb", {})
