"""Judges windows of elevation at several octaves by their slopes and bends. Used in training only."""

import itertools

import torch
from torch import Tensor, nn
from torch.nn import functional as F

PLANE_COUNT = 6
STYLE_WIDTH = 2
WIDTHS = (32, 64, 96, 128)


def planes(height: Tensor, slope: Tensor) -> Tensor:
    """What the critic sees of heights over spacing [batch, 1, h, w]: [batch, 6, h - 2, w - 2], each about 1 in size.

    Height, slopes and second differences in units of `slope` [batch], the usual slope of such land, under asinh: cliffs
    count, but do not drown the rest.
    """
    unit = slope[:, None, None, None]
    center = height[..., 1:-1, 1:-1]
    east, west = height[..., 1:-1, 2:], height[..., 1:-1, :-2]
    south, north = height[..., 2:, 1:-1], height[..., :-2, 1:-1]
    twist = height[..., 2:, 2:] + height[..., :-2, :-2] - height[..., 2:, :-2] - height[..., :-2, 2:]
    relief = (center - center.mean((2, 3), keepdim=True)) / 16.0
    slopes = [0.5 * (east - west), 0.5 * (south - north)]
    bends = [3.0 * (east + west - 2.0 * center), 3.0 * (south + north - 2.0 * center), 1.5 * twist]
    return torch.asinh(torch.cat([relief, *slopes, *bends], dim=1) / unit)


class TerrainCritic(nn.Module):
    """Patch critic: planes, style and level of the window -> a score at every place."""

    def __init__(self, level_count: int) -> None:
        super().__init__()
        self.entry = nn.Conv2d(PLANE_COUNT + STYLE_WIDTH, WIDTHS[0], 3)
        self.level = nn.Embedding(level_count, WIDTHS[0])
        self.stages = nn.ModuleList()
        for width, following in itertools.pairwise(WIDTHS):
            self.stages.append(
                nn.ModuleList(
                    [nn.Conv2d(width, following, 4, 2, padding=1), nn.Conv2d(following, following, 3, padding=1)]
                )
            )
        self.score = nn.Conv2d(WIDTHS[-1], 1, 1)
        nn.init.normal_(self.level.weight, std=0.3)

    def forward(self, seen: Tensor, style: Tensor, level: Tensor) -> Tensor:
        """Scores float32 [batch, places] of planes [batch, 6, h, w], style [batch, 2] and level int64 [batch]."""
        spread = style[:, :, None, None].expand(-1, -1, *seen.shape[2:])
        x = self.entry(torch.cat([seen, spread], dim=1))
        x = x + self.level(level)[:, :, None, None].to(x.dtype)
        x = F.leaky_relu(x, 0.2)
        for stage in self.stages:
            for layer in stage.children():
                x = F.leaky_relu(layer(x), 0.2)
        scores: Tensor = self.score(x).float().flatten(1)
        return scores
