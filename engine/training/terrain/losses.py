"""What TerraGen is trained on: the evidence bound of its VAE, and a proper score of samples from its prior."""

import math

import torch
from torch import Tensor
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
    bends = [_bends(field) for field in fields]
    for edge, stride in ((1, 1), (3, 2), (6, 3)):
        total = total + 0.5 * _score([F.unfold(bend, edge, stride=stride) for bend in bends]) / edge
    return total


def _bends(field: Tensor) -> Tensor:
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
