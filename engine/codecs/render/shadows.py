"""Which points of a picture the sun reaches: shadow maps fitted to what the picture shows.

A shadow map is the picture that the sun has of the scene (Williams, "Casting Curved Shadows on Curved Surfaces",
SIGGRAPH 1978), looked up with percentage-closer filtering (Reeves et al., SIGGRAPH 1987). Two maps share the work: one
for the nearer half of the visible points, one for all (Lauritzen et al., "Sample Distribution Shadow Maps", I3D 2011).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.codecs.render.raster import rasterize
from engine.codecs.render.soup import Soup

Floats = NDArray[np.float32]

_TAPS = tuple((x, y) for x in (-1.0, 0.0, 1.0) for y in (-1.0, 0.0, 1.0))
_NEAREST, _FARTHEST = 1.0, 0.1  # nearness in a shadow map, of the casters that are closest to and farthest from the sun


@dataclass(frozen=True, slots=True, eq=False)
class ShadowMap:
    """The sun's view: a point p is at ((p - corner) @ axes.T) / texel_m, its height towards the sun in meters."""

    axes: NDArray[np.float64]
    corner: NDArray[np.float64]
    texel_m: float
    height_m: Floats


def shadow_maps(soup: Soup, shown: Floats, distance: Floats, to_light: Floats, size_px: int) -> tuple[ShadowMap, ...]:
    """Maps from fine to coarse for the points of a picture.

    soup      what casts shadows
    shown     float32 [n, 3], the points to be looked up, or a sample of them
    distance  float32 [n], how far they are from the camera
    to_light  unit vector [3]
    """
    if not len(shown) or not len(soup.triangle):
        return ()
    near = shown[distance <= np.quantile(distance, 0.5)]
    return tuple(_map(soup, points, to_light, size_px) for points in (near, shown))


def lit_share(maps: tuple[ShadowMap, ...], point: Floats, normal: Floats) -> Floats:
    """Share of the sun [n] that reaches points [n, 3] on surfaces with these normals, 0 to 1."""
    share = np.ones(len(point), np.float32)
    open_points = np.arange(len(point))
    for number, shadow_map in enumerate(maps):
        size = len(shadow_map.height_m)
        texel = np.float32(shadow_map.texel_m)
        lifted = point[open_points] + normal[open_points] * (2.0 * texel)
        local = ((lifted - shadow_map.corner) @ shadow_map.axes.T).astype(np.float32)
        x, y = local[:, 0] / texel, local[:, 1] / texel
        covered = (x >= 2) & (y >= 2) & (x < size - 2) & (y < size - 2)
        if number < len(maps) - 1:
            chosen = np.flatnonzero(covered)
        else:
            chosen, x, y = np.arange(len(open_points)), np.clip(x, 2, size - 3), np.clip(y, 2, size - 3)
        hidden = np.zeros(len(chosen), np.float32)
        for shift_x, shift_y in _TAPS:
            column = (x[chosen] + np.float32(shift_x)).astype(np.int64)
            row = (y[chosen] + np.float32(shift_y)).astype(np.int64)
            hidden += shadow_map.height_m[row, column] > local[chosen, 2] + texel
        share[open_points[chosen]] = 1.0 - hidden / np.float32(len(_TAPS))
        open_points = np.delete(open_points, chosen)
    return share


def _map(soup: Soup, points: Floats, to_light: Floats, size_px: int) -> ShadowMap:
    axes = _axes(np.asarray(to_light, np.float64))
    local = points @ axes.T
    low, high = local[:, :2].min(axis=0), local[:, :2].max(axis=0)
    texel_m = max(float((high - low).max()) / (size_px - 8), 1e-4)
    corner = np.append(low - 4 * texel_m, 0.0) @ axes
    seen = ((soup.position - corner) @ axes.T).astype(np.float32)
    bottom, top = float(seen[:, 2].min()), float(seen[:, 2].max())
    reach = max(top - bottom, 1e-3)
    seen[:, :2] /= np.float32(texel_m)
    seen[:, 2] = _FARTHEST + (seen[:, 2] - bottom) * ((_NEAREST - _FARTHEST) / reach)
    view = rasterize(seen[soup.triangle], (size_px, size_px))
    height = bottom + (view.nearness - _FARTHEST) * (reach / (_NEAREST - _FARTHEST))
    height[view.triangle < 0] = -np.inf
    return ShadowMap(axes, corner, texel_m, height.astype(np.float32))


def _axes(to_light: NDArray[np.float64]) -> NDArray[np.float64]:
    """Two directions across the light and the one towards it, as rows."""
    other = np.array([0.0, 0.0, 1.0]) if abs(to_light[1]) > 0.9 else np.array([0.0, 1.0, 0.0])
    right = np.cross(other, to_light)
    right /= np.linalg.norm(right)
    return np.stack([right, np.cross(to_light, right), to_light])
