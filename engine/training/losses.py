"""Training losses on normalized material channels; missing maps are masked out of each of them."""

from collections.abc import Mapping, Sequence

import torch
from torch.nn import functional

from engine.nets.texgen import CHANNELS

CHANNEL_WEIGHTS = torch.tensor([0.8, 0.15, 0.15, 1.0, 0.3, 0.3, 0.1, 0.1])
"""What the structure does not tell (hue, fine slopes) weighs little here: asking for its pixels would only blur it."""

STRIDE_WEIGHTS = {1: 0.2, 2: 0.4, 4: 0.8, 8: 1.0, 16: 0.5, 32: 0.5}
"""Fine strides weigh less: grain is random, and asking for its pixels would only blur it."""

FLAT_BELOW = 0.05
"""Structures whose height varies less are flat."""

ALBEDO_CHANNELS = 3
PATCH_PX = 5
DIRECTION_COUNT = 24

Images = Mapping[int, torch.Tensor]
"""Images [batch, 8, s / stride, s / stride] by stride."""


def reconstruction(images: Images, targets: torch.Tensor, present: torch.Tensor, zoom: int = 1) -> torch.Tensor:
    """Mean absolute error of every level of detail against the area average of the targets.

    `targets` [batch, 8, h, w] at stride `zoom`, finer levels have none; `present` [batch, 8] masks channels.
    """
    weights = present * CHANNEL_WEIGHTS.to(present)
    total = targets.new_zeros(())
    for stride, image in images.items():
        if stride >= zoom:
            factor = stride // zoom
            goal = targets if factor == 1 else functional.avg_pool2d(targets, factor)
            error = (image - goal).abs().mean((2, 3)) * weights
            total = total + STRIDE_WEIGHTS[factor] * error.sum() / weights.sum().clamp_min(1)
    return total


def obedience(images: Images, structure: torch.Tensor, drawn: torch.Tensor) -> torch.Tensor:
    """How far the height of coarse levels is from a drawn structure's height, both standardized per image.

    `structure` [batch, 3, s, s]; `drawn` [batch] is 1 where it counts; flat structures ask for nothing.
    """
    wanted = structure[:, :1]
    spread = wanted.std((2, 3), keepdim=True)
    wanted = ((wanted - wanted.mean((2, 3), keepdim=True)) / spread.clamp_min(0.05)).clamp(-3, 3)
    asked = drawn[:, None, None, None] * (spread > FLAT_BELOW)
    total = structure.new_zeros(())
    for stride in (8, 4):
        error = (images[stride][:, 3:4] - functional.avg_pool2d(wanted, stride)).abs()
        total = total + (error * asked).mean() / drawn.mean().clamp_min(1e-3)
    return total


def sliced_wasserstein(
    fake: torch.Tensor, real: torch.Tensor, generator: torch.Generator, *, levels: int = 5, points: bool = True
) -> torch.Tensor:
    """Distance between the patch distributions of two batches [batch, channels, s, s], image by image.

    Patches at `levels` octaves, projected on random directions and sorted (Rabin et al., "Wasserstein Barycenter and
    its Application to Texture Mixing", 2011; Heitz et al., "A Sliced Wasserstein Loss for Neural Texture Synthesis",
    2021).
    Position does not matter, so random grain can match. Without `points` no direction sees the mean color.
    """
    total = fake.new_zeros(())
    shifts = torch.Generator().manual_seed(generator.initial_seed())  # on the CPU: reading one from a GPU would wait
    # Small crops have fewer octaves: one patch alone has no distribution.
    levels = sum(fake.shape[-1] >> level > PATCH_PX for level in range(levels))
    for level in range(levels):
        kernels = _directions(fake.shape[1], generator, points)
        # A stride and a random phase keep about 1,500 patches per octave: sorting is what costs.
        stride = max(1, fake.shape[-1] // 40)
        phase = int(torch.randint(stride, (), generator=shifts)) if stride > 1 else 0
        projected = [
            functional.conv2d(images[..., phase:, phase:], kernels, stride=stride).flatten(2).sort(-1).values
            for images in (fake, real)
        ]
        spread = projected[1].std(-1, keepdim=True) + 0.05
        total = total + ((projected[0] - projected[1]) / spread).abs().mean()
        if level < levels - 1:
            fake, real = functional.avg_pool2d(fake, 2), functional.avg_pool2d(real, 2)
    return total / levels


def _directions(channels: int, generator: torch.Generator, points: bool) -> torch.Tensor:
    """Unit directions in patch space [DIRECTION_COUNT, channels, PATCH_PX, PATCH_PX] on the generator's device."""
    device = generator.device
    kernels = torch.randn(DIRECTION_COUNT, channels, PATCH_PX, PATCH_PX, generator=generator, device=device)
    # A quarter of the directions looks at single pixels, the others at structure and not at the mean color.
    single = DIRECTION_COUNT // 4 if points else 0
    kernels[single:] -= kernels[single:].mean((2, 3), keepdim=True)
    center = torch.zeros(PATCH_PX, PATCH_PX, device=device)
    center[PATCH_PX // 2, PATCH_PX // 2] = 1.0
    kernels[:single] *= center
    # Sparse channel choice: a direction over all eight channels is nearly Gaussian whatever the texture is. Every
    # second one looks at the albedo alone, which all exemplars have.
    kernels *= torch.rand(DIRECTION_COUNT, channels, 1, 1, generator=generator, device=device) < 0.45
    kernels[::2, ALBEDO_CHANNELS:] = 0
    norm = kernels.flatten(1).norm(dim=1).clamp_min(1e-3)
    directions: torch.Tensor = kernels / norm[:, None, None, None]
    return directions


def kullback_leibler(mean: torch.Tensor, log_variance: torch.Tensor, free_bits: float = 0.02) -> torch.Tensor:
    """KL divergence to the unit normal per dimension, in nats, not counted below `free_bits`."""
    divergence = 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance)
    return divergence.mean(0).clamp_min(free_bits).sum()


def relativistic(better: Sequence[torch.Tensor], worse: Sequence[torch.Tensor]) -> torch.Tensor:
    """softplus(-(better - worse)) of paired scores, mean over positions, then over heads.

    Jolicoeur-Martineau, "The relativistic discriminator", 2018.
    """
    losses = [functional.softplus(low - high).mean() for high, low in zip(better, worse, strict=True)]
    return torch.stack(losses).mean()


def gradient_penalty(scores: Sequence[torch.Tensor], images: torch.Tensor) -> torch.Tensor:
    """Squared norm of d score / d image, as of one patch of each head, mean over the batch: R1 on reals, R2 on fakes.

    Mescheder et al., "Which Training Methods for GANs do actually Converge?", 2018; Huang et al., "The GAN is dead;
    long live the GAN!", 2024. Summed scores over the root of their number: gradients of patches that do not overlap
    add up to those of one, so that small and large patches are held back alike.
    """
    summed = torch.stack([values.sum() * values.shape[1] ** -0.5 for values in scores]).sum()
    (gradient,) = torch.autograd.grad(summed, images, create_graph=True)
    return gradient.square().sum((1, 2, 3)).mean()


if len(CHANNEL_WEIGHTS) != len(CHANNELS):
    raise AssertionError("one weight per channel")
