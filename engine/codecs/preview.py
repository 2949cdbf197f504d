"""The picture that shows a material at a glance: a sphere wearing it, beside the flat surface tiled two by two.

Both are computed from the maps with NumPy alone, so that every installation can make the picture and equal maps give
equal pixels.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from engine.codecs.image import Pixels
from engine.codecs.shading import Planes, Surface, decode_srgb, encode_srgb, shade, tone_map
from engine.requests.texture import MapKind

SPHERE_LIGHT = (-0.50, 0.58, 0.643)
GRAZING_LIGHT = (-0.74, 0.48, 0.471)
"""Directions to the key light, of length 1: half a room away for the sphere, low for the flat surface."""

_TILES_AROUND, _TILES_DOWN = 4, 2
_FLAT_TILES = 2
_FLAT_EXPOSURE = 1.25
_RADIUS, _LIFT = 0.80, 0.03  # of the sphere and of its middle, in halves of the picture
_BAND_ROWS = 32  # rows computed at once: their intermediate values stay in the cache
_SHADOW_STEPS_PX = (1, 2, 3, 5, 7, 10, 14, 19, 25)
_NEUTRAL_ALBEDO, _NEUTRAL_ROUGHNESS = 0.35, 0.8
_ALBEDO, _NORMAL, _ROUGHNESS, _METALLIC, _OCCLUSION, _HEIGHT = slice(0, 3), slice(3, 6), 6, 7, 8, 9


def render_preview(maps: Mapping[MapKind, Pixels], size_px: int = 512) -> NDArray[np.uint8]:
    """The preview, RGB in sRGB, [size_px, 2 * size_px, 3]: the sphere on the left, the flat surface on the right.

    maps     pixels as they are in the files, all of one size: RGB albedo and normal, grey others; what is absent is
             neutral (mid grey, flat, rough, no metal, unoccluded)
    size_px  height of the picture, even, 64 or more

    Raises ValueError for an empty mapping, maps of unequal sizes or a size that is not allowed.
    """
    _check_size(size_px)
    material = _stack_material(maps)
    picture = np.empty((size_px, 2 * size_px, 3), np.uint8)
    picture[:, :size_px] = _render_sphere(material, size_px)
    picture[:, size_px:] = _render_flat(material, size_px, _FLAT_TILES, _has_relief(maps))
    return picture


def render_tile(maps: Mapping[MapKind, Pixels], size_px: int) -> NDArray[np.uint8]:
    """One tile of the flat surface in low light, RGB in sRGB, [size_px, size_px, 3].

    Maps, allowed sizes and errors are those of `render_preview`.
    """
    _check_size(size_px)
    return _render_flat(_stack_material(maps), size_px, 1, _has_relief(maps))


def _check_size(size_px: int) -> None:
    if size_px < 64 or size_px % 2:
        raise ValueError(f"size_px: {size_px} is not allowed; allowed: even numbers from 64")


def _has_relief(maps: Mapping[MapKind, Pixels]) -> bool:
    """Whether shadows can be cast: that takes the heights and, for their scale, the slopes."""
    return MapKind.NORMAL in maps and MapKind.HEIGHT in maps


def _stack_material(maps: Mapping[MapKind, Pixels]) -> Planes:
    """All channels of the material as [height, width, 10]: linear albedo, normal, roughness, metallic, AO, height."""
    shapes = {pixels.shape[:2] for pixels in maps.values()}
    if len(shapes) != 1:
        raise ValueError(f"maps: sizes {sorted(shapes)} are not allowed; allowed: at least one map, all of one size")
    material = np.empty((*shapes.pop(), 10), np.float32)
    material[..., :] = (*3 * (_NEUTRAL_ALBEDO,), 0, 0, 1, _NEUTRAL_ROUGHNESS, 0, 1, 0.5)
    if MapKind.ALBEDO in maps:
        material[..., _ALBEDO] = decode_srgb(maps[MapKind.ALBEDO].astype(np.uint8, copy=False))
    if MapKind.NORMAL in maps:
        material[..., _NORMAL] = maps[MapKind.NORMAL] * np.float32(2 / 255) - 1
    greys = (
        (MapKind.ROUGHNESS, _ROUGHNESS),
        (MapKind.METALLIC, _METALLIC),
        (MapKind.AMBIENT_OCCLUSION, _OCCLUSION),
        (MapKind.HEIGHT, _HEIGHT),
    )
    for kind, channel in greys:
        if kind in maps:
            material[..., channel] = maps[kind] / np.float32(np.iinfo(maps[kind].dtype).max)
    return material


def _shrink(material: Planes, width_px: float) -> Planes:
    """The mip level that neither flickers nor blurs: halved until it is less than 1.5 times `width_px` wide."""
    while material.shape[1] >= 1.5 * width_px and material.shape[0] % 2 == 0 and material.shape[1] % 2 == 0:
        material = 0.25 * (material[::2, ::2] + material[1::2, ::2] + material[::2, 1::2] + material[1::2, 1::2])
    return material


def _sample(material: Planes, across: Planes, down: Planes) -> Planes:
    """Bilinear, wrapped samples as planes [10, n]; `across` and `down` [n] count tiles from the upper left corner."""
    height, width = material.shape[:2]
    rows = material.reshape(height * width, -1)
    x, y = across * width - 0.5, down * height - 0.5
    left, top = np.floor(x), np.floor(y)
    right_share, low_share = (x - left)[:, None], (y - top)[:, None]
    column, line = left.astype(np.int32), top.astype(np.int32)
    columns = column % width, (column + 1) % width
    upper, lower = (
        rows[start + columns[0]] * (1 - right_share) + rows[start + columns[1]] * right_share
        for start in (line % height * width, (line + 1) % height * width)
    )
    return np.ascontiguousarray((upper + (lower - upper) * low_share).T)


def _as_surface(planes: Planes, normal: Planes, shadow: Planes | None = None) -> Surface:
    """Name the planes [10, n] for the shading; `normal` is in view space and need not be of length 1."""
    length = np.sqrt((normal * normal).sum(axis=0))
    return Surface(planes[_ALBEDO], normal / length, planes[_ROUGHNESS], planes[_METALLIC], planes[_OCCLUSION], shadow)


def _render_sphere(material: Planes, size_px: int) -> NDArray[np.uint8]:
    """The left half: the lit sphere on a backdrop with its soft shadow, [size_px, size_px, 3]."""
    material = _shrink(material, 0.25 * np.pi * _RADIUS * size_px)  # a quarter turn is half of pi radii wide
    axis = (np.arange(size_px, dtype=np.float32) + 0.5) * np.float32(2 / size_px) - 1
    bands = [
        _render_sphere_band(material, axis, -axis[top : top + _BAND_ROWS]) for top in range(0, size_px, _BAND_ROWS)
    ]
    return np.concatenate(bands)


def _render_sphere_band(material: Planes, right: Planes, up: Planes) -> NDArray[np.uint8]:
    """Some rows of the sphere's picture, [rows, columns, 3]; `right` and `up` run from -1 to 1 across all of it."""
    backdrop = _render_backdrop(right, up)
    x, y = np.meshgrid(right / np.float32(_RADIUS), (up - np.float32(_LIFT)) / np.float32(_RADIUS))
    squared = x * x + y * y
    inside = squared < 1
    x, y, squared = x[inside], y[inside], squared[inside]
    if not x.size:
        return _develop(backdrop)
    towards = np.sqrt(np.maximum(1 - squared, 1e-6))
    across = np.arctan2(x, towards) * np.float32(_TILES_AROUND / (2 * np.pi)) + np.float32(0.5)
    planes = _sample(material, across, np.arccos(y) * np.float32(_TILES_DOWN / np.pi))
    ring = np.sqrt(np.maximum(1 - y * y, 1e-6))
    tangent = np.stack([towards / ring, np.zeros_like(x), -x / ring])
    bitangent = np.stack([-x * y / ring, ring, -towards * y / ring])
    normal = planes[3] * tangent + planes[4] * bitangent + planes[5] * np.stack([x, y, towards])
    lit = shade(_as_surface(planes, normal), np.asarray([[0], [0], [1]], np.float32), SPHERE_LIGHT)
    cover = np.clip((1 - np.sqrt(squared)) * np.float32(0.5 * right.size * _RADIUS), 0, 1)
    backdrop[:, inside] += cover * (lit - backdrop[:, inside])
    return _develop(backdrop)


