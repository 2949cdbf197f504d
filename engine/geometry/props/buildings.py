"""Buildings: a hut with a gabled roof, the ruin of a tower, a well."""

import math

import numpy as np

from engine.geometry.mesh import Mesh
from engine.geometry.props.dice import Dice
from engine.geometry.props.kinds import Detail, Parameters, Part
from engine.geometry.props.shapes.solids import Shape, beam, box, extruded, turned_profile
from engine.geometry.props.shapes.surface import WHITE, Color, Projection, assembled, recolored, surfaced

FOUNDATION_M = 0.6
"""How deep walls reach into the ground, so that they stand on slopes without a gap."""


def hut(dice: Dice, parameters: Parameters, detail: Detail) -> list[Part]:
    """A timber-framed hut: stone foot, plaster walls, gabled roof with a chimney."""
    width, depth = parameters["width_m"], parameters["width_m"] * dice.between("depth", 0.78, 0.92)
    wall = parameters["width_m"] * 0.5 * dice.between("wall", 0.95, 1.08)
    ridge = wall + 0.5 * depth * parameters["pitch"]
    low = -FOUNDATION_M if detail == Detail.COARSE else 0.0
    gable = [(-0.5 * depth, low), (0.5 * depth, low), (0.5 * depth, wall), (0.0, ridge), (-0.5 * depth, wall)]
    body = extruded(gable, width).turned(yaw=math.pi / 2)
    parts: list[Part] = [("plaster", recolored(surfaced(body, 20.0, Projection.FACE), (0.78, 0.76, 0.72), WHITE))]
    roof = _roof(width, depth, wall, ridge, detail)
    tone = dice.between("roof", 0.75, 1.0)
    parts.append(("roof", _colored(roof, dice, "slates", (tone, tone, tone))))
    if detail == Detail.COARSE:
        return parts
    foot = box(width + 0.16, 0.42 + FOUNDATION_M, depth + 0.16).moved(0.0, -FOUNDATION_M, 0.0)
    parts.append(("rock", surfaced(foot, 20.0, Projection.FACE, (0.8, 0.8, 0.8))))
    side = 1.0 if dice.between("chimney", 0.0, 1.0) < 0.5 else -1.0
    chimney = box(0.62, ridge - 0.4 * wall + 0.75, 0.62, 0.9).moved(side * 0.32 * width, 0.4 * wall, -0.22 * depth)
    parts.append(("rock", surfaced(chimney, 20.0, Projection.FACE, (0.72, 0.70, 0.68))))
    parts.append(("wood", _colored(_frame(width, depth, wall, ridge, detail), dice, "frame", (0.52, 0.48, 0.45))))
    opening = [box(0.98, 1.95, 0.12).moved(-0.12 * width, 0.30, 0.5 * depth + 0.02)]
    for x, z, yaw in ((0.29, 0.5, 0.0), (0.5, 0.0, math.pi / 2), (-0.5, 0.0, math.pi / 2)):
        opening.append(box(0.8, 0.8, 0.10).turned(yaw=yaw).moved(x * width, 1.25, z * depth))
    parts.append(("wood", _colored(opening, dice, "doors", (0.30, 0.24, 0.20))))
    return parts


