import numpy as np
import pytest

from engine.codecs.render.camera import NEAR_M, Camera
from engine.codecs.render.project import perspective, pixel_rays
from engine.codecs.render.soup import Soup

CAMERA = Camera((0.0, 0.0, 0.0), (0.0, 0.0, -1.0), 90.0)
SIZE = (200, 100)


def soup(*corners: tuple[float, float, float]) -> Soup:
    position = np.array(corners, np.float32)
    zeros = np.zeros_like(position)
    triangle = np.arange(len(position)).reshape(-1, 3)
    return Soup(position, zeros, zeros, zeros[:, :2], triangle, np.zeros(len(triangle), np.int32))


def project(shape: Soup, *, double_sided: bool = False) -> tuple[np.ndarray, np.ndarray]:
    return perspective(shape, CAMERA, SIZE, np.full(len(shape.triangle), double_sided))


def test_points_land_where_their_pixel_looks() -> None:
    rays = pixel_rays(CAMERA, SIZE)
    spots = [(10, 20), (150, 33), (99, 80)]
    points = [
        tuple((rays[row, column] * depth).tolist()) for (column, row), depth in zip(spots, (2, 5, 9), strict=True)
    ]
    corner, source = project(soup(*points), double_sided=True)
    assert source.tolist() == [0]
    found = {tuple(np.round(place - 0.5).astype(int)) for place in corner[0, :, :2]}
    assert found == set(spots)
    assert sorted(corner[0, :, 2]) == pytest.approx(sorted(NEAR_M / depth for depth in (2, 5, 9)))


def test_faces_seen_from_behind_vanish_unless_double_sided() -> None:
    front = soup((0.0, 0.0, -3.0), (1.0, 0.0, -3.0), (0.0, 1.0, -3.0))
    back = soup((0.0, 0.0, -3.0), (0.0, 1.0, -3.0), (1.0, 0.0, -3.0))
    assert len(project(front)[0]) == 1
    assert len(project(back)[0]) == 0
    assert len(project(back, double_sided=True)[0]) == 1


def test_what_is_behind_the_camera_vanishes() -> None:
    assert len(project(soup((0.0, 0.0, 3.0), (1.0, 0.0, 3.0), (0.0, 1.0, 3.0)), double_sided=True)[0]) == 0


@pytest.mark.parametrize(("behind", "pieces"), [(1, 2), (2, 1)])
def test_triangles_through_the_camera_are_cut(behind: int, pieces: int) -> None:
    corners = [(-1.0, -1.0, -4.0), (1.0, -1.0, -4.0), (0.0, 1.0, -4.0)]
    for number in range(behind):
        x, y, _ = corners[number]
        corners[number] = (x, y, 2.0)
    corner, source = project(soup(*corners), double_sided=True)
    assert len(corner) == pieces
    assert set(source.tolist()) == {0}
    assert (corner[..., 2] <= 1.0 + 1e-6).all()
    assert (corner[..., 2] > 0.0).all()
