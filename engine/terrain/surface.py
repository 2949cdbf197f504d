"""A height grid as meshes: square chunks with levels of detail, and skirts that close the gaps between levels.

Every level of detail is a subset of the finest vertices, so two chunks of any levels meet in the vertices that both
have. Between these the coarser edge is straight and the finer one is not: the skirt, a strip that hangs down from every
edge, hides what would be seen through there.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.geometry.mesh import Mesh

SKIRT_SHARE = 0.06
"""Depth of a skirt over the chunk's edge length: more than the edges of two levels can differ on walkable land."""


@dataclass(frozen=True, slots=True, eq=False)
class Surface:
    """A rectangle of terrain: rows along +Z, columns along +X.

    height_m  float32 [rows, columns]
    normal    float32 [rows, columns, 3]
    spacing_m between vertices
    """

    height_m: NDArray[np.float32]
    normal: NDArray[np.float32]
    spacing_m: float


def chunk_mesh(surface: Surface, y: int, x: int, cells: int, stride: int, *, rim: bool = True) -> Mesh:
    """The square of `cells` cells from vertex (y, x) on, with every `stride`-th vertex, and its skirt.

    rim  False leaves the skirt out where the chunk's edge is that of the whole surface

    Positions are relative to the surface's middle; texture coordinates run from 0 to 1 over the whole surface.
    `cells` is a multiple of `stride`; every number lies inside the surface.
    """
    rows, columns = surface.height_m.shape
    at_y, at_x = np.arange(y, y + cells + 1, stride), np.arange(x, x + cells + 1, stride)
    count = len(at_x)
    spacing = surface.spacing_m
    position = np.empty((count, count, 3), np.float32)
    position[..., 0] = (at_x[None] - (columns - 1) / 2) * spacing
    position[..., 1] = surface.height_m[at_y[:, None], at_x[None]]
    position[..., 2] = (at_y[:, None] - (rows - 1) / 2) * spacing
    coordinate = np.empty((count, count, 2), np.float32)
    coordinate[..., 0], coordinate[..., 1] = at_x[None] / (columns - 1), at_y[:, None] / (rows - 1)
    normal = surface.normal[at_y[:, None], at_x[None]]
    index = np.arange(count * count, dtype=np.uint32).reshape(count, count)
    parts = [_faces(index)]
    positions, normals = position.reshape(-1, 3), normal.reshape(-1, 3)
    coordinates = coordinate.reshape(-1, 2)
    ring = _ring(index)
    hanging = positions[ring].copy()
    hanging[:, 1] -= np.float32(SKIRT_SHARE * cells * spacing)
    lower = np.arange(len(positions), len(positions) + len(ring), dtype=np.uint32)
    strip = _strip(ring, lower)
    if not rim:
        strip = strip[np.tile(~_outermost(y, x, cells, (rows, columns), count - 1), 2)]
    parts.append(strip)
    positions = np.concatenate([positions, hanging])
    normals = np.concatenate([normals, normals[ring]])
    coordinates = np.concatenate([coordinates, coordinates[ring]])
    return Mesh(positions, np.ascontiguousarray(normals), np.concatenate(parts), coordinates)


def _outermost(y: int, x: int, cells: int, size: tuple[int, int], steps: int) -> NDArray[np.bool_]:
    """Which of the 4 * steps pieces of a chunk's edge, in the order of its ring, lie on the surface's own edge."""
    sides = y == 0, x + cells == size[1] - 1, y + cells == size[0] - 1, x == 0
    return np.repeat(np.array(sides), steps)


def _faces(index: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Two triangles per cell, split along alternating diagonals, counter-clockwise seen from above."""
    a, b, c, d = index[:-1, :-1], index[:-1, 1:], index[1:, :-1], index[1:, 1:]
    first = np.stack([a, c, b, b, c, d], axis=-1)
    second = np.stack([a, c, d, a, d, b], axis=-1)
    y, x = np.indices(a.shape)
    return np.where(((y + x) % 2 == 0)[..., None], first, second).reshape(-1, 3).astype(np.uint32)


def _ring(index: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """The vertices along the edge, once around, clockwise seen from above; the first one again at the end."""
    return np.concatenate([index[0, :-1], index[:-1, -1], index[-1, :0:-1], index[:0:-1, 0], index[:1, 0]])


def _strip(upper: NDArray[np.uint32], lower: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """The wall between the ring above and the one below, seen from outside."""
    a, b, c, d = upper[:-1], upper[1:], lower[:-1], lower[1:]
    return np.concatenate([np.stack([a, b, c], axis=-1), np.stack([b, d, c], axis=-1)]).astype(np.uint32)
