"""What stands in a level as models of few triangles: doors, keys, loot, enemies, the start and the exit."""

import math
from collections.abc import Callable, Mapping

import numpy as np

from engine.geometry.mesh import Mesh
from engine.geometry.props.shapes.solids import Shape, ball, beam, box, turned_profile
from engine.geometry.props.shapes.surface import Color, assembled, stretched
from engine.levels.building.shell import CELL_M, WALL_M
from engine.levels.grid import DOORS
from engine.requests.level import Tile

LOCKS: Mapping[Tile, Color] = {
    Tile.RED_DOOR: (0.62, 0.06, 0.05), Tile.YELLOW_DOOR: (0.75, 0.52, 0.05), Tile.BLUE_DOOR: (0.07, 0.18, 0.65),
    Tile.RED_KEY: (0.75, 0.08, 0.06), Tile.YELLOW_KEY: (0.85, 0.62, 0.08), Tile.BLUE_KEY: (0.10, 0.25, 0.80),
}  # fmt: skip

_TIMBER: Color = (0.55, 0.38, 0.22)
_FRAME: Color = (0.30, 0.22, 0.15)
_IRON: Color = (0.16, 0.15, 0.15)
_GOLD: Color = (0.85, 0.58, 0.12)

Piece = tuple[Shape, Color]


def model_of(tile: Tile) -> Mesh | None:
    """The thing on the floor's middle, in meters, doors closing the way along z; None for tiles without one."""
    maker = _MAKERS.get(tile)
    if maker is None:
        return None
    pieces = maker(tile)
    return assembled([shape for shape, _ in pieces], np.array([color for _, color in pieces]))


def _door(tile: Tile) -> list[Piece]:
    width = CELL_M
    top = 0.8 * WALL_M
    pieces: list[Piece] = [
        (box(0.2, WALL_M, 0.5).moved(side * (width / 2 - 0.1), 0.0, 0.0), _FRAME) for side in (-1.0, 1.0)
    ]
    pieces.append((box(width, WALL_M - top, 0.5).moved(0.0, top, 0.0), _FRAME))
    panel = LOCKS.get(tile, _TIMBER)
    pieces += [(box(0.38, top, 0.12).moved(x, 0.0, 0.0), panel) for x in (-0.6, -0.2, 0.2, 0.6)]
    pieces += [(box(width - 0.4, 0.14, 0.18).moved(0.0, y, 0.0), _IRON) for y in (0.35, 1.75)]
    pieces += [(ball(1), _IRON if tile == Tile.DOOR else _GOLD)]
    pieces[-1] = (stretched(pieces[-1][0], (0.09, 0.09, 0.16)).moved(0.55, 1.05, 0.0), pieces[-1][1])
    return pieces


def _key(tile: Tile) -> list[Piece]:
    ring = [(0.14 + 0.045 * math.cos(angle), 0.045 * math.sin(angle)) for angle in np.linspace(0, 2 * math.pi, 7)]
    ring[-1] = ring[0]
    color = LOCKS[tile]
    return [
        (turned_profile(ring, 12).turned(pitch=math.pi / 2).moved(0.0, 1.15, 0.0), color),
        (beam((0.0, 1.0, 0.0), (0.0, 0.5, 0.0), 0.08), color),
        (beam((0.0, 0.58, 0.0), (0.18, 0.58, 0.0), 0.07), color),
        (beam((0.0, 0.72, 0.0), (0.14, 0.72, 0.0), 0.07), color),
    ]


def _chest(_: Tile) -> list[Piece]:
    pieces: list[Piece] = [
        (box(0.9, 0.42, 0.6), _TIMBER),
        (box(0.94, 0.2, 0.64, 0.85).moved(0.0, 0.42, 0.0), _TIMBER),
        (box(0.16, 0.2, 0.06).moved(0.0, 0.3, 0.31), _GOLD),
    ]
    return pieces + [(box(0.08, 0.63, 0.66).moved(x, 0.0, 0.0), _GOLD) for x in (-0.32, 0.32)]


def _enemy(_: Tile) -> list[Piece]:
    body = stretched(ball(2), (0.48, 0.58, 0.48)).moved(0.0, 0.62, 0.0)
    pieces: list[Piece] = [(body, (0.42, 0.04, 0.07))]
    for side in (-1.0, 1.0):
        pieces.append((stretched(ball(1), (0.13, 0.15, 0.08)).moved(0.18 * side, 0.78, 0.4), (0.95, 0.88, 0.6)))
        pieces.append((stretched(ball(1), (0.06, 0.08, 0.05)).moved(0.18 * side, 0.77, 0.46), (0.02, 0.01, 0.01)))
        horn = turned_profile([(0.0, 0.0), (0.1, 0.0), (0.0, 0.42)], 6).turned(roll=-0.45 * side)
        pieces.append((horn.moved(0.26 * side, 1.05, 0.0), (0.85, 0.78, 0.66)))
    return pieces


def _start(_: Tile) -> list[Piece]:
    return [
        (turned_profile([(0.0, 0.0), (0.8, 0.0), (0.72, 0.1), (0.0, 0.1)], 20), (0.12, 0.45, 0.2)),
        (turned_profile([(0.0, 0.1), (0.5, 0.1), (0.46, 0.14), (0.0, 0.14)], 20), (0.55, 0.9, 0.6)),
    ]


def _exit(_: Tile) -> list[Piece]:
    stone: Color = (0.62, 0.62, 0.7)
    pieces: list[Piece] = [(box(1.8, 0.12, 1.8), stone), (box(1.4, 0.12, 1.4).moved(0.0, 0.12, 0.0), stone)]
    pieces += [(box(0.24, 2.1, 0.24).moved(0.62 * side, 0.24, 0.0), stone) for side in (-1.0, 1.0)]
    pieces.append((box(1.6, 0.26, 0.32).moved(0.0, 2.34, 0.0), stone))
    pieces.append((box(1.0, 2.1, 0.05).moved(0.0, 0.24, 0.0), (0.35, 0.75, 0.95)))
    return pieces


_MAKERS: Mapping[Tile, Callable[[Tile], list[Piece]]] = {
    **dict.fromkeys(DOORS, _door),
    Tile.RED_KEY: _key,
    Tile.YELLOW_KEY: _key,
    Tile.BLUE_KEY: _key,
    Tile.LOOT: _chest,
    Tile.ENEMY: _enemy,
    Tile.START: _start,
    Tile.EXIT: _exit,
}
