"""From triangles in the world to triangles in the picture: perspective with clipping, or straight along the light."""

import numpy as np
from numpy.typing import NDArray

from engine.codecs.render.camera import NEAR_M, Camera
from engine.codecs.render.soup import Soup

Floats = NDArray[np.float32]
Indices = NDArray[np.int64]


def perspective(
    soup: Soup, camera: Camera, size_px: tuple[int, int], double_sided: NDArray[np.bool_]
) -> tuple[Floats, Indices]:
    """Corners as `rasterize` wants them, and the index of the triangle in the soup that each came from.

    double_sided  bool [triangles]; triangles of others vanish when seen from behind
    """
    width, height = size_px
    view = ((soup.position - np.asarray(camera.position)) @ camera.axes().T).astype(np.float32)
    corner = view[soup.triangle]
    source = np.flatnonzero((corner[..., 2] < -NEAR_M).any(axis=1))
    corner = corner[source]
    facing = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
    shown = double_sided[source] | (np.einsum("ni,ni->n", facing, corner[:, 0]) < 0)
    corner, source = corner[shown], source[shown]
    corner, origin = _clipped(corner)
    depth = -corner[..., 2]
    focal = np.float32(camera.focal_px(height))
    x = np.float32(0.5 * width) + focal * corner[..., 0] / depth
    y = np.float32(0.5 * height) - focal * corner[..., 1] / depth
    return np.stack([x, y, np.float32(NEAR_M) / depth], axis=-1), source[origin]


def pixel_rays(camera: Camera, size_px: tuple[int, int]) -> Floats:
    """Directions [height, width, 3] through the centres of the pixels, one unit deep (not of length 1)."""
    width, height = size_px
    focal = camera.focal_px(height)
    x = (np.arange(width) + 0.5 - 0.5 * width) / focal
    y = (0.5 * height - np.arange(height) - 0.5) / focal
    right, above, backward = camera.axes().astype(np.float32)
    across, up = x.astype(np.float32)[None, :, None], y.astype(np.float32)[:, None, None]
    rays: Floats = across * right + (up * above - backward)
    return rays


def _clipped(corner: Floats) -> tuple[Floats, Indices]:
    """Triangles cut at the near plane [n, 3, 3], and which one each came from."""
    front = corner[..., 2] <= -NEAR_M
    count = front.sum(axis=1)
    whole, one, two = (np.flatnonzero(count == number) for number in (3, 1, 2))
    parts, origins = [corner[whole]], [whole]
    if len(one):
        lead = _turned(corner[one], np.argmax(front[one], axis=1))
        first, second = _at_near(lead[:, 0], lead[:, 1]), _at_near(lead[:, 0], lead[:, 2])
        parts.append(np.stack([lead[:, 0], first, second], axis=1))
        origins.append(one)
    if len(two):
        lead = _turned(corner[two], np.argmin(front[two], axis=1))  # the first corner is the one behind
        first, second = _at_near(lead[:, 1], lead[:, 0]), _at_near(lead[:, 2], lead[:, 0])
        parts += [np.stack([lead[:, 1], lead[:, 2], second], axis=1), np.stack([lead[:, 1], second, first], axis=1)]
        origins += [two, two]
    return np.concatenate(parts), np.concatenate(origins)


def _turned(corner: Floats, first: Indices) -> Floats:
    """The same triangles, starting at another corner."""
    order = (first[:, None] + np.arange(3)) % 3
    return np.take_along_axis(corner, order[:, :, None], axis=1)


def _at_near(visible: Floats, hidden: Floats) -> Floats:
    """Where the edge from a visible to a hidden point meets the near plane."""
    share = (visible[:, 2:] + NEAR_M) / (visible[:, 2:] - hidden[:, 2:])
    point: Floats = (visible + share * (hidden - visible)).astype(np.float32)
    point[:, 2] = -NEAR_M
    return point
