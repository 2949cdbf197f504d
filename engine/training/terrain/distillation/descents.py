"""Grids of land as the generator makes it, from which decoders are asked for the next finer ones."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from engine.generators.terrain.climate import STYLE_RANGE, Climate, roughness_control
from engine.generators.terrain.fields import Window
from engine.generators.terrain.heights import TOP_LEVEL, Decoders, Relief, World, heights
from engine.requests.checks import SEED_MAX

EDGE = 256
"""Vertices of the finest grid of a descent; coarser ones have up to half as many, and as many as carving needs."""

PLACES_CELLS = 2**30
RANGE_MAX = 0.8
"""Largest range of ruggedness within a descent."""


@dataclass(frozen=True, slots=True, eq=False)
class Windows:
    """Pieces of grids of one level.

    height  [batch, 1, edge, edge], over the spacing
    style   [batch, 2, edge, edge]
    """

    height: Tensor
    style: Tensor


class Descents:
    """Whole descents of `decoders`, carving and all, every one of another world, climate and place.

    styles  [count, 2] of real land, which half of the descents have; the others have any climate
    """

    def __init__(self, decoders: Decoders, styles: Tensor, random: np.random.Generator, count: int) -> None:
        self._descents = [_descent(decoders, styles, random, real=bool(index % 2)) for index in range(count)]

    def windows(self, random: np.random.Generator, level: int, count: int, edge: int) -> Windows:
        """Pieces of grids of `level`, 1 to TOP_LEVEL, at random places, turned and mirrored at random."""
        pieces = [self._piece(random, level, edge) for _ in range(count)]
        height, style = (torch.stack(parts) for parts in zip(*pieces, strict=True))
        return Windows(height, style)

    def _piece(self, random: np.random.Generator, level: int, edge: int) -> tuple[Tensor, Tensor]:
        relief = self._descents[int(random.integers(len(self._descents)))][level]
        y, x = (int(random.integers(size - edge + 1)) for size in relief.height.shape)
        part = ..., slice(y, y + edge), slice(x, x + edge)
        height = relief.height[part][None] / relief.window.spacing
        turns, mirrored = int(random.integers(4)), bool(random.integers(2))
        height, style = (torch.rot90(each, turns, (1, 2)) for each in (height, relief.style[part]))
        return (height.flip(2), style.flip(2)) if mirrored else (height, style)


def _descent(decoders: Decoders, styles: Tensor, random: np.random.Generator, *, real: bool) -> dict[int, Relief]:
    seed = int(random.integers(SEED_MAX + 1))
    y, x = random.integers(-PLACES_CELLS, PLACES_CELLS, 2).tolist()
    if real:
        ruggedness, roughness = styles[int(random.integers(len(styles)))].tolist()
        climate = Climate(ruggedness, 0.0, roughness_control(ruggedness, roughness), 0.0, 0.0, 0.0, 0.0)
    else:
        ruggedness, spread, roughness = random.uniform((-STYLE_RANGE, 0.0, -1.0), (STYLE_RANGE, RANGE_MAX, 1.0))
        climate = Climate(ruggedness, spread, roughness, 0.0, 0.0, 0.0, 0.0)
    grids = heights(decoders, World(seed, climate), Window(y, x, EDGE, EDGE, 1))
    return {level: grids[level] for level in range(1, TOP_LEVEL + 1)}
