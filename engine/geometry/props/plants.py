"""Small and strange plants: palm, fern, grass, flowers, reeds, cactus, mushrooms."""

import math

import numpy as np

from engine.geometry.mesh import Mesh, joined
from engine.geometry.props.dice import Dice, Floats
from engine.geometry.props.kinds import Detail, Parameters, Part
from engine.geometry.props.shapes.foliage import Blades, blades_mesh
from engine.geometry.props.shapes.solids import ball, turned_profile
from engine.geometry.props.shapes.surface import Color, recolored, stretched, surfaced
from engine.geometry.props.shapes.tubes import curve, tube
from engine.geometry.props.trees import GOLDEN_ANGLE, ROOTS_M

PETAL_COLORS: tuple[Color, ...] = (
    (0.86, 0.10, 0.08), (0.95, 0.70, 0.06), (0.36, 0.16, 0.72), (0.92, 0.90, 0.86), (0.85, 0.28, 0.50),
    (0.16, 0.28, 0.80),
)  # fmt: skip

_BLADES_MAX = 30
_UP = np.array([0.0, 1.0, 0.0])


def palm(dice: Dice, parameters: Parameters, detail: Detail) -> list[Part]:
    """A leaning, ringed trunk with a head of feathered fronds."""
    height = parameters["height_m"] * dice.between("height", 0.85, 1.15)
    heading, lean = dice.between("heading", 0.0, 6.28), parameters["lean"] * height * 0.22
    side = np.array([math.sin(heading), 0.0, math.cos(heading)]) * lean
    knots = [(0.0, -ROOTS_M, 0.0), tuple(0.25 * side + 0.3 * height * _UP), tuple(side + 0.82 * height * _UP)]
    rings, sides = ((25, 8), (6, 5), (3, 3))[detail]
    thick = 0.022 * height * (1.0 + 0.8 * np.exp(-np.linspace(0.0, 1.0, rings) * 9.0)) * np.linspace(1, 0.72, rings)
    if detail == Detail.FINE:
        thick *= 1.0 + 0.10 * (np.arange(rings) % 2)
    bark = tube(curve(knots, rings), thick, sides, (0.95, 0.92, 0.86))
    count = (14, 10, 5)[detail]
    number = np.arange(count)
    top = np.tile(np.array(knots[-1]), (count, 1)) + np.array([0.0, -0.01 * height, 0.0])
    fronds = Blades(
        root=top,
        heading=number * GOLDEN_ANGLE + dice.values("turn", -0.2, 0.2, 14)[:count],
        length_m=0.46 * height * dice.values("length", 0.88, 1.12, 14)[:count],
        width_m=np.full(count, (0.022, 0.16, 0.22)[detail]) * height * 0.5,
        rise=np.linspace(1.25, 0.1, count) + dice.values("rise", -0.12, 0.12, 14)[:count],
        bend=dice.values("bend", 1.3, 1.9, 14)[:count],
    )
    meshes = [blades_mesh(fronds, (6, 4, 2)[detail], (0.55, 0.60, 0.5), (0.9, 0.95, 0.7), 0.3)]
    if detail == Detail.FINE:
        meshes.append(_leaflets(fronds, 0.135 * height, 12))
    parts: list[Part] = [("bark", bark), ("leaves", joined(meshes))]
    if detail == Detail.FINE:
        nuts = [
            surfaced(stretched(ball(1), (0.13, 0.15, 0.13)).moved(*(top[0] + _around(0.16, turn) - 0.16 * _UP)), 180.0)
            for turn in np.arange(3) * 2.1 + heading
        ]
        parts.append(("bark", recolored(joined(nuts), (0.45, 0.4, 0.3), (0.75, 0.65, 0.5))))
    return parts


