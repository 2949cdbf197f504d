import numpy as np
import pytest

from engine.codecs.image import encode_png
from engine.codecs.render.textures import pyramid, repeated, sample
from engine.errors import DataError
from engine.geometry.scene import Image, Material


def checks(size_px: int = 8) -> Image:
    y, x = np.mgrid[0:size_px, 0:size_px]
    grey = np.where((x + y) % 2 == 0, 255, 0).astype(np.uint8)
    return Image(encode_png(np.repeat(grey[..., None], 3, axis=2), {}))


def test_levels_halve_down_to_one_pixel_and_keep_the_mean() -> None:
    levels = pyramid(checks())
    assert [level.shape for level in levels] == [(8, 8, 3), (4, 4, 3), (2, 2, 3), (1, 1, 3)]
    np.testing.assert_allclose([level.mean() for level in levels], 0.5, atol=1e-3)


def test_colors_are_red_green_blue_and_linear() -> None:
    pixels = np.full((4, 4, 3), (255, 188, 0), np.uint8)
    color = pyramid(Image(encode_png(pixels, {})))[0][0, 0]
    np.testing.assert_allclose(color, [1.0, 0.5, 0.0], atol=0.01)


def test_samples_sit_at_pixel_centres_and_repeat() -> None:
    levels = pyramid(checks())
    coordinate = np.array([[0.5 / 8, 0.5 / 8], [1.5 / 8, 0.5 / 8], [3.0 + 0.5 / 8, -2.0 + 0.5 / 8]], np.float32)
    found = sample(levels, coordinate, np.zeros(3, np.float32))
    np.testing.assert_allclose(found[:, 0], [1.0, 0.0, 1.0], atol=1e-4)


def test_distant_surfaces_show_the_mean() -> None:
    found = sample(pyramid(checks()), np.array([[0.06, 0.06]], np.float32), np.array([4.0], np.float32))
    np.testing.assert_allclose(found, 0.5, atol=1e-3)


def test_large_images_are_reduced() -> None:
    assert pyramid(Image(encode_png(np.full((2, 2600, 3), 128, np.uint8), {})))[0].shape == (2, 2048, 3)


def test_the_scale_of_a_material_is_applied() -> None:
    material = Material("m", texture_scale=(2.0, 3.0))
    assert repeated(material, np.array([[1.0, 1.0]], np.float32)).tolist() == [[2.0, 3.0]]


@pytest.mark.parametrize("data", [b"", b"no image at all"])
def test_broken_images_are_refused(data: bytes) -> None:
    with pytest.raises(DataError, match="no readable image"):
        pyramid(Image(data))
