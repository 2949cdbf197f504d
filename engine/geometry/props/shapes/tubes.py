"""Round wood and stems: closed tubes along a path."""

import numpy as np
from numpy.typing import NDArray

from engine.geometry.mesh import Mesh
from engine.geometry.props.shapes.surface import WHITE, Color, encode_color

Floats = NDArray[np.float64]


def tube(path: Floats, radius: Floats, sides: int, color: Color | Floats = WHITE, ribs: float = 0.0) -> Mesh:
    """A closed tube with flat ends.

    path    float64 [rings, 3], meters, no point twice
    radius  float64 [rings], meters, greater than 0
    sides   3 or more
    color   linear factor, one or float64 [rings, 3]
    ribs    0 to 0.5: how deep every second side lies below the others

    u runs around in steps of half a meter, so that images whose width divides that have no seam; v runs down.
    """
    rings = len(path)
    along = np.gradient(path, axis=0)
    along /= np.linalg.norm(along, axis=1, keepdims=True)
    side, other = _frames(along)
    angle = np.arange(sides + 1) * (2.0 * np.pi / sides)
    round_trip = np.cos(angle)[None, :, None] * side[:, None] + np.sin(angle)[None, :, None] * other[:, None]
    depth = np.where(np.arange(sides + 1) % 2 == 1, 1.0 - ribs, 1.0)
    depth[-1] = depth[0]
    position = path[:, None] + round_trip * (radius[:, None] * depth)[..., None]
    position[:, -1] = position[:, 0]
    length = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(path, axis=0), axis=1))])
    slope = np.gradient(radius, length)
    normal = round_trip - slope[:, None, None] * along[:, None]
    circumference = max(1.0, round(4.0 * np.pi * float(radius.mean()))) / 2.0
    u = np.broadcast_to(angle / (2.0 * np.pi) * circumference, (rings, sides + 1))
    v = np.broadcast_to(-length[:, None], (rings, sides + 1))
    tint = np.broadcast_to(np.asarray(color, np.float64), (rings, 3))
    colors = np.repeat(tint, sides + 1, axis=0)

    index = np.arange(rings * (sides + 1)).reshape(rings, sides + 1)
    a, b, c, d = (part.ravel() for part in (index[:-1, :-1], index[:-1, 1:], index[1:, 1:], index[1:, :-1]))
    triangles = [np.stack([a, b, c], axis=1), np.stack([a, c, d], axis=1)]
    positions, normals = [position.reshape(-1, 3)], [normal.reshape(-1, 3)]
    coordinates = [np.stack([u.ravel(), v.ravel()], axis=1)]
    tints = [colors]
    start = rings * (sides + 1)
    fan = np.arange(1, sides - 1)
    for ring, outward in ((0, -1.0), (rings - 1, 1.0)):
        rim = position[ring, :sides]
        positions.append(rim)
        normals.append(np.tile(along[ring] * outward, (sides, 1)))
        local = rim - path[ring]
        coordinates.append(np.stack([local @ side[ring], local @ other[ring]], axis=1))
        tints.append(np.tile(tint[ring], (sides, 1)))
        cap = [np.zeros_like(fan), fan, fan + 1] if outward > 0 else [np.zeros_like(fan), fan + 1, fan]
        triangles.append(np.stack(cap, axis=1) + start)
        start += sides
    normal_all = np.concatenate(normals).astype(np.float32)
    return Mesh(
        position=np.concatenate(positions).astype(np.float32),
        normal=normal_all / np.linalg.norm(normal_all, axis=1, keepdims=True),
        triangle=np.concatenate(triangles).astype(np.uint32),
        texture_coordinate=np.concatenate(coordinates).astype(np.float32),
        color=encode_color(np.concatenate(tints)),
    )


def curve(points: list[tuple[float, float, float]] | Floats, count: int) -> Floats:
    """`count` points, evenly by parameter, on a smooth curve through `points` (Catmull-Rom), float64 [count, 3]."""
    knots = np.asarray(points, np.float64)
    padded = np.concatenate([2.0 * knots[:1] - knots[1:2], knots, 2.0 * knots[-1:] - knots[-2:-1]])
    at = np.linspace(0.0, len(knots) - 1.0, count)
    piece = np.minimum(at.astype(np.int64), len(knots) - 2)
    t = (at - piece)[:, None]
    a, b, c, d = (padded[piece + shift] for shift in range(4))
    smooth: Floats = 0.5 * (
        2.0 * b + (c - a) * t + (2.0 * a - 5.0 * b + 4.0 * c - d) * t**2 + (3.0 * b - a - 3.0 * c + d) * t**3
    )
    return smooth


def _frames(along: Floats) -> tuple[Floats, Floats]:
    """Two directions across the path at every ring, carried along without twist."""
    side = np.empty_like(along)
    start = np.array([1.0, 0.0, 0.0]) if abs(along[0, 0]) < 0.9 else np.array([0.0, 0.0, 1.0])
    for ring, direction in enumerate(along):
        start = start - direction * (start @ direction)
        start = start / np.linalg.norm(start)
        side[ring] = start
    return side, np.cross(along, side)
