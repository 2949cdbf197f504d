"""Loops are found where a motion repeats, and their seam is hidden."""

import numpy as np
import pytest

from benchmarks.clips.loops import SEAM_FRAMES, closed, loop_of, mixed
from engine.generators.character.pose import NUMBER_COUNT


def nodding(period: int, count: int) -> np.ndarray:
    """Poses that go on over the ground and turn one joint to and fro."""
    frame = np.arange(count)
    poses = np.zeros((count, NUMBER_COUNT), np.float32)
    poses[:, 6::4] = 1.0
    poses[:, 2] = 0.1 * frame
    angle = 0.4 * np.sin(2.0 * np.pi * frame / period)
    poses[:, 7], poses[:, 10] = np.sin(angle), np.cos(angle)
    return poses


def test_loop_is_a_whole_number_of_periods() -> None:
    start, length = loop_of(nodding(17, 120), 40, 60, 10, 20)
    assert length == 51
    assert 10 <= start <= 20


def test_sign_of_a_rotation_does_not_count() -> None:
    poses = nodding(17, 120)
    poses[60:, 3:79] *= -1.0
    assert loop_of(poses, 40, 60, 10, 20)[1] == 51


def test_motion_that_is_too_short_is_refused() -> None:
    with pytest.raises(ValueError, match="40 frames or more"):
        loop_of(nodding(17, 50), 40, 60, 10, 20)


def test_last_frames_pass_into_those_before_the_first() -> None:
    frames = [np.full((2, 2, 4), 255 if number < SEAM_FRAMES else 55, np.uint8) for number in range(20)]
    loop = closed(frames, SEAM_FRAMES, 10)
    assert len(loop) == 10
    shades = [int(frame[0, 0, 0]) for frame in loop[-SEAM_FRAMES - 1 :]]
    assert shades == sorted(shades)
    assert shades[0] == 55
    assert shades[-1] < 255


def test_color_of_what_is_transparent_does_not_bleed() -> None:
    red, nothing = np.array([[[200, 0, 0, 255]]], np.uint8), np.array([[[0, 255, 0, 0]]], np.uint8)
    assert mixed(red, nothing, 0.5).tolist() == [[[200, 0, 0, 128]]]
