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


def gathered(area: Tensor, pulls: list[Tensor], steps: int) -> Tensor:
    """Drained area after `steps` more steps of flow: [rows - 2 steps, columns - 2 steps].

    area   [rows, columns], in vertices
    pulls  how strongly each of NEIGHBOURS draws a vertex's water, which is shared among them in proportion; of the same
           size
    """
    per_pull = torch.full_like(pulls[0], 1e-12)
    for pull in pulls:
        per_pull += pull
    per_pull.reciprocal_()
    rows, columns = area.shape
    rain = torch.ones(())
    for step in range(1, steps + 1):
        area = area * per_pull[step - 1 : rows - step + 1, step - 1 : columns - step + 1]
        arriving = []
        for (dy, dx), pull in zip(NEIGHBOURS, pulls, strict=True):
            near = area[1 - dy : rows - 2 * step + 1 - dy, 1 - dx : columns - 2 * step + 1 - dx]
            arriving.append((near, pull[step - dy : rows - step - dy, step - dx : columns - step - dx]))
        area = torch.addcmul(rain, *arriving[0])
        for near, pull in arriving[1:]:
            area.addcmul_(near, pull)
    return area


def around(grid: Tensor) -> list[Tensor]:
    """The eight shifted grids of NEIGHBOURS, each as large as the inner part."""
    rows, columns = grid.shape
    return [grid[1 + dy : rows - 1 + dy, 1 + dx : columns - 1 + dx] for dy, dx in NEIGHBOURS]


def inner(grid: Tensor, rim: int = 1) -> Tensor:
    """`grid` without `rim` vertices on every side."""
    return grid[rim:-rim, rim:-rim]
