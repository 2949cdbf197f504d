import io
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from engine.codecs.video.still import MEDIA_TYPES, encode_still

Frame = Callable[[int], NDArray[np.uint8]]
Before = Callable[[int, tuple[int, int, int]], NDArray[np.float64]]


def opened(data: bytes, mode: str) -> "np.ndarray[tuple[int, ...], np.dtype[np.uint8]]":
    return np.asarray(Image.open(io.BytesIO(data)).convert(mode))


def test_raw_is_the_pixels_themselves(frame: Frame) -> None:
    assert encode_still(frame(3), "raw") == frame(3).tobytes()


def test_png_is_read_back_equal_by_another_reader(frame: Frame) -> None:
    assert np.array_equal(opened(encode_still(frame(3), "png"), "RGBA"), frame(3))


def test_webp_of_quality_100_keeps_every_visible_pixel(frame: Frame) -> None:
    read, pixels = opened(encode_still(frame(3), "webp", 100), "RGBA"), frame(3)
    assert np.array_equal(read[..., 3], pixels[..., 3])
    assert np.array_equal(read[pixels[..., 3] > 0], pixels[pixels[..., 3] > 0])


def test_lossy_webp_keeps_transparency_and_nearly_the_color(frame: Frame) -> None:
    read, pixels = opened(encode_still(frame(3), "webp", 80), "RGBA").astype(int), frame(3)
    assert np.abs(read[..., 3] - pixels[..., 3]).mean() < 1
    assert np.abs(read - pixels)[pixels[..., 3] == 255].mean() < 4


def test_jpeg_shows_the_picture_before_its_background(frame: Frame, before: Before) -> None:
    read = opened(encode_still(frame(3), "jpeg", 90, (10, 200, 30)), "RGB")
    assert np.abs(read - before(3, (10, 200, 30))).mean() < 4


@pytest.mark.parametrize("kind", MEDIA_TYPES)
def test_equal_pixels_give_equal_bytes(frame: Frame, kind: str) -> None:
    assert encode_still(frame(1), kind) == encode_still(frame(1), kind)


def test_other_pixels_and_kinds_are_refused(frame: Frame) -> None:
    with pytest.raises(ValueError, match="uint8 RGBA"):
        encode_still(frame(0)[..., :3], "png")
    with pytest.raises(ValueError, match="gif"):
        encode_still(frame(0), "gif")
