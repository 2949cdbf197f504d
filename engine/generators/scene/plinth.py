"""The cut edge of a scene: walls of earth down to a level base, as if the land had been lifted out of its world."""

import numpy as np
from numpy.typing import NDArray

from engine.geometry.mesh import Mesh, joined

DEPTH_SHARE = 0.05
"""How far the base lies below the lowest ground, over the extent."""

LAYERS = (
    (0.0, (0.060, 0.042, 0.028)),
    (1.0, (0.085, 0.058, 0.037)),
    (1.4, (0.150, 0.104, 0.066)),
    (6.0, (0.112, 0.078, 0.051)),
    (6.6, (0.135, 0.100, 0.072)),
)
"""Depth below the surface in meters and linear color there, of topsoil and what lies under it."""

BASE_COLOR = (0.055, 0.045, 0.040)


def plinth_mesh(height_m: NDArray[np.float32], spacing_m: float) -> Mesh:
    """Four walls and a floor under a square of heights [edge, edge], its middle at the origin; colored, no texture."""
    extent_m = (len(height_m) - 1) * spacing_m
    base_m = float(height_m.min()) - max(DEPTH_SHARE * extent_m, 2.0 * LAYERS[-1][0])
    half = np.float32(extent_m / 2)
    along = (np.arange(len(height_m), dtype=np.float32) - np.float32((len(height_m) - 1) / 2)) * np.float32(spacing_m)
    sides = (
        (along, np.full_like(along, -half), height_m[0], (0.0, 0.0, -1.0)),
        (np.full_like(along, half), along, height_m[:, -1], (1.0, 0.0, 0.0)),
        (along[::-1], np.full_like(along, half), height_m[-1, ::-1], (0.0, 0.0, 1.0)),
        (np.full_like(along, -half), along[::-1], height_m[::-1, 0], (-1.0, 0.0, 0.0)),
    )
    walls = [_wall(x, z, top, base_m, np.array(normal, np.float32)) for x, z, top, normal in sides]
    return joined([*walls, _floor(half, base_m)])


def _wall(
    x: NDArray[np.float32],
    z: NDArray[np.float32],
    top_m: NDArray[np.float32],
    base_m: float,
    normal: NDArray[np.float32],
) -> Mesh:
    """One side: a row of vertices for each layer and one at the base, seen from outside from right to left."""
    depths = [*(depth for depth, _ in LAYERS), None]
    colors = [*(color for _, color in LAYERS), BASE_COLOR]
    rows = []
    for depth in depths:
        level = np.full_like(top_m, base_m) if depth is None else top_m - np.float32(depth)
        rows.append(np.stack([x, level, z], axis=-1))
    count = len(x)
    position = np.concatenate(rows).astype(np.float32)
    index = np.arange(len(position), dtype=np.uint32).reshape(len(rows), count)
    a, b, c, d = index[:-1, :-1], index[:-1, 1:], index[1:, :-1], index[1:, 1:]
    triangle = np.concatenate([np.stack(corners, axis=-1).reshape(-1, 3) for corners in ((a, b, c), (b, d, c))])
    return Mesh(position, np.tile(normal, (len(position), 1)), triangle, color=_painted(colors, count))


def _floor(half: np.float32, base_m: float) -> Mesh:
    corner = [[-half, base_m, -half], [half, base_m, -half], [-half, base_m, half], [half, base_m, half]]
    down = np.tile(np.array([0.0, -1.0, 0.0], np.float32), (4, 1))
    triangle = np.array([[0, 1, 2], [1, 3, 2]], np.uint32)
    return Mesh(np.array(corner, np.float32), down, triangle, color=_painted([BASE_COLOR], 4))


def _painted(colors: list[tuple[float, float, float]], count: int) -> NDArray[np.uint8]:
    """RGBA [len(colors) * count, 4]: `count` vertices of each color."""
    linear = np.repeat(np.array(colors), count, axis=0)
    return np.rint(np.column_stack([linear, np.ones(len(linear))]) * 255.0).astype(np.uint8)
