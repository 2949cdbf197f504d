"""What is drawn around characters lies where the renderer's camera sees it."""

import numpy as np

from benchmarks.clips.drawing import SPACING, Shot, averaged, blank, faded, ground, over, placed, sliders
from engine.characters.rendering.views import FrameCamera
from engine.generators.character.painters import VISIBLE_HEIGHT
from engine.generators.character.pose import NUMBER_COUNT


def shot(x_m: float = 0.0, z_m: float = 0.0) -> Shot:
    """Somebody 2 m tall who fills half of the picture, seen from the front at eye level."""
    pose = np.zeros(NUMBER_COUNT, np.float32)
    pose[:3] = x_m, 1.0, z_m
    camera = FrameCamera(0.0, 0.0, 1.0 / (VISIBLE_HEIGHT * 0.5))
    return Shot(blank(64, 64), pose, camera, 2.0, np.zeros((19, 3), np.float32), ("pelvis",))


def test_head_and_feet_are_half_a_picture_apart() -> None:
    seen = shot(3.0, -2.0).seen(np.array([[3.0, 2.0, -2.0], [3.0, 0.0, -2.0], [4.0, 1.0, -2.0]]))
    assert np.allclose(seen[:, :2], [[0.0, -16.0], [0.0, 16.0], [16.0, 0.0]], atol=1e-3)


def test_ground_moves_by_whole_steps_without_a_trace() -> None:
    spacing_m = SPACING * 2.0
    first, second = ground(shot(), 96), ground(shot(spacing_m, 3 * spacing_m), 96)
    assert first[..., 3].any()
    assert np.abs(first.astype(int) - second).max() <= 2
    assert np.abs(first.astype(int) - ground(shot(spacing_m / 2), 96)).max() > 20


def test_over_keeps_what_is_opaque_and_shows_what_lies_below() -> None:
    top, bottom = np.array([[[9, 9, 9, 255], [9, 9, 9, 0]]], np.uint8), np.array([[[70, 80, 90, 128]] * 2], np.uint8)
    assert over(top, bottom).tolist() == [[[9, 9, 9, 255], [70, 80, 90, 128]]]
    assert faded(top, 0.4)[0, :, 3].tolist() == [102, 0]


def test_pictures_are_widened_and_cut_around_their_middle() -> None:
    picture = np.arange(4, dtype=np.uint8)[None, :, None].repeat(4, 2)
    assert placed(picture, 6)[0, :, 0].tolist() == [0, 0, 1, 2, 3, 0]
    assert placed(picture, 2)[0, :, 0].tolist() == [1, 2]
    assert averaged(np.ones((8, 16), np.float32)).shape == (2, 4)


def test_knob_is_where_the_value_is() -> None:
    low, high = (sliders({"build": value}, 120, 60)[..., 0].astype(int) for value in (0.0, 1.0))
    difference = np.abs(low - high).sum(0)
    assert difference[:40].any()
    assert difference[-30:].any()
