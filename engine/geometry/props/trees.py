"""Trees with crowns of clumps and leaves: broadleaf tree, birch, bush; conifers of drooping layers; dead trees."""

import math

import numpy as np

from engine.geometry.mesh import joined
from engine.geometry.props.dice import Dice, Floats
from engine.geometry.props.kinds import Detail, Parameters, Part
from engine.geometry.props.shapes.foliage import (
    Clump,
    Shading,
    bounding_clump,
    clump_mesh,
    leaves_mesh,
    make_waves,
)
from engine.geometry.props.shapes.solids import Shape
from engine.geometry.props.shapes.surface import Color, recolored, surfaced
from engine.geometry.props.shapes.tubes import curve, tube

GOLDEN_ANGLE = 2.399963
ROOTS_M = 0.35
"""How deep trunks reach into the ground, so that they stand on slopes without a gap."""


def broadleaf_tree(dice: Dice, parameters: Parameters, detail: Detail) -> list[Part]:
    """A round crown of several clumps on a forked trunk."""
    height = parameters["height_m"] * dice.between("height", 0.85, 1.15)
    width = height * 0.30 * parameters["spread"] * dice.between("width", 0.9, 1.1)
    autumn = parameters["autumn"] * dice.between("autumn", 0.6, 1.0)
    crown = _round_crown(dice, height, width, lowest=0.34, clumps=dice.count("clumps", 6, 8))
    shading = Shading(
        _mixed((0.30, 0.36, 0.30), (0.62, 0.22, 0.10), autumn),
        _mixed((0.86, 0.98, 0.62), (1.0, 0.62, 0.18), autumn),
        0.3 * height,
        0.95 * height,
    )
    parts = _crown(dice, crown, shading, detail, leaf_m=0.054 * height, leaf_count=105)
    trunk = _trunk(dice, height, thickness=0.030, bend=0.05, top=0.62)
    return [*parts, *_bark(dice, "bark", trunk, 0.030 * height, crown, detail)]


def birch(dice: Dice, parameters: Parameters, detail: Detail) -> list[Part]:
    """A slender white trunk with dark rings under a light, upright crown."""
    height = parameters["height_m"] * dice.between("height", 0.85, 1.15)
    width = height * 0.165 * parameters["spread"]
    crown = _round_crown(dice, height, width, lowest=0.34, clumps=6)
    shading = Shading((0.42, 0.44, 0.26), (1.0, 1.0, 0.62), 0.35 * height, height)
    parts = _crown(dice, crown, shading, detail, leaf_m=0.034 * height, leaf_count=130)
    trunk = _trunk(dice, height, thickness=0.016, bend=0.04, top=0.88)
    if detail != Detail.FINE:
        return [*parts, *_bark(dice, "pale_bark", trunk, 0.016 * height, crown, detail)]
    rings = 34
    path = curve(trunk, rings)
    radius = 0.016 * height * np.linspace(1.25, 0.25, rings)
    dark = dice.values("rings", 0.0, 1.0, rings) < np.linspace(0.55, 0.25, rings)
    tint = np.where(dark[:, None], np.array([0.16, 0.15, 0.14]), dice.values("white", 0.82, 1.0, rings)[:, None])
    return [
        *parts,
        ("pale_bark", tube(path, radius, 6, tint)),
        *_limbs(dice, "pale_bark", trunk, 0.007 * height, crown),
    ]


