from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.training.panel.metrics.features import gram_features, random_features
from engine.training.panel.metrics.told_apart import told_apart
from engine.training.panel.rivals import random_phase

Pictures = NDArray[np.float32]
Draw = Callable[[int, int], tuple[Pictures, list[str]]]


@pytest.mark.parametrize("features", [random_features, gram_features])
def test_features_hardly_change_when_the_texture_is_shifted(
    draw_textures: Draw, features: Callable[[Pictures], NDArray[np.float32]]
) -> None:
    pictures = draw_textures(16, 1)[0]
    described = features(pictures)
    moved = np.abs(features(np.roll(pictures, (5, 3), (2, 3))) - described).mean()
    others = np.abs(features(np.roll(pictures, 4, 0)) - described).mean()  # another picture of the same class
    assert moved < 0.2 * others


def test_gram_features_tell_structure_from_noise_of_the_same_spectrum(draw_textures: Draw) -> None:
    pictures, labels = draw_textures(320, 1)
    checks = pictures[[label == "check" for label in labels]]
    noise = random_phase(checks[40:], 2)
    assert told_apart(gram_features(checks[:40]), gram_features(noise)).value > 0.8
