import numpy as np
import pytest
from numpy.typing import NDArray

from engine.geometry.mesh import Mesh
from engine.geometry.props.shapes.solids import ball, box, turned_profile
from engine.geometry.props.shapes.surface import Projection, assembled, encode_color, recolored, surfaced


def edge_lengths(points: NDArray[np.floating], mesh: Mesh) -> NDArray[np.floating]:
    corner = points[mesh.triangle]
    return np.asarray(np.linalg.norm(corner - np.roll(corner, 1, axis=1), axis=-1))


def test_a_box_keeps_its_edges() -> None:
    mesh = surfaced(box(1.0, 2.0, 3.0))
    assert (mesh.vertex_count, mesh.triangle_count) == (24, 12)
    assert set(np.abs(mesh.normal).max(axis=1).tolist()) == {1.0}


def test_a_ball_is_smooth() -> None:
    mesh = surfaced(ball(2), 60.0)
    assert np.einsum("ni,ni->n", mesh.normal, mesh.position).min() > 0.99


def test_given_normals_are_kept() -> None:
    normal = np.tile([0.0, 1.0, 0.0], (8, 1))
    assert (surfaced(box(1.0, 1.0, 1.0), normal=normal).normal == np.array([0.0, 1.0, 0.0])).all()


@pytest.mark.parametrize("pitch", [0.0, 0.5, -1.1])
def test_face_coordinates_are_meters_on_every_face(pitch: float) -> None:
    mesh = surfaced(box(1.0, 2.0, 3.0).turned(0.7, pitch, 0.2), 20.0, Projection.FACE)
    assert mesh.texture_coordinate is not None
    np.testing.assert_allclose(
        edge_lengths(mesh.texture_coordinate, mesh), edge_lengths(mesh.position, mesh), atol=1e-5
    )


def test_box_coordinates_never_stretch_far() -> None:
    mesh = surfaced(turned_profile([(0.0, 0.0), (1.0, 0.0), (0.8, 2.0), (0.0, 2.0)], 24))
    assert mesh.texture_coordinate is not None
    share = edge_lengths(mesh.texture_coordinate, mesh) / edge_lengths(mesh.position, mesh)
    assert share.max() <= 1.0 + 1e-5
    assert share.min() > 0.4


def test_walls_are_not_mirrored_and_v_grows_downwards() -> None:
    mesh = surfaced(box(2.0, 2.0, 2.0))
    assert mesh.texture_coordinate is not None
    front = np.flatnonzero(mesh.normal[:, 2] > 0.5)
    np.testing.assert_allclose(mesh.texture_coordinate[front, 0], mesh.position[front, 0], atol=1e-6)
    np.testing.assert_allclose(mesh.texture_coordinate[front, 1], -mesh.position[front, 1], atol=1e-6)


def test_pieces_keep_their_own_colors() -> None:
    pieces = [box(1.0, 1.0, 1.0), box(1.0, 1.0, 1.0).moved(4.0, 0.0, 0.0)]
    mesh = assembled(pieces, np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]))
    assert mesh.color is not None
    left = mesh.position[:, 0] < 2.0
    assert (mesh.color[left] == [255, 0, 0, 255]).all()
    assert (mesh.color[~left] == [0, 0, 255, 255]).all()


def test_a_gradient_runs_from_the_bottom_to_the_top() -> None:
    mesh = recolored(surfaced(box(1.0, 1.0, 1.0)), (0.0, 0.0, 0.0), (1.0, 0.5, 0.0))
    assert mesh.color is not None
    assert (mesh.color[mesh.position[:, 1] == 0.0, :3] == 0).all()
    assert (mesh.color[mesh.position[:, 1] == 1.0] == [255, 128, 0, 255]).all()


def test_colors_are_limited() -> None:
    assert encode_color(np.array([[-1.0, 0.5, 7.0]])).tolist() == [[0, 128, 255, 255]]
