"""What a kind of prop is: its builder, its parameters, and where in a world it belongs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum

from engine.geometry.mesh import Mesh
from engine.geometry.props.dice import Dice


class WaterRule(StrEnum):
    """Where a prop stands relative to water."""

    DRY = "dry"
    """On land."""

    SHORE = "shore"
    """On land within a few meters of water."""

    WET = "wet"
    """In shallow water or at its very edge."""


class Detail(IntEnum):
    """Levels of detail, finest first."""

    FINE = 0
    MEDIUM = 1
    COARSE = 2


@dataclass(frozen=True, slots=True)
class PropParameter:
    """One number that shapes a prop."""

    name: str
    description: str
    default: float
    lowest: float
    highest: float


Parameters = Mapping[str, float]

Part = tuple[str, Mesh]
"""Some triangles, and the name of their material (see engine/geometry/props/materials.py)."""

Builder = Callable[[Dice, Parameters, Detail], list[Part]]
"""The parts at one level of detail. The same dice and parameters give the same thing at every level."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Habitat:
    """Where in a world something belongs; all that the placement needs to know, of a prop of ours or a user's own.

    densities      biome -> how many stand on a hectare of it
    radius_m       of the circle on the ground that it keeps for itself, at scale 1
    slope_max      steepest ground, as rise over run
    scale          smallest and largest factor of its size when placed
    leans          0 stays upright, 1 stands square on the slope
    patch_m        size of the groves it grows in; 0: everywhere alike
    variant_count  how many different ones a world should have
    """

    name: str
    densities: Mapping[str, float]
    radius_m: float
    slope_max: float = 0.7
    water: WaterRule = WaterRule.DRY
    scale: tuple[float, float] = (0.8, 1.2)
    leans: float = 0.0
    patch_m: float = 0.0
    variant_count: int = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class PropKind(Habitat):
    """A kind of prop: where it belongs, and how one is made.

    coverages  share of the picture's height below which the medium and the coarse level take over
    """

    description: str
    build: Builder
    parameters: tuple[PropParameter, ...]
    coverages: tuple[float, float] = (0.16, 0.05)
