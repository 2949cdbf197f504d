"""A peer to compare with: a spatial GAN in the layout of PSGAN, on albedo alone.

Bergmann, Jetchev and Vollgraf, "Learning Texture Manifolds with the Periodic Spatial GAN", 2017: a grid of local noise,
global dimensions that are the same everywhere, and learned periodic planes; five stride-2 layers each way with batch
normalization. Ours wraps around the torus, and the class is part of the global dimensions, so that it can be compared.
"""

import math

import torch
from torch import nn
from torch.nn import functional

from engine.nets.blocks import extend, upsample

LOCAL, GLOBAL, CLASS_WIDTH, PERIODIC = 20, 40, 16, 4
WIDTHS = (256, 192, 128, 64)
CRITIC_WIDTHS = (64, 96, 128, 192, 256)
STRIDE_PX = 32


class SpatialGenerator(nn.Module):
    """Noise grid -> albedo in [-1, 1], [batch, 3, 32 cells, 32 cells]."""

    def __init__(self, class_count: int) -> None:
        super().__init__()
        self.class_code = nn.Embedding(class_count, CLASS_WIDTH)
        self.waves = nn.Sequential(nn.Linear(GLOBAL + CLASS_WIDTH, 60), nn.ReLU(), nn.Linear(60, 2 * PERIODIC))
        inputs = LOCAL + GLOBAL + CLASS_WIDTH + PERIODIC
        self.convs, self.norms = nn.ModuleList(), nn.ModuleList()
        for width in WIDTHS:
            self.convs.append(nn.Conv2d(inputs, width, 5, bias=False))
            self.norms.append(nn.BatchNorm2d(width))
            inputs = width
        self.out = nn.Conv2d(inputs, 3, 5)

    def forward(self, class_index: torch.Tensor, cells: int, generator: torch.Generator) -> torch.Tensor:
        """Pictures of the classes [batch] on grids of `cells` x `cells`, with noise from `generator`."""
        batch, device = class_index.shape[0], class_index.device

        def noise(*shape: int) -> torch.Tensor:
            return torch.rand(batch, *shape, generator=generator, device=device) * 2 - 1

        everywhere = torch.cat([noise(GLOBAL), self.class_code(class_index)], 1)
        # Whole cycles per tile, so that the planes wrap; the gradient passes as if they were not rounded.
        wanted = self.waves(everywhere) * cells / 4
        cycles = (wanted + (wanted.round() - wanted).detach()).view(batch, PERIODIC, 2, 1, 1)
        place = torch.arange(cells, device=device) / cells
        angle = cycles[:, :, 0] * place[:, None] + cycles[:, :, 1] * place + noise(PERIODIC, 1, 1)
        x = torch.cat(
            [
                noise(LOCAL, cells, cells),
                everywhere[..., None, None].expand(-1, -1, cells, cells),
                torch.sin(2 * math.pi * angle),
            ],
            1,
        )
        for conv, norm in zip(self.convs, self.norms, strict=True):
            x = functional.relu(norm(conv(extend(upsample(x), 2))))
        return torch.tanh(self.out(extend(upsample(x), 2)))


class SpatialCritic(nn.Module):
    """Pictures [batch, 3, s, s] and classes [batch] -> one logit per 32 x 32 px, [batch, positions]."""

    def __init__(self, class_count: int) -> None:
        super().__init__()
        self.convs, self.norms = nn.ModuleList(), nn.ModuleList()
        inputs = 3
        for index, width in enumerate(CRITIC_WIDTHS):
            self.convs.append(nn.Conv2d(inputs, width, 5, 2, padding=2, bias=index == 0))
            self.norms.append(nn.BatchNorm2d(width) if index else nn.Identity())
            inputs = width
        self.score = nn.Conv2d(inputs, 1, 1)
        self.class_code = nn.Embedding(class_count, inputs)

    def forward(self, pictures: torch.Tensor, class_index: torch.Tensor) -> torch.Tensor:
        """The logits."""
        x = pictures
        for conv, norm in zip(self.convs, self.norms, strict=True):
            x = functional.leaky_relu(norm(conv(x)), 0.2)
        projected = torch.einsum("bchw,bc->bhw", x.float(), self.class_code(class_index)) * x.shape[1] ** -0.5
        logits: torch.Tensor = self.score(x).float()[:, 0] + projected
        return logits.flatten(1)
