"""From shapes to meshes: normals with creases, texture coordinates in meters, colors."""

from collections.abc import Sequence
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from engine.geometry.mesh import Mesh
from engine.geometry.props.shapes.solids import Shape, together

Floats = NDArray[np.float64]
Color = tuple[float, float, float]

WHITE: Color = (1.0, 1.0, 1.0)


class Projection(StrEnum):
    """How texture coordinates, in meters, are laid over a shape."""

    BOX = "box"
    """From the nearest of the three axes: continuous over round shapes."""

    FACE = "face"
    """Straight onto every plane face, u level: right for roofs and leaning timber."""


def surfaced(
    shape: Shape,
    crease_deg: float = 35.0,
    projection: Projection = Projection.BOX,
    color: Color | Floats = WHITE,
    normal: Floats | None = None,
) -> Mesh:
    """The mesh of a shape: smooth where faces meet at less than `crease_deg`, edged elsewhere.

    color   linear factor of the material's color, each 0 to 1: one, or one for each corner of the shape [n, 3]
    normal  unit normals of the shape's corners [n, 3], in place of those derived from the faces
    """
    corner = shape.position[shape.triangle]
    facing = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
    area = np.linalg.norm(facing, axis=1)
    whole = area > 1e-10
    triangle, corner, facing, area = shape.triangle[whole], corner[whole], facing[whole], area[whole]
    unit = facing / area[:, None]
    if normal is None:
        normal = creased_normals(triangle, facing, unit, len(shape.position), np.cos(np.radians(crease_deg)))
    else:
        normal = normal[triangle.ravel()]
    frame = _frames(unit, projection)
    coordinate = np.einsum("tai,tci->tca", frame, corner).reshape(-1, 2)
    position = corner.reshape(-1, 3)
    # Corners that agree in place, normal and coordinates share a vertex.
    rounded = np.round((normal + 1.0) * 200.0).astype(np.int64)
    key = triangle.ravel() * 401 + rounded[:, 0]
    key = (key * 401 + rounded[:, 1]) * 401 + rounded[:, 2]
    placed = np.round(coordinate * 1000.0).astype(np.int64)
    key = (key * 2000003 + placed[:, 0]) * 2000003 + placed[:, 1]  # wraps around; collisions need 64 equal bits
    _, first, place = np.unique(key, return_index=True, return_inverse=True)
    return Mesh(
        position=position[first].astype(np.float32),
        normal=_unit(normal[first]),
        triangle=place.reshape(-1, 3).astype(np.uint32),
        texture_coordinate=coordinate[first].astype(np.float32),
        color=encode_color(np.broadcast_to(np.asarray(color), (len(shape.position), 3))[triangle.ravel()[first]]),
    )


def assembled(
    shapes: Sequence[Shape],
    colors: Floats,
    crease_deg: float = 25.0,
    projection: Projection = Projection.FACE,
) -> Mesh:
    """One mesh of several pieces, each of its own color: `colors` float64 [shapes, 3]. Raises ValueError for none."""
    counts = [len(shape.position) for shape in shapes]
    return surfaced(together(shapes), crease_deg, projection, np.repeat(colors, counts, axis=0))


def encode_color(color: Floats) -> NDArray[np.uint8]:
    """Linear factors [n, 3] in 0 to 1 as uint8 [n, 4], opaque."""
    codes = np.full((len(color), 4), 255, np.uint8)
    codes[:, :3] = np.round(np.clip(color, 0.0, 1.0) * 255.0)
    return codes


def recolored(mesh: Mesh, low: Color, high: Color, patches: Floats | None = None) -> Mesh:
    """The mesh with a gradient from its lowest to its highest vertex.

    patches  float64 [waves, 4]: direction and phase of waves in space that lighten and darken by some percent
    """
    y = mesh.position[:, 1].astype(np.float64)
    share = ((y - y.min()) / max(float(y.max() - y.min()), 1e-6))[:, None]
    color = np.array(low) * (1.0 - share) + np.array(high) * share
    if patches is not None:
        waves = np.sin(mesh.position @ patches[:, :3].T + patches[:, 3])
        color = color * (1.0 + 0.22 * waves.mean(axis=1, keepdims=True) * np.sqrt(len(patches)) - 0.1)
    return Mesh(mesh.position, mesh.normal, mesh.triangle, mesh.texture_coordinate, mesh.tangent, encode_color(color))


def stretched(shape: Shape, scale: Sequence[float]) -> Shape:
    """The shape with each axis scaled; all factors positive."""
    return Shape(shape.position * np.array(scale), shape.triangle)


def creased_normals(
    triangle: NDArray[np.int64], facing: Floats, unit: Floats, vertex_count: int, cosine: float
) -> Floats:
    """Unit normal of every corner [3 * triangles, 3]: the mean of the faces around it that are not beyond a crease."""
    vertex = triangle.ravel()
    order = np.argsort(vertex, kind="stable")
    valence = np.bincount(vertex, minlength=vertex_count)
    starts = np.cumsum(valence) - valence
    slot = np.arange(len(vertex)) - starts[vertex[order]]
    around = np.full((vertex_count, int(valence.max())), -1)
    around[vertex[order], slot] = order // 3
    neighbours = around[vertex]
    own = unit[np.repeat(np.arange(len(triangle)), 3)]
    close = (np.einsum("ckj,cj->ck", unit[neighbours], own) >= cosine) & (neighbours >= 0)
    summed = np.einsum("ckj,ck->cj", facing[neighbours], close)
    length = np.linalg.norm(summed, axis=1, keepdims=True)
    normals: Floats = np.where(length > 1e-12, summed / np.maximum(length, 1e-12), own)
    return normals


def _frames(unit: Floats, projection: Projection) -> Floats:
    """Directions of growing u and v for every face, [triangles, 2, 3]; v grows downwards."""
    if projection == Projection.BOX:
        axis = np.abs(unit).argmax(axis=1)
        nearest = np.zeros_like(unit)
        rows = np.arange(len(unit))
        nearest[rows, axis] = np.sign(unit[rows, axis])
        unit = nearest
    level = np.stack([unit[:, 2], np.zeros(len(unit)), -unit[:, 0]], axis=1)
    length = np.linalg.norm(level, axis=1, keepdims=True)
    level = np.where(length > 1e-6, level / np.maximum(length, 1e-6), np.array([1.0, 0.0, 0.0]))
    rise = np.cross(unit, level)
    return np.stack([level, -rise], axis=1)


def _unit(vector: Floats) -> NDArray[np.float32]:
    single = vector.astype(np.float32)
    unit: NDArray[np.float32] = single / np.linalg.norm(single, axis=1, keepdims=True)
    return unit
