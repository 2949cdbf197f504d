from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from engine.geometry.mesh import Mesh
from engine.geometry.scene import Image, Instances, Lod, Material, Model, Primitive, Scene
from engine.geometry.soundness import check_instances, check_mesh, check_model

MESH = Mesh(
    position=np.eye(3, dtype=np.float32),
    normal=np.full((3, 3), np.sqrt(1 / 3), np.float32),
    triangle=np.asarray([[0, 1, 2]], np.uint32),
    texture_coordinate=np.eye(3, 2, dtype=np.float32),
)
DOUBLE: Any = np.eye(3)
MODEL = Model("one", (Lod((Primitive(MESH, 0),)),))
PLACED = Instances(
    "placed",
    0,
    np.zeros((2, 3), np.float32),
    np.tile(np.asarray([0, 0, 0, 1], np.float32), (2, 1)),
    np.ones((2, 3), np.float32),
)
SCENE = Scene("scene", (Material("plain"), Material("textured", albedo=Image(b""))), (MODEL,), (PLACED,))


def test_a_sound_scene_passes() -> None:
    check_model(SCENE, MODEL)
    check_model(SCENE, Model("textured", (Lod((Primitive(MESH, 1),)),)))
    check_instances(SCENE, PLACED, "instances.0")


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (Model("one", ()), r"models\.one\.lods: none is not allowed; allowed: at least one"),
        (Model("one", (Lod(()),)), r"models\.one\.lods\.0\.primitives: none is not allowed"),
        (Model("one", (Lod((Primitive(MESH, 2),)),)), r"lods\.0\.primitives\.0\.material: 2 is not allowed; .* 0 to 1"),
        (Model("one", (Lod((Primitive(MESH, -1),)),)), r"material: -1 is not allowed"),
        (
            Model("one", (*MODEL.lods, Lod((Primitive(replace(MESH, texture_coordinate=None), 1),)))),
            r"models\.one\.lods\.1\.primitives\.0\.texture_coordinate: None is not allowed",
        ),
    ],
)
def test_a_broken_model_is_named(model: Model, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        check_model(SCENE, model)


@pytest.mark.parametrize(
    ("mesh", "message"),
    [
        (replace(MESH, position=MESH.position[:0]), "mesh: 0 vertices and 1 triangles are not allowed"),
        (replace(MESH, triangle=MESH.triangle[:0]), "mesh: 3 vertices and 0 triangles are not allowed"),
        (replace(MESH, triangle=MESH.triangle + np.uint32(1)), r"mesh\.triangle: 3 is not allowed; allowed: 0 to 2"),
        (
            replace(MESH, normal=MESH.normal[:2]),
            r"mesh\.normal: float32 \[2, 3\] is not allowed; allowed: float32 \[3, 3\]",
        ),
        (replace(MESH, position=DOUBLE), r"mesh\.position: float64 \[3, 3\] is not allowed; allowed: float32"),
        (replace(MESH, triangle=MESH.triangle[:, :2]), r"mesh\.triangle: uint32 \[1, 2\] is not allowed"),
        (
            replace(MESH, tangent=MESH.normal),
            r"mesh\.tangent: float32 \[3, 3\] is not allowed; allowed: float32 \[3, 4\]",
        ),
        (
            replace(MESH, position=np.full((3, 3), np.inf, np.float32)),
            r"mesh\.position: NaN or infinite is not allowed",
        ),
    ],
)
def test_a_broken_mesh_is_named(mesh: Mesh, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        check_mesh(mesh, "mesh", textured=False)


@pytest.mark.parametrize(
    ("instances", "message"),
    [
        (replace(PLACED, model=1), r"instances\.4\.model: 1 is not allowed; allowed: 0 to 0"),
        (replace(PLACED, scale=PLACED.scale[:1]), r"instances\.4\.scale: float32 \[1, 3\] is not allowed"),
        (replace(PLACED, translation=PLACED.translation + np.float32(np.nan)), r"instances\.4\.translation: NaN"),
        (replace(PLACED, rotation=PLACED.rotation * np.float32(0.9)), r"instances\.4\.rotation: lengths other than 1"),
    ],
)
def test_broken_placements_are_named(instances: Instances, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        check_instances(SCENE, instances, "instances.4")
