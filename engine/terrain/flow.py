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
    falls = [torch.sub(center, near).clamp_min_(0.0) for near in around(height)]
    for (dy, dx), fall in zip(NEIGHBOURS, falls, strict=True):
        if dy and dx:
            fall.mul_(math.sqrt(0.5))
    return falls


def gathered(area: Tensor, shares: list[Tensor], steps: int) -> Tensor:
    """Drained area after `steps` more steps of flow: [rows - 2 steps, columns - 2 steps].

    area    [rows, columns], in vertices
    shares  what part of a vertex's water goes to each of NEIGHBOURS, of the same size
    """
    rows, columns = area.shape
    rain = torch.ones(())
    for step in range(1, steps + 1):
        arriving = []
        for (dy, dx), share in zip(NEIGHBOURS, shares, strict=True):
            near = area[1 - dy : rows - 2 * step + 1 - dy, 1 - dx : columns - 2 * step + 1 - dx]
            arriving.append((near, share[step - dy : rows - step - dy, step - dx : columns - step - dx]))
        area = torch.addcmul(rain, *arriving[0])
        for near, share in arriving[1:]:
            area.addcmul_(near, share)
    return area


def around(grid: Tensor) -> list[Tensor]:
    """The eight shifted grids of NEIGHBOURS, each as large as the inner part."""
    rows, columns = grid.shape
    return [grid[1 + dy : rows - 1 + dy, 1 + dx : columns - 1 + dx] for dy, dx in NEIGHBOURS]


def inner(grid: Tensor, rim: int = 1) -> Tensor:
    """`grid` without `rim` vertices on every side."""
    return grid[rim:-rim, rim:-rim]
