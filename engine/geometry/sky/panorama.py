"""The sky as an image around the viewer, and the one light that goes with it.

A panorama is float32 [height, 2 * height, 3], linear, in kilocandelas per square meter, top row = straight up. The
middle column looks north (-Z), columns grow to the east (+X), so that the left and the right edge meet in the south;
pixel centres lie half a pixel inside, and nothing in it knows where the edges are.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.errors import InvalidRequestError
from engine.geometry.scene import Sun
from engine.geometry.sky.atmosphere import (
    SUN_ILLUMINANCE_KLUX,
    Floats,
    azimuth_position,
    elevation_position,
    interpolated,
    mie_phase,
    rayleigh_phase,
    scattering,
    transmittance,
)
from engine.geometry.sky.sun import (
    DEFAULT_DAY_OF_YEAR,
    DEFAULT_LATITUDE_DEG,
    Direction,
    direction_to_sun,
    elevation_deg,
)

Panorama = NDArray[np.float32]

LUMINANCE = np.array([0.2126, 0.7152, 0.0722])

MOON_STRENGTH = 1.0 / 1500.0
"""Moonlight beside sunlight. The true share is 1 / 400000: a night of that is black in every picture."""

MOON_TINT = np.array([0.62, 0.80, 1.15])
AIRGLOW = np.array([0.0010, 0.0016, 0.0030])
"""The light of the night sky itself, in kilocandelas per square meter, brightened like the moon."""

SUN_RADIUS_RAD = 0.00465
HEIGHT_MIN_PX, HEIGHT_MAX_PX = 16, 4096
FACE_MIN_PX, FACE_MAX_PX = 16, 2048

_TWILIGHT_END = math.sin(math.radians(-18.0))
_MOON_FADES_IN = math.sin(math.radians(6.0))


@dataclass(frozen=True, slots=True)
class Sky:
    """A clear sky.

    to_sun  unit vector towards the sun, above or below the horizon; the full moon stands opposite
    """

    to_sun: Direction

    @property
    def to_moon(self) -> Direction:
        """Unit vector towards the moon."""
        return (-self.to_sun[0], -self.to_sun[1], -self.to_sun[2])

    @property
    def is_day(self) -> bool:
        """Whether the sun gives more light than the moon."""
        return _illuminance_klux(self.to_sun, 1.0) >= _illuminance_klux(self.to_moon, MOON_STRENGTH)

    def sun(self) -> Sun:
        """The sun, or by night the moon, as the scene's light; what `panorama` contains as its disc."""
        towards, strength = (self.to_sun, 1.0) if self.is_day else (self.to_moon, MOON_STRENGTH)
        color = transmittance(towards[1]) * (1.0 if self.is_day else MOON_TINT)
        peak = float(color.max())
        shown = color / peak if peak > 0.0 else np.ones(3)
        return Sun(
            direction=(-towards[0], -towards[1], -towards[2]),
            color=(float(shown[0]), float(shown[1]), float(shown[2])),
            illuminance=1000.0 * SUN_ILLUMINANCE_KLUX * strength * float(color @ LUMINANCE),
        )

    def radiance(self, direction: Floats) -> Floats:
        """Light [n, 3] that the air sends from each unit vector [n, 3]; without the disc of sun or moon."""
        light = np.zeros((len(direction), 3))
        if self.to_sun[1] > _TWILIGHT_END:
            light += SUN_ILLUMINANCE_KLUX * _scattered(direction, self.to_sun)
        if self.to_sun[1] < _MOON_FADES_IN:
            share = min(1.0, (_MOON_FADES_IN - self.to_sun[1]) / (2.0 * _MOON_FADES_IN))
            moon = SUN_ILLUMINANCE_KLUX * MOON_STRENGTH * MOON_TINT * _scattered(direction, self.to_moon)
            height = np.clip(direction[:, 1:2], 0.0, 1.0)
            light += share * (moon + AIRGLOW * (1.0 + 1.2 * (1.0 - height) ** 4))
        return light

    def panorama(self, height_px: int = 512, *, disc: bool = True) -> Panorama:
        """The whole sky, [height, 2 * height, 3]; below the horizon the hazy ground.

        height_px  16 to 4096
        disc       whether the sun or moon itself is in it, at least a pixel wide, with the energy of `sun`; leave it
                   out where the light is added separately and the panorama only fills the shadows

        Raises InvalidRequestError for other sizes.
        """
        _check_size("height_px", height_px, HEIGHT_MIN_PX, HEIGHT_MAX_PX)
        direction = panorama_directions(height_px)
        light = self.radiance(direction.reshape(-1, 3)).reshape(direction.shape)
        if disc:
            light += self._disc(direction, math.pi / height_px)
        return light.astype(np.float32)

    def cube(self, face_px: int = 512, *, disc: bool = True) -> Panorama:
        """Six faces [6, face, face, 3] in the order +x, -x, +y, -y, +z, -z, each as OpenGL and WebGL lay them.

        face_px  16 to 2048; further arguments and errors as of `panorama`
        """
        _check_size("face_px", face_px, FACE_MIN_PX, FACE_MAX_PX)
        direction = cube_directions(face_px)
        light = self.radiance(direction.reshape(-1, 3)).reshape(direction.shape)
        if disc:
            light += self._disc(direction, math.pi / 2.0 / face_px)
        return light.astype(np.float32)

    def _disc(self, direction: Floats, pixel_rad: float) -> Floats:
        """The disc of the light, [..., 3], as wide as its energy can be spread without missing every pixel."""
        light = self.sun()
        radius = max(SUN_RADIUS_RAD, 1.2 * pixel_rad)
        away = direction + np.asarray(light.direction)
        distance = np.sqrt((away * away).sum(axis=-1))  # chord from the disc's centre
        share = np.clip((radius - distance) / pixel_rad + 0.5, 0.0, 1.0)[..., None]
        color = np.asarray(light.color)
        strength = light.illuminance / 1000.0 / float(color @ LUMINANCE) / (math.pi * radius * radius)
        disc: Floats = share * color * strength * (direction[..., 1:2] > -radius)
        return disc


