import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.codecs.render.raster import rasterize


def triangle(*points: tuple[float, float], near: float = 0.5) -> np.ndarray:
    return np.array([[(x, y, near) for x, y in points]], np.float32)


@pytest.mark.parametrize("scale", [1, 3, 9, 40])
def test_a_rectangle_covers_exactly_its_pixels(scale: int) -> None:
    width, height = 3 * scale, 2 * scale
    low, high = (4.0, 5.0), (4.0 + width, 5.0 + height)
    corner = np.concatenate([triangle(low, (high[0], low[1]), high), triangle(low, high, (low[0], high[1]))])
    view = rasterize(corner, (160, 120))
    assert (view.triangle[5 : 5 + height, 4 : 4 + width] >= 0).all()
    assert np.count_nonzero(view.triangle >= 0) == width * height


@given(st.lists(st.floats(-30.0, 130.0, width=32), min_size=6, max_size=6))
def test_coverage_agrees_with_another_rasterizer(values: list[float]) -> None:
    points = [(values[0], values[1]), (values[2], values[3]), (values[4], values[5])]
    view = rasterize(triangle(*points), (100, 100))
    shift = 8
    fixed = np.round((np.array(points) - 0.5) * (1 << shift)).astype(np.int32)
    other = np.zeros((100, 100), np.uint8)
    cv2.fillConvexPoly(other, fixed, 1, cv2.LINE_8, shift)
    inner = cv2.erode(np.pad(other, 1, mode="edge"), np.ones((3, 3), np.uint8))[1:-1, 1:-1]
    outer = cv2.dilate(other, np.ones((3, 3), np.uint8))
    covered = view.triangle >= 0
    assert (covered[2:-2, 2:-2] | (inner[2:-2, 2:-2] == 0)).all()
    assert (~covered | (outer > 0)).all()


def test_the_nearest_triangle_wins_whatever_the_order() -> None:
    far, near = (triangle((0.0, 0.0), (50.0, 0.0), (0.0, 50.0), near=value) for value in (0.2, 0.7))
    for order, expected in (([far, near], 1), ([near, far], 0)):
        view = rasterize(np.concatenate(order), (40, 40))
        assert set(np.unique(view.triangle)) <= {-1, expected}
        assert view.nearness[5, 5] == pytest.approx(0.7)


def test_nearness_is_interpolated() -> None:
    corner = np.array([[(0.0, 0.0, 0.1), (100.0, 0.0, 0.9), (0.0, 100.0, 0.1)]], np.float32)
    view = rasterize(corner, (64, 32))
    assert view.nearness[0, 49] == pytest.approx(0.1 + 0.8 * 49.5 / 100.0, abs=1e-4)


def test_triangles_that_share_an_edge_leave_no_hole() -> None:
    generator = np.random.Generator(np.random.Philox(4))
    column, row = np.meshgrid(np.linspace(-5.0, 205.0, 23), np.linspace(-5.0, 105.0, 17))
    point = np.stack([column, row], axis=-1)
    point[1:-1, 1:-1] += generator.uniform(-2.5, 2.5, point[1:-1, 1:-1].shape)
    a, b, c, d = point[:-1, :-1], point[:-1, 1:], point[1:, 1:], point[1:, :-1]
    corner = np.concatenate([np.stack(three, axis=2).reshape(-1, 3, 2) for three in ((a, b, c), (a, c, d))])
    view = rasterize(np.append(corner, np.full((*corner.shape[:2], 1), 0.5), axis=2).astype(np.float32), (200, 100))
    assert (view.triangle >= 0).all()


def test_nothing_and_needles_cover_nothing() -> None:
    assert (rasterize(np.zeros((0, 3, 3), np.float32), (20, 10)).triangle == -1).all()
    flat = triangle((1.0, 1.0), (5.0, 5.0), (9.0, 9.0))
    assert (rasterize(flat, (20, 10)).triangle == -1).all()