def fern(dice: Dice, parameters: Parameters, detail: Detail) -> list[Part]:
    """A rosette of arched, feathered fronds."""
    height = parameters["height_m"] * dice.between("height", 0.85, 1.15)
    count = (11, 8, 5)[detail]
    fronds = Blades(
        root=np.zeros((count, 3)),
        heading=np.arange(count, dtype=np.float64) * GOLDEN_ANGLE,
        length_m=1.55 * height * dice.values("length", 0.8, 1.15, 11)[:count],
        width_m=np.full(count, (0.03, 0.30, 0.36)[detail]) * height,
        rise=dice.values("rise", 0.75, 1.30, 11)[:count],
        bend=dice.values("bend", 1.3, 1.9, 11)[:count],
    )
    meshes = [blades_mesh(fronds, (6, 4, 2)[detail], (0.30, 0.42, 0.28), (0.62, 0.86, 0.5), 0.4)]
    if detail == Detail.FINE:
        meshes.append(_leaflets(fronds, 0.30 * height, 10, (0.30, 0.46, 0.30), (0.66, 0.90, 0.52)))
    return [("leaves", joined(meshes))]


def grass_tuft(dice: Dice, parameters: Parameters, detail: Detail) -> list[Part]:
    """Bent blades from one root."""
    height = parameters["height_m"]
    count = (30, 14, 7)[detail]
    width = (0.06, 0.085, 0.14)[detail] * height
    dry = parameters["dryness"]
    low: Color = (0.26 + 0.3 * dry, 0.40 + 0.05 * dry, 0.24)
    high: Color = (0.72 + 0.28 * dry, 0.95, 0.62)
    return [("grass", blades_mesh(_tuft(dice, height, count, width, 0.16 * height), (3, 2, 1)[detail], low, high))]


def flower(dice: Dice, parameters: Parameters, detail: Detail) -> list[Part]:
    """A few blossoms of one color over narrow leaves."""
    height = parameters["height_m"]
    number = int(parameters["color"])
    petals = PETAL_COLORS[dice.count("color", 0, len(PETAL_COLORS) - 1) if number == 0 else number - 1]
    count = dice.count("blossoms", 4, 6)
    leaves = _tuft(dice, 0.62 * height, (12, 7, 4)[detail], (0.06, 0.08, 0.11)[detail] * height, 0.12 * height)
    stems = Blades(
        root=np.stack([_around(0.1 * height, i * GOLDEN_ANGLE) for i in range(count)]),
        heading=np.arange(count) * GOLDEN_ANGLE + dice.values("turn", -0.4, 0.4, count),
        length_m=height * dice.values("stem", 0.75, 1.1, count),
        width_m=np.full(count, 0.035 * height),
        rise=dice.values("stem rise", 1.15, 1.5, count),
        bend=dice.values("stem bend", 0.1, 0.5, count),
    )
    green: Color = (0.32, 0.48, 0.25)
    segments = (3, 2, 1)[detail]
    meshes = [blades_mesh(leaves, segments, green, (0.6, 0.85, 0.5)), blades_mesh(stems, segments, green, green)]
    tips = stems.spines(segments)[:, -1]
    blossoms = [_blossom(tip, 0.20 * height, i, petals, detail) for i, tip in enumerate(tips)]
    return [("grass", joined(meshes)), ("petals", joined(blossoms))]


def reed(dice: Dice, parameters: Parameters, detail: Detail) -> list[Part]:
    """Tall blades with brown heads."""
    height = parameters["height_m"] * dice.between("height", 0.9, 1.1)
    count = (20, 10, 5)[detail]
    blades = _tuft(dice, height, count, (0.028, 0.042, 0.07)[detail] * height, 0.14 * height, upright=1.2)
    low, high = (0.30, 0.40, 0.22), (0.72, 0.80, 0.5)
    parts: list[Part] = [("grass", blades_mesh(blades, (4, 2, 1)[detail], low, high, 0.1))]
    heads = []
    for number in range((5, 4, 2)[detail]):
        foot = _around(0.10 * height, number * GOLDEN_ANGLE + 0.7)
        top = foot * 1.9 + np.array([0.0, height * dice.between(f"top {number}", 0.78, 1.02), 0.0])
        neck = foot + (top - foot) * 0.84
        sides = (5, 3, 3)[detail]
        if detail != Detail.COARSE:
            heads.append(tube(np.stack([foot, neck]), np.full(2, 0.004 * height), 3, (0.9, 1.0, 0.55)))
        heads.append(
            tube(np.stack([neck, top]), np.full(2, (0.018, 0.02, 0.026)[detail] * height), sides, (0.75, 0.5, 0.32))
        )
    return [*parts, ("bark", joined(heads))]