def sky_at(hour: float, latitude_deg: float = DEFAULT_LATITUDE_DEG, day_of_year: int = DEFAULT_DAY_OF_YEAR) -> Sky:
    """The sky at a time of day; arguments and InvalidRequestError as of `direction_to_sun`."""
    return Sky(direction_to_sun(hour, latitude_deg, day_of_year))


def describe(sky: Sky) -> dict[str, object]:
    """What files say about a sky, as JSON values."""
    return {
        "sun_elevation_deg": round(elevation_deg(sky.to_sun), 3),
        "light": "sun" if sky.is_day else "moon",
        "unit": "kilocandela per square meter",
    }


def panorama_directions(height_px: int) -> Floats:
    """Unit vectors [height, 2 * height, 3] through the centres of a panorama's pixels."""
    elevation = (0.5 - (np.arange(height_px) + 0.5) / height_px) * np.pi
    azimuth = ((np.arange(2 * height_px) + 0.5) / (2 * height_px) - 0.5) * 2.0 * np.pi
    across = np.cos(elevation)[:, None]
    up = np.broadcast_to(np.sin(elevation)[:, None], (height_px, 2 * height_px))
    return np.stack([across * np.sin(azimuth), up, -across * np.cos(azimuth)], axis=-1)


def cube_directions(face_px: int) -> Floats:
    """Unit vectors [6, face, face, 3] through the centres of a cube map's pixels."""
    position = (np.arange(face_px) + 0.5) / face_px * 2.0 - 1.0
    t, s = np.meshgrid(position, position, indexing="ij")
    one = np.ones_like(s)
    faces = ((one, -t, -s), (-one, -t, s), (s, one, t), (s, -one, -t), (s, -t, one), (-s, -t, -one))
    direction = np.stack([np.stack(face, axis=-1) for face in faces])
    unit: Floats = direction / np.sqrt((direction * direction).sum(axis=-1, keepdims=True))
    return unit


def look_up(panorama: Panorama, direction: NDArray[np.floating]) -> Panorama:
    """Bilinear values [n, 3] of a panorama in the directions of unit vectors [n, 3]."""
    height, width = panorama.shape[:2]
    row = (0.5 - np.arcsin(np.clip(direction[:, 1], -1.0, 1.0)) / np.pi) * height - 0.5
    column = (np.arctan2(direction[:, 0], -direction[:, 2]) / (2.0 * np.pi) + 0.5) * width - 0.5
    left, top = np.floor(column).astype(np.int64), np.floor(row).astype(np.int64)
    right, down = (column - left)[:, None], (row - top)[:, None]
    upper, lower = np.clip(top, 0, height - 1), np.clip(top + 1, 0, height - 1)
    one, two = left % width, (left + 1) % width
    above = panorama[upper, one] * (1.0 - right) + panorama[upper, two] * right
    below = panorama[lower, one] * (1.0 - right) + panorama[lower, two] * right
    values: Panorama = (above * (1.0 - down) + below * down).astype(np.float32)
    return values


def _scattered(direction: Floats, towards: Direction) -> Floats:
    """Light scattered from each direction [n, 3], of a light of unit strength."""
    parts = scattering(towards[1])
    cosine = direction @ np.asarray(towards)
    across = np.hypot(direction[:, 0], direction[:, 2]) * math.hypot(towards[0], towards[2])
    turned = (direction[:, 0] * towards[0] + direction[:, 2] * towards[2]) / np.maximum(across, 1e-9)
    row = elevation_position(np.arcsin(np.clip(direction[:, 1], -1.0, 1.0)))
    column = azimuth_position(np.arccos(np.clip(turned, -1.0, 1.0)))
    light = interpolated(parts.rayleigh, row, column) * rayleigh_phase(cosine)[:, None]
    light += interpolated(parts.mie, row, column) * mie_phase(cosine)[:, None]
    return light + interpolated(parts.isotropic, row, column)


def _illuminance_klux(towards: Direction, strength: float) -> float:
    return SUN_ILLUMINANCE_KLUX * strength * float(transmittance(towards[1]) @ LUMINANCE)


def _check_size(field: str, value: int, lowest: int, highest: int) -> None:
    if not lowest <= value <= highest:
        raise InvalidRequestError(field, value, f"{lowest} to {highest}")
