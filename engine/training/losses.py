"""Training losses on normalized material channels; missing maps are masked out of each of them."""

import torch
from torch.nn import functional

from engine.nets.texgen import CHANNELS

CHANNEL_WEIGHTS = torch.tensor([0.8, 0.15, 0.15, 1.0, 0.3, 0.3, 0.1, 0.1])
"""What the structure does not tell (hue, fine slopes) weighs little here: asking for its pixels would only blur it."""

STRIDE_WEIGHTS = {1: 0.2, 2: 0.4, 4: 0.8, 8: 1.0, 16: 0.5, 32: 0.5}
"""Fine strides weigh less: grain is random, and asking for its pixels would only blur it."""


def reconstruction(
    images: dict[int, torch.Tensor],
    targets: torch.Tensor,
    present: torch.Tensor,
    detailed: torch.Tensor,
) -> torch.Tensor:
    """Mean absolute error of every level of detail against the area average of the targets.

    `images` by stride, each [batch, 8, s / stride, s / stride]; `targets` [batch, 8, s, s]; `present` [batch, 8] masks
    channels; `detailed` [batch] says whether stride 1 may be compared at all.
    """
    weights = present * CHANNEL_WEIGHTS.to(present)
    total = targets.new_zeros(())
    for stride, image in images.items():
        goal = targets if stride == 1 else functional.avg_pool2d(targets, stride)
        error = (image - goal).abs().mean((2, 3)) * weights
        if stride == 1:
            error = error * detailed[:, None]
        total = total + STRIDE_WEIGHTS[stride] * error.sum() / weights.sum().clamp_min(1)
    return total


def obedience(images: dict[int, torch.Tensor], structure: torch.Tensor) -> torch.Tensor:
    """How far the height of coarse levels is from a drawn structure's height, both standardized per image.

    `structure` [batch, 3, s, s]; flat structures ask for nothing.
    """
    wanted = structure[:, :1]
    spread = wanted.std((2, 3), keepdim=True)
    wanted = ((wanted - wanted.mean((2, 3), keepdim=True)) / spread.clamp_min(0.05)).clamp(-3, 3)
    total = structure.new_zeros(())
    for stride in (8, 4):
        error = (images[stride][:, 3:4] - functional.avg_pool2d(wanted, stride)).abs()
        total = total + (error * (spread > 0.05)).mean()
    return total


def sliced_wasserstein(
    fake: torch.Tensor,
    real: torch.Tensor,
    generator: torch.Generator,
    *,
    directions: int = 20,
    patch_px: int = 5,
    levels: int = 5,
) -> torch.Tensor:
    """Distance between the patch distributions of two batches [batch, channels, s, s], image by image.

    Patches of `patch_px` at `levels` octaves, projected on random directions and sorted (Rabin et al., "Wasserstein
    Barycenter and its Application to Texture Mixing", 2011; Heitz et al., "A Sliced Wasserstein Loss for Neural
    Texture Synthesis", 2021). Position does not matter, so random grain can match.
    """
    total = fake.new_zeros(())
    channels = fake.shape[1]
    # Small crops have fewer octaves: one patch alone has no distribution.
    levels = sum(fake.shape[-1] >> level > patch_px for level in range(levels))
    for level in range(levels):
        kernels = torch.randn(directions, channels, patch_px, patch_px, generator=generator)
        # A quarter of the directions looks at single pixels, the others at structure and not at the mean color.
        points = directions // 4
        kernels[points:] -= kernels[points:].mean((2, 3), keepdim=True)
        center = torch.zeros(patch_px, patch_px)
        center[patch_px // 2, patch_px // 2] = 1.0
        kernels[:points] *= center
        # Sparse channel choice: a direction over all eight channels is nearly Gaussian whatever the texture is.
        kernels *= torch.rand(directions, channels, 1, 1, generator=generator) < max(0.35, 1.5 / channels)
        kernels = (kernels / kernels.flatten(1).norm(dim=1).clamp_min(1e-3)[:, None, None, None]).to(fake.device)
        # A stride and a random phase keep about a thousand patches per octave: sorting is what costs.
        stride = max(1, fake.shape[-1] // 40)
        phase = int(torch.randint(stride, (), generator=generator))
        projected_fake = functional.conv2d(fake[..., phase:, phase:], kernels, stride=stride).flatten(2).sort(-1).values
        projected_real = functional.conv2d(real[..., phase:, phase:], kernels, stride=stride).flatten(2).sort(-1).values
        spread = projected_real.std(-1, keepdim=True) + 0.05
        total = total + ((projected_fake - projected_real) / spread).abs().mean()
        if level < levels - 1:
            fake, real = functional.avg_pool2d(fake, 2), functional.avg_pool2d(real, 2)
    return total / levels


def kullback_leibler(mean: torch.Tensor, log_variance: torch.Tensor, free_bits: float = 0.02) -> torch.Tensor:
    """KL divergence to the unit normal per dimension, in nats, not counted below `free_bits`."""
    divergence = 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance)
    return divergence.mean(0).clamp_min(free_bits).sum()


def relativistic(better: torch.Tensor, worse: torch.Tensor) -> torch.Tensor:
    """softplus(-(better - worse)), pairwise (Jolicoeur-Martineau, "The relativistic discriminator", 2018)."""
    return functional.softplus(worse - better).mean()


def gradient_penalty(scores: torch.Tensor, images: torch.Tensor) -> torch.Tensor:
    """Squared norm of d(mean score) / d(image), per image, mean over the batch: R1 on reals, R2 on fakes.

    Mescheder et al., "Which Training Methods for GANs do actually Converge?", 2018; Huang et al., "The GAN is dead;
    long live the GAN!", 2024.
    """
    (gradient,) = torch.autograd.grad(scores.mean(1).sum(), images, create_graph=True)
    return gradient.square().sum((1, 2, 3)).mean()


if len(CHANNEL_WEIGHTS) != len(CHANNELS):
    raise AssertionError("one weight per channel")
