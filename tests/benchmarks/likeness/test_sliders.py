import numpy as np
import pytest

from benchmarks.likeness.sliders import ASKED, Findings, attributes_of
from engine.codecs.image import Pixels
from engine.generators.texture.appearance import ATTRIBUTE_NAMES, ATTRIBUTES
from engine.requests.texture import MapKind


def test_what_is_asked_lies_in_the_ranges_of_the_sliders() -> None:
    assert tuple(ASKED) == ATTRIBUTE_NAMES
    for info in ATTRIBUTES:
        low, high = ASKED[info.name]
        assert info.minimum <= low < high <= info.maximum


def test_a_followed_slider_explains_its_own_measure_only() -> None:
    random = np.random.default_rng(0)
    asked = random.uniform(size=(400, len(ATTRIBUTE_NAMES)))
    measured = 3 * asked + 1
    measured[:, 0] = random.uniform(size=400)  # not followed
    measured[:, 1] = asked[:, 1] + asked[:, 2]  # leaks
    explained = Findings(asked, measured).explained()
    assert explained[3, 3] == pytest.approx(1)
    assert explained[3, 4] < 0.05
    assert explained[0, 0] < 0.05
    assert explained[2, 1] == pytest.approx(0.5, abs=0.1)


def test_maps_are_measured_in_the_units_of_the_sliders() -> None:
    steps = np.tile(np.repeat(np.array([0.0, 1.0]), 16), 4)[None].repeat(128, 0)
    grey = np.round(255 * (0.3 + 0.4 * steps)).astype(np.uint8)
    maps: dict[MapKind, Pixels] = {
        MapKind.ALBEDO: np.stack([grey] * 3, 2),
        MapKind.NORMAL: np.tile(np.array([128, 128, 255], np.uint8), (128, 128, 1)),
        MapKind.ROUGHNESS: grey,
        MapKind.METALLIC: np.full((128, 128), 51, np.uint8),
    }
    found = attributes_of(maps)
    assert found["roughness"] == pytest.approx(0.5, abs=0.01)
    assert found["roughness_variation"] == pytest.approx(0.2, abs=0.01)
    assert found["metalness"] == pytest.approx(0.2, abs=0.01)
    assert found["contrast"] == pytest.approx(0.2 * 3**0.5, abs=0.02)  # half the distance of two colors, in sRGB
    assert found["direction"] > 0.9
    assert found["relief"] < 0.1