def tower_ruin(dice: Dice, parameters: Parameters, detail: Detail) -> list[Part]:
    """A round tower, broken off slantwise, with a gateway and fallen blocks."""
    height, radius = parameters["height_m"], parameters["radius_m"]
    columns = (22, 14, 4)[detail]
    thick = 0.24 * radius
    slope, turn = dice.between("slope", 0.25, 0.45), dice.between("turn", 0.0, 6.28)
    stones: list[Shape] = []
    for column in range(columns):
        start, end = (2.0 * math.pi * edge / columns for edge in (column, column + 1))
        middle = 0.5 * (start + end)
        top = height * (1.0 - slope * (1.0 + math.cos(middle - turn)) * 0.75)
        notch = dice.between(f"notch {column * 22 // columns}", -0.10, 0.08) * height
        top = max(top + (notch if detail != Detail.COARSE else 0.0), 0.12 * height)
        gate = abs((middle - turn + math.pi) % (2.0 * math.pi) - math.pi) > math.pi - (0.42, 0.40, 0.45)[detail]
        low = -FOUNDATION_M if not gate else min(0.42 * height, top - 0.1 * height)
        courses = max(1, round((top - low) / 1.1)) if detail == Detail.FINE else 1
        for course in range(courses):
            bottom = low + (top - low) * course / courses
            over = low + (top - low) * (course + 1) / courses
            out = radius * (1.0 + dice.between(f"out {column} {course}", -0.018, 0.018) * (detail == Detail.FINE))
            stones.append(_wedge(start, end, out - thick, out, bottom, over))
    if detail == Detail.FINE:
        for block in range(9):
            out, angle = (
                radius * dice.between(f"far {block}", 1.15, 1.55),
                turn + dice.between(f"side {block}", -1.4, 1.4),
            )
            size = dice.between(f"size {block}", 0.28, 0.6)
            cube = box(size, size * 0.7, size * 0.8).turned(block * 1.7, dice.between(f"tilt {block}", -0.4, 0.4))
            stones.append(cube.moved(math.sin(angle) * out, -0.1, math.cos(angle) * out))
    parts: list[Part] = [("rock", _colored(stones, dice, "stones", (0.86, 0.86, 0.83)))]
    if detail == Detail.FINE:
        inside = radius - thick
        beams = [
            beam((x * radius, level, -inside), (x * radius, level, inside), 0.2)
            for level in (0.40 * height,)
            for x in (-0.4, 0.0, 0.4)
        ]
        parts.append(("wood", _colored(beams, dice, "beams", (0.6, 0.58, 0.55))))
    return parts


def well(dice: Dice, parameters: Parameters, detail: Detail) -> list[Part]:
    """A ring of stones under a small roof, with a winch and a bucket."""
    radius = parameters["radius_m"]
    outer, inner, rim = radius, 0.72 * radius, 0.85
    sides = (16, 10, 5)[detail]
    ring = [(inner, -FOUNDATION_M), (outer, -FOUNDATION_M), (outer, rim), (inner, rim), (inner, -FOUNDATION_M)]
    if detail == Detail.COARSE:
        ring = [(0.0, 0.0), (outer, 0.0), (outer, rim), (0.0, rim)]
    wall = surfaced(turned_profile(ring, sides), 30.0)
    parts: list[Part] = [("rock", recolored(wall, (0.62, 0.62, 0.60), (0.9, 0.9, 0.88)))]
    eave, ridge, reach = 2.05, 2.05 + 0.75 * radius, 1.28 * radius
    roof = _roof(2.0 * reach - 0.5, 2.0 * radius, eave, ridge, detail)
    if detail == Detail.COARSE:
        return [*parts, ("roof", _colored(roof, dice, "slates", (0.85, 0.85, 0.85)))]
    wood = [beam((side * 1.02 * outer, -0.3, 0.0), (side * 1.02 * outer, ridge - 0.1, 0.0), 0.14) for side in (-1, 1)]
    wood.append(beam((-1.15 * outer, 1.45, 0.0), (1.25 * outer, 1.45, 0.0), 0.13))
    if detail == Detail.FINE:
        wood.append(beam((1.22 * outer, 1.45, 0.0), (1.22 * outer, 1.12, 0.0), 0.06))
        wood.append(beam((0.0, 1.0, 0.0), (0.0, 1.45, 0.0), 0.035))
        wood.append(turned_profile([(0.0, 0.70), (0.15, 0.70), (0.19, 1.02), (0.0, 0.96)], 10))
    parts.append(("wood", _colored(wood, dice, "timber", (0.75, 0.72, 0.68))))
    parts.append(("roof", _colored(roof, dice, "slates", (0.85, 0.85, 0.85))))
    if detail == Detail.FINE:
        water = turned_profile([(0.0, 0.0), (inner * 1.02, 0.0), (inner * 1.02, 0.12), (0.0, 0.12)], sides)
        parts.append(("rock", surfaced(water, 20.0, color=(0.10, 0.14, 0.16))))
    return parts


