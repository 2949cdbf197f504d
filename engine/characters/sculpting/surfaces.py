"""Closed surfaces that characters are modelled from: lofts through shaped rings, balls, tufts along curves, shells."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from engine.geometry.props.shapes.solids import Shape, ball, rotation
from engine.geometry.props.shapes.tubes import curve

Floats = NDArray[np.float64]
Vector = Sequence[float] | Floats

X, Y, Z = np.eye(3)


def loft(
    center: Floats,
    side: Vector,
    up: Vector,
    half_side: Vector,
    half_up: Vector,
    exponent: float | Floats = 2.0,
    sides: int = 12,
    caps: tuple[bool, bool] = (True, True),
) -> Shape:
    """A closed skin through rings.

    center    [rings, 3]
    side, up  the directions in which a ring has the half axes `half_side` and `half_up` [rings]; [3] or [rings, 3]
    exponent  of the superellipse: 2 is round, 4 nearly a box; one, or one for each ring
    caps      whether the first and the last ring are closed
    """
    center = np.asarray(center, np.float64)
    rings = len(center)
    across, upward = (np.broadcast_to(np.asarray(axis, np.float64), (rings, 3))[:, None] for axis in (side, up))
    angle = (np.arange(sides) + 0.5) * (2.0 * np.pi / sides)
    power = (2.0 / np.broadcast_to(np.asarray(exponent, np.float64), rings))[:, None]
    cosine = np.sign(np.cos(angle)) * np.abs(np.cos(angle)) ** power
    sine = np.sign(np.sin(angle)) * np.abs(np.sin(angle)) ** power
    a = np.asarray(half_side, np.float64)[:, None] * cosine
    b = np.asarray(half_up, np.float64)[:, None] * sine
    position = center[:, None] + across * a[..., None] + upward * b[..., None]
    return closed(position, caps)


def closed(position: Floats, caps: tuple[bool, bool] = (True, True)) -> Shape:
    """A skin over a grid of points [rings, sides, 3] that closes around the second axis; ends closed on request."""
    rings, sides, _ = position.shape
    index = np.arange(rings * sides).reshape(rings, sides)
    following = np.roll(index, -1, axis=1)
    a, b, c, d = index[:-1], following[:-1], following[1:], index[1:]
    triangle = [np.stack([a, b, c], -1).reshape(-1, 3), np.stack([a, c, d], -1).reshape(-1, 3)]
    points = [position.reshape(-1, 3)]
    count = rings * sides
    for wanted, ring, turned in ((caps[0], 0, True), (caps[1], rings - 1, False)):
        if wanted:
            points.append(position[ring].mean(axis=0)[None])
            hub = np.full(sides, count)
            count += 1
            rim = (following[ring], index[ring]) if turned else (index[ring], following[ring])
            triangle.append(np.stack([*rim, hub], axis=-1))
    return outward(Shape(np.concatenate(points), np.concatenate(triangle)))


def outward(shape: Shape) -> Shape:
    """The shape with its triangles facing out, judged by the volume they enclose about its middle."""
    corner = shape.position[shape.triangle] - shape.position.mean(axis=0)
    volume = np.einsum("ni,ni->", corner[:, 0], np.cross(corner[:, 1], corner[:, 2]))
    return shape if volume >= 0 else Shape(shape.position, shape.triangle[:, ::-1].copy())


def blob(center: Vector, radii: Vector, level: int = 1, turn: tuple[float, float, float] = (0.0, 0.0, 0.0)) -> Shape:
    """An ellipsoid, turned by yaw, pitch and roll in radians."""
    shape = ball(level)
    return Shape((shape.position * np.asarray(radii)) @ rotation(*turn).T + np.asarray(center), shape.triangle)


def tuft(
    points: Sequence[Vector], radius: Sequence[float], sides: int = 7, rings: int = 6, flat: float = 1.0, up: Vector = Y
) -> Shape:
    """A closed tube along a smooth curve.

    radius  at evenly spread places along it
    flat    thickness along `up` as a share of the width
    """
    path = curve(np.asarray(points, np.float64), rings)
    along = unit(np.gradient(path, axis=0))
    side = np.cross(np.asarray(up, np.float64), along)
    level = np.linalg.norm(side, axis=1, keepdims=True) < 1e-3
    side = unit(np.where(level, np.cross(Z, along) + 1e-6 * X, side).astype(np.float64))
    size = np.interp(np.linspace(0.0, 1.0, rings), np.linspace(0.0, 1.0, len(radius)), radius)
    return loft(path, side, np.cross(along, side), size, size * flat, sides=sides)


def shell(
    surface: Callable[[Floats, Floats], Floats],
    middle: Vector,
    low: Callable[[Floats], Floats],
    high: float,
    thickness_m: float,
    sides: int = 22,
    rings: int = 7,
    span: tuple[float, float] | None = None,
) -> Shape:
    """A skin of some thickness over part of a surface, with a rim: hair, helmets, hoods, beards.

    surface  (angle [n], share [n]) -> points [n, 3]: angle about the vertical, 0 in front; share 0 to 1 from below
    middle   the point that thickness grows away from
    low      share at which the skin ends below, by angle
    high     share at which it begins above
    span     first and last angle; None: all around
    """
    full = span is None
    angle: Floats = np.arange(sides, dtype=np.float64) * (2.0 * np.pi / sides)
    if span is not None:
        angle = np.linspace(span[0], span[1], sides).astype(np.float64)
    step = np.linspace(0.0, 1.0, rings)[:, None]
    share = high + (low(angle)[None] - high) * step
    grid = surface(np.broadcast_to(angle, share.shape).ravel(), share.ravel())
    away = unit(grid - np.asarray(middle))
    outer = (grid + away * thickness_m).reshape(rings, sides, 3)
    inner = (grid - away * 0.004).reshape(rings, sides, 3)
    if full:
        # From the inside over the rim to the top: a closed surface without an inner half.
        return closed(np.concatenate([outer, inner[-1:], inner[-2:-1] * 0.5 + inner[-1:] * 0.5]), (True, True))
    edge = np.concatenate([inner[:, :1], outer, inner[:, -1:]], axis=1)
    body = np.concatenate([edge, inner[-1:, [0, *range(sides), sides - 1]]])
    top = inner[:1, [0, *range(sides), sides - 1]]
    return closed(np.concatenate([top, body]), (True, True))


def unit(vector: Floats) -> Floats:
    """Vectors [..., 3] made unit length."""
    result: Floats = vector / np.maximum(np.linalg.norm(vector, axis=-1, keepdims=True), 1e-12)
    return result
