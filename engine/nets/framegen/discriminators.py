"""Judges of frames, used in training only: patches of single frames, and patches of three frames in a row."""

from itertools import pairwise

import torch
from torch import nn
from torch.nn import functional


class PatchCritic(nn.Module):
    """Scores of overlapping patches of about 46 pixels (Isola et al., "Image-to-Image Translation", CVPR 2017)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        widths = (channels, 48, 96, 128)
        self.layers = nn.ModuleList(nn.Conv2d(a, b, 4, stride=2, padding=1) for a, b in pairwise(widths))
        self.last = nn.Conv2d(128, 128, 3, padding=1)
        self.score = nn.Conv2d(128, 1, 3, padding=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Frames [batch, channels, h, w] -> scores float32 [batch, positions]."""
        for layer in self.layers:
            x = functional.leaky_relu(layer(x), 0.2)
        x = functional.leaky_relu(self.last(x), 0.2)
        scores: torch.Tensor = self.score(x).float().flatten(1)
        return scores
