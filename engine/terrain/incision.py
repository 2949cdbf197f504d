"""Valleys: water that gathers on a grid and cuts into it, as far as it gets in a fixed number of steps.

Stream power, dz/dt = -K sqrt(A) S (Howard, "A detachment-limited model of drainage basin evolution", 1994; Whipple
and Tucker, 1999): A the drained area, S the slope, in vertices and heights over spacing, so that the law is the same
at every scale. Flow is shared among all lower neighbours by the square of their slopes (Quinn and others, 1991). A
vertex knows only what lies within REACH of it, and every operation is elementwise: the result depends on the place and
not on the window. Carved grid by grid from coarse to fine, short reaches join into valleys.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.terrain.flow import around, drops, gathered, inner

Grid = NDArray[np.float32]

ROUNDS, SPREAD = 4, 8
"""Rounds of gathering and cutting; steps that water flows in each."""

FILLS = 2
"""Steps in which pits rise to their lowest neighbour, per round."""

REACH = ROUNDS * (SPREAD + 2 + FILLS)
"""Vertices on each side that `carved` consumes."""

ERODIBILITY = 0.1
CUT_MAX = 0.6
"""Largest share of the drop to the lowest neighbour that one round takes away: a valley never runs uphill for it."""

CREEP = 0.1
"""Diffusion of the hillslopes in each round."""


def carved(height: Grid) -> Grid:
    """Heights over spacing [rows, columns] with valleys cut in: [rows - 2 REACH, columns - 2 REACH]."""
    land = torch.from_numpy(height)
    area = torch.ones_like(land)
    for _ in range(ROUNDS):
        falls = drops(land)
        steepest = inner(falls[0], SPREAD).clone()
        for fall in falls[1:]:
            torch.maximum(steepest, inner(fall, SPREAD), out=steepest)
        area = gathered(inner(area), _shares(falls), SPREAD)
        cut = area.sqrt().mul_(ERODIBILITY).clamp_max_(CUT_MAX).mul_(steepest)
        land = _settled(inner(land, SPREAD + 1) - cut)
        area = inner(area, FILLS + 1)
    return np.asarray(land.numpy())


def _shares(falls: list[Tensor]) -> list[Tensor]:
    """What part of a vertex's water goes which way, by the square of the slope; made of `falls` themselves."""
    shares = [fall.square_() for fall in falls]
    total = torch.full_like(shares[0], 1e-12)
    for share in shares:
        total += share
    total.reciprocal_()
    return [share.mul_(total) for share in shares]


def _settled(height: Tensor) -> Tensor:
    """Hillslopes after a round of creep, pits filled up."""
    mean = height[1:-1, 2:] + height[1:-1, :-2]
    mean.add_(height[2:, 1:-1]).add_(height[:-2, 1:-1]).mul_(0.25)
    height = inner(height).mul(1.0 - CREEP).add_(mean.mul_(CREEP))
    for _ in range(FILLS):
        first, *others = around(height)
        lowest = first.clone()
        for near in others:
            torch.minimum(lowest, near, out=lowest)
        height = torch.maximum(inner(height), lowest)
    return height