def _roof(width: float, depth: float, wall: float, ridge: float, detail: Detail) -> list[Shape]:
    """Two slabs that meet at the ridge, in steps of slates where these can be seen; the ridge runs along x."""
    reach, thick = 0.5 * width + 0.32, 0.14
    run, rise = 0.5 * depth, ridge - wall
    length = math.hypot(run, rise)
    down = (run / length, -rise / length)
    over = 0.42  # beyond the wall
    rows = 5 if detail == Detail.FINE else 1
    total = length + over
    shapes = []
    for side in (0.0, math.pi):
        for row in range(rows):
            start, end = total * row / rows, total * (row + 1) / rows + (0.08 if rows > 1 else 0.0)
            lift = thick * (1.25 if rows > 1 else 1.0)
            near = (down[0] * start, ridge + down[1] * start)
            far = (down[0] * end, ridge + down[1] * end)
            tilt = 0.055 if rows > 1 else 0.0
            up = (rise / length, run / length)
            outline = [
                (near[0], near[1]),
                (far[0], far[1]),
                (far[0] + up[0] * (lift + tilt), far[1] + up[1] * (lift + tilt)),
                (near[0] + up[0] * lift, near[1] + up[1] * lift),
            ]
            slab = extruded(outline, 2.0 * reach)
            shapes.append(slab.turned(yaw=-math.pi / 2 + side))
    return shapes


def _frame(width: float, depth: float, wall: float, ridge: float, detail: Detail) -> list[Shape]:
    """Dark timber on the corners, under the eaves and across the gables."""
    shapes = []
    x, z = 0.5 * width, 0.5 * depth
    for one in (-x, x):
        shapes += [beam((one, 0.0, two), (one, wall, two), 0.2) for two in (-z, z)]
    if detail != Detail.FINE:
        return shapes
    for two in (-z, z):
        shapes.append(beam((-x, wall - 0.1, two), (x, wall - 0.1, two), 0.17))
        shapes += [beam((share * width, 0.4, two), (share * width, wall, two), 0.14) for share in (-0.3, 0.1)]
        shapes.append(
            beam((0.12 * width, 0.45, two), (0.48 * width, wall - 0.15, two), 0.10)
            if two < 0
            else beam((-0.48 * width, 0.5, two), (-0.31 * width, wall - 0.15, two), 0.12)
        )
    for one in (-x, x):
        shapes.append(beam((one, wall - 0.02, -z), (one, wall - 0.02, z), 0.17))
        shapes.append(beam((one, wall, 0.0), (one, ridge - 0.12, 0.0), 0.15))
        shapes += [beam((one, 0.4, side * 0.26 * depth), (one, wall, side * 0.26 * depth), 0.13) for side in (-1, 1)]
    return shapes


def _wedge(start: float, end: float, inner: float, outer: float, low: float, high: float) -> Shape:
    """A block of a round wall."""
    corners = [(inner, start), (outer, start), (outer, end), (inner, end)]
    flat = [(math.sin(angle) * radius, math.cos(angle) * radius) for radius, angle in corners]
    ring = np.array([(x, low, z) for x, z in flat] + [(x, high, z) for x, z in flat])
    faces = np.array([[0, 1, 5, 4], [1, 2, 6, 5], [2, 3, 7, 6], [3, 0, 4, 7], [4, 5, 6, 7], [3, 2, 1, 0]])
    return Shape(ring, np.concatenate([faces[:, [0, 1, 2]], faces[:, [0, 2, 3]]]))


def _colored(shapes: list[Shape], dice: Dice, name: str, color: Color) -> Mesh:
    """Pieces of one material, each a little different."""
    tints = dice.values(name, 0.84, 1.1, len(shapes))
    return assembled(shapes, np.clip(tints[:, None] * np.array(color), 0.0, 1.0))
