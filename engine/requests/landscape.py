"""What a land is like: shared by requests for scenes and for worlds.

Checks here need no generator: whether a biome exists is the generator's business.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.errors import InvalidRequestError
from engine.requests.checks import SEED_MAX, frozen_numbers

CELL_MIN_M, CELL_MAX_M = 0.5, 32.0
"""Distances of two vertices at the finest level of detail."""

COORDINATE_MAX_CELLS = 2**31 - 2**16
"""Cells from the origin that the world reaches in every direction."""

PERIOD_STEP_CELLS = 1024
SKETCH_MAX_BYTES = 4 * 1024 * 1024
SKETCH_EXTENT_MAX_M = 65536.0
REROLLS_MAX = 16


@dataclass(frozen=True, slots=True)
class Sketch:
    """A designer's strokes over a square around the origin.

    png       RGB or RGBA; red = ridge, blue = river, green = flat, cyan = sea, black or transparent = nothing
    extent_m  edge length of the square that the picture covers; north is up
    """

    png: bytes
    extent_m: float

    def __post_init__(self) -> None:
        if not 1 <= len(self.png) <= SKETCH_MAX_BYTES:
            raise InvalidRequestError("sketch.png", f"{len(self.png)} bytes", f"1 to {SKETCH_MAX_BYTES} bytes")
        _check_number("sketch.extent_m", self.extent_m, 64.0, SKETCH_EXTENT_MAX_M)


@dataclass(frozen=True, slots=True)
class Reroll:
    """A rectangle of the world that is made from another seed; everything outside of it keeps its bytes.

    x_m, z_m          its north-west corner
    width_m, depth_m  along x and along z; the new land blends in over a quarter of the shorter one
    """

    x_m: float
    z_m: float
    width_m: float
    depth_m: float
    seed: int

    def __post_init__(self) -> None:
        for name in ("x_m", "z_m"):
            _check_number(f"reroll.{name}", getattr(self, name), -(2.0**36), 2.0**36)
        for name in ("width_m", "depth_m"):
            _check_number(f"reroll.{name}", getattr(self, name), 1.0, 2.0**20)
        _check_seed("reroll.seed", self.seed)


@dataclass(frozen=True, slots=True)
class Landscape:
    """A world: what decides about every vertex of it.

    seed          0 to 2**32 - 1; the same landscape has the same bytes everywhere
    biomes        weight 0 to 1 by name, see the catalog
    cell_m        distance of two vertices in meters, 0.5 to 32
    relief        factor of all heights, 0 to 4
    roughness     -1 (rounded) to 1 (craggy)
    sea_level_m   -1,000 to 1,000
    period_cells  the world repeats after so many cells along both axes (a torus), a multiple of 1024; 0: it is endless
    sketch        a designer's strokes, or None
    rerolls       parts made anew, later ones over earlier ones, at most 16
    """

    seed: int = 0
    biomes: Mapping[str, float] = field(default_factory=lambda: {"grassland": 1.0})
    cell_m: float = 2.0
    relief: float = 1.0
    roughness: float = 0.0
    sea_level_m: float = 0.0
    period_cells: int = 0
    sketch: Sketch | None = None
    rerolls: tuple[Reroll, ...] = ()

    def __post_init__(self) -> None:
        _check_seed("seed", self.seed)
        if not self.biomes:
            raise InvalidRequestError("biomes", "{}", "at least one biome")
        object.__setattr__(self, "biomes", frozen_numbers("biomes", self.biomes))
        for name, low, high in (
            ("cell_m", CELL_MIN_M, CELL_MAX_M),
            ("relief", 0.0, 4.0),
            ("roughness", -1.0, 1.0),
            ("sea_level_m", -1000.0, 1000.0),
        ):
            _check_number(name, getattr(self, name), low, high)
            object.__setattr__(self, name, float(getattr(self, name)) + 0.0)  # equal numbers, equal text
        period = self.period_cells
        if period % PERIOD_STEP_CELLS or not 0 <= period <= 2**24:
            raise InvalidRequestError("period_cells", period, f"0 to {2**24} in steps of {PERIOD_STEP_CELLS}")
        if len(self.rerolls) > REROLLS_MAX:
            raise InvalidRequestError("rerolls", f"{len(self.rerolls)} entries", f"at most {REROLLS_MAX}")

    def document(self) -> dict[str, object]:
        """The landscape as JSON values; the sketch by its SHA-256."""
        sketch = self.sketch
        return {
            "seed": self.seed,
            "biomes": dict(self.biomes),
            "cell_m": self.cell_m,
            "relief": self.relief,
            "roughness": self.roughness,
            "sea_level_m": self.sea_level_m,
            "period_cells": self.period_cells,
            "sketch": None
            if sketch is None
            else {"png_sha256": hashlib.sha256(sketch.png).hexdigest(), "extent_m": float(sketch.extent_m)},
            "rerolls": [
                [float(each.x_m), float(each.z_m), float(each.width_m), float(each.depth_m), each.seed]
                for each in self.rerolls
            ],
        }


def _check_number(field_name: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:  # also refuses NaN
        raise InvalidRequestError(field_name, value, f"{low:g} to {high:g}")


def _check_seed(field_name: str, value: int) -> None:
    if not 0 <= value <= SEED_MAX:
        raise InvalidRequestError(field_name, value, f"0 to {SEED_MAX}")
