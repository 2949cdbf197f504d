"""Water that spreads over a grid for a few steps: how much land drains through each vertex.

A vertex knows only what lies within as many vertices of it, and every operation is elementwise (sums of products are
fused, everywhere): the result depends on the place and not on the window.
"""

import math

import torch
from torch import Tensor

NEIGHBOURS = tuple((dy, dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1) if dy or dx)


def drops(height: Tensor) -> list[Tensor]:
    """How steeply each inner vertex of `height` [rows, columns] falls to each of NEIGHBOURS, 0 where that is higher."""
    center = inner(height)
    return [
        torch.sub(center, near).clamp_min_(0.0).mul_(1.0 / math.hypot(*offset))
        for offset, near in zip(NEIGHBOURS, around(height), strict=True)
    ]


def gathered(area: Tensor, shares: list[Tensor], steps: int) -> Tensor:
    """Drained area after `steps` more steps of flow: [rows - 2 steps, columns - 2 steps].

    area    [rows, columns], in vertices
    shares  what part of a vertex's water goes to each of NEIGHBOURS, of the same size
    """
    rows, columns = area.shape
    for step in range(1, steps + 1):
        total = torch.ones(rows - 2 * step, columns - 2 * step)
        for (dy, dx), share in zip(NEIGHBOURS, shares, strict=True):
            source = slice(step - dy, rows - step - dy), slice(step - dx, columns - step - dx)
            near = area[1 - dy : rows - 2 * step + 1 - dy, 1 - dx : columns - 2 * step + 1 - dx]
            total.addcmul_(near, share[source])
        area = total
    return area


def around(grid: Tensor) -> list[Tensor]:
    """The eight shifted grids of NEIGHBOURS, each as large as the inner part."""
    rows, columns = grid.shape
    return [grid[1 + dy : rows - 1 + dy, 1 + dx : columns - 1 + dx] for dy, dx in NEIGHBOURS]


def inner(grid: Tensor, rim: int = 1) -> Tensor:
    """`grid` without `rim` vertices on every side."""
    return grid[rim:-rim, rim:-rim]