def cactus(dice: Dice, parameters: Parameters, detail: Detail) -> list[Part]:
    """A ribbed column with raised arms."""
    height = parameters["height_m"] * dice.between("height", 0.85, 1.15)
    thick = 0.085 * height
    sides = (16, 8, 4)[detail]
    meshes = [_column(np.array([[0, -0.2, 0], [0, 0.5 * height, 0], [0, height, 0]]), thick, sides, (9, 5, 2)[detail])]
    arms = int(parameters["arms"]) if detail != Detail.COARSE else min(2, int(parameters["arms"]))
    start = dice.between("turn", 0.0, 6.28)
    for arm in range(arms):
        turn = start + arm * (2.6 + dice.between(f"turn {arm}", -0.4, 0.4))
        low = height * dice.between(f"low {arm}", 0.32, 0.52)
        high = low + height * dice.between(f"high {arm}", 0.22, 0.38)
        out = thick * dice.between(f"out {arm}", 2.3, 3.0)
        knots = np.stack(
            [_around(0.3 * thick, turn), _around(0.82 * out, turn), _around(out, turn), _around(out, turn)]
        ) + np.array([[0, low, 0], [0, low + 0.02 * height, 0], [0, low + 0.10 * height, 0], [0, high, 0]])
        meshes.append(_column(knots, 0.62 * thick, (12, 6, 3)[detail], (10, 5, 3)[detail]))
    mesh = joined(meshes)
    return [("skin", recolored(mesh, (0.13, 0.24, 0.10), (0.24, 0.42, 0.17)))]


