import numpy as np
import pytest

from engine.codecs.render.light import ambient, background, haze_color, light_of
from engine.geometry.sky.panorama import LUMINANCE, panorama_directions, sky_at


def test_ambient_light_agrees_with_the_integral_over_the_sky() -> None:
    light = light_of(sky_at(10.0))
    height = len(light.panorama)
    direction = panorama_directions(height)
    weight = np.cos(np.arcsin(direction[..., 1])) * (np.pi / height) ** 2
    for normal in ([0.0, 1.0, 0.0], [0.0, -1.0, 0.0], [0.6, 0.8, 0.0], [0.0, 0.0, -1.0]):
        cosine = np.maximum(direction @ np.array(normal), 0.0) * weight / np.pi
        expected = (light.panorama * cosine[..., None]).sum(axis=(0, 1))
        found = ambient(light, np.array([normal], np.float32))[0]
        np.testing.assert_allclose(found, expected, rtol=0.12)


def test_night_is_shown_darker_than_day_but_visible() -> None:
    up = np.array([[0.0, 1.0, 0.0]], np.float32)

    def level(hour: float) -> float:
        light = light_of(sky_at(hour))
        direct = light.sun_color * max(-light.sun.direction[1], 0.0)
        return float((ambient(light, up)[0] + direct) @ LUMINANCE)

    assert level(12.0) > level(19.0) > level(0.0) > 0.03
    assert level(12.0) == pytest.approx(1.15, abs=0.3)


@pytest.mark.parametrize("hour", [9.0, 0.0])
def test_the_background_shows_the_disc(hour: float) -> None:
    light = light_of(sky_at(hour))
    towards = -np.array([light.sun.direction], np.float32)
    beside = towards + np.array([[0.0, 0.1, 0.0]], np.float32)
    beside /= np.linalg.norm(beside)
    assert background(light, towards).max() > 1.5 * background(light, beside).max()


def test_haze_does_not_depend_on_how_far_down_one_looks() -> None:
    light = light_of(sky_at(10.0))
    down = np.array([[0.6, -0.01, -0.8], [0.6, -0.5, -0.8]], np.float32)
    color = haze_color(light, down)
    np.testing.assert_allclose(color[0], color[1], rtol=0.05)
