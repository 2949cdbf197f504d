"""Small scenes whose pictures can be worked out by hand."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.geometry.mesh import Mesh
from engine.geometry.scene import Instances, Lod, Material, Model, Primitive, Scene

Quad = Callable[..., Mesh]
Build = Callable[..., Scene]


def make_quad(corners: Sequence[Sequence[float]], repeats: float = 1.0) -> Mesh:
    """A flat rectangle, counter-clockwise from its lower left corner."""
    position = np.array(corners, np.float32)
    normal = np.cross(position[1] - position[0], position[3] - position[0])
    normal /= np.linalg.norm(normal)
    coordinate = np.array([[0, 1], [1, 1], [1, 0], [0, 0]], np.float32) * repeats
    triangle = np.array([[0, 1, 2], [0, 2, 3]], np.uint32)
    return Mesh(position, np.tile(normal, (4, 1)), triangle, coordinate.astype(np.float32))


def make_scene(
    meshes: Sequence[tuple[Mesh, Material]], places: NDArray[np.float32] | None = None, **more: object
) -> Scene:
    """Each mesh once at the origin, or the first at all `places`."""
    instances = []
    for number in range(len(meshes)):
        translation = places if places is not None and number == 0 else np.zeros((1, 3), np.float32)
        count = len(translation)
        rotation = np.tile(np.array([0, 0, 0, 1], np.float32), (count, 1))
        instances.append(Instances(f"{number}", number, translation, rotation, np.ones((count, 3), np.float32)))
    models = tuple(Model(f"{i}", (Lod((Primitive(mesh, i),)),)) for i, (mesh, _) in enumerate(meshes))
    return Scene("test", tuple(material for _, material in meshes), models, tuple(instances), **more)  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def quad() -> Quad:
    return make_quad


@pytest.fixture(scope="session")
def build() -> Build:
    return make_scene
