"""How light leaves a surface: one key light, a studio around it, and the way to display values.

Arrays are float32 planes, channels first, so that every operation runs over contiguous memory. Directions are in
view space: x right, y up, z towards the viewer. Light is linear, 1.0 = a white surface in full key light.

Sources: GGX distribution, Walter et al. 2007, "Microfacet Models for Refraction through Rough Surfaces", eq. 33;
visibility, Hammon 2017, "PBR Diffuse Lighting for GGX+Smith Microsurfaces"; Fresnel, Schlick 1994; environment term,
Karis 2014, "Physically Based Shading on Mobile"; tone mapping, Khronos PBR Neutral.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Planes = NDArray[np.float32]

KEY_STRENGTH = 1.35
KEY_COLOR = (1.0, 0.97, 0.92)
DIELECTRIC_REFLECTANCE = 0.04

# The studio: linear colors of the ground, the horizon, the zenith, the large soft box and the rim light.
_GROUND = (0.125, 0.115, 0.108)
_HORIZON = (0.46, 0.48, 0.51)
_ZENITH = (0.20, 0.23, 0.28)
_SOFT_BOX = (2.6, 2.5, 2.35)
_RIM_LIGHT = (1.3, 1.5, 1.8)
_SOFT_BOX_DIRECTION = (-0.52, 0.62, 0.59)
_RIM_LIGHT_DIRECTION = (0.88, 0.22, 0.02)


@dataclass(frozen=True, slots=True)
class Surface:
    """What is to be lit, for n points.

    albedo [3, n] linear; normal [3, n] of length 1; roughness, metallic, occlusion (1 = open) and shadow
    (1 = the key light is seen) [n]
    """

    albedo: Planes
    normal: Planes
    roughness: Planes
    metallic: Planes
    occlusion: Planes
    shadow: Planes | None = None


def shade(surface: Surface, view: Planes, light: tuple[float, float, float]) -> Planes:
    """Light from the surface towards the viewer, [3, n].

    view [3, n] or [3, 1] points from the surface to the viewer, `light` to the key light; both of length 1.
    """
    roughness = np.maximum(surface.roughness, np.float32(0.06))
    view_cosine = np.maximum(np.einsum("cn,cn->n", surface.normal, np.broadcast_to(view, surface.normal.shape)), 0.02)
    reflectance = DIELECTRIC_REFLECTANCE + (surface.albedo - DIELECTRIC_REFLECTANCE) * surface.metallic
    diffuse_color = surface.albedo * (1 - surface.metallic)
    reflected = 2 * view_cosine * surface.normal - view
    scale, offset = _environment_terms(roughness, view_cosine)
    ambient = diffuse_color * _sky(surface.normal[1], 0.9) + (reflectance * scale + offset) * _studio(
        reflected, roughness
    )
    ambient *= surface.occlusion
    key_cosine, highlight, fresnel = _key_light(surface.normal, roughness, view_cosine, view, light)
    if surface.shadow is not None:
        key_cosine = key_cosine * surface.shadow
    direct = diffuse_color + (reflectance + (1 - reflectance) * fresnel) * highlight
    color = np.asarray(KEY_COLOR, np.float32)[:, None] * np.float32(KEY_STRENGTH)
    result: Planes = ambient + direct * (key_cosine * (0.6 + 0.4 * surface.occlusion)) * color
    return result


def tone_map(color: Planes) -> Planes:
    """Linear light [3, n] without limit to linear display values [3, n] in [0, 1], hues kept.

    The shoulder of Khronos PBR Neutral. Its toe is left out: it removes the veil of a brighter room than this studio.
    """
    start, desaturation = np.float32(0.8 - 0.04), np.float32(0.15)
    brightest = color.max(axis=0)
    peak = np.maximum(brightest, start)
    room = 1 - start
    new_peak = 1 - room * room / (peak + room - start)
    white_share = 1 - 1 / (desaturation * (peak - new_peak) + 1)
    pressed = color * (new_peak / peak)
    result: Planes = np.where(brightest < start, color, pressed + (new_peak - pressed) * white_share)
    return result


def encode_srgb(color: Planes) -> NDArray[np.uint8]:
    """Linear display values to 8-bit sRGB codes; values outside of [0, 1] are clipped. Any shape."""
    codes: NDArray[np.uint8] = _SRGB_CODES[(np.clip(color, 0, 1) * (len(_SRGB_CODES) - 1) + 0.5).astype(np.int32)]
    return codes


def decode_srgb(codes: NDArray[np.uint8]) -> Planes:
    """8-bit sRGB codes to linear values in [0, 1]. Any shape."""
    values: Planes = _SRGB_VALUES[codes]
    return values


def _key_light(
    normal: Planes, roughness: Planes, view_cosine: Planes, view: Planes, light: tuple[float, float, float]
) -> tuple[Planes, Planes, Planes]:
    """Cosine to the light [n], pi times GGX distribution times visibility [n], Fresnel weight [n] or [1]."""
    direction = np.asarray(light, np.float32)
    half = view + direction[:, None]
    half = half / np.sqrt((half * half).sum(axis=0))
    half_cosine = np.einsum("cn,cn->n", normal, np.broadcast_to(half, normal.shape))
    light_cosine: Planes = np.maximum(direction @ normal, 0)
    alpha = roughness * roughness
    alpha_squared = alpha * alpha
    spread = half_cosine * half_cosine * (alpha_squared - 1) + 1
    product, total = 2 * light_cosine * view_cosine, light_cosine + view_cosine
    highlight: Planes = alpha_squared / (spread * spread) * (0.5 / (product + (total - product) * alpha + 1e-4))
    fresnel: Planes = (1 - np.clip(direction @ half, 0, 1)) ** 5
    return light_cosine, highlight, fresnel


def _environment_terms(roughness: Planes, view_cosine: Planes) -> tuple[Planes, Planes]:
    """Scale and offset that turn reflectance at normal incidence into reflected environment light (Karis 2014)."""
    first = 1 - roughness
    grazing = np.minimum(first * first, np.exp2(-9.28 * view_cosine)) * first + (0.0425 - 0.0275 * roughness)
    scale: Planes = -1.04 * grazing + (1.04 - 0.572 * roughness)
    offset: Planes = 1.04 * grazing + (0.022 * roughness - 0.04)
    return scale, np.maximum(offset, 0)


def _sky(height: Planes, softness: float | Planes) -> Planes:
    """Gradient ground - horizon - zenith [3, n] by the y of a direction [n]; `softness` blurs it, (0, 1]."""
    rise = np.clip(0.5 + 0.5 * height / softness, 0, 1)
    rise = rise * rise * (3 - 2 * rise)
    climb = np.clip(height, 0, 1)
    ground, horizon, zenith = (np.asarray(color, np.float32)[:, None] for color in (_GROUND, _HORIZON, _ZENITH))
    gradient: Planes = ground + rise * ((horizon - ground) + climb * (zenith - horizon))
    return gradient


def _studio(direction: Planes, roughness: Planes) -> Planes:
    """What a surface of this roughness mirrors from `direction` [3, n]: gradient, soft box, rim light, [3, n]."""
    blur = 0.06 + 0.9 * roughness * roughness
    light = _sky(direction[1], 0.08 + 0.9 * roughness)
    for color, box, cosine in ((_SOFT_BOX, _SOFT_BOX_DIRECTION, 0.86), (_RIM_LIGHT, _RIM_LIGHT_DIRECTION, 0.80)):
        towards = np.asarray(box, np.float32) @ direction
        share = np.clip((towards - cosine) / blur + 0.5, 0, 1)
        share *= share * (3 - 2 * share)
        # A blurred light spreads the same energy over a wider part of the room.
        light += np.asarray(color, np.float32)[:, None] * (share / (1 + 4 * roughness * roughness))
    return light


def _srgb_values() -> Planes:
    codes = np.arange(256) / 255
    values = np.where(codes <= 0.04045, codes / 12.92, ((codes + 0.055) / 1.055) ** 2.4)
    return values.astype(np.float32)


def _srgb_codes() -> NDArray[np.uint8]:
    values = np.linspace(0, 1, 1 << 14)
    codes = np.where(values <= 0.0031308, values * 12.92, 1.055 * values ** (1 / 2.4) - 0.055)
    return np.round(codes * 255).astype(np.uint8)


_SRGB_VALUES = _srgb_values()
_SRGB_CODES = _srgb_codes()
