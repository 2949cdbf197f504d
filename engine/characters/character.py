"""A finished character: skinned mesh, proportions, colors."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from engine.characters.identity import Identity
from engine.characters.measures import Measures, measure
from engine.characters.palettes import HAIR, LEATHER, METAL, PRIMARY, SECONDARY, SKIN
from engine.characters.sculpting import body as bodies
from engine.characters.sculpting import constructs, gear, hair, head, headwear, outfit
from engine.characters.sculpting.sculpture import Piece, Sculpture
from engine.characters.sculpting.surfaces import tuft
from engine.geometry.props.dice import Dice
from engine.geometry.props.shapes.surface import creased_normals
from engine.motion.skeleton import HEAD

INFLUENCES = 4


@dataclass(frozen=True, slots=True, eq=False)
class Character:
    """Everything in meters in the T-pose: the ground is y = 0, it faces +Z.

    identity       who it is
    measures       its proportions
    position       float32 [vertices, 3]
    normal         float32 [vertices, 3] of length 1
    triangle       uint32 [triangles, 3], counter-clockwise from outside
    joint          uint8 [vertices, 4], which joints of the common skeleton a vertex follows
    weight         float32 [vertices, 4], how much; sums to 1
    slot           uint8 [vertices], its color in the palette
    brightness     float32 [vertices], factor of that color in sRGB
    part           uint8 [vertices], index in PART_NAMES
    """

    identity: Identity
    measures: Measures
    position: NDArray[np.float32]
    normal: NDArray[np.float32]
    triangle: NDArray[np.uint32]
    joint: NDArray[np.uint8]
    weight: NDArray[np.float32]
    slot: NDArray[np.uint8]
    brightness: NDArray[np.float32]
    part: NDArray[np.uint8]

    def colors(self) -> NDArray[np.float32]:
        """SRGB colors of all vertices in sRGB, float32 [vertices, 3], 0 to 1."""
        colors = self.identity.palette.slots()[self.slot] * self.brightness[:, None]
        bounded: NDArray[np.float32] = np.minimum(colors, np.float32(1.0))
        return bounded


@lru_cache(maxsize=64)
def build_character(identity: Identity) -> Character:
    """Model a character: a pure function of its identity."""
    return _finished(identity, sculpt(identity))


def sculpt(identity: Identity) -> Sculpture:
    """All pieces of a character."""
    size = measure(identity)
    figure = Sculpture(identity, size, Dice(identity.seed * 7 + 3))
    kind, part = identity.kind, identity.part
    if kind == "robot":
        constructs.add_robot(figure)
        surface = head.HeadSurface(size, "flesh")
        if part("shoulders") != "fur":
            gear.add_shoulders(figure, part("shoulders"))
    else:
        surface = head.HeadSurface(size, {"goblin": "goblin", "skeleton": "skull"}.get(kind, "flesh"))
        figure.add(surface.skin(), SKIN, HEAD, "head", (0.84, 1.04), 70.0)
        _add_body(figure)
        {"beast": head.add_beast_head, "skeleton": head.add_skull_face}.get(kind, head.add_face)(figure, surface)
        hair.add_hair(figure, surface, covered=part("headwear") in headwear.COVERING)
        hair.add_beard(figure, surface)
        gear.add_shoulders(figure, part("shoulders"))
    headwear.add_headwear(figure, surface)
    gear.add_back(figure, part("back") if kind != "robot" or part("back") == "cape" else "none")
    if kind == "robot":
        outfit.add_belt(figure, part("belt"))
    return figure


def _add_body(figure: Sculpture) -> None:
    """Trunk, limbs and clothes of all kinds but robots."""
    kind, part = figure.identity.kind, figure.identity.part
    if kind == "skeleton":
        bare = part("torso") in ("vest", "tunic")
        constructs.add_bones(figure, bare_chest=bare)
        if bare:
            outfit.add_skirt(figure, 0.7 * figure.size.at("l_hip")[1], PRIMARY, 0.02, HAIR)
        else:
            outfit.add_torso(figure, part("torso"))
    else:
        bodies.add_trunk(figure, PRIMARY, SKIN)
        bodies.add_flesh_limbs(figure, trousers_of(figure))
        outfit.add_torso(figure, part("torso"))
        if kind == "beast":
            _add_tail(figure)
    gloved = part("gloves") == "gauntlets"
    bodies.add_hands(figure, METAL if gloved else SKIN, 1.12 if gloved else 1.0)
    bodies.add_feet(figure, part("boots"))
    outfit.add_belt(figure, part("belt"))
    gear.add_gloves(figure, part("gloves"))


def trousers_of(figure: Sculpture) -> int:
    """Slot of the trousers: never that of the tunic above them."""
    return LEATHER if figure.dice.between("trousers", 0.0, 1.0) < 0.6 else SECONDARY


def _add_tail(figure: Sculpture) -> None:
    size = figure.size
    unit = 0.1 * size.height
    root = size.at("pelvis") + np.array([0.0, -0.01, -0.06]) * size.height
    path = [
        root + np.array(p) * unit
        for p in ((0, 0, 0.2), (0, -0.5, -0.7), (0.1, 0.1, -1.7), (0.2, 1.3, -2.0), (0.1, 2.1, -1.7))
    ]
    thick = [0.28 * unit, 0.4 * unit, 0.55 * unit, 0.5 * unit, 0.04 * unit]
    figure.add(tuft(path, thick, 9, 12), SKIN, 0, "back", (0.85, 1.05))
    tip = [path[3] - np.array([0, 0.25, 0]) * unit, 0.5 * (path[3] + path[4]), path[4] + np.array([0, 0.06, 0]) * unit]
    figure.add(tuft(tip, [0.53 * unit, 0.45 * unit, 0.02 * unit], 9, 6), SKIN, 0, "back", (1.2, 1.35))


def _finished(identity: Identity, figure: Sculpture) -> Character:
    built = [_with_normals(piece) for piece in figure.pieces]
    starts = np.cumsum([0] + [len(columns[0]) for columns, _ in built[:-1]])
    triangle = np.concatenate([faces + start for (_, faces), start in zip(built, starts, strict=True)])
    position, normal, weight, slot, brightness, part = (
        np.concatenate([columns[index] for columns, _ in built]) for index in range(6)
    )
    order = np.argsort(-weight, axis=1, kind="stable")[:, :INFLUENCES]
    strongest = np.take_along_axis(weight, order, axis=1)
    strongest = np.where(strongest < 1e-4, 0.0, strongest)
    order = np.where(strongest > 0, order, 0)
    return Character(
        identity, figure.size, position.astype(np.float32), normal.astype(np.float32), triangle.astype(np.uint32),
        order.astype(np.uint8), (strongest / strongest.sum(axis=1, keepdims=True)).astype(np.float32),
        slot.astype(np.uint8), brightness.astype(np.float32), part.astype(np.uint8),
    )  # fmt: skip


def _with_normals(piece: Piece) -> tuple[tuple[NDArray[np.floating], ...], NDArray[np.int64]]:
    """Columns of a piece's vertices, and its triangles; corners that share a normal share a vertex."""
    corner = piece.shape.position[piece.shape.triangle]
    facing = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
    area = np.linalg.norm(facing, axis=1)
    whole = area > 1e-10
    triangle, facing, area = piece.shape.triangle[whole], facing[whole], area[whole]
    cosine = float(np.cos(np.radians(piece.crease_deg)))
    normal = creased_normals(triangle, facing, facing / area[:, None], len(piece.shape.position), cosine)
    rounded = np.round((normal + 1.0) * 100.0).astype(np.int64)
    key = ((triangle.ravel() * 256 + rounded[:, 0]) * 256 + rounded[:, 1]) * 256 + rounded[:, 2]
    _, first, place = np.unique(key, return_index=True, return_inverse=True)
    source = triangle.ravel()[first]
    columns = (
        piece.shape.position[source], normal[first], piece.weight[source], np.full(len(source), piece.slot),
        piece.brightness[source], piece.part[source],
    )  # fmt: skip
    return columns, place.reshape(-1, 3)