def _render_backdrop(right: Planes, up: Planes) -> Planes:
    """Rows of a seamless studio backdrop [3, rows, columns]: light behind the sphere, its shadow below."""
    glow = np.exp(-1.1 * (up - 0.25) ** 2)[:, None] * np.exp(-1.1 * right**2)
    spot = np.exp(-((up - _LIFT + 1.08 * _RADIUS) ** 2) / 0.022)[:, None] * np.exp(-((right - 0.10) ** 2) / 0.30)
    light = (0.035 + 0.17 * glow) * (1 - 0.75 * spot)
    backdrop: Planes = light * np.asarray([0.96, 1.0, 1.07], np.float32)[:, None, None]
    return backdrop


def _render_flat(material: Planes, size_px: int, tile_count: int, relief: bool) -> NDArray[np.uint8]:
    """`tile_count` squared tiles in low light, with cast shadows if there is `relief`, [size_px, size_px, 3]."""
    tile_px = size_px // tile_count
    material = _shrink(material, tile_px)
    if material.shape[:2] == (tile_px, tile_px):
        tile = np.ascontiguousarray(material.transpose(2, 0, 1))
    else:
        middle: Planes = ((np.arange(tile_px) + 0.5) / tile_px).astype(np.float32)
        tile = _sample(material, np.tile(middle, tile_px), np.repeat(middle, tile_px)).reshape(10, tile_px, tile_px)
    shadow = _cast_shadows(tile) if relief else np.ones((tile_px, tile_px), np.float32)
    planes = np.tile(np.concatenate([tile, shadow[None]]), (1, 1, tile_count))
    axis = np.linspace(-1, 1, size_px, dtype=np.float32)
    picture = np.empty((size_px, size_px, 3), np.uint8)
    for top in range(0, size_px, _BAND_ROWS):
        up = -axis[top : top + _BAND_ROWS]
        band = planes[:, np.arange(top, top + up.size) % tile_px].reshape(11, -1)
        view = np.stack([*np.meshgrid(-axis, -up), np.full((up.size, size_px), 3.2, np.float32)]).reshape(3, -1)
        view /= np.sqrt((view * view).sum(axis=0))
        lit = shade(_as_surface(band, band[_NORMAL], band[10]), view, GRAZING_LIGHT)
        picture[top : top + up.size] = _develop(np.float32(_FLAT_EXPOSURE) * lit.reshape(3, up.size, size_px))
    return picture


