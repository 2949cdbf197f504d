import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from engine.codecs.gltf.sphere import build_sphere
from engine.geometry.mesh import Mesh
from engine.geometry.tangents import vertex_tangents


def square(coordinate: list[list[float]]) -> Mesh:
    """A square in the xy plane that faces +Z: lower left, lower right, upper right, upper left."""
    return Mesh(
        position=np.asarray([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]], np.float32),
        normal=np.tile(np.asarray([0, 0, 1], np.float32), (4, 1)),
        triangle=np.asarray([[0, 1, 2], [0, 2, 3]], np.uint32),
        texture_coordinate=np.asarray(coordinate, np.float32),
    )


def bitangent(mesh: Mesh, tangent: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(np.cross(mesh.normal, tangent[:, :3]) * tangent[:, 3:], np.float32)


@pytest.mark.parametrize(
    ("coordinate", "along_u", "sign"),
    [
        ([[0, 1], [1, 1], [1, 0], [0, 0]], [1, 0, 0], 1),  # upright
        ([[1, 1], [0, 1], [0, 0], [1, 0]], [-1, 0, 0], -1),  # mirrored
        ([[0, 0], [0, 1], [1, 1], [1, 0]], [0, 1, 0], 1),  # turned by a quarter
    ],
)
def test_tangents_follow_u_and_the_sign_tells_mirrored_images(
    coordinate: list[list[float]], along_u: list[float], sign: int
) -> None:
    mesh = square(coordinate)
    tangent = vertex_tangents(mesh)
    np.testing.assert_allclose(tangent, np.tile([*along_u, sign], (4, 1)), atol=1e-6)
    assert mesh.texture_coordinate is not None
    towards_top = np.linalg.lstsq(
        mesh.texture_coordinate - mesh.texture_coordinate[0],
        mesh.position - mesh.position[0],
        rcond=None,
    )[0][1]
    np.testing.assert_allclose(bitangent(mesh, tangent), np.tile(-towards_top, (4, 1)), atol=1e-5)


def test_a_sphere_gets_the_tangents_that_its_formula_gives() -> None:
    sphere = build_sphere()
    mesh = Mesh(sphere.position, sphere.normal, sphere.triangle.astype(np.uint32), sphere.texture_coordinate)
    tangent = vertex_tangents(mesh)
    away_from_poles = np.abs(sphere.normal[:, 1]) < 0.95
    cosine = (tangent[:, :3] * sphere.tangent[:, :3]).sum(axis=1)[away_from_poles]
    assert cosine.min() > 0.999
    np.testing.assert_array_equal(tangent[:, 3], 1)


@settings(max_examples=60)
@given(seed=st.integers(0, 2**32 - 1), vertex_count=st.integers(3, 30), degenerate=st.booleans())
def test_tangents_are_unit_vectors_perpendicular_to_any_normals(seed: int, vertex_count: int, degenerate: bool) -> None:
    random = np.random.Generator(np.random.Philox(key=seed))
    normal = random.normal(size=(vertex_count, 3))
    coordinate = np.zeros((vertex_count, 2)) if degenerate else random.normal(size=(vertex_count, 2))
    mesh = Mesh(
        position=random.normal(size=(vertex_count, 3)).astype(np.float32),
        normal=(normal / np.linalg.norm(normal, axis=1, keepdims=True)).astype(np.float32),
        triangle=random.integers(0, vertex_count, (20, 3)).astype(np.uint32),
        texture_coordinate=coordinate.astype(np.float32),
    )
    tangent = vertex_tangents(mesh)
    assert tangent.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(tangent[:, :3], axis=1), 1, atol=1e-5)
    np.testing.assert_allclose((tangent[:, :3] * mesh.normal).sum(axis=1), 0, atol=1e-4)
    assert set(tangent[:, 3].tolist()) <= {-1.0, 1.0}


def test_a_mesh_without_texture_coordinates_is_refused() -> None:
    mesh = Mesh(np.zeros((3, 3), np.float32), np.zeros((3, 3), np.float32), np.zeros((1, 3), np.uint32))
    with pytest.raises(ValueError, match=r"texture_coordinate: None is not allowed; allowed: float32 \[vertices, 2\]"):
        vertex_tangents(mesh)
