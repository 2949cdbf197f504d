"""From a few frames of a character to the distribution of its code: for characters whose sliders nobody knows."""

from itertools import pairwise

import torch
from torch import nn
from torch.nn import functional

from engine.characters.palettes import COLOR_NAMES

REFERENCE_VIEWS = 4
REFERENCE_PX = 64


class FrameEncoder(nn.Module):
    """Frames are encoded one by one and averaged, so their number and order are free."""

    def __init__(self, code_width: int) -> None:
        super().__init__()
        widths = (4, 32, 64, 96, 128)
        self.layers = nn.ModuleList(nn.Conv2d(a, b, 3, stride=2, padding=1) for a, b in pairwise(widths))
        self.pooled = nn.Linear(128 * 16, 192)
        self.code = nn.Linear(192, 2 * code_width)
        self.palette = nn.Linear(192, 3 * len(COLOR_NAMES))
        nn.init.normal_(self.code.weight, 0.0, 0.02)
        nn.init.zeros_(self.code.bias)

    def forward(self, frames: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Frames float32 [batch, views, 4, 64, 64], colors multiplied by alpha -> mean and logarithm of the variance
        of the code [batch, code_width], and the palette's colors [batch, 7, 3].
        """
        batch, views = frames.shape[:2]
        x = frames.flatten(0, 1).to(self.pooled.weight.dtype)
        for layer in self.layers:
            x = functional.leaky_relu(layer(x), 0.2)
        x = functional.leaky_relu(self.pooled(x.flatten(1)), 0.2).view(batch, views, -1).mean(1)
        mean, spread = self.code(x).float().chunk(2, 1)
        palette = torch.sigmoid(self.palette(x).float()).view(batch, len(COLOR_NAMES), 3)
        return mean, spread.clamp(-6.0, 6.0) - 4.0, palette
