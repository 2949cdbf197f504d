"""What each pixel of a picture shows: the point, its normal, its colors, and the light that it sends to the viewer.

Samples of a pixel share one shading if all of them show the same material at nearly the same depth: edges need every
sample, the inside of a surface does not (the idea of multisampling, Akeley, "RealityEngine Graphics", SIGGRAPH 1993).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.codecs.render.light import Light, ambient
from engine.codecs.render.raster import Visible
from engine.codecs.render.soup import Soup
from engine.codecs.render.textures import pyramid, repeated, sample
from engine.geometry.scene import Material
from engine.geometry.sky.panorama import look_up

Floats = NDArray[np.float32]
Indices = NDArray[np.int64]

_DEPTH_TOLERANCE = 0.015
_PIXELS_AT_ONCE = 1 << 18
_MIRROR_ROUGHNESS_MAX = 0.4
_LEAF_TRANSMISSION = 0.4
"""Share of the light on the far side of a thin, double-sided surface that comes through."""


@dataclass(frozen=True, slots=True, eq=False)
class Points:
    """What n pixels show.

    position, normal, view  float32 [n, 3]; `view` points to the camera, all unit vectors face the viewer
    albedo                  float32 [n, 3], linear
    alpha, roughness        float32 [n]
    thin                    bool [n], light comes through from behind
    """

    position: Floats
    normal: Floats
    view: Floats
    albedo: Floats
    alpha: Floats
    roughness: Floats
    thin: NDArray[np.bool_]


def blocks_of(view: Visible, material: NDArray[np.int32], samples: int) -> tuple[Indices, Floats]:
    """For each sample of a view the one whose shading it takes, int64 [n], and how many samples wide that is, [n].

    material  int32 [triangles]
    samples   per side of a pixel
    """
    height, width = view.triangle.shape
    lead = np.arange(height * width, dtype=np.int64)
    wide = np.ones(height * width, np.float32)
    if samples == 1:
        return lead, wide
    shown = np.append(material, -1)[view.triangle]
    shape = (height // samples, samples, width // samples, samples)
    shown, near = shown.reshape(shape), view.nearness.reshape(shape)
    same = (shown == shown[:, :1, :, :1]).all(axis=(1, 3)) & (shown[:, 0, :, 0] >= 0)
    nearest, farthest = near.max(axis=(1, 3)), near.min(axis=(1, 3))
    same &= nearest - farthest <= _DEPTH_TOLERANCE * nearest
    spread = same[:, None, :, None]
    lead = lead.reshape(shape)
    lead = np.where(spread, lead[:, :1, :, :1], lead).ravel()
    wide = np.where(np.broadcast_to(spread, shape), np.float32(samples), np.float32(1.0)).ravel()
    return lead, wide


def shared_shading(
    color: Floats, pixels: Indices, lead: Indices, shade: Callable[[Indices], tuple[Floats, Floats]]
) -> None:
    """Lay the light of `pixels` over `color` [n, 3], shading each lead once.

    shade  gives light [m, 3] and opacity [m] of m samples
    """
    leads = pixels[lead[pixels] == pixels]
    light = np.empty((len(leads), 4), np.float32)
    for start in range(0, len(leads), _PIXELS_AT_ONCE):
        part = slice(start, start + _PIXELS_AT_ONCE)
        light[part, :3], light[part, 3] = shade(leads[part])
    slot = np.empty(len(color), np.int32)
    slot[leads] = np.arange(len(leads), dtype=np.int32)
    own = light[slot[lead[pixels]]]
    if not (light[:, 3] < 1.0).any():
        color[pixels] = own[:, :3]
        return
    color[pixels] += (own[:, :3] - color[pixels]) * own[:, 3:]


def surface_points(
    soup: Soup, materials: tuple[Material, ...], triangle: Indices, position: Floats, eye: Floats, pixel_m: Floats
) -> Points:
    """The surfaces seen in n pixels.

    triangle  int64 [n], index in the soup
    position  float32 [n, 3], where the ray of the pixel meets it
    pixel_m   float32 [n], width of the pixel at this depth
    """
    corners = soup.triangle[triangle]
    weight = _barycentric(soup.position[corners].astype(np.float64), position.astype(np.float64))[..., None]
    normal = (soup.normal[corners] * weight).sum(axis=1)
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-9)
    view = eye - position
    view /= np.maximum(np.linalg.norm(view, axis=1, keepdims=True), 1e-9)
    edges = soup.position[corners]
    flat = np.cross(edges[:, 1] - edges[:, 0], edges[:, 2] - edges[:, 0])
    thin = np.array([material.double_sided for material in materials])[soup.material[triangle]]
    behind = thin & (np.einsum("ni,ni->n", flat, view) < 0)
    normal[behind] *= -1
    # A pixel is longer on a surface seen at a grazing angle; halfway between both is what looks sharp and calm.
    facing = np.abs(np.einsum("ni,ni->n", view, normal))
    pixel_m = pixel_m / np.sqrt(np.maximum(facing, np.float32(0.02)))
    albedo = (soup.color[corners] * weight).sum(axis=1)
    numbers = soup.material[triangle]
    factors = np.array([material.base_color for material in materials], np.float32)[numbers]
    albedo *= factors[:, :3]
    coordinate = (soup.texture_coordinate[corners] * weight).sum(axis=1)
    for number in np.unique(numbers):
        material = materials[number]
        if material.albedo is None and material.normal is None:
            continue
        chosen = np.flatnonzero(numbers == number)
        footprint = pixel_m[chosen] * _coordinates_per_m(soup, material, triangle[chosen])
        place = repeated(material, coordinate[chosen])
        if material.albedo is not None:
            albedo[chosen] *= sample(pyramid(material.albedo), place, footprint)
        if material.normal is not None:
            bump = sample(pyramid(material.normal, srgb=False), place, footprint) * 2 - 1
            normal[chosen] = _bumped(soup, triangle[chosen], normal[chosen], bump)
    roughness = np.array([material.roughness for material in materials], np.float32)[numbers]
    return Points(
        position=position,
        normal=normal.astype(np.float32),
        view=view.astype(np.float32),
        albedo=albedo.astype(np.float32),
        alpha=factors[:, 3],
        roughness=roughness,
        thin=thin,
    )


def shaded(points: Points, light: Light, lit: Floats, openness: Floats) -> tuple[Floats, Floats]:
    """Light [n, 3] that surfaces send to the viewer, and how opaque they are [n].

    lit       share of the sun that arrives, 0 to 1
    openness  share of the sky that is not hidden by what is close, 0 to 1
    """
    to_sun = -np.asarray(light.sun.direction, np.float32)
    cosine = points.normal @ to_sun
    through = np.where(points.thin, _LEAF_TRANSMISSION, 0.0) * np.maximum(-cosine, 0)
    direct = (np.maximum(cosine, 0) + through) * lit
    color = ambient(light, points.normal) * openness[:, None] + light.sun_color * direct[:, None]
    color *= points.albedo
    alpha = points.alpha.copy()
    smooth = np.flatnonzero(points.roughness < _MIRROR_ROUGHNESS_MAX)
    if len(smooth):
        normal, view = points.normal[smooth], points.view[smooth]
        facing = np.einsum("ni,ni->n", normal, view)
        mirrored = 2 * facing[:, None] * normal - view
        mirrored[:, 1] = np.abs(mirrored[:, 1])
        mirrored /= np.maximum(np.linalg.norm(mirrored, axis=1, keepdims=True), 1e-9)
        fresnel = 0.02 + 0.98 * (1 - np.clip(facing, 0, 1)) ** 5
        fresnel *= 1 - points.roughness[smooth] / _MIRROR_ROUGHNESS_MAX
        color[smooth] += fresnel[:, None] * look_up(light.panorama, mirrored)
        alpha[smooth] = alpha[smooth] + (1 - alpha[smooth]) * fresnel
    return color, alpha


def _barycentric(corner: NDArray[np.float64], point: NDArray[np.float64]) -> Floats:
    """Weights [n, 3] of a triangle's corners [n, 3, 3] at a point [n, 3] in its plane, within 0 to 1."""
    one, two, away = corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0], point - corner[:, 0]
    aa, ab, bb = (np.einsum("ni,ni->n", first, second) for first, second in ((one, one), (one, two), (two, two)))
    ap, bp = np.einsum("ni,ni->n", one, away), np.einsum("ni,ni->n", two, away)
    scale = 1.0 / np.maximum(aa * bb - ab * ab, 1e-30)
    second, third = (bb * ap - ab * bp) * scale, (aa * bp - ab * ap) * scale
    weight = np.clip(np.stack([1.0 - second - third, second, third], axis=1), 0.0, 1.0)
    weights: Floats = (weight / weight.sum(axis=1, keepdims=True)).astype(np.float32)
    return weights


