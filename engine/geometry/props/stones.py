"""Stones: balls cut by planes, as frost and falls cut them."""

import numpy as np

from engine.geometry.mesh import Mesh, joined
from engine.geometry.props.dice import Dice, Floats
from engine.geometry.props.kinds import Detail, Parameters, Part
from engine.geometry.props.shapes.foliage import lumps, make_waves
from engine.geometry.props.shapes.solids import Shape, ball, cut_block, subdivided, together
from engine.geometry.props.shapes.surface import encode_color, recolored, surfaced

SUNK = 0.30
"""Share of a stone's height that lies in the ground."""


def boulder(dice: Dice, parameters: Parameters, detail: Detail) -> list[Part]:
    """One large, worn block."""
    size = parameters["size_m"] * dice.between("size", 0.8, 1.2)
    radii = (size * 0.5, size * 0.42, size * 0.46)
    return [("rock", _weathered(dice, _chiselled(dice, "boulder", detail, radii, 0.75), parameters["moss"]))]


def rock(dice: Dice, parameters: Parameters, detail: Detail) -> list[Part]:
    """A sharp-edged stone, sometimes with a smaller one beside it."""
    size = parameters["size_m"] * dice.between("size", 0.8, 1.2)
    stones = [_chiselled(dice, "one", detail, (size * 0.58, size * 0.44, size * 0.48), 0.25)]
    if dice.between("pair", 0.0, 1.0) < 0.6 and detail != Detail.COARSE:
        turn = dice.between("beside", 0.0, 6.28)
        small = _chiselled(dice, "two", detail, (size * 0.28, size * 0.22, size * 0.25), 0.25)
        stones.append(small.moved(np.sin(turn) * size * 0.52, 0.0, np.cos(turn) * size * 0.48))
    return [("rock", _weathered(dice, together(stones), parameters["moss"]))]


def pebbles(dice: Dice, parameters: Parameters, detail: Detail) -> list[Part]:
    """A handful of small, round stones."""
    spread = parameters["spread_m"]
    count = (dice.count("count", 8, 11), 6, 3)[detail]
    meshes = []
    for number in range(count):
        size = dice.between(f"size {number}", 0.06, 0.17) * (1.5 if number < 2 else 1.0)
        out, turn = (
            spread * np.sqrt((number + 0.3) / (11.0 if detail != Detail.COARSE else 3.6)),
            number * 2.399963 + dice.between("turn", 0.0, 6.28),
        )
        shape = _stone(dice, f"pebble {number}", (1, 0, 0)[detail], (size, size * 0.62, size * 0.85), 0.86)
        tint = dice.between(f"tint {number}", 0.72, 1.0)
        mesh = surfaced(shape.moved(np.sin(turn) * out, 0.0, np.cos(turn) * out), 60.0)
        meshes.append(recolored(mesh, (0.6 * tint, 0.6 * tint, 0.6 * tint), (tint, tint, 0.97 * tint)))
    return [("rock", joined(meshes))]


def cliff_slab(dice: Dice, parameters: Parameters, detail: Detail) -> list[Part]:
    """A steep outcrop of layered rock."""
    height = parameters["height_m"] * dice.between("height", 0.85, 1.15)
    width = 0.62 * height
    pillars = (3, 3, 1)[detail]
    shapes = []
    for number in range(pillars):
        share = (1.0, 0.72, 0.5)[number]
        radii = (width * (0.5 if number == 0 else 0.36), 0.62 * height * share, width * (0.34 if number == 0 else 0.30))
        shape = _stone(
            dice, f"pillar {number}", (3 if number == 0 else 2, 2, 0)[detail], radii, 0.60, sunk=0.2, steep=True
        )
        if detail != Detail.COARSE:
            shape = _layered(shape, height / 9.0)
        side = (0.0, 0.42, -0.46)[number] * width
        shapes.append(shape.moved(side, 0.0, dice.between(f"forward {number}", -0.12, 0.2) * width * (number > 0)))
    return [("rock", _weathered(dice, together(shapes), parameters["moss"]))]


