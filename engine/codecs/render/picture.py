"""A picture of a scene, in software: the preview that every scene command writes.

The order of work: triangles (soup.py) are projected (project.py), the nearest in each pixel is found (raster.py), the
sun does the same for its shadows (shadows.py), then the surfaces are shaded (surfaces.py, light.py).
Transparent surfaces are a second layer over the first.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.codecs.render.camera import NEAR_M, Camera
from engine.codecs.render.light import Light, background, haze_color, light_of
from engine.codecs.render.project import perspective, pixel_rays
from engine.codecs.render.raster import Visible, rasterize
from engine.codecs.render.shadows import ShadowMap, lit_share, shadow_maps
from engine.codecs.render.soup import Soup, gather
from engine.codecs.render.surfaces import Points, blocks_of, shaded, shared_shading, surface_points
from engine.codecs.render.textures import pyramid
from engine.codecs.shading import encode_srgb, tone_map
from engine.errors import InvalidRequestError
from engine.geometry.scene import AlphaMode, Scene
from engine.geometry.sky.panorama import Sky, sky_at

Floats = NDArray[np.float32]

SIZE_MIN_PX, SIZE_MAX_PX = 16, 4096
HAZE_M = 6500.0
"""Distance at which haze hides two thirds of a thing."""

_SHADOW_MIN_PX, _SHADOW_MAX_PX = 256, 1536
_SHADOW_DETAIL = 0.4
"""What casts shadows is as detailed as if it were so much smaller."""

_HAZE_STEP_PX = 8
_OCCLUSION_TAPS = 8
_OCCLUSION_RADIUS_M = 0.9


@dataclass(frozen=True, slots=True, eq=False)
class _Stage:
    """What the steps of one picture share."""

    scene: Scene
    camera: Camera
    size_px: tuple[int, int]
    samples: int
    light: Light
    soup: Soup
    rays: Floats


def render_scene(
    scene: Scene, camera: Camera, size_px: tuple[int, int] = (960, 540), sky: Sky | None = None, *, samples: int = 1
) -> NDArray[np.uint8]:
    """A picture of a scene, sRGB [height, width, 3]; equal arguments give equal pixels.

    size_px  width and height, 16 to 4096 each
    sky      its light and background; None: a clear sky with the scene's sun, or that of a late morning
    samples  pixels per side of which each one is averaged: 1, or 2 for smooth edges at four times the work

    Distant instances are drawn with coarser levels of detail. Alpha masks are drawn as opaque; of a material's images
    the albedo and the normals are used. Raises InvalidRequestError for other sizes, DataError for broken images.
    """
    for field, value in (("size_px.width", size_px[0]), ("size_px.height", size_px[1])):
        if not SIZE_MIN_PX <= value <= SIZE_MAX_PX:
            raise InvalidRequestError(field, value, f"{SIZE_MIN_PX} to {SIZE_MAX_PX} pixels")
    if samples not in (1, 2):
        raise InvalidRequestError("samples", samples, "1 or 2")
    width, height = size_px[0] * samples, size_px[1] * samples
    light = light_of(sky or _own_sky(scene))
    soup = gather(scene, camera)
    rays = pixel_rays(camera, (width, height))
    stage = _Stage(scene, camera, (width, height), samples, light, soup, rays)
    solid, clear = _layers(stage)
    color = _backdrop(light, camera, size_px, samples)
    maps = _shadows(stage, solid, clear)
    for view in (solid, clear):
        _paint(color, stage, view, maps)
    pyramid.cache_clear()  # images are large, and the next picture is of another scene
    shown = tone_map(np.ascontiguousarray(color.reshape(-1, 3).T)).T.reshape(height, width, 3)
    if samples > 1:
        averaged = cv2.resize(np.ascontiguousarray(shown), size_px, interpolation=cv2.INTER_AREA)
        return encode_srgb(averaged.astype(np.float32))
    return encode_srgb(shown)


def _backdrop(light: Light, camera: Camera, size_px: tuple[int, int], samples: int) -> Floats:
    """What is behind everything [height, width, 3]: the sky is smooth, one look per pixel is enough."""
    width, height = size_px
    color = background(light, _unit(pixel_rays(camera, size_px).reshape(-1, 3))).reshape(height, width, 3)
    return color.repeat(samples, axis=0).repeat(samples, axis=1) if samples > 1 else color


def _unit(direction: Floats) -> Floats:
    unit: Floats = direction / np.sqrt(np.einsum("ni,ni->n", direction, direction))[:, None]
    return unit


def _own_sky(scene: Scene) -> Sky:
    if scene.sun is None:
        return sky_at(10.0)
    x, y, z = scene.sun.direction
    return Sky((-x, -y, -z))


def _layers(stage: _Stage) -> tuple[Visible, Visible]:
    """The nearest opaque surface in each pixel, and the nearest transparent one before it."""
    soup, materials = stage.soup, stage.scene.materials
    sides = np.array([material.double_sided for material in materials], bool)
    blended = np.array([material.alpha_mode == AlphaMode.BLEND for material in materials], bool)
    corner, source = perspective(soup, stage.camera, stage.size_px, sides[soup.material])
    clear = blended[soup.material[source]]
    views = []
    for chosen in (~clear, clear):
        view = rasterize(corner[chosen], stage.size_px)
        triangle = np.append(source[chosen], -1)[view.triangle]
        views.append(Visible(triangle, view.nearness))
    solid, before = views
    hidden = before.nearness <= solid.nearness
    return solid, Visible(np.where(hidden, -1, before.triangle), np.where(hidden, np.float32(0), before.nearness))


def _shadows(stage: _Stage, *views: Visible) -> tuple[ShadowMap, ...]:
    """Shadow maps for what the views show."""
    nearness = np.concatenate([view.nearness.ravel() for view in views])
    shown = np.flatnonzero(nearness > 0)[::7]
    depth = np.float32(NEAR_M) / nearness[shown]
    rays = stage.rays.reshape(-1, 3)
    point = (np.asarray(stage.camera.position) + rays[shown % len(rays)] * depth[:, None]).astype(np.float32)
    casters = gather(stage.scene, stage.camera, beside=True, detail=_SHADOW_DETAIL)
    materials = stage.scene.materials
    clear = np.array([material.alpha_mode == AlphaMode.BLEND for material in materials], bool)
    sides = np.array([material.double_sided for material in materials], bool)
    to_sun = -np.asarray(stage.light.sun.direction, np.float32)
    one, two, three = (casters.position[casters.triangle[:, corner]] for corner in range(3))
    towards_sun = np.cross(two - one, three - one) @ to_sun > 0
    chosen = ~clear[casters.material] & (sides[casters.material] | towards_sun)
    casters = Soup(
        casters.position,
        casters.normal,
        casters.color,
        casters.texture_coordinate,
        casters.triangle[chosen],
        casters.material[chosen],
    )
    size_px = min(_SHADOW_MAX_PX, max(_SHADOW_MIN_PX, 2 * max(stage.size_px)))
    return shadow_maps(casters, point, depth.astype(np.float32), to_sun, size_px)


def _paint(color: Floats, stage: _Stage, view: Visible, maps: tuple[ShadowMap, ...]) -> None:
    """Shade what one view shows over `color` [height, width, 3]."""
    pixels = np.flatnonzero(view.triangle >= 0)
    if not len(pixels):
        return
    lead, wide = blocks_of(view, stage.soup.material, stage.samples)
    rays = stage.rays.reshape(-1, 3)
    eye = np.asarray(stage.camera.position, np.float32)
    focal = np.float32(stage.camera.focal_px(stage.size_px[1]))
    haze = _haze(stage).reshape(-1, 3)

    def light_of_pixels(chosen: NDArray[np.int64]) -> tuple[Floats, Floats]:
        depth = np.float32(NEAR_M) / view.nearness.ravel()[chosen]
        position = eye + rays[chosen] * depth[:, None]
        triangle = view.triangle.ravel()[chosen]
        footprint = depth / focal * wide[chosen]
        points = surface_points(stage.soup, stage.scene.materials, triangle, position, eye, footprint)
        lit = lit_share(maps, position, points.normal)
        light, alpha = shaded(points, stage.light, lit, _openness(stage, view, points, chosen, depth))
        distance = depth * np.sqrt(np.einsum("ni,ni->n", rays[chosen], rays[chosen]))
        clear = np.exp(-distance / np.float32(HAZE_M))[:, None]
        return light * clear + haze[chosen] * (1 - clear), alpha

    shared_shading(color.reshape(-1, 3), pixels, lead, light_of_pixels)


def _haze(stage: _Stage) -> Floats:
    """The color [height, width, 3] into which every pixel's surface fades."""
    width, height = stage.size_px
    coarse = (max(2, width // _HAZE_STEP_PX), max(2, height // _HAZE_STEP_PX))
    rays = np.asarray(cv2.resize(stage.rays, coarse, interpolation=cv2.INTER_AREA), np.float32)
    direction = _unit(rays.reshape(-1, 3))
    color = haze_color(stage.light, direction).reshape(coarse[1], coarse[0], 3)
    return np.asarray(cv2.resize(color, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)


def _openness(stage: _Stage, view: Visible, points: Points, pixels: NDArray[np.int64], depth: Floats) -> Floats:
    """Share of the sky [n] that is not hidden by neighbours in the picture.

    McGuire et al., "The Alchemy Screen-Space Ambient Obscurance Algorithm", HPG 2011, eq. 10.
    """
    width, height = stage.size_px
    focal = np.float32(stage.camera.focal_px(height))
    radius_m = np.maximum(np.float32(_OCCLUSION_RADIUS_M), 10.0 * depth / focal)
    radius_px = np.clip(radius_m * focal / depth, 2.0, 0.15 * height)
    row, column = pixels // width, pixels % width
    turn = ((row % 4) * 4 + column % 4 * 7 % 16) * np.float32(2 * np.pi / 16)
    eye = np.asarray(stage.camera.position, np.float32)
    hidden = np.zeros(len(pixels), np.float32)
    for tap in range(_OCCLUSION_TAPS):
        angle = turn + np.float32(tap * 2.399963)  # the golden angle
        reach = radius_px * np.float32(((tap + 0.5) / _OCCLUSION_TAPS) ** 0.5)
        x = np.clip(column + np.round(np.cos(angle) * reach), 0, width - 1).astype(np.int64)
        y = np.clip(row + np.round(np.sin(angle) * reach), 0, height - 1).astype(np.int64)
        near = view.nearness[y, x]
        other = eye + stage.rays[y, x] * (np.float32(NEAR_M) / np.maximum(near, 1e-9))[:, None]
        away = other - points.position
        square = np.einsum("ni,ni->n", away, away)
        rise = np.einsum("ni,ni->n", away, points.normal) - 0.004 * depth
        close = (near > 0) & (square < radius_m * radius_m)
        hidden += np.where(close, np.maximum(rise, 0) / (np.sqrt(square) + 1e-4), 0)
    openness: Floats = np.clip(1 - 1.6 * hidden / np.float32(_OCCLUSION_TAPS), 0.15, 1).astype(np.float32)
    return openness