def bush(dice: Dice, parameters: Parameters, detail: Detail) -> list[Part]:
    """Low clumps of leaves without a trunk; some with berries."""
    height = parameters["height_m"] * dice.between("height", 0.85, 1.15)
    width = 0.62 * height * parameters["spread"]
    count = dice.count("clumps", 4, 6)
    clumps = []
    for number in range(count):
        angle, out = number * GOLDEN_ANGLE, width * 0.62 * (number > 0)
        size = dice.between(f"size {number}", 0.52, 0.72) * (1.15 if number == 0 else 0.9)
        radii = np.array([width * size, height * 0.5 * size * 1.25, width * size])
        center = np.array([math.sin(angle) * out, radii[1] * 0.8, math.cos(angle) * out])
        clumps.append(Clump(center, radii, make_waves(dice, f"waves {number}"), 0.14))
    shading = Shading((0.30, 0.38, 0.32), (0.78, 0.92, 0.62), 0.0, height)
    parts = _crown(dice, clumps, shading, detail, leaf_m=0.15 * height, leaf_count=90)
    if detail == Detail.FINE and parameters["berries"] > 0.0:
        spots = [clump.surface(dice.directions(f"berry {i}", 60), 1.06) for i, clump in enumerate(clumps)]
        places = np.concatenate(spots)
        places = places[places[:, 1] > 0.3 * height]
        places = places[:: max(1, round(len(places) / (30 * parameters["berries"])))]
        berry = Clump(np.zeros(3), np.full(3, 0.03 * height), np.zeros((1, 4)), 0.0)
        shade = Shading((0.50, 0.03, 0.03), (0.80, 0.06, 0.05), -0.03, 0.03)
        meshes = [clump_mesh(Clump(place, berry.radii, berry.waves, 0.0), 0, place, shade) for place in places]
        parts += [("petals", joined([recolored(mesh, shade.dark, shade.bright) for mesh in meshes]))] if meshes else []
    return parts


def conifer(dice: Dice, parameters: Parameters, detail: Detail) -> list[Part]:
    """Layers of drooping branches around a straight trunk."""
    height = parameters["height_m"] * dice.between("height", 0.85, 1.15)
    width = height * 0.20 * parameters["spread"] * dice.between("width", 0.9, 1.1)
    count = {Detail.FINE: dice.count("layers", 9, 11), Detail.MEDIUM: 5, Detail.COARSE: 2}[detail]
    sides = {Detail.FINE: 12, Detail.MEDIUM: 8, Detail.COARSE: 4}[detail]
    base = 0.13 * height
    frost = parameters["snow"]
    shapes = []
    for layer in range(count):
        share = layer / count
        low = base + (height - base) * share**0.92
        high = min(height, low + (height - base) / count * (2.1 if detail == Detail.FINE else 1.7))
        reach = width * (1.0 - share) ** 0.85 * dice.between(f"reach {layer}", 0.9, 1.1)
        shapes.append(_skirt(dice, layer, max(reach, 0.03 * height), low, high, sides))
    meshes = []
    middle = np.array([0.0, 0.4 * height, 0.0])
    for layer, shape in enumerate(shapes):
        mesh = surfaced(shape, 60.0)
        outward = mesh.position - middle
        outward[:, 1] *= 0.35
        normal = mesh.normal + 0.7 * outward / np.maximum(np.linalg.norm(outward, axis=1, keepdims=True), 1e-6)
        normal /= np.linalg.norm(normal, axis=1, keepdims=True)
        tint = dice.between(f"tint {layer}", 0.88, 1.05)
        bright = _mixed((0.95, 1.0, 0.75), (1.0, 1.0, 1.0), frost)
        part = recolored(mesh, (0.42 * tint, 0.46 * tint, 0.5 * tint), (bright[0] * tint, bright[1], bright[2] * tint))
        meshes.append(type(mesh)(part.position, normal.astype(np.float32), part.triangle, color=part.color))
    path = np.array([[0.0, -ROOTS_M, 0.0], [0.0, 0.08 * height, 0.0], [0.0, 0.8 * height, 0.0]])
    radius = height * np.array([0.026, 0.020, 0.005])
    if detail == Detail.COARSE:
        path, radius = path[[0, 2]], radius[[0, 2]]
    stem = tube(path, radius, {Detail.FINE: 8, Detail.MEDIUM: 5, Detail.COARSE: 3}[detail], (0.85, 0.8, 0.8))
    return [("needles", joined(meshes)), ("bark", stem)]