def _bumped(soup: Soup, triangle: Indices, normal: Floats, bump: Floats) -> Floats:
    """Normals [n, 3] after those of an image, in the frame of growing u and of v towards the image's top."""
    corners = soup.triangle[triangle]
    place, coordinate = soup.position[corners], soup.texture_coordinate[corners]
    one, two = place[:, 1] - place[:, 0], place[:, 2] - place[:, 0]
    first, second = coordinate[:, 1] - coordinate[:, 0], coordinate[:, 2] - coordinate[:, 0]
    side = np.sign(first[:, :1] * second[:, 1:] - first[:, 1:] * second[:, :1])
    along_u = (one * second[:, 1:] - two * first[:, 1:]) * side
    along_u -= normal * np.einsum("ni,ni->n", along_u, normal)[:, None]
    along_u /= np.maximum(np.linalg.norm(along_u, axis=1, keepdims=True), 1e-9)
    up = np.cross(normal, along_u) * -side  # v grows downwards: unmirrored images have a negative side
    tilted = along_u * bump[:, :1] + up * bump[:, 1:2] + normal * np.maximum(bump[:, 2:], 0.05)
    unit: Floats = (tilted / np.maximum(np.linalg.norm(tilted, axis=1, keepdims=True), 1e-9)).astype(np.float32)
    return unit


def _coordinates_per_m(soup: Soup, material: Material, triangle: Indices) -> Floats:
    """How far texture coordinates move per meter of surface, [n]."""
    corners = soup.triangle[triangle]
    place, coordinate = soup.position[corners], repeated(material, soup.texture_coordinate[corners])
    area = np.linalg.norm(np.cross(place[:, 1] - place[:, 0], place[:, 2] - place[:, 0]), axis=1)
    one, two = coordinate[:, 1] - coordinate[:, 0], coordinate[:, 2] - coordinate[:, 0]
    image_area = np.abs(one[:, 0] * two[:, 1] - one[:, 1] * two[:, 0])
    density: Floats = np.sqrt(image_area / np.maximum(area, 1e-12)).astype(np.float32)
    return density
