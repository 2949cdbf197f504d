"""What FrameGen is trained to: the renderer's pixels, outlines, colors by name, edges, and statistics of patches."""

from dataclasses import dataclass

import torch
from torch.nn import functional

from engine.characters.rendering.picture import Pictures
from engine.nets.framegen.network import Painted

WEIGHTS = {
    "rgb": 1.0,
    "alpha": 1.0,
    "outline": 0.25,
    "slot": 0.15,
    "edge": 0.6,
    "patch": 0.4,
    "code": 0.002,
    "palette": 0.05,
}
PRIOR_SPREAD = 0.1
"""Standard deviation of codes around the one that an identity's features give."""


@dataclass(frozen=True, slots=True, eq=False)
class Terms:
    """Losses by name, scalars; `total` weighs them."""

    values: dict[str, torch.Tensor]

    @property
    def total(self) -> torch.Tensor:
        """The weighted sum."""
        return torch.stack([WEIGHTS[name] * value for name, value in self.values.items()]).sum()


def picture_terms(painted: Painted, rgba: torch.Tensor, truth: Pictures) -> Terms:
    """Losses of painted frames against the renderer's, per covered pixel."""
    covered = truth.rgba[:, 3].sum() + 1.0
    apart = (rgba - truth.rgba).abs()
    both = torch.minimum(rgba[:, 3], truth.rgba[:, 3]).sum((1, 2))
    either = torch.maximum(rgba[:, 3], truth.rgba[:, 3]).sum((1, 2))
    named = functional.log_softmax(painted.logits, 1).clamp_min(-12.0)
    edge = _steps(rgba, truth.rgba, covered)
    coarse = _steps(functional.avg_pool2d(rgba, 2), functional.avg_pool2d(truth.rgba, 2), covered / 4.0)
    return Terms(
        {
            "rgb": apart[:, :3].sum() / covered / 3.0 * 3.0,
            "alpha": apart[:, 3].sum() / covered,
            "outline": (1.0 - both / either.clamp_min(1.0)).mean(),
            "slot": -(truth.slot * named).sum() / covered,
            "edge": edge + 0.5 * coarse,
            "patch": (_spread(rgba) - _spread(truth.rgba)).abs().sum() / (covered / 16.0) / 4.0,
        }
    )


def _steps(rgba: torch.Tensor, truth: torch.Tensor, covered: torch.Tensor) -> torch.Tensor:
    """Differences of the steps from pixel to pixel."""
    apart = rgba - truth
    across = (apart[..., 1:] - apart[..., :-1]).abs().sum()
    down = (apart[..., 1:, :] - apart[..., :-1, :]).abs().sum()
    return (across + down) / covered / 4.0


def _spread(rgba: torch.Tensor) -> torch.Tensor:
    """Standard deviation within overlapping patches of 8 x 8 pixels."""
    mean = functional.avg_pool2d(rgba, 8, 4)
    square = functional.avg_pool2d(rgba.square(), 8, 4)
    return (square - mean.square()).clamp_min(1e-6).sqrt()


def code_term(mean: torch.Tensor, spread_log: torch.Tensor, prior: torch.Tensor) -> torch.Tensor:
    """Kullback-Leibler divergence of the encoder's codes from the prior around `prior`, mean over numbers."""
    variance = PRIOR_SPREAD**2
    apart = (mean - prior).square() / variance
    ratio = spread_log.exp() / variance
    return 0.5 * (apart + ratio - 1.0 - ratio.log()).mean()


def judged(real: torch.Tensor, made: torch.Tensor) -> torch.Tensor:
    """Relativistic pairing loss (Huang et al., "The GAN is dead; long live the GAN!", 2024, eq. 2) of the first against
    the second: swap the arguments for the painter's loss.
    """
    return functional.softplus(made - real).mean()
