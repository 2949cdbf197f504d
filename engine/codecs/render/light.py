"""The light of a picture: sun, sky from all sides, haze, and how bright the whole thing is shown."""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.geometry.scene import Sun
from engine.geometry.sky.panorama import LUMINANCE, Panorama, Sky, look_up, panorama_directions

Floats = NDArray[np.float32]

_PANORAMA_PX = 128
_WHITE_LEVEL = 1.15
"""Display value of a white surface that lies in full light."""

_NOON_KLUX = 110.0
_HORIZON_SINE = 0.02
_DISC_RAD = 0.012
"""Radius of the drawn disc: somewhat larger than in truth, as in every painting."""

_DISC_DAY, _DISC_NIGHT = 40.0, 1.2
"""How bright the disc is shown."""

_ADAPTATION = 0.76
"""How far the exposure follows the light, 0 not at all, 1 until night looks like day."""


@dataclass(frozen=True, slots=True, eq=False)
class Light:
    """What shines on a scene.

    sun         the one light with shadows
    panorama    everything else, without the sun's disc, linear, already exposed
    haze        the panorama, blurred along the horizon
    disc        float32 [3], color of the sun's or moon's disc, exposed
    harmonics   float32 [9, 3], the panorama's light on a surface over its normal (see `ambient`)
    sun_color   float32 [3], light on a white surface that faces the sun, exposed
    """

    sun: Sun
    panorama: Panorama
    haze: Panorama
    disc: Floats
    harmonics: Floats
    sun_color: Floats


def light_of(sky: Sky) -> Light:
    """The light of a sky, exposed for a picture."""
    panorama = sky.panorama(_PANORAMA_PX, disc=False)
    sun = sky.sun()
    harmonics = _harmonics(panorama)
    strength = sun.illuminance / 1000.0 / max(float(np.asarray(sun.color) @ LUMINANCE), 1e-9)
    sun_color = np.asarray(sun.color) * strength / math.pi
    level = float((sun_color * max(-sun.direction[1], 0.0) + _ambient_up(harmonics)) @ LUMINANCE)
    noon = _NOON_KLUX / math.pi
    exposure = _WHITE_LEVEL / noon * (noon / max(level, 1e-6)) ** _ADAPTATION
    return Light(
        sun=sun,
        panorama=panorama * np.float32(exposure),
        haze=_soft(panorama * np.float32(exposure)),
        disc=np.asarray(sun.color, np.float32) * np.float32(_DISC_DAY if sky.is_day else _DISC_NIGHT),
        harmonics=(harmonics * exposure).astype(np.float32),
        sun_color=(sun_color * exposure).astype(np.float32),
    )


def ambient(light: Light, normal: Floats) -> Floats:
    """Light [n, 3] that a white surface with this normal [n, 3] sends on from the sky.

    Ramamoorthi and Hanrahan, "An Efficient Representation for Irradiance Environment Maps", SIGGRAPH 2001, eq. 12.
    """
    return np.maximum(_basis(normal) @ light.harmonics, 0)


def haze_color(light: Light, direction: Floats) -> Floats:
    """Color [n, 3] into which things fade in a direction [n, 3]: that of the sky just above the horizon."""
    level = direction.copy()
    level[:, 1] = np.maximum(level[:, 1], _HORIZON_SINE)
    level /= np.linalg.norm(level, axis=1, keepdims=True)
    return look_up(light.haze, level)


def background(light: Light, direction: Floats) -> Floats:
    """Color [n, 3] where nothing is: the sky, and below the horizon haze that darkens downwards."""
    above = direction.copy()
    above[:, 1] = np.maximum(above[:, 1], _HORIZON_SINE)  # the row at the horizon already holds some of the ground
    color = look_up(light.panorama, above)
    away = np.linalg.norm(direction + np.asarray(light.sun.direction, np.float32), axis=1)
    share = np.clip((_DISC_RAD - away) / (0.25 * _DISC_RAD) + 1.0, 0.0, 1.0)[:, None]
    color += share * share * light.disc
    below = np.flatnonzero(direction[:, 1] < 0)
    fall = np.exp(3.0 * direction[below, 1])[:, None]
    color[below] = haze_color(light, direction[below]) * (0.45 + 0.55 * fall)
    return color


def _soft(panorama: Panorama) -> Panorama:
    wide = np.concatenate([panorama[:, -16:], panorama, panorama[:, :16]], axis=1)
    blurred = cv2.blur(wide, (31, 1))[:, 16:-16]
    return np.asarray(blurred, np.float32)


def _basis(normal: NDArray[np.floating]) -> NDArray[np.floating]:
    """The first nine spherical harmonics, [n, 9]."""
    x, y, z = normal[:, 0], normal[:, 1], normal[:, 2]
    one = np.full_like(x, 0.282095)
    first = (0.488603 * y, 0.488603 * z, 0.488603 * x)
    second = (1.092548 * x * y, 1.092548 * y * z, 0.315392 * (3 * z * z - 1), 1.092548 * x * z)
    return np.stack([one, *first, *second, 0.546274 * (x * x - y * y)], axis=1)


def _harmonics(panorama: Panorama) -> NDArray[np.float64]:
    """Coefficients [9, 3] of a white surface's light over its normal."""
    height = len(panorama)
    direction = panorama_directions(height)
    weight = np.sqrt(np.maximum(1.0 - direction[..., 1] ** 2, 0.0)) * (math.pi / height) ** 2
    color = (panorama * weight[..., None]).reshape(-1, 3)
    coefficients = _basis(direction.reshape(-1, 3)).T @ color
    # Convolution with the clamped cosine, over pi: 1, 2/3, 1/4 by order.
    smoothing = np.array([1.0] + [2.0 / 3.0] * 3 + [0.25] * 5)
    return np.asarray(coefficients * smoothing[:, None], np.float64)


def _ambient_up(harmonics: NDArray[np.float64]) -> NDArray[np.float64]:
    """Light of the sky on level ground."""
    return np.asarray(_basis(np.array([[0.0, 1.0, 0.0]]))[0] @ harmonics, np.float64)
