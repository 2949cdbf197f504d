"""Felled and worked wood: log, stump, fence, crate, barrel."""

import math

import numpy as np

from engine.geometry.mesh import Mesh, joined
from engine.geometry.props.dice import Dice
from engine.geometry.props.kinds import Detail, Parameters, Part
from engine.geometry.props.shapes.solids import Shape, beam, box, turned_profile
from engine.geometry.props.shapes.surface import assembled, recolored, surfaced
from engine.geometry.props.shapes.tubes import curve, tube


def log(dice: Dice, parameters: Parameters, detail: Detail) -> list[Part]:
    """A fallen trunk with cut ends and stubs of branches."""
    length = parameters["length_m"] * dice.between("length", 0.8, 1.2)
    radius = 0.085 * length * dice.between("thick", 0.85, 1.15)
    sides, rings = ((10, 7), (7, 3), (4, 2))[detail]
    sag = dice.between("sag", -0.03, 0.05) * length
    path = curve(
        [(-0.5 * length, 0.78 * radius, 0), (0.0, 0.78 * radius, sag), (0.5 * length, 0.74 * radius, 0)], rings
    )
    parts: list[Part] = [("bark", tube(path, radius * np.linspace(1.0, 0.82, rings), sides))]
    if detail == Detail.COARSE:
        return parts
    ends = [_disc(path[0], path[0] - path[1], radius * 0.93, sides)]
    ends.append(_disc(path[-1], path[-1] - path[-2], radius * 0.82 * 0.93, sides))
    stubs = []
    for number in range((3, 2)[detail]):
        root = path[(2, 4)[number % 2] if detail == Detail.FINE else 1]
        turn = dice.between(f"stub {number}", -1.1, 1.1)
        tip = root + np.array([0.25, math.cos(turn), math.sin(turn)]) * radius * 1.75
        stubs.append(tube(np.stack([root, tip]), radius * np.array([0.30, 0.2]), 5))
    return [*parts, ("bark", joined(stubs)), ("wood", joined(ends))]


def stump(dice: Dice, parameters: Parameters, detail: Detail) -> list[Part]:
    """What a saw left of a tree, with roots that run into the ground."""
    height = parameters["height_m"] * dice.between("height", 0.8, 1.2)
    radius = 0.55 * height * dice.between("thick", 0.85, 1.15)
    sides = (12, 8, 5)[detail]
    path = np.array([[0, -0.25, 0], [0, 0.05, 0], [0, 0.28, 0], [0, 0.65, 0], [0, 1.0, 0]]) * height
    size = radius * np.array([1.75, 1.45, 1.15, 1.0, 0.97])
    if detail == Detail.COARSE:
        path, size = path[[1, 4]], size[[1, 4]]
    parts: list[Part] = [("bark", recolored(tube(path, size, sides), (0.7, 0.7, 0.7), (1, 1, 1)))]
    top = _disc(path[-1], np.array([0.0, 1.0, 0.0]), 0.90 * float(size[-1]), sides)
    if detail == Detail.COARSE:
        return [*parts, ("wood", top)]
    roots = []
    for number in range(5 if detail == Detail.FINE else 4):
        turn = number * 1.3 + dice.between(f"root {number}", -0.3, 0.3)
        out = np.array([math.sin(turn), 0.0, math.cos(turn)])
        knots = [out * radius * 0.7 + [0, 0.32 * height, 0], out * radius * 1.5 + [0, 0.10 * height, 0]]
        knots.append(out * radius * 2.3 + [0, -0.12 * height, 0])
        roots.append(tube(curve(np.array(knots), 4), radius * np.array([0.34, 0.27, 0.2, 0.1]), 5, (0.8, 0.8, 0.8)))
    return [*parts, ("bark", joined(roots)), ("wood", top)]


def fence(dice: Dice, parameters: Parameters, detail: Detail) -> list[Part]:
    """A length of post-and-rail fence along x, made to be repeated."""
    length, height = parameters["length_m"], parameters["height_m"]
    posts = max(2, round(length / 1.25) + 1) if detail != Detail.COARSE else 2
    shapes = []
    for number in range(posts):
        x = -0.5 * length + length * number / (posts - 1)
        tall = height * dice.between(f"post {number}", 0.96, 1.06)
        shape = box(0.13, tall + 0.3, 0.13, 0.9).turned(roll=dice.between(f"lean {number}", -0.04, 0.04))
        shapes.append(shape.moved(x, -0.3, 0.0))
        if detail == Detail.FINE:
            shapes.append(turned_cap(0.085, 0.10).moved(x, tall - 0.01, 0.0))
    for rail, share in enumerate((0.42, 0.82) if detail != Detail.COARSE else (0.7,)):
        ends = dice.values(f"rail {rail}", -0.04, 0.04, 2) + share * height
        shapes.append(beam((-0.53 * length, ends[0], 0.075), (0.53 * length, ends[1], 0.075), 0.05, 0.11))
    return [("wood", _planks(dice, shapes))]


