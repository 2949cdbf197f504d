from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.training.panel.metrics.sliced import SlicedReference, laplacian_pyramid
from engine.training.panel.rivals import blurred

Pictures = NDArray[np.float32]
Draw = Callable[[int, int], tuple[Pictures, list[str]]]


def test_pyramid_of_a_shifted_torus_is_the_shifted_pyramid(draw_textures: Draw) -> None:
    pictures = draw_textures(2, 1)[0]
    for scale, (level, moved) in enumerate(
        zip(laplacian_pyramid(pictures), laplacian_pyramid(np.roll(pictures, 8, 3)), strict=True)
    ):
        assert np.allclose(np.roll(level, 8 // 2**scale, 3), moved, atol=1e-6)


def test_a_set_has_no_distance_to_itself(draw_textures: Draw) -> None:
    pictures = draw_textures(24, 1)[0]
    distance = SlicedReference(pictures, 0).distance(pictures)
    assert max(score.value for score in distance.values()) == 0


def test_blur_shows_in_fine_detail_and_not_in_the_coarse_rest(draw_textures: Draw) -> None:
    reference = SlicedReference(draw_textures(100, 1)[0], 0)
    fresh = draw_textures(100, 2)[0]
    before, after = reference.distance(fresh), reference.distance(blurred(fresh, 0))
    assert after["hi"].value > 3 * before["hi"].value
    assert after["lo"].value == pytest.approx(before["lo"].value, rel=0.3)
