"""Leaves as geometry: soft clumps, loose leaves on them, and bent blades. No images, no transparency.

Normals of clumps and leaves point away from the middle of the crown and not off the surface, so that a crown is
shaded as one soft volume. Leaves and blades have two triangles back to back in place of one: a double-sided material
would turn their normals inwards on one side, and half of a crown would be black.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.geometry.mesh import Mesh
from engine.geometry.props.dice import Dice
from engine.geometry.props.shapes.solids import ball
from engine.geometry.props.shapes.surface import Color, encode_color

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Clump:
    """An ellipsoid of leaves.

    center, radii  float64 [3], meters
    waves          float64 [n, 4], see `lumps`
    roughness      how far lumps stand out, as a share of the radius
    """

    center: Floats
    radii: Floats
    waves: Floats
    roughness: float = 0.12

    def surface(self, direction: Floats, scale: float = 1.0) -> Floats:
        """Points [n, 3] of the surface in the directions of unit vectors [n, 3]."""
        return self.center + direction * self.radii * (lumps(self.waves, direction, self.roughness) * scale)[:, None]


@dataclass(frozen=True, slots=True)
class Shading:
    """Colors of a crown: factors at its shaded bottom and at its sunny top, and where these are."""

    dark: Color
    bright: Color
    bottom_m: float
    top_m: float

    def color(self, position: Floats, depth: Floats) -> Floats:
        """Factors [n, 3]; `depth` [n], 0 at the outside to 1 deep inside, darkens."""
        share = np.clip((position[:, 1] - self.bottom_m) / max(self.top_m - self.bottom_m, 1e-6), 0.0, 1.0)
        share = (share * (1.0 - 0.6 * depth))[:, None]
        return np.array(self.dark) * (1.0 - share) + np.array(self.bright) * share


def make_waves(dice: Dice, name: str, low: float = 2.0, high: float = 5.0, count: int = 6) -> Floats:
    """Waves for `lumps` [count, 4]: wave vectors and phases."""
    length = dice.values(f"{name} length", low, high, count)
    phase = dice.values(f"{name} phase", 0.0, 2.0 * np.pi, count)
    return np.concatenate([dice.directions(name, count) * length[:, None], phase[:, None]], axis=1)


def lumps(waves: Floats, direction: Floats, roughness: float) -> Floats:
    """Factor [n] near 1 by which a ball bulges in some directions."""
    bulge: Floats = np.sin(direction @ waves[:, :3].T + waves[:, 3]).mean(axis=1) * np.sqrt(len(waves))
    return 1.0 + roughness * bulge


def clump_mesh(clump: Clump, level: int, middle: Floats, shading: Shading, scale: float = 1.0) -> Mesh:
    """A closed clump: a ball of 20 * 4**level triangles; `middle` [3] is that of the whole crown."""
    shape = ball(level)
    position = clump.surface(shape.position, scale)
    outward = shape.position / clump.radii * float(clump.radii.mean())
    normal = 0.75 * _unit(outward) + 0.55 * _unit(position - middle) + np.array([0.0, 0.12, 0.0])
    size = np.linalg.norm(position - middle, axis=1)
    depth = np.clip(1.0 - size / max(float(size.max()), 1e-6), 0.0, 1.0)
    return Mesh(
        position=position.astype(np.float32),
        normal=_unit(normal).astype(np.float32),
        triangle=shape.triangle.astype(np.uint32),
        color=encode_color(shading.color(position, depth)),
    )


def leaves_mesh(
    clump: Clump, count: int, length_m: float, middle: Floats, shading: Shading, dice: Dice, name: str
) -> Mesh:
    """`count` loose leaves that stand off a clump, a triangle on either side."""
    direction = dice.directions(name, count)
    direction[:, 1] = np.where(direction[:, 1] < -0.5, -direction[:, 1], direction[:, 1])
    root = clump.surface(direction, 0.95)
    outward = _unit(direction / clump.radii)
    random = dice.directions(f"{name} lean", count)
    along = _unit(outward * 0.7 + random * 0.9)
    across = _unit(np.cross(along, outward + 0.35 * dice.directions(f"{name} twist", count)))
    length = length_m * dice.values(f"{name} length", 0.7, 1.3, count)[:, None]
    half = across * length * 0.36
    corner = np.stack([root - half, root + half, root + along * length], axis=1)
    normal = _unit(0.8 * outward + 0.5 * _unit(root - middle) + 0.25 * random)
    tint = dice.values(f"{name} tint", 0.8, 1.12, count)[:, None]
    color = shading.color(corner[:, 2], np.zeros(count)) * tint
    both_sides = np.array([[0, 1, 2], [2, 1, 0]])
    return Mesh(
        position=corner.reshape(-1, 3).astype(np.float32),
        normal=np.repeat(normal, 3, axis=0).astype(np.float32),
        triangle=(both_sides[None] + 3 * np.arange(count)[:, None, None]).reshape(-1, 3).astype(np.uint32),
        color=encode_color(np.repeat(color, 3, axis=0)),
    )


@dataclass(frozen=True, slots=True, eq=False)
class Blades:
    """Strips that rise from their roots, bend over and end in points; arrays over the blades.

    root                          float64 [n, 3]
    heading                       radians, where a blade leans to
    length_m, width_m             meters
    rise                          radians above level at the root
    bend                          radians by which it has turned down at the tip
    """

    root: Floats
    heading: Floats
    length_m: Floats
    width_m: Floats
    rise: Floats
    bend: Floats

    def spines(self, segments: int) -> Floats:
        """Points along the middle of each blade, [n, segments + 1, 3]."""
        middle = (np.arange(segments) + 0.5) / segments
        angle = self.rise[:, None] - self.bend[:, None] * middle**1.3
        step = (self.length_m / segments)[:, None]
        out, up = np.cumsum(np.cos(angle) * step, axis=1), np.cumsum(np.sin(angle) * step, axis=1)
        spine = np.stack([np.sin(self.heading)[:, None] * out, up, np.cos(self.heading)[:, None] * out], axis=-1)
        return np.concatenate([np.zeros_like(spine[:, :1]), spine], axis=1) + self.root[:, None]


def blades_mesh(blades: Blades, segments: int, low: Color, high: Color, widest: float = 0.25) -> Mesh:
    """Blades of 2 * segments - 1 triangles on either side; colors from root to tip.

    widest  where along the blade it is widest, 0 to 1
    """
    spine = blades.spines(segments)
    count = len(spine)
    across = np.stack([np.cos(blades.heading), np.zeros(count), -np.sin(blades.heading)], axis=1)
    at = np.arange(segments) / segments
    beyond = np.clip((at - widest) / (1.0 - widest), 0.0, 1.0)
    shape = np.where(at <= widest, 0.55 + 0.45 * at / max(widest, 1e-6), 1.0 - beyond**1.6)
    half = 0.5 * blades.width_m[:, None, None] * shape[None, :, None]
    pair = np.stack([spine[:, :-1] - across[:, None] * half, spine[:, :-1] + across[:, None] * half], axis=2)
    corner = np.concatenate([pair.reshape(count, 2 * segments, 3), spine[:, -1:]], axis=1)
    along = np.gradient(spine, axis=1)
    facing = _unit(np.cross(along, across[:, None]))
    upward = _unit(facing * np.where(facing[..., 1:2] < 0, -1.0, 1.0) * 0.5 + np.array([0.0, 0.8, 0.0]))
    normal = np.concatenate([np.repeat(upward[:, :-1], 2, axis=1), upward[:, -1:]], axis=1)
    share = np.concatenate([np.repeat(at, 2), [1.0]])[:, None]
    color = np.array(low) * (1.0 - share) + np.array(high) * share
    i = 2 * np.arange(segments - 1)[:, None]
    strip = np.concatenate([i + np.array([0, 1, 3]), i + np.array([0, 3, 2])])
    strip = np.concatenate([strip, [[2 * segments - 2, 2 * segments - 1, 2 * segments]]])
    strip = np.concatenate([strip, strip[:, ::-1]])
    return Mesh(
        position=corner.reshape(-1, 3).astype(np.float32),
        normal=normal.reshape(-1, 3).astype(np.float32),
        triangle=(strip[None] + (2 * segments + 1) * np.arange(count)[:, None, None]).reshape(-1, 3).astype(np.uint32),
        color=encode_color(np.tile(color, (count, 1))),
    )


def bounding_clump(clumps: list[Clump], name_waves: Floats, swell: float = 1.0) -> Clump:
    """One clump in place of several."""
    low = np.min([clump.center - clump.radii for clump in clumps], axis=0)
    high = np.max([clump.center + clump.radii for clump in clumps], axis=0)
    return Clump(0.5 * (low + high), 0.5 * (high - low) * swell, name_waves, 0.06)


def _unit(vector: Floats) -> Floats:
    unit: Floats = vector / np.maximum(np.linalg.norm(vector, axis=-1, keepdims=True), 1e-12)
    return unit