def _cast_shadows(tile: Planes) -> Planes:
    """Share of the key light that reaches each pixel [height, width], 0 to 1, marching towards the light.

    The height map is relative; its scale is the one that agrees best with the slopes in the normal map.
    """
    height = tile[_HEIGHT]
    upright = np.maximum(tile[5], 0.2)
    rise_right = 0.5 * (np.roll(height, -1, 1) - np.roll(height, 1, 1))
    rise_up = 0.5 * (np.roll(height, 1, 0) - np.roll(height, -1, 0))
    agreement = -(rise_right * tile[3] / upright + rise_up * tile[4] / upright).sum()
    height_px = height * np.float32(max(agreement, 0) / ((rise_right**2 + rise_up**2).sum() + 1e-9))
    right, up, towards = GRAZING_LIGHT
    flat = float(np.hypot(right, up))
    excess = np.zeros_like(height)
    for step in _SHADOW_STEPS_PX:
        shift = round(step * up / flat), round(-step * right / flat)
        ray_px = height_px + step * towards / flat
        # Distant obstacles cast softer shadows.
        excess = np.maximum(excess, (np.roll(height_px, shift, (0, 1)) - ray_px) / step**0.5)
    shadow: Planes = 1 / (1 + 2.5 * excess)
    return shadow


def _develop(color: Planes) -> NDArray[np.uint8]:
    """Linear light [3, height, width] to 8-bit sRGB [height, width, 3]."""
    flat = color.reshape(3, -1)
    return np.ascontiguousarray(encode_srgb(tone_map(flat)).T).reshape(*color.shape[1:], 3)
