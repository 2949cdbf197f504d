import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import InvalidRequestError
from engine.geometry.sky.panorama import (
    LUMINANCE,
    Sky,
    cube_directions,
    describe,
    look_up,
    panorama_directions,
    sky_at,
)

HEIGHT_PX = 128


def brightness(sky: Sky) -> float:
    upper = sky.panorama(HEIGHT_PX, disc=False)[: HEIGHT_PX // 2]
    return float((upper @ LUMINANCE).mean())


@pytest.mark.parametrize("hour", [5.2, 7.0, 9.5, 12.0, 15.25, 18.6])
def test_by_day_the_brightest_pixel_is_where_the_sun_is(hour: float) -> None:
    sky = sky_at(hour)
    pixels = sky.panorama(HEIGHT_PX)
    direction = panorama_directions(HEIGHT_PX).reshape(-1, 3)[int((pixels @ LUMINANCE).argmax())]
    towards = -np.array(sky.sun().direction)
    np.testing.assert_allclose(towards, sky.to_sun)
    assert math.degrees(math.acos(min(1.0, float(direction @ towards)))) < 2.5 * 180.0 / HEIGHT_PX


@pytest.mark.parametrize("hour", [0.0, 6.0, 12.0, 19.0])
def test_the_seam_is_like_every_other_place(hour: float) -> None:
    pixels = np.log(sky_at(hour).panorama(HEIGHT_PX, disc=False) + 1e-6)
    inside = np.abs(np.diff(pixels, axis=1)).max(axis=(1, 2))
    seam = np.abs(pixels[:, 0] - pixels[:, -1]).max(axis=1)
    assert (seam <= inside + 1e-5).all()


def test_a_turned_sun_turns_the_picture() -> None:
    """The mapping itself has no seam: turning the light by whole pixels rolls the columns."""
    up, across = 0.5, math.sqrt(0.75)
    turn = 2.0 * math.pi * 37 / (2 * HEIGHT_PX)
    first = Sky((across * math.sin(0.3), up, -across * math.cos(0.3))).panorama(HEIGHT_PX, disc=False)
    second = Sky((across * math.sin(0.3 + turn), up, -across * math.cos(0.3 + turn))).panorama(HEIGHT_PX, disc=False)
    np.testing.assert_allclose(np.roll(first, 37, axis=1), second, rtol=1e-4)


@settings(max_examples=15)
@given(st.floats(0.0, 24.0), st.floats(-90.0, 90.0), st.integers(1, 365))
def test_every_sky_is_finite_and_lit(hour: float, latitude_deg: float, day_of_year: int) -> None:
    sky = sky_at(hour, latitude_deg, day_of_year)
    pixels = sky.panorama(32)
    assert np.isfinite(pixels).all()
    assert pixels.min() > 0.0
    sun = sky.sun()
    assert math.hypot(*sun.direction) == pytest.approx(1.0)
    assert 0.0 <= min(sun.color) <= max(sun.color) <= 1.0
    assert 0.0 <= sun.illuminance <= 130_000.0


def test_night_is_darker_than_dusk_than_day_but_not_black_and_bluish() -> None:
    day, dusk, night = (brightness(sky_at(hour)) for hour in (12.0, 19.7, 0.0))
    assert day > 10.0 * dusk > 10.0 * night
    assert night > 1e-3
    upper = sky_at(0.0).panorama(HEIGHT_PX, disc=False)[: HEIGHT_PX // 2].mean(axis=(0, 1))
    assert upper[2] > 1.3 * upper[0]


def test_a_sunset_is_redder_than_noon() -> None:
    def redness(hour: float) -> float:
        sky = sky_at(hour)
        towards = np.array([[sky.to_sun[0], 0.03, sky.to_sun[2]]])
        color = sky.radiance(towards / np.linalg.norm(towards))[0]
        return float(color[0] / color[2])

    assert redness(19.2) > 3.0 * redness(12.0)
    sunset, noon = sky_at(19.2).sun(), sky_at(12.0).sun()
    assert sunset.color[0] / sunset.color[2] > 3.0 * noon.color[0] / noon.color[2]
    assert noon.illuminance > 2.0 * sunset.illuminance


def test_noon_gives_about_as_much_light_as_on_earth() -> None:
    assert 90_000 < sky_at(12.0).sun().illuminance < 120_000
    zenith = float(sky_at(9.0).radiance(np.array([[0.0, 1.0, 0.0]]))[0] @ LUMINANCE)
    assert 0.5 < zenith < 10.0


def test_by_night_the_moon_shines() -> None:
    sky = sky_at(0.0)
    assert not sky.is_day
    assert sky.sun().direction[1] < 0.0
    assert 10.0 < sky.sun().illuminance < 200.0
    assert describe(sky)["light"] == "moon"
    assert describe(sky_at(12.0))["light"] == "sun"


@pytest.mark.parametrize("hour", [0.0, 8.0, 12.0, 18.0])
def test_the_disc_has_the_energy_of_the_light(hour: float) -> None:
    sky = sky_at(hour)
    disc = (sky.panorama(256) - sky.panorama(256, disc=False)).astype(np.float64) @ LUMINANCE
    solid_angle = np.cos((0.5 - (np.arange(256) + 0.5) / 256) * math.pi)[:, None] * (math.pi / 256) ** 2
    assert 1000.0 * float((disc * solid_angle).sum()) == pytest.approx(sky.sun().illuminance, rel=0.12)


def test_the_middle_column_looks_north_and_east_is_to_the_right() -> None:
    direction = panorama_directions(HEIGHT_PX)
    np.testing.assert_allclose(direction[HEIGHT_PX // 2, HEIGHT_PX], [0.0, 0.0, -1.0], atol=0.03)
    np.testing.assert_allclose(direction[HEIGHT_PX // 2, 3 * HEIGHT_PX // 2], [1.0, 0.0, 0.0], atol=0.03)
    assert direction[0, 0, 1] > 0.99


def test_looking_up_a_pixel_gives_the_pixel() -> None:
    pixels = sky_at(9.0).panorama(32)
    found = look_up(pixels, panorama_directions(32).reshape(-1, 3))
    np.testing.assert_allclose(found.reshape(pixels.shape), pixels, rtol=1e-3)


def test_cube_faces_look_along_their_axes_and_meet_at_their_edges() -> None:
    direction = cube_directions(65)
    axes = [(1, 0, 0), (-1, 0, 0), (0, 1, 0), (0, -1, 0), (0, 0, 1), (0, 0, -1)]
    np.testing.assert_allclose(direction[:, 32, 32], axes, atol=1e-12)
    np.testing.assert_allclose(np.linalg.norm(direction, axis=-1), 1.0)
    # Right edge of +z continues on the left edge of +x; the top of +z on the bottom of +y.
    assert np.abs(direction[4, :, -1] - direction[0, :, 0]).max() < 0.04
    assert np.abs(direction[4, 0, :] - direction[2, -1, :]).max() < 0.04


def test_cube_and_panorama_show_the_same_sky() -> None:
    sky = sky_at(16.0)
    cube = sky.cube(32, disc=False)
    assert cube.shape == (6, 32, 32, 3)
    found = look_up(sky.panorama(512, disc=False), cube_directions(32).reshape(-1, 3)).reshape(cube.shape)
    ratio = found / cube
    assert np.quantile(np.abs(ratio - 1.0), 0.97) < 0.05


@pytest.mark.parametrize("size_px", [0, 15, 5000])
def test_sizes_out_of_range_are_refused(size_px: int) -> None:
    with pytest.raises(InvalidRequestError, match="height_px"):
        sky_at(12.0).panorama(size_px)
    with pytest.raises(InvalidRequestError, match="face_px"):
        sky_at(12.0).cube(size_px)
