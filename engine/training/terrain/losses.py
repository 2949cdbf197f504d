"""What TerraGen is trained on: the evidence bound of its VAE, a proper score of samples, and a critic."""

import itertools
import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

FREE_NATS = 0.05
"""Per latent and cell; below it the divergence is not pushed down further."""


def divergence(mean: Tensor, log_variance: Tensor) -> Tensor:
    """KL(q || N(0, 1)) in nats per latent and cell, [latents]; inputs [batch, latents, h, w]."""
    return 0.5 * (mean.square() + log_variance.exp() - 1.0 - log_variance).mean(dim=(0, 2, 3))


def evidence_loss(
    details: Tensor, decoded: Tensor, log_noise: Tensor, mean: Tensor, log_variance: Tensor, weight: float = 1.0
) -> Tensor:
    """Negative evidence lower bound per detail, in nats; `weight` of the divergence, which warms up to 1.

    -log N(details; decoded, exp(log_noise)) + KL, Kingma and Welling, "Auto-Encoding Variational Bayes", 2014, eq. 3,
    with free nats (Kingma et al., "Improving Variational Inference with Inverse Autoregressive Flow", 2016, app. C).

    details and decoded [batch, phases, h, w]; log_noise [phases]
    """
    noise = log_noise[None, :, None, None]
    distance = 0.5 * ((details - decoded) * torch.exp(-noise)).square() + noise + 0.5 * math.log(2 * math.pi)
    bound = divergence(mean, log_variance).clamp(min=FREE_NATS).sum() / details.shape[1]
    return distance.mean() + weight * bound


def energy_score(truth: Tensor, first: Tensor, second: Tensor) -> Tensor:
    """How well two samples stand for the distribution that `truth` comes from; smaller is better, and only the true
    distribution is best.

    E|X - x| - 1/2 E|X - X'|, Gneiting and Raftery, "Strictly Proper Scoring Rules, Prediction, and Estimation", 2007,
    eq. 22, over local patches of the details and of the fine grid's bends, in several sizes.

    truth, first, second  [batch, 4, h, w]: details in units of the scale, h and w at least 8
    """
    fields = [F.pixel_shuffle(each, 2) for each in (truth, first, second)]
    total = torch.zeros((), device=truth.device)
    for edge, stride in ((2, 2), (4, 2), (8, 4), (16, 4)):
        total = total + _score([F.unfold(field, edge, stride=stride) for field in fields]) / edge
    bends = [second_differences(field) for field in fields]
    for edge, stride in ((1, 1), (3, 2), (6, 3)):
        total = total + 0.5 * _score([F.unfold(bend, edge, stride=stride) for bend in bends]) / edge
    return total


def second_differences(field: Tensor) -> Tensor:
    """Second differences along both axes and across, [batch, 3, h - 2, w - 2]."""
    center = field[..., 1:-1, 1:-1]
    across = field[..., 1:-1, 2:] + field[..., 1:-1, :-2] - 2.0 * center
    along = field[..., 2:, 1:-1] + field[..., :-2, 1:-1] - 2.0 * center
    twist = field[..., 2:, 2:] + field[..., :-2, :-2] - field[..., 2:, :-2] - field[..., :-2, 2:]
    return torch.cat([across, along, 0.5 * twist], dim=1)


def _score(patches: list[Tensor]) -> Tensor:
    """The energy score over patches [batch, values, places]."""
    truth, first, second = patches
    near = 0.5 * (_distance(truth, first) + _distance(truth, second))
    return (near - 0.5 * _distance(first, second)).mean()


def _distance(first: Tensor, second: Tensor) -> Tensor:
    return torch.sqrt((first - second).square().sum(dim=1) + 1e-6)


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
