"""Reads the appearance code of a material: what a class alone does not say. Used in training only."""

import torch
from torch import nn
from torch.nn import functional

from engine.nets.blocks import extend
from engine.nets.texgen import CHANNELS

WIDTHS = (48, 64, 96, 128)


class StyleEncoder(nn.Module):
    """Material crop -> mean and log-variance of its style code; pooled statistics, so position does not matter."""

    def __init__(self, style_width: int) -> None:
        super().__init__()
        inputs = 2 * len(CHANNELS)
        self.convs = nn.ModuleList()
        for width in WIDTHS:
            self.convs.append(nn.Conv2d(inputs, width, 4, 2))
            inputs = width
        self.join = nn.Linear(2 * sum(WIDTHS), 128)
        self.out = nn.Linear(128, 2 * style_width)
        nn.init.normal_(self.out.weight, 0.0, 0.02)

    def forward(self, maps: torch.Tensor, present: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Maps [batch, 8, h, w] and presence [batch, 8] -> mean and log-variance, float32 [batch, style_width]."""
        mask = present[..., None, None].to(maps.dtype)
        x = torch.cat([maps * mask, mask.expand_as(maps)], 1)
        pooled: list[torch.Tensor] = []
        for conv in self.convs:
            x = functional.leaky_relu(conv(extend(x, 1)), 0.2)
            statistics = x.float()
            mean = statistics.mean((2, 3))
            deviation = (statistics.square().mean((2, 3)) - mean.square()).clamp_min(1e-6).sqrt()
            pooled += [mean, deviation]
        hidden = functional.leaky_relu(self.join(torch.cat(pooled, 1)), 0.2)
        mean, log_variance = self.out(hidden).chunk(2, 1)
        return mean, log_variance.clamp(-8, 4)
