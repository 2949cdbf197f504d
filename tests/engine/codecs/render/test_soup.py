from collections.abc import Callable

import numpy as np
import pytest

from engine.codecs.render.camera import Camera
from engine.codecs.render.soup import gather, rotations, scene_bounds
from engine.geometry.mesh import Mesh
from engine.geometry.scene import Instances, Lod, Material, Model, Primitive, Scene


@pytest.fixture
def sign(quad: Callable[..., Mesh]) -> Mesh:
    return quad([(-1, 0, 0), (1, 0, 0), (1, 2, 0), (-1, 2, 0)])


def test_instances_are_turned_scaled_and_moved(sign: Mesh) -> None:
    half = 0.5**0.5
    instances = Instances(
        "i",
        0,
        np.array([[5, 0, 0]], np.float32),
        np.array([[0, half, 0, half]], np.float32),
        np.array([[2, 1, 1]], np.float32),
    )
    scene = Scene("s", (Material("m"),), (Model("m", (Lod((Primitive(sign, 0),)),)),), (instances,))
    low, high = scene_bounds(scene)
    np.testing.assert_allclose(low, [5, 0, -2], atol=1e-5)
    np.testing.assert_allclose(high, [5, 2, 2], atol=1e-5)
    soup = gather(scene, Camera((20, 1, 0), (0, 1, 0)))
    np.testing.assert_allclose(soup.normal, np.tile([1, 0, 0], (4, 1)), atol=1e-6)
    np.testing.assert_allclose(soup.position.min(axis=0), low, atol=1e-5)


def test_distant_instances_get_coarser_levels_and_unseen_ones_none(sign: Mesh, quad: Callable[..., Mesh]) -> None:
    coarse = quad([(-1, 0, 0), (1, 0, 0), (1, 2, 0), (-1, 2, 0)])
    lods = (Lod((Primitive(sign, 0),), 0.2), Lod((Primitive(coarse, 1),), 0.0))
    places = np.array([[0, 0, -5], [0, 0, -500], [0, 0, 50], [-4000, 0, -5]], np.float32)
    count = len(places)
    instances = Instances(
        "i", 0, places, np.tile(np.array([0, 0, 0, 1], np.float32), (count, 1)), np.ones((count, 3), np.float32)
    )
    scene = Scene("s", (Material("a"), Material("b")), (Model("m", lods),), (instances,))
    camera = Camera((0, 1, 0), (0, 1, -1))
    assert gather(scene, camera).material.tolist() == [0, 0, 1, 1]
    assert len(gather(scene, camera, beside=True).triangle) == 2 * count


def test_an_empty_scene_has_no_bounds_and_no_triangles() -> None:
    scene = Scene("s", (), (), ())
    assert len(gather(scene, Camera((0, 0, 1), (0, 0, 0))).triangle) == 0
    with pytest.raises(ValueError, match="at least one instance"):
        scene_bounds(scene)


def test_rotations_are_those_of_their_quaternions() -> None:
    half = 0.5**0.5
    matrices = rotations(np.array([[0, 0, 0, 1], [half, 0, 0, half], [0, half, 0, half]], np.float32))
    np.testing.assert_allclose(matrices[0], np.eye(3), atol=1e-6)
    np.testing.assert_allclose(matrices[1] @ [0, 1, 0], [0, 0, 1], atol=1e-6)
    np.testing.assert_allclose(matrices[2] @ [0, 0, 1], [1, 0, 0], atol=1e-6)
