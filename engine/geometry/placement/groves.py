"""Where things grow together: smooth fields over the world, and the chance that all placements go by.

Kinds with large groves share their woods, so that there are woods of several kinds, with clearings between them.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.geometry.placement.ground import Floats
from engine.geometry.props.dice import unit_values, word_of
from engine.geometry.props.kinds import Habitat

Indices = NDArray[np.int64]

PATCH_PEAK = 2.6
"""How much denser than on average groves are at their centres."""

WOODS_M, WOODS_SHARE = 140.0, 0.55
"""Size of the woods that all kinds with large groves have in common, and how much they follow these."""

WOODS_PATCH_MIN_M = 28.0
"""Kinds whose groves are smaller have them wherever they like."""

GROVE_EDGES = (0.46, 0.66)
"""Where in a field of 0 to 1 a grove begins, and from where on it is dense."""

_PATCH = 7
"""Use of a cell's hash; those of a placement are smaller."""

_WOODS = word_of("woods")


@dataclass(frozen=True, slots=True)
class World:
    """What chance goes by. Grids over a world that repeats fit into it a whole number of times."""

    seed: int
    period_m: float

    def cell_m(self, wanted_m: float) -> float:
        """The smallest edge of a grid's cells that is at least `wanted_m`."""
        return self.period_m / max(1, math.floor(self.period_m / wanted_m)) if self.period_m else wanted_m

    def values(self, word: int, row: Indices, column: Indices, use: int, cell_m: float) -> Floats:
        """Uniform numbers in [0, 1), one per cell of a grid."""
        if self.period_m:
            count = round(self.period_m / cell_m)
            row, column = row % count, column % count
        return unit_values(self.seed, word, row, column, use)


def groves(world: World, kind: Habitat, x_m: Floats, z_m: Floats) -> Floats:
    """A smooth field over the world, mostly 0 or 1: where groves of a kind are."""
    level = _waves(world, word_of(kind.name), kind.patch_m, x_m, z_m)
    if kind.patch_m >= WOODS_PATCH_MIN_M:
        level = WOODS_SHARE * _waves(world, _WOODS, WOODS_M, x_m, z_m) + (1.0 - WOODS_SHARE) * level
    low, high = GROVE_EDGES
    level = np.clip((level - low) / (high - low), 0.0, 1.0)
    field: Floats = level * level * (3.0 - 2.0 * level)
    return field


def _waves(world: World, word: int, wanted_m: float, x_m: Floats, z_m: Floats) -> Floats:
    """Smooth noise of 0 to 1 over the world: hashes on a lattice of `wanted_m`, interpolated."""
    cell_m = world.cell_m(wanted_m)
    x, z = x_m / cell_m, z_m / cell_m
    left, top = np.floor(x), np.floor(z)
    right, down = (part * part * (3.0 - 2.0 * part) for part in (x - left, z - top))
    column, row = left.astype(np.int64), top.astype(np.int64)
    if not column.size:
        return np.zeros(x_m.shape)
    first_row, first_column = int(row.min()), int(column.min())
    rows = np.arange(first_row, int(row.max()) + 2)[:, None]
    columns = np.arange(first_column, int(column.max()) + 2)[None, :]
    lattice = world.values(word, rows, columns, _PATCH, cell_m)
    row, column = row - first_row, column - first_column
    above = lattice[row, column] * (1.0 - right) + lattice[row, column + 1] * right
    below = lattice[row + 1, column] * (1.0 - right) + lattice[row + 1, column + 1] * right
    waves: Floats = above * (1.0 - down) + below * down
    return waves
