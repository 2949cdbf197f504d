"""Valleys: water that gathers on a grid and cuts into it, as far as it gets in a fixed number of steps.

Stream power, dz/dt = -K sqrt(A) S (Howard, "A detachment-limited model of drainage basin evolution", 1994; Whipple
and Tucker, 1999): A the drained area, S the slope, in vertices and heights over spacing, so that the law is the same
at every scale. Flow is shared among all lower neighbours by the square of their slopes (Quinn and others, 1991). A
vertex knows only what lies within REACH of it, and every operation is elementwise and correctly rounded: the result
depends on the place and not on the window. Carved grid by grid from coarse to fine, short reaches join into valleys.
"""

import math

import numpy as np
from numpy.typing import NDArray

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

NEIGHBOURS = tuple((dy, dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1) if dy or dx)


def carved(height: Grid) -> Grid:
    """Heights over spacing [rows, columns] with valleys cut in: [rows - 2 REACH, columns - 2 REACH]."""
    area = np.ones_like(height)
    for _ in range(ROUNDS):
        drops = [
            np.maximum(_inner(height) - near, np.float32(0.0)) / np.float32(math.hypot(*offset))
            for offset, near in zip(NEIGHBOURS, _around(height), strict=True)
        ]
        area = _gathered(_inner(area), drops)
        height = _inner(height, SPREAD + 1)
        steepest = np.maximum.reduce([_inner(drop, SPREAD) for drop in drops])
        height = height - np.minimum(np.float32(ERODIBILITY) * np.sqrt(area), np.float32(CUT_MAX)) * steepest
        height, area = _settled(height), _inner(area, FILLS + 1)
    return height


def _gathered(area: Grid, drops: list[Grid]) -> Grid:
    """Drained area after SPREAD more steps of flow; the rim of as many vertices is lost."""
    shares = [drop * drop for drop in drops]
    total = np.full_like(area, 1e-12)
    for share in shares:
        total += share
    shares = [share / total for share in shares]
    for _ in range(SPREAD):
        rows, columns = area.shape
        gathered = np.ones((rows - 2, columns - 2), np.float32)
        for (dy, dx), share in zip(NEIGHBOURS, shares, strict=True):
            source = slice(1 - dy, rows - 1 - dy), slice(1 - dx, columns - 1 - dx)
            gathered += area[source] * share[source]
        area, shares = gathered, [_inner(share) for share in shares]
    return area


def _settled(height: Grid) -> Grid:
    """Hillslopes after a round of creep, pits filled up."""
    center = _inner(height)
    mean = (height[1:-1, 2:] + height[1:-1, :-2] + height[2:, 1:-1] + height[:-2, 1:-1]) * np.float32(0.25)
    height = center + np.float32(CREEP) * (mean - center)
    for _ in range(FILLS):
        height = np.maximum(_inner(height), np.minimum.reduce(list(_around(height))))
    return height


def _around(grid: Grid) -> tuple[Grid, ...]:
    """The eight shifted grids of NEIGHBOURS, each as large as the inner part."""
    rows, columns = grid.shape
    return tuple(grid[1 + dy : rows - 1 + dy, 1 + dx : columns - 1 + dx] for dy, dx in NEIGHBOURS)


def _inner(grid: Grid, rim: int = 1) -> Grid:
    return grid[rim:-rim, rim:-rim]