def dead_tree(dice: Dice, parameters: Parameters, detail: Detail) -> list[Part]:
    """A bare, weathered trunk with broken branches."""
    height = parameters["height_m"] * dice.between("height", 0.85, 1.15)
    trunk = _trunk(dice, height, thickness=0.035, bend=0.10, top=1.0)
    sides, rings = {Detail.FINE: (9, 10), Detail.MEDIUM: (6, 5), Detail.COARSE: (3, 3)}[detail]
    flare = 1.0 + 0.9 * np.exp(-np.linspace(0.0, 1.0, rings) * 14.0)
    grey: Color = (0.78, 0.80, 0.84)
    meshes = [tube(curve(trunk, rings), 0.040 * height * np.linspace(1.0, 0.16, rings) * flare, sides, grey)]
    boughs = {Detail.FINE: 8, Detail.MEDIUM: 6, Detail.COARSE: 2}[detail]
    whole = curve(trunk, 41)
    for bough in range(boughs):
        at = dice.between(f"at {bough}", 0.38, 0.92)
        root, heading = whole[int(at * 40)], bough * GOLDEN_ANGLE + dice.between(f"heading {bough}", -0.4, 0.4)
        length = height * (0.42 - 0.28 * at) * dice.between(f"length {bough}", 0.7, 1.25)
        out = np.array([math.sin(heading), 0.0, math.cos(heading)])
        kink = root + out * length * 0.5 + np.array([0.0, length * dice.between(f"rise {bough}", 0.05, 0.4), 0.0])
        tip = root + out * length * 0.9 + np.array([0.0, length * dice.between(f"lift {bough}", 0.3, 0.9), 0.0])
        thick = 0.013 * height * (1.3 - at)
        count, around = {Detail.FINE: (5, 5), Detail.MEDIUM: (3, 3), Detail.COARSE: (2, 3)}[detail]
        path = curve([tuple(root), tuple(kink), tuple(tip)], count)
        meshes.append(tube(path, thick * np.linspace(1.0, 0.22, count), around, grey))
        if detail == Detail.FINE:
            twig = path[3] + np.array([math.sin(heading + 1.0), 0.7, math.cos(heading + 1.0)]) * length * 0.28
            meshes.append(tube(np.stack([path[3], twig]), thick * np.array([0.45, 0.12]), 3, grey))
    return [("bark", recolored(joined(meshes), (1.0, 0.98, 0.95), (1.0, 1.0, 1.0)))]


def _trunk(dice: Dice, height: float, thickness: float, bend: float, top: float) -> list[tuple[float, float, float]]:
    """Points along a trunk that starts below the ground."""
    lean = dice.directions("lean", 3) * bend * height
    return [
        (0.0, -ROOTS_M, 0.0),
        (0.0, thickness * height, 0.0),
        (lean[0, 0], 0.33 * top * height, lean[0, 2]),
        (lean[0, 0] * 0.6 + lean[1, 0], 0.66 * top * height, lean[0, 2] * 0.6 + lean[1, 2]),
        (lean[1, 0] * 0.7, top * height, lean[1, 2] * 0.7),
    ]


def _round_crown(dice: Dice, height: float, width: float, lowest: float, clumps: int) -> list[Clump]:
    """Clumps around a large one, in an ellipsoid from `lowest` (a share of the height) to the top."""
    half = 0.5 * (1.0 - lowest) * height
    center = np.array([0.0, height - half, 0.0])
    crown = [Clump(center, np.array([width * 0.72, half * 0.78, width * 0.72]), make_waves(dice, "core"))]
    for number in range(clumps):
        up = 1.0 - 2.0 * (number + 0.5) / clumps
        across, angle = math.sqrt(1.0 - up * up), number * GOLDEN_ANGLE + dice.between("turn", 0.0, 6.28)
        size = dice.between(f"size {number}", 0.42, 0.60)
        out = np.array([math.sin(angle) * across, up, math.cos(angle) * across])
        place = center + out * np.array([width, half, width]) * (1.0 - 0.82 * size)
        radii = np.array([width, min(half, width * 1.15), width]) * size
        crown.append(Clump(place, radii, make_waves(dice, f"waves {number}")))
    return crown


