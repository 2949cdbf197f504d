"""Closed shapes of welded corners, before normals and texture coordinates: balls, boxes, prisms, turned profiles.

All are outward: seen from outside, triangles run counter-clockwise.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations, pairwise

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Triangles = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Shape:
    """Corners float64 [n, 3] in meters and triangles int64 [m, 3] between them."""

    position: Floats
    triangle: Triangles

    def moved(self, x: float, y: float, z: float) -> "Shape":
        """The shape elsewhere."""
        return Shape(self.position + np.array([x, y, z]), self.triangle)

    def turned(self, yaw: float = 0.0, pitch: float = 0.0, roll: float = 0.0) -> "Shape":
        """The shape turned about z (roll), then x (pitch), then y (yaw), in radians."""
        return Shape(self.position @ rotation(yaw, pitch, roll).T, self.triangle)


def rotation(yaw: float = 0.0, pitch: float = 0.0, roll: float = 0.0) -> Floats:
    """The matrix that turns about z (roll), then x (pitch), then y (yaw), in radians."""
    about_y = np.array([[math.cos(yaw), 0, math.sin(yaw)], [0, 1, 0], [-math.sin(yaw), 0, math.cos(yaw)]])
    about_x = np.array([[1, 0, 0], [0, math.cos(pitch), -math.sin(pitch)], [0, math.sin(pitch), math.cos(pitch)]])
    about_z = np.array([[math.cos(roll), -math.sin(roll), 0], [math.sin(roll), math.cos(roll), 0], [0, 0, 1]])
    matrix: Floats = about_y @ about_x @ about_z
    return matrix


def together(shapes: Sequence[Shape]) -> Shape:
    """Several shapes as one, not welded. Raises ValueError for none."""
    starts = np.cumsum([0] + [len(shape.position) for shape in shapes[:-1]])
    triangles = [shape.triangle + start for shape, start in zip(shapes, starts, strict=True)]
    return Shape(np.concatenate([shape.position for shape in shapes]), np.concatenate(triangles))


@lru_cache(maxsize=8)
def ball(level: int) -> Shape:
    """A sphere of radius 1: an icosahedron whose triangles are split in four `level` times; 20 * 4**level triangles."""
    if level == 0:
        golden = (1.0 + 5.0**0.5) / 2.0
        corners = [(-1, golden, 0), (1, golden, 0), (-1, -golden, 0), (1, -golden, 0), (0, -1, golden), (0, 1, golden)]
        corners += [(0, -1, -golden), (0, 1, -golden), (golden, 0, -1), (golden, 0, 1), (-golden, 0, -1)]
        position = np.array([*corners, (-golden, 0, 1)], np.float64)
        faces = "0b5 051 017 07a 0ab 159 5b4 ba2 a76 718 394 342 326 368 389 495 24b 62a 867 981"
        triangle = np.array([[int(corner, 16) for corner in face] for face in faces.split()])
        return Shape(position / np.linalg.norm(position, axis=1, keepdims=True), triangle)
    fine = subdivided(ball(level - 1))
    return Shape(fine.position / np.linalg.norm(fine.position, axis=1, keepdims=True), fine.triangle)


def subdivided(shape: Shape) -> Shape:
    """Every triangle split in four at the middles of its edges."""
    edges = np.concatenate([shape.triangle[:, [0, 1]], shape.triangle[:, [1, 2]], shape.triangle[:, [2, 0]]])
    edges.sort(axis=1)
    key, place = np.unique(edges[:, 0] * len(shape.position) + edges[:, 1], return_inverse=True)
    middle = 0.5 * (shape.position[key // len(shape.position)] + shape.position[key % len(shape.position)])
    ab, bc, ca = (place.reshape(3, -1) + len(shape.position)).astype(np.int64)
    a, b, c = shape.triangle.T
    quarters = [(a, ab, ca), (ab, b, bc), (ca, bc, c), (ab, bc, ca)]
    triangle = np.stack([np.stack(quarter, axis=1) for quarter in quarters], axis=1).reshape(-1, 3)
    return Shape(np.concatenate([shape.position, middle]), triangle)


def cut_block(facing: Floats, reach: Floats) -> Shape:
    """What is left between planes: the convex body of all points p with facing @ p <= reach.

    facing  float64 [planes, 3], unit vectors that point all around
    reach   float64 [planes], distances from the origin, greater than 0; planes that cut nothing off are harmless
    """
    one, two, three = np.array(list(combinations(range(len(facing)), 3))).T
    across = np.cross(facing[two], facing[three])
    volume = np.einsum("ni,ni->n", facing[one], across)
    meet = np.abs(volume) > 1e-6
    one, two, three, across, volume = one[meet], two[meet], three[meet], across[meet], volume[meet]
    point = reach[one, None] * across + reach[two, None] * np.cross(facing[three], facing[one])
    point = (point + reach[three, None] * np.cross(facing[one], facing[two])) / volume[:, None]
    inside = (point @ facing.T <= reach + 1e-9).all(axis=1)
    point, planes = point[inside], np.stack([one, two, three], axis=1)[inside]
    triangles = []
    for plane in range(len(facing)):
        rim = np.flatnonzero((planes == plane).any(axis=1))
        if len(rim) >= 3:
            local = point[rim] - point[rim].mean(axis=0)
            side = local[0] / np.linalg.norm(local[0])
            angle = np.arctan2(local @ np.cross(facing[plane], side), local @ side)
            ordered = rim[np.argsort(angle)]
            fan = np.arange(1, len(rim) - 1)
            triangles.append(np.stack([np.full(len(fan), ordered[0]), ordered[fan], ordered[fan + 1]], axis=1))
    return Shape(point, np.concatenate(triangles))


def box(width_m: float, height_m: float, depth_m: float, taper: float = 1.0) -> Shape:
    """A box that stands on the origin; `taper` scales its top."""
    half_x, half_z = 0.5 * width_m, 0.5 * depth_m
    outline = [(-half_x, -half_z), (-half_x, half_z), (half_x, half_z), (half_x, -half_z)]
    low = [(x, 0.0, z) for x, z in outline]
    high = [(x * taper, height_m, z * taper) for x, z in outline]
    return _prism(low, high)


def beam(start: Sequence[float], end: Sequence[float], width_m: float, depth_m: float | None = None) -> Shape:
    """A straight timber between two points."""
    first, last = np.asarray(start, np.float64), np.asarray(end, np.float64)
    along = last - first
    length = float(np.linalg.norm(along))
    along /= length
    other = np.array([0.0, 1.0, 0.0]) if abs(along[1]) < 0.9 else np.array([0.0, 0.0, 1.0])
    side = np.cross(along, other)
    side /= np.linalg.norm(side)
    axes = np.stack([side, along, np.cross(side, along)])
    shape = box(width_m, length, width_m if depth_m is None else depth_m)
    return Shape(shape.position @ axes + first, shape.triangle)


def extruded(outline: Sequence[tuple[float, float]], depth_m: float) -> Shape:
    """A prism along z, centred: a convex outline (x, y), counter-clockwise, `depth_m` thick."""
    half = 0.5 * depth_m
    return _prism([(x, y, -half) for x, y in outline], [(x, y, half) for x, y in outline])


def turned_profile(profile: Sequence[tuple[float, float]], sides: int) -> Shape:
    """A solid of revolution about y: points (radius, y) from the bottom's axis to the top's, outside on the right.

    Where the radius is 0 the points of a ring fall together. A profile that starts and ends on the axis is closed; so
    is one that ends where it starts (a ring).
    """
    ring = len(profile) > 2 and profile[0] == profile[-1]
    points = profile[:-1] if ring else profile
    angle = np.arange(sides) * (2.0 * np.pi / sides)
    positions, rows = [], []
    start = 0
    for radius, y in points:
        count = 1 if radius == 0.0 else sides
        positions.append(np.stack([radius * np.sin(angle), np.full(sides, y), radius * np.cos(angle)], axis=1)[:count])
        rows.append(np.full(sides, start) if count == 1 else start + np.arange(sides))
        start += count
    pairs = list(zip(rows, [*rows[1:], rows[0]], strict=True)) if ring else list(pairwise(rows))
    triangles = []
    for low, high in pairs:
        a, b, c, d = low, np.roll(low, -1), np.roll(high, -1), high
        if low[0] != low[1 % sides]:
            triangles.append(np.stack([a, b, c], axis=1))
        if high[0] != high[1 % sides]:
            triangles.append(np.stack([a, c, d], axis=1))
    return Shape(np.concatenate(positions), np.concatenate(triangles))


def _prism(low: list[tuple[float, float, float]], high: list[tuple[float, float, float]]) -> Shape:
    """A prism between two outlines that run counter-clockwise seen from the high one."""
    count = len(low)
    i = np.arange(count)
    j = (i + 1) % count
    sides = np.concatenate([np.stack([i, j, j + count], axis=1), np.stack([i, j + count, i + count], axis=1)])
    fan = np.arange(1, count - 1)
    zero = np.zeros_like(fan)
    bottom = np.stack([zero, fan + 1, fan], axis=1)
    top = np.stack([zero, fan, fan + 1], axis=1) + count
    return Shape(np.array(low + high, np.float64), np.concatenate([sides, bottom, top]))
