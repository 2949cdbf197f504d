import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.codecs.render.camera import Camera, framed, from_ground

FINITE = st.floats(-100.0, 100.0)
POINT = st.tuples(FINITE, FINITE, FINITE)


@given(POINT, POINT)
def test_axes_are_right_angled_and_right_handed(position: tuple[float, ...], target: tuple[float, ...]) -> None:
    axes = Camera(position, target).axes()  # type: ignore[arg-type]
    np.testing.assert_allclose(axes @ axes.T, np.eye(3), atol=1e-9)
    assert np.linalg.det(axes) == pytest.approx(1.0)


def test_a_camera_to_the_north_has_east_on_its_right() -> None:
    np.testing.assert_allclose(Camera((0.0, 0.0, 5.0), (0.0, 0.0, 0.0)).axes(), np.eye(3), atol=1e-12)


@given(st.floats(0.0, 360.0), st.floats(0.0, 90.0), st.floats(0.5, 50.0), st.floats(0.5, 50.0))
def test_framing_keeps_the_whole_box_in_the_picture(
    heading_deg: float, pitch_deg: float, width: float, height: float
) -> None:
    low, high = np.array([-width, 0.0, -width], np.float32), np.array([width, height, width], np.float32)
    camera = framed((low, high), heading_deg, pitch_deg, aspect=1.5)
    corners = np.array([[x, y, z] for x in (-width, width) for y in (0.0, height) for z in (-width, width)])
    view = (corners - np.array(camera.position)) @ camera.axes().T
    reach = np.abs(view[:, :2]) / -view[:, 2:] * camera.focal_px(2) / [1.5, 1.0]
    assert (view[:, 2] < 0.0).all()
    assert 0.9 < reach.max() <= 0.96 + 1e-6


def test_standing_somewhere_looks_level_from_eye_height() -> None:
    camera = from_ground((3.0, 10.0, -4.0), heading_deg=90.0)
    assert camera.position == pytest.approx((3.0, 11.7, -4.0))
    np.testing.assert_allclose(-camera.axes()[2], [1.0, 0.0, 0.0], atol=1e-12)
