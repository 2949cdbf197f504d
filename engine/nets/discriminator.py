"""Judges patches of a material together with the structure they were painted on. Used in training only."""

import torch
from torch import nn
from torch.nn import functional

from engine.nets.texgen import CHANNELS, STRUCTURE_CHANNELS

ENTRY_WIDTH = 64
WIDTHS = (96, 128, 160, 160)
"""Channels before the first halving and after each."""

HEADS = (1, 2, 4)
"""Halvings after which patches are scored: patches of 10, 24 and 108 px, from grain to whole motifs."""

PATCH_PX = 108
"""Edge of the largest patch that one score judges: without padding, smaller images have none."""

GRAIN_HEADS = 2
"""How many of the heads judge grain alone."""

Scores = list[torch.Tensor]


class Discriminator(nn.Module):
    """Patch critic at several depths, conditioned by projection on class and style.

    Miyato and Koyama, "cGANs with Projection Discriminator", 2018. Borders are not padded: a crop of a torus has no
    privileged seam that could give a fake away. Scores of one head are comparable with each other only.
    """

    def __init__(self, class_count: int, style_width: int) -> None:
        super().__init__()
        inputs = 2 * len(CHANNELS) + STRUCTURE_CHANNELS
        self.entry = nn.Conv2d(inputs, ENTRY_WIDTH, 3)
        self.stages = nn.ModuleList()
        self.scores = nn.ModuleList()
        self.classes = nn.ModuleList()
        self.styles = nn.ModuleList()
        width = ENTRY_WIDTH
        for depth, following in enumerate(WIDTHS, 1):
            self.stages.append(nn.ModuleList([nn.Conv2d(width, following, 4, 2), nn.Conv2d(following, following, 3)]))
            width = following
            if depth in HEADS:
                self.scores.append(nn.Conv2d(width, 1, 1))
                self.classes.append(nn.Embedding(class_count, width))
                self.styles.append(nn.Linear(style_width, width))
                nn.init.normal_(self.classes[-1].weight, 0.0, 1.0)  # type: ignore[arg-type]
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, 0.2)
                nn.init.zeros_(module.bias)  # type: ignore[arg-type]

    def forward(
        self,
        maps: torch.Tensor,
        present: torch.Tensor,
        structure: torch.Tensor,
        class_index: torch.Tensor,
        style: torch.Tensor,
        heads: int = len(HEADS),
    ) -> Scores:
        """Scores [batch, positions] of the first `heads` heads, fine to coarse.

        Maps [batch, 8, h, w], presence [batch, 8], structure [batch, 3, h, w], class [batch], style [batch, width].
        """
        mask = present[..., None, None].to(maps.dtype)
        x = torch.cat([maps * mask, mask.expand_as(maps), structure], 1)
        x = functional.leaky_relu(self.entry(x), 0.2)
        scored: Scores = []
        for depth, stage in enumerate(self.stages, 1):
            for conv in stage.children():
                x = functional.leaky_relu(conv(x), 0.2)
            if depth in HEADS:
                scored.append(self._score(len(scored), x, class_index, style))
                if len(scored) == heads:
                    break
        return scored

    def _score(self, head: int, x: torch.Tensor, class_index: torch.Tensor, style: torch.Tensor) -> torch.Tensor:
        condition = self.classes[head](class_index) + self.styles[head](style).float()
        projected = torch.einsum("bchw,bc->bhw", x.float(), condition) * x.shape[1] ** -0.5
        scores: torch.Tensor = self.scores[head](x).float()[:, 0] + projected
        return scores.flatten(1)