def _chiselled(dice: Dice, name: str, detail: Detail, radii: tuple[float, float, float], worn: float) -> Shape:
    """A convex block between flats; up close its faces are uneven and, the more `worn`, its edges rounded."""
    count = 17
    spin = dice.between(f"{name} spin", 0.0, 6.28)
    turn, up = dice.values(f"{name} turn", -0.45, 0.45, count) + spin, np.linspace(-0.92, 0.92, count)
    angle = np.arange(count) * 2.399963 + turn
    across = np.sqrt(1.0 - up * up)
    flats = np.stack([across * np.sin(angle), up, across * np.cos(angle)], axis=1)
    reach = dice.values(f"{name} reach", 0.66, 1.0, count)
    if detail == Detail.COARSE:
        facing = ball(0).position @ flats.T
        size = (reach / np.maximum(facing, 0.05)).min(axis=1)
        shape = Shape(ball(0).position * (1.04 * size)[:, None], ball(0).triangle)
    else:
        shape = cut_block(flats, reach)
    if detail == Detail.FINE:
        waves = make_waves(dice, f"{name} waves", 3.0, 7.0)
        shape = subdivided(subdivided(shape)) if worn > 0.5 else subdivided(shape)
        size = np.linalg.norm(shape.position, axis=1)
        round_size = size + worn * (np.minimum(size, 0.93) - size)
        uneven = lumps(waves, shape.position / size[:, None], 0.022)
        shape = Shape(shape.position * (round_size / size * uneven)[:, None], shape.triangle)
    position = shape.position * np.array(radii)
    position[:, 1] += radii[1] * (1.0 - 2.0 * SUNK)
    return Shape(position, shape.triangle)


def _stone(
    dice: Dice,
    name: str,
    level: int,
    radii: tuple[float, float, float],
    cut: float,
    *,
    sunk: float = SUNK,
    steep: bool = False,
) -> Shape:
    """A ball with flats; `cut` is how close to the middle the flats come, as a share of the radius."""
    shape = ball(level)
    count = 13
    flats = dice.directions(f"{name} flats", count)
    if steep:
        flats[:-2, 1] *= 0.25
        flats[-2:, 1] = np.abs(flats[-2:, 1]) + 0.8
        flats /= np.linalg.norm(flats, axis=1, keepdims=True)
    reach = dice.values(f"{name} reach", cut, 1.0, count)
    facing = shape.position @ flats.T
    distance = np.where(facing > 0.05, reach / np.maximum(facing, 0.05), 2.0).min(axis=1)
    rough = lumps(make_waves(dice, f"{name} waves", 3.0, 7.0), shape.position, 0.03)
    size = np.minimum(distance, 1.0) * rough * (1.12 if level == 0 else 1.0)
    position = shape.position * size[:, None] * np.array(radii)
    position[:, 1] += radii[1] * (1.0 - 2.0 * sunk)
    return Shape(position, shape.triangle)


def _layered(shape: Shape, step_m: float) -> Shape:
    """The shape with level ledges: outer and inner layers in turn."""
    position = shape.position.copy()
    layer = np.floor(position[:, 1] / step_m + 0.3 * np.sin(position[:, 0] * 1.7))
    factor = 1.0 + 0.075 * np.sin(layer * 2.4) + 0.04 * np.sin(layer * 5.1 + 1.0)
    position[:, [0, 2]] *= factor[:, None]
    return Shape(position, shape.triangle)


def _weathered(dice: Dice, shape: Shape, moss: float) -> Mesh:
    """Darker at the foot, patchy, a little different on every face, green where it faces up."""
    patches: Floats = make_waves(dice, "patches", 1.5, 4.0)
    bright, warm = dice.between("tint", 0.88, 1.0), dice.between("warm", 0.86, 0.96)
    mesh = surfaced(shape, 24.0)
    place, normal = mesh.position.astype(np.float64), mesh.normal.astype(np.float64)
    wave = np.sin(place @ patches[:, :3].T + patches[:, 3]).mean(axis=1)
    rise = (place[:, 1] - place[:, 1].min()) / max(float(np.ptp(place[:, 1])), 1e-6)
    face = np.sin(normal @ (patches[:, :3].T * 1.5) + patches[:, 3]).mean(axis=1)
    grey = bright * (0.66 + 0.34 * rise) * (1.0 + 0.22 * wave + 0.22 * face - 0.06)
    color = grey[:, None] * np.array([1.0, 0.5 + 0.5 * warm, warm])
    green = np.clip((normal[:, 1] - 0.55) * 2.2 + wave, 0.0, 1.0) * moss
    color *= 1.0 - green[:, None] * np.array([0.55, 0.30, 0.80])
    return Mesh(mesh.position, mesh.normal, mesh.triangle, mesh.texture_coordinate, color=encode_color(color))
