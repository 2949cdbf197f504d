"""Height grids as meshes."""

import numpy as np
import pytest

from engine.terrain.fractal import fractal
from engine.terrain.surface import SKIRT_SHARE, Surface, chunk_mesh

EDGE = 33


@pytest.fixture(scope="module")
def surface() -> Surface:
    height = (fractal(EDGE, 1) * 3).astype(np.float32)
    normal = np.zeros((EDGE, EDGE, 3), np.float32)
    normal[..., 1] = 1.0
    return Surface(height, normal, 2.0)


def triangles(mesh_position: np.ndarray, index: np.ndarray) -> np.ndarray:
    return np.asarray(mesh_position[index])


@pytest.mark.parametrize("stride", [1, 2, 8])
def test_every_level_of_detail_uses_vertices_of_the_finest(surface: Surface, stride: int) -> None:
    mesh = chunk_mesh(surface, 0, 0, 32, stride, rim=False)
    count = 32 // stride + 1
    assert len(mesh.triangle) == 2 * (count - 1) ** 2
    finest = {tuple(vertex) for vertex in chunk_mesh(surface, 0, 0, 32, 1, rim=False).position.tolist()}
    assert {tuple(vertex) for vertex in mesh.position[: count**2].tolist()} <= finest


def test_faces_look_up_and_cover_the_square(surface: Surface) -> None:
    mesh = chunk_mesh(surface, 0, 0, 32, 4, rim=False)
    a, b, c = triangles(mesh.position, mesh.triangle).transpose(1, 0, 2)
    up = np.cross(b - a, c - a)[:, 1]
    assert (up > 0).all()
    assert float(up.sum()) / 2 == pytest.approx(64.0**2, rel=1e-4)


def test_chunks_share_the_vertices_along_their_border(surface: Surface) -> None:
    west, east = chunk_mesh(surface, 0, 0, 16, 1, rim=False), chunk_mesh(surface, 0, 16, 16, 1, rim=False)
    grid = np.s_[: 17 * 17]  # skirts come behind it
    border = sorted(vertex for vertex in west.position[grid].tolist() if vertex[0] == 0.0)
    assert border == sorted(vertex for vertex in east.position[grid].tolist() if vertex[0] == 0.0)
    assert len(border) == 17


def test_skirt_hangs_from_the_edge_and_looks_outward(surface: Surface) -> None:
    plain, skirted = (chunk_mesh(surface, 0, 0, 32, 8, rim=skirt) for skirt in (False, True))
    ring = 4 * 4 + 1
    assert len(skirted.position) == 5 * 5 + ring
    assert len(skirted.triangle) == len(plain.triangle) + 2 * (ring - 1)
    hanging = skirted.position[5 * 5 :]
    edge = {tuple(vertex) for vertex in skirted.position[: 5 * 5].tolist()}
    depth = np.float32(SKIRT_SHARE * 32 * 2.0)
    lifted = hanging + np.array([0, depth, 0], np.float32)
    assert all(any(np.allclose(vertex, other, atol=1e-4) for other in edge) for vertex in lifted)
    a, b, c = triangles(skirted.position, skirted.triangle[len(plain.triangle) :]).transpose(1, 0, 2)
    outward = np.cross(b - a, c - a)[:, ::2]
    middle = ((a + b + c) / 3)[:, ::2]
    assert ((outward * middle).sum(axis=1) > 0).all()
