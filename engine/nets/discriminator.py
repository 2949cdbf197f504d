"""Judges patches of a material together with the structure they were painted on. Used in training only."""

import torch
from torch import nn
from torch.nn import functional

from engine.nets.texgen import CHANNELS, STRUCTURE_CHANNELS

WIDTHS = (64, 96, 128, 160)

PATCH_PX = 108
"""Edge of the patch that one score judges: without padding, smaller images have none."""


class Discriminator(nn.Module):
    """Patch critic with class projection (Miyato and Koyama, "cGANs with Projection Discriminator", 2018).

    Borders are not padded: a crop of a torus has no privileged seam that could give a fake away.
    """

    def __init__(self, class_count: int) -> None:
        super().__init__()
        inputs = 2 * len(CHANNELS) + STRUCTURE_CHANNELS
        self.entry = nn.Conv2d(inputs, WIDTHS[0], 3)
        self.stages = nn.ModuleList()
        width = WIDTHS[0]
        for following in (*WIDTHS[1:], WIDTHS[-1]):
            self.stages.append(nn.ModuleList([nn.Conv2d(width, following, 4, 2), nn.Conv2d(following, following, 3)]))
            width = following
        self.score = nn.Conv2d(width, 1, 1)
        self.class_code = nn.Embedding(class_count, width)
        nn.init.normal_(self.class_code.weight, 0.0, width**-0.5)

    def forward(
        self, maps: torch.Tensor, present: torch.Tensor, structure: torch.Tensor, class_index: torch.Tensor
    ) -> torch.Tensor:
        """Maps [batch, 8, h, w], presence [batch, 8], structure [batch, 3, h, w] -> scores [batch, positions]."""
        mask = present[..., None, None].to(maps.dtype)
        x = torch.cat([maps * mask, mask.expand_as(maps), structure], 1)
        x = functional.leaky_relu(self.entry(x), 0.2)
        for stage in self.stages:
            for conv in stage.children():
                x = functional.leaky_relu(conv(x), 0.2)
        projected = torch.einsum("bchw,bc->bhw", x.float(), self.class_code(class_index))
        scores: torch.Tensor = self.score(x).float()[:, 0] + projected * x.shape[1] ** -0.5
        return scores.flatten(1)
