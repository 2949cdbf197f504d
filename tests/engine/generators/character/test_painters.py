from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.generators.character.figures import Figure, ParametricFigures
from engine.generators.character.painters import MeshPainter, NetworkPainter, camera_of, light_of
from engine.generators.character.pose import pose_numbers
from engine.motion.pose import rest_poses
from engine.nets.framegen.artist import FrameArtist
from engine.requests.character.control import Steering
from engine.requests.character.identity import IdentityRequest, Who


def figure(seed: int = 5) -> Figure:
    return ParametricFigures().figure(Who(IdentityRequest(seed)))


def standing() -> NDArray[np.float32]:
    rest = rest_poses(1)
    return pose_numbers(rest.root_m, rest.rotation, rest.contact).reshape(-1)


def test_mesh_is_drawn_on_nothing_as_high_as_it_was_asked_for() -> None:
    pixels = MeshPainter().paint(figure(), standing(), Steering(camera_zoom=0.8, camera_pitch_deg=0.0), 128)
    assert pixels.shape == (128, 128, 4)
    assert pixels.dtype == np.uint8
    assert set(pixels[0, 0]) == {0}
    rows = np.flatnonzero((pixels[..., 3] > 127).any(axis=1))
    assert 0.72 * 128 < rows[-1] - rows[0] < 0.9 * 128


def test_camera_goes_around() -> None:
    front, side = (MeshPainter().paint(figure(), standing(), Steering(camera_yaw_deg=yaw), 128) for yaw in (0, 90))
    widths = [np.ptp(np.flatnonzero((pixels[..., 3] > 127).any(axis=0))) for pixels in (front, side)]
    assert widths[0] > 1.3 * widths[1]  # arms point to both sides


def test_camera_follows() -> None:
    away = standing()
    away[0] += 5.0
    here, there = (MeshPainter().paint(figure(), pose, Steering(), 128).astype(int) for pose in (standing(), away))
    assert np.abs(here - there).mean() < 1


def test_same_pose_gives_the_same_bytes(frame_weights: Any) -> None:
    for painter in (MeshPainter(), NetworkPainter({128: FrameArtist(frame_weights)})):
        first, second = (painter.paint(figure(), standing(), Steering(), 128) for _ in range(2))
        assert np.array_equal(first, second)


def test_network_paints_the_sizes_that_it_has(frame_weights: Any) -> None:
    painter = NetworkPainter({128: FrameArtist(frame_weights)})
    assert painter.sizes_px == (128,)
    painter.prepare(figure(), 128)
    assert painter.paint(figure(), standing(), Steering(), 128).shape == (128, 128, 4)


def test_network_paints_blends_with_a_code_between(frame_weights: Any) -> None:
    painter = NetworkPainter({128: FrameArtist(frame_weights)})
    who = Who(IdentityRequest(1), IdentityRequest(2), 0.5)
    blended = painter.paint(ParametricFigures().figure(who), standing(), Steering(), 128)
    assert not np.array_equal(blended, painter.paint(figure(1), standing(), Steering(), 128))


def test_directions_are_those_of_the_api() -> None:
    camera = camera_of(Steering(camera_yaw_deg=90.0, camera_pitch_deg=30.0, camera_zoom=0.5))
    assert camera.yaw_rad == pytest.approx(np.pi / 2)
    assert camera.pitch_rad == pytest.approx(np.pi / 6)
    assert camera.distance == pytest.approx(2 * camera_of(Steering(camera_zoom=1.0)).distance)
    assert light_of(Steering(light_yaw_deg=90.0, light_pitch_deg=0.0)).direction == pytest.approx((1, 0, 0), abs=1e-9)
    assert light_of(Steering(light_pitch_deg=90.0)).direction == pytest.approx((0, 1, 0), abs=1e-9)