def mushroom(dice: Dice, parameters: Parameters, detail: Detail) -> list[Part]:
    """Three capped mushrooms of one family."""
    size = parameters["height_m"]
    red = parameters["red"]
    cap_color: Color = (0.42 + 0.30 * red, 0.30 - 0.26 * red, 0.18 - 0.15 * red)
    meshes = []
    sides = (12, 7, 4)[detail]
    for number, share in enumerate((1.0, 0.66, 0.45)[: (3, 3, 1)[detail]]):
        height, turn = (
            size * share * dice.between(f"height {number}", 0.9, 1.1),
            number * 2.2 + dice.between("turn", 0, 6),
        )
        foot = _around(0.42 * size * (number > 0), turn)
        wide = height * dice.between(f"wide {number}", 0.42, 0.52)
        stem_profile = [(0.0, -0.05), (0.13 * height, -0.05), (0.085 * height, 0.5 * height), (0.0, 0.80 * height)]
        cap_profile = [(0.0, 0.72 * height), (0.92 * wide, 0.60 * height), (wide, 0.66 * height)]
        cap_profile += [(0.80 * wide, 0.86 * height), (0.42 * wide, 0.97 * height)] if detail == Detail.FINE else []
        cap_profile += [(0.6 * wide, 0.92 * height)] if detail == Detail.MEDIUM else []
        cap_profile += [(0.0, height)]
        stem = surfaced(turned_profile(stem_profile, max(3, sides // 2)), 70.0)
        cap = surfaced(turned_profile(cap_profile, sides), 50.0)
        shade = (cap_color[0] * 0.75, cap_color[1] * 0.75, cap_color[2] * 0.75)
        pair = [recolored(stem, (0.75, 0.75, 0.72), (0.95, 0.95, 0.92)), recolored(cap, shade, cap_color)]
        if detail == Detail.FINE and red > 0.5:
            pair += _spots(dice, number, wide, height)
        lift = np.append(foot[:1], [0.0, foot[2]]).astype(np.float32)
        meshes += [Mesh(p.position + lift, p.normal, p.triangle, p.texture_coordinate, color=p.color) for p in pair]
    return [("skin", joined(meshes))]


def _spots(dice: Dice, number: int, wide: float, height: float) -> list[Mesh]:
    """White flecks on a cap."""
    spots = []
    for spot in range(7):
        turn, out = spot * GOLDEN_ANGLE, wide * (0.25 + 0.5 * (spot / 7.0))
        lift = height * (1.0 - 0.185 * (out / (0.8 * wide)) ** 2)
        radius = wide * dice.between(f"spot {number} {spot}", 0.10, 0.16)
        shape = stretched(ball(0), (radius, radius * 0.45, radius)).moved(*(_around(out, turn) + lift * _UP))
        spots.append(surfaced(shape, 180.0))
    return spots


def _tuft(dice: Dice, height: float, count: int, width: float, spread: float, upright: float = 1.0) -> Blades:
    number = np.round(np.linspace(0, _BLADES_MAX - 1, count)).astype(np.int64)
    heading = number * GOLDEN_ANGLE + dice.values("blade turn", -0.5, 0.5, _BLADES_MAX)[number]
    share = (number + 0.5) / _BLADES_MAX
    out = spread * np.sqrt(share)
    return Blades(
        root=np.stack([np.sin(heading) * out, np.full(count, -0.02), np.cos(heading) * out], axis=1),
        heading=heading,
        length_m=height * dice.values("blade length", 0.7, 1.15, _BLADES_MAX)[number],
        width_m=np.full(count, width),
        rise=np.minimum(1.5, upright * (1.45 - 0.5 * share)),
        bend=dice.values("blade bend", 0.3, 1.1, _BLADES_MAX)[number] / upright,
    )


def _leaflets(
    fronds: Blades, length_m: float, pairs: int, low: Color = (0.45, 0.55, 0.45), high: Color = (0.85, 0.95, 0.62)
) -> Mesh:
    """Narrow leaves to both sides of every frond."""
    spine = fronds.spines(pairs + 1)[:, 1:-1]
    count = len(spine)
    shape = np.sin(np.pi * (0.18 + 0.80 * (np.arange(pairs) + 0.5) / pairs)) ** 0.8
    blades = []
    for side in (-1.0, 1.0):
        heading = np.repeat(fronds.heading + side * 1.05, pairs)
        blades.append((spine.reshape(-1, 3), heading, np.tile(shape, count) * length_m))
    root = np.concatenate([blade[0] for blade in blades])
    total = len(root)
    both = Blades(
        root=root,
        heading=np.concatenate([blade[1] for blade in blades]),
        length_m=np.concatenate([blade[2] for blade in blades]),
        width_m=np.full(total, 0.34 * length_m),
        rise=np.full(total, 0.15),
        bend=np.full(total, 0.9),
    )
    return blades_mesh(both, 2, low, high, 0.4)


def _blossom(tip: Floats, radius: float, number: int, color: Color, detail: Detail) -> Mesh:
    """Petals around a yellow middle, or one small pyramid from afar."""
    count = (6, 5, 3)[detail]
    petals = Blades(
        root=np.tile(tip, (count, 1)),
        heading=np.arange(count, dtype=np.float64) * (2.0 * np.pi / count) + number,
        length_m=np.full(count, radius * (1.0, 1.0, 1.25)[detail]),
        width_m=np.full(count, radius * (0.78, 0.9, 1.4)[detail]),
        rise=np.full(count, 1.0),
        bend=np.full(count, 0.9),
    )
    shade = (color[0] * 0.6, color[1] * 0.6, color[2] * 0.6)
    mesh = blades_mesh(petals, (2, 1, 1)[detail], shade, color, 0.6)
    if detail != Detail.FINE:
        return mesh
    heart = surfaced(stretched(ball(0), (0.24 * radius, 0.16 * radius, 0.24 * radius)), 180.0, color=(0.85, 0.55, 0.05))
    middle = heart.position + (tip + np.array([0.0, 0.10 * radius, 0.0])).astype(np.float32)
    return joined([mesh, Mesh(middle, heart.normal, heart.triangle, color=heart.color)])


def _column(knots: Floats, radius: float, sides: int, rings: int) -> Mesh:
    """A ribbed tube with a rounded end."""
    path = curve(knots, rings)
    if rings <= 3:
        return tube(path, np.full(rings, radius), sides)
    last = path[-1] + np.array([0.0, 0.75 * radius, 0.0])
    cap = np.stack([path[-1] + np.array([0.0, 0.45 * radius, 0.0]), last])
    size = np.concatenate([np.full(rings, radius), [radius * 0.82, radius * 0.35]])
    return tube(np.concatenate([path, cap]), size, sides, ribs=0.16 if sides >= 8 else 0.0)


def _around(out: float, turn: float) -> Floats:
    return np.array([math.sin(turn) * out, 0.0, math.cos(turn) * out])