def crate(dice: Dice, parameters: Parameters, detail: Detail) -> list[Part]:
    """A wooden box with a frame on its edges and crossed boards."""
    size = parameters["size_m"]
    if detail == Detail.COARSE:
        return [("wood", _planks(dice, [box(size, size, size)]))]
    inner, edge = 0.94 * size, 0.11 * size
    shapes = [box(inner, inner, inner).moved(0.0, 0.03 * size, 0.0)]
    half = 0.5 * size - 0.5 * edge
    for one in (-half, half):
        for two in (-half, half):
            shapes.append(beam((one, 0.0, two), (one, size, two), edge))
            if detail == Detail.FINE:
                inside = half - 0.5 * edge
                shapes.append(beam((-inside, 0.5 * size + one, two), (inside, 0.5 * size + one, two), edge))
                shapes.append(beam((one, 0.5 * size + two, -inside), (one, 0.5 * size + two, inside), edge))
    if detail == Detail.FINE:
        reach, out = half - 0.5 * edge, 0.47 * size
        for turn in range(4):
            board = beam((-reach, edge, out), (reach, size - edge, out), 0.9 * edge, 0.03 * size)
            shapes.append(board.turned(yaw=turn * math.pi / 2))
    return [("wood", _planks(dice, shapes))]


def barrel(dice: Dice, parameters: Parameters, detail: Detail) -> list[Part]:
    """Bulging staves held by iron hoops."""
    height = parameters["height_m"]
    sides = (16, 10, 6)[detail]
    radius = 0.34 * height
    profile = [(0.0, 0.0), (0.82 * radius, 0.0), (radius, 0.34 * height), (radius, 0.66 * height)]
    profile += [(0.82 * radius, height)]
    if detail == Detail.FINE:
        profile += [(0.74 * radius, height), (0.72 * radius, 0.95 * height), (0.0, 0.95 * height)]
    else:
        profile += [(0.0, height)]
    if detail == Detail.COARSE:
        profile = [(0.0, 0.0), (0.9 * radius, 0.0), (0.9 * radius, height), (0.0, height)]
    tint = dice.between("tint", 0.75, 0.95)
    wood = surfaced(turned_profile(profile, sides), 50.0, color=(tint, tint * 0.95, tint * 0.9))
    parts: list[Part] = [("wood", wood)]
    if detail == Detail.COARSE:
        return parts
    hoops = []
    for low in (0.06, 0.30, 0.64, 0.88):
        inner, outer = (radius * _bulge(low + shift) for shift in (0.0, 0.06))
        band = [(inner * 0.97, low * height), (inner * 1.025, low * height), (outer * 1.025, (low + 0.06) * height)]
        band += [(outer * 0.97, (low + 0.06) * height), (inner * 0.97, low * height)]
        hoops.append(surfaced(turned_profile(band, sides), 40.0, color=(0.8, 0.78, 0.75)))
    return [*parts, ("metal", joined(hoops))]


def turned_cap(radius: float, height: float) -> Shape:
    """A small four-sided point for the top of a post."""
    return turned_profile([(0.0, 0.0), (radius, 0.0), (0.0, height)], 4).turned(yaw=math.pi / 4)


def _bulge(share: float) -> float:
    """A barrel's radius at a share of its height, relative to its middle."""
    return float(np.interp(share, [0.0, 0.34, 0.66, 1.0], [0.82, 1.0, 1.0, 0.82]))


def _planks(dice: Dice, shapes: list[Shape]) -> Mesh:
    """Timber, each piece of its own shade."""
    tints = dice.values("planks", 0.68, 1.0, len(shapes))
    return assembled(shapes, tints[:, None] * np.array([1.0, 0.97, 0.93]))


def _disc(center: np.ndarray, facing: np.ndarray, radius: float, sides: int) -> Mesh:
    """A cut end: a thin closed disc, light in the middle."""
    along = facing / np.linalg.norm(facing)
    path = np.stack([center - along * 0.2 * radius, center + along * 0.04 * radius])
    return tube(path, np.full(2, radius), sides, (1.0, 0.95, 0.82))
