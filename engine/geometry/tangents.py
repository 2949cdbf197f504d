"""Tangents from texture coordinates: the frame that a tangent-space normal map is read in.

The average that MikkTSpace (Mikkelsen 2008, "Simulation of Wrinkled Surfaces Revisited", section 3.4) takes: every
triangle gives its direction of growing u to its corners, weighted with the corner's angle and made perpendicular to the
vertex normal. Unlike there, vertices are never split: where mirrored images meet in one vertex the larger side wins.
"""

import numpy as np
from numpy.typing import NDArray

from engine.geometry.mesh import Mesh

_Vectors = NDArray[np.float32]


def vertex_tangents(mesh: Mesh) -> NDArray[np.float32]:
    """Tangents of the vertices, float32 [vertices, 4]: length 1, perpendicular to the normal; w is 1 or -1.

    xyz follows growing u, and cross(normal, tangent) * w points towards the top of the image (falling v). A vertex
    without a usable triangle gets any perpendicular direction and w = 1.

    Raises ValueError if the mesh has no texture coordinates.
    """
    if mesh.texture_coordinate is None:
        raise ValueError("texture_coordinate: None is not allowed; allowed: float32 [vertices, 2]")
    corner = mesh.triangle.T
    along_u, orientation = _directions(mesh.position[corner], mesh.texture_coordinate[corner])
    total = np.zeros((mesh.vertex_count, 3))
    side = np.zeros(mesh.vertex_count)
    for index, angle in zip(corner, _angles(mesh.position[corner]), strict=True):
        direction = _unit(_flattened(along_u, mesh.normal[index])) * angle[:, None]
        for axis in range(3):
            total[:, axis] += np.bincount(index, direction[:, axis], mesh.vertex_count)
        side += np.bincount(index, orientation * angle, mesh.vertex_count)
    tangent = _unit(_flattened(total.astype(np.float32), mesh.normal))
    lost = ~tangent.any(axis=1)
    tangent[lost] = _any_perpendicular(mesh.normal[lost])
    return np.concatenate([tangent, np.where(side < 0, -1, 1)[:, None]], axis=1).astype(np.float32)


def _directions(point: _Vectors, coordinate: _Vectors) -> tuple[_Vectors, _Vectors]:
    """Per triangle the direction of growing u, [triangles, 3], of any length, and whether the image is mirrored, [...].

    point [3, triangles, 3] and coordinate [3, triangles, 2]. Orientation is 1, -1 for a mirrored image, 0 for none.
    """
    first, second = point[1] - point[0], point[2] - point[0]
    du_first, dv_first = (coordinate[1] - coordinate[0]).T
    du_second, dv_second = (coordinate[2] - coordinate[0]).T
    # v grows downwards, so an image that is not mirrored runs clockwise here.
    orientation = -np.sign(du_first * dv_second - du_second * dv_first)
    along_u = (first * dv_second[:, None] - second * dv_first[:, None]) * -orientation[:, None]
    return along_u, orientation


def _angles(point: _Vectors) -> _Vectors:
    """The triangles' inner angles [3, triangles] in radians; 0 where an edge has no length."""
    ahead, behind = _unit(np.roll(point, -1, axis=0) - point), _unit(np.roll(point, 1, axis=0) - point)
    angle: _Vectors = np.arccos(np.clip((ahead * behind).sum(axis=-1), -1, 1))
    return angle * (ahead.any(axis=-1) & behind.any(axis=-1))


def _flattened(vector: _Vectors, normal: _Vectors) -> _Vectors:
    """The part of `vector` that is perpendicular to `normal`, [n, 3]."""
    part: _Vectors = vector - normal * (vector * normal).sum(axis=1, keepdims=True)
    return part


def _unit(vector: _Vectors) -> _Vectors:
    """`vector` [..., 3] at length 1, or zero where it is too short to have a direction."""
    length = np.sqrt(np.einsum("...c,...c->...", vector, vector, dtype=np.float64))
    scale = np.where(length > 1e-20, 1 / np.maximum(length, 1e-20), 0)
    unit: _Vectors = (vector * scale[..., None]).astype(np.float32)
    return unit


def _any_perpendicular(normal: _Vectors) -> _Vectors:
    """Some direction perpendicular to each normal, [n, 3]: from the axis that the normal is farthest from."""
    axis = np.eye(3, dtype=np.float32)[np.abs(normal).argmin(axis=1)]
    return _unit(_flattened(axis, normal))