def _crown(
    dice: Dice, clumps: list[Clump], shading: Shading, detail: Detail, leaf_m: float, leaf_count: int
) -> list[Part]:
    """The clumps of a crown as leaves."""
    whole = bounding_clump(clumps, make_waves(dice, "whole"), swell=1.02)
    if detail == Detail.COARSE:
        return [("leaves", clump_mesh(whole, 0, whole.center, shading, 1.04))]
    scale = 1.0 if detail == Detail.FINE else 1.06
    meshes = [clump_mesh(clump, 1, whole.center, shading, scale) for clump in clumps]
    if detail == Detail.FINE:
        leaves = enumerate(clumps)
        meshes += [
            leaves_mesh(clump, leaf_count, leaf_m, whole.center, shading, dice, f"leaves {number}")
            for number, clump in leaves
        ]
    return [("leaves", joined(meshes))]


def _bark(
    dice: Dice,
    material: str,
    trunk: list[tuple[float, float, float]],
    radius_m: float,
    crown: list[Clump],
    detail: Detail,
) -> list[Part]:
    """The trunk, and where they can be seen the limbs that lead into the crown."""
    sides, rings = {Detail.FINE: (9, 9), Detail.MEDIUM: (6, 5), Detail.COARSE: (3, 2)}[detail]
    path = curve(trunk, rings)
    flare = 1.0 + 0.8 * np.exp(-np.linspace(0.0, 1.0, rings) * 12.0)
    mesh = tube(path, radius_m * np.linspace(1.0, 0.42, rings) * flare, sides)
    parts = [(material, recolored(mesh, (0.72, 0.72, 0.72), (1.0, 1.0, 1.0)))]
    return parts + (_limbs(dice, material, trunk, 0.42 * radius_m, crown) if detail == Detail.FINE else [])


def _limbs(
    dice: Dice, material: str, trunk: list[tuple[float, float, float]], radius_m: float, crown: list[Clump]
) -> list[Part]:
    """A limb from the trunk to every lower clump of the crown."""
    whole = curve(trunk, 21)
    meshes = []
    for number, clump in enumerate(crown[1:]):
        root = whole[int(dice.between(f"limb {number}", 9, 15))]
        if clump.center[1] < root[1] + 0.1:
            continue
        middle = 0.55 * (root + clump.center) * np.array([1.0, 0.97, 1.0]) - 0.05 * root
        path = curve([tuple(root), tuple(middle), tuple(clump.center)], 4)
        meshes.append(tube(path, radius_m * np.array([1.0, 0.8, 0.6, 0.35]), 5, (0.9, 0.9, 0.9)))
    return [(material, joined(meshes))] if meshes else []


def _skirt(dice: Dice, layer: int, reach: float, low: float, high: float, sides: int) -> Shape:
    """One layer of a conifer: a cone whose rim droops and is jagged, closed underneath."""
    angle = np.arange(sides) * (2.0 * np.pi / sides) + dice.between(f"turn {layer}", 0.0, 6.28)
    jag = 1.0 - 0.26 * (np.arange(sides) % 2) + dice.values(f"jag {layer}", -0.08, 0.08, sides)
    drop = 0.18 * (high - low) * (np.arange(sides) % 2)
    around = np.stack([np.sin(angle), np.zeros(sides), np.cos(angle)], axis=1)
    rim = around * (reach * jag)[:, None] + np.stack([np.zeros(sides), low + drop, np.zeros(sides)], axis=1)
    waist = around * (0.42 * reach) + np.array([0.0, low + 0.42 * (high - low), 0.0])
    points: Floats = np.concatenate([rim, waist, [[0.0, high, 0.0], [0.0, low + 0.22 * (high - low), 0.0]]])
    i = np.arange(sides)
    j = (i + 1) % sides
    top, under = np.full(sides, 2 * sides), np.full(sides, 2 * sides + 1)
    triangles = [(i, j, j + sides), (i, j + sides, i + sides), (i + sides, j + sides, top), (j, i, under)]
    return Shape(points, np.concatenate([np.stack(triangle, axis=1) for triangle in triangles]))


def _mixed(one: Color, two: Color, share: float) -> Color:
    return (
        one[0] + (two[0] - one[0]) * share,
        one[1] + (two[1] - one[1]) * share,
        one[2] + (two[2] - one[2]) * share,
    )
