"""A character while it is modelled: pieces with color slot, brightness, the joints they follow, and a part's name."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from engine.characters.identity import Identity
from engine.characters.measures import Measures
from engine.geometry.props.dice import Dice
from engine.geometry.props.shapes.solids import Shape
from engine.motion.skeleton import JOINT_COUNT

Floats = NDArray[np.float64]

PART_NAMES: tuple[str, ...] = (
    *("pelvis", "belly", "chest", "neck", "head"),
    *("l_upper_arm", "l_forearm", "l_hand", "r_upper_arm", "r_forearm", "r_hand"),
    *("l_thigh", "l_shin", "l_foot", "r_thigh", "r_shin", "r_foot"),
    *("hair", "hat", "skirt", "back"),
)
"""Parts of a body as a network is told of them; the last four are empty where they are not worn."""

PART_COUNT = len(PART_NAMES)
PART = {name: index for index, name in enumerate(PART_NAMES)}


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """A shape with all that is known of it.

    weight      float64 [corners, 19]: how much each corner follows each joint
    slot        its color, see `palettes`
    brightness  float64 [corners], factor of the color
    part        index in PART_NAMES for each corner, int [corners]
    crease_deg  faces that meet at more than this have an edge
    """

    shape: Shape
    weight: Floats
    slot: int
    brightness: Floats
    part: NDArray[np.int64]
    crease_deg: float


@dataclass(slots=True)
class Sculpture:
    """Collects pieces."""

    identity: Identity
    size: Measures
    dice: Dice
    pieces: list[Piece] = field(default_factory=list)

    def add(
        self,
        shape: Shape,
        slot: int,
        follows: int | Floats,
        part: str | NDArray[np.int64],
        shade: tuple[float, float] = (0.9, 1.04),
        crease_deg: float = 50.0,
    ) -> None:
        """Append a shape.

        follows  the joint that it is fixed to, or weights [corners, 19]
        part     the part's name, or indices [corners]
        shade    brightness at its lowest and at its highest corner
        """
        count = len(shape.position)
        weight = rigid(count, follows) if isinstance(follows, int) else follows
        y = shape.position[:, 1]
        share = (y - y.min()) / max(float(np.ptp(y)), 1e-6)
        brightness = shade[0] + (shade[1] - shade[0]) * share
        owner = np.full(count, PART[part]) if isinstance(part, str) else part
        self.pieces.append(Piece(shape, weight, slot, brightness, owner, crease_deg))


def rigid(count: int, joint: int) -> Floats:
    """Weights of corners that follow one joint."""
    weight = np.zeros((count, JOINT_COUNT))
    weight[:, joint] = 1.0
    return weight


def along_chain(place: Floats, joints: Sequence[int], takes_over: Sequence[float], band: Sequence[float]) -> Floats:
    """Weights of corners along a limb: the next joint takes over around its own place, smoothly.

    place       where corners lie along the limb, growing from joint to joint
    takes_over  place at which each joint but the first begins
    band        half width of each transition
    """
    weight = np.zeros((len(place), JOINT_COUNT))
    before = np.ones(len(place))
    weight[:, joints[0]] = 1.0
    for previous, joint, middle, half in zip(joints, joints[1:], takes_over, band, strict=False):
        share = np.clip((place - middle) / (2.0 * half) + 0.5, 0.0, 1.0)
        share = np.minimum(share * share * (3.0 - 2.0 * share), before)
        weight[:, previous] -= share
        weight[:, joint] += share
        before = share
    return np.maximum(weight, 0.0)


def mirrored(shape: Shape) -> Shape:
    """The shape on the other side of the body."""
    return Shape(shape.position * np.array([-1.0, 1.0, 1.0]), shape.triangle[:, ::-1].copy())
