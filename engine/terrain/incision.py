"""Valleys: water that gathers on a grid and cuts into it, as far as it gets in a fixed number of steps.

Stream power, dz/dt = -K sqrt(A) S (Howard, "A detachment-limited model of drainage basin evolution", 1994; Whipple
and Tucker, 1999): A the drained area, S the slope, in vertices and heights over spacing, so that the law is the same
at every scale. Flow is shared among all lower neighbours by the square of their slopes (Quinn and others, 1991). A
vertex knows only what lies within REACH of it, and every operation is elementwise: the result depends on the place
and not on the window. Carved grid by grid from coarse to fine, short reaches join into valleys.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.terrain.flow import around, drops, gathered, inner

Grid = NDArray[np.float32]

ROUNDS, SPREAD = 4, 4
"""Rounds of gathering and cutting; steps that water flows in each."""

REACH = ROUNDS * (SPREAD + 3)
"""Vertices on each side that `carved` consumes."""

ERODIBILITY = 0.08
CUT_MAX = 0.9
"""Largest share of the drop to the lowest neighbour that one round takes away: a valley never runs uphill for it."""

CREEP = 0.08
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
        area = gathered(inner(area), [fall.square_() for fall in falls], SPREAD)
        cut = area.sqrt().mul_(ERODIBILITY).clamp_max_(CUT_MAX).mul_(steepest)
        land = _settled(inner(land, SPREAD + 1) - cut)
        area = inner(area, 2)
    return np.asarray(land.numpy())


def _settled(height: Tensor) -> Tensor:
    """Hillslopes after a round of creep, pits raised to their lowest neighbour."""
    mean = height[1:-1, 2:] + height[1:-1, :-2]
    mean.add_(height[2:, 1:-1]).add_(height[:-2, 1:-1]).mul_(0.25)
    height = inner(height).mul(1.0 - CREEP).add_(mean.mul_(CREEP))
    first, *others = around(height)
    lowest = first.clone()
    for near in others:
        torch.minimum(lowest, near, out=lowest)
    return torch.maximum(inner(height), lowest)
