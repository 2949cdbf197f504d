"""MotionGen: a conditional VAE that says the next frame of a motion, given the last one and what is wished.

After Ling et al., "Character Controllers Using Motion VAEs", SIGGRAPH 2020 (section 4): a mixture of experts decodes,
the latent enters every layer. Two things differ. The experts are mixed after one matrix product over all of them: the
same function, several times faster for a batch than mixing their weights per sample. And the prior is learned,
p(z | frame, wish), after Rempe et al., "HuMoR", ICCV 2021 (section 3), so that wishes steer without reinforcement
learning.
"""

from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional

LOG_VARIANCE_RANGE = (-6.0, 2.0)
STATE_LIMIT = 8.0
"""Normalized features beyond this are cut: no motion is so far from its mean, and rollouts cannot run away."""


@dataclass(frozen=True, slots=True)
class MotionGenConfig:
    """The network's shape.

    feature_count   numbers per frame
    way_count       numbers that say where to go
    actions         names of what can be done, in the order of their numbers
    styles          names of the styles, in the order of their numbers
    latent_count    of the VAE
    expert_count    of the decoder's layers
    width           of the hidden layers
    gate_width      of the network that mixes the experts
    """

    feature_count: int
    way_count: int
    actions: tuple[str, ...]
    styles: tuple[str, ...]
    latent_count: int = 32
    expert_count: int = 6
    width: int = 256
    gate_width: int = 64

    @property
    def wish_count(self) -> int:
        """Numbers in a wish: the way, an action, a style."""
        return self.way_count + len(self.actions) + len(self.styles)


class Experts(nn.Module):
    """y = sum over experts e of g_e (W_e x + b_e), with all W_e x as one matrix product."""

    def __init__(self, inputs: int, outputs: int, experts: int) -> None:
        super().__init__()
        self.experts = experts
        self.linear = nn.Linear(inputs, outputs * experts)
        bound = (3 / inputs) ** 0.5
        nn.init.uniform_(self.linear.weight, -bound, bound)
        nn.init.zeros_(self.linear.bias)

    def forward(self, x: torch.Tensor, gate: torch.Tensor) -> torch.Tensor:
        """[batch, outputs] for inputs [batch, inputs] and shares [batch, experts]."""
        every = self.linear(x).view(x.shape[0], self.experts, -1)
        mixed: torch.Tensor = (every * gate.unsqueeze(-1)).sum(1)
        return mixed


class Gaussian(nn.Module):
    """Mean and logarithm of the variance of a latent, from a network of two hidden layers."""

    def __init__(self, inputs: int, width: int, latents: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(inputs, width), nn.ELU(), nn.Linear(width, width), nn.ELU(), nn.Linear(width, 2 * latents)
        )

    def forward(self, *parts: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Both [batch, latents]."""
        mean, log_variance = self.layers(torch.cat(parts, -1)).float().chunk(2, -1)
        return mean, log_variance.clamp(*LOG_VARIANCE_RANGE)


class MotionGen(nn.Module):
    """Everything inside is in normalized units; `normalized` and `restored` are the way in and out."""

    mean: torch.Tensor
    deviation: torch.Tensor
    way_mean: torch.Tensor
    way_deviation: torch.Tensor
    kept: torch.Tensor

    def __init__(self, config: MotionGenConfig) -> None:
        super().__init__()
        self.config = config
        features, latents, width, experts = config.feature_count, config.latent_count, config.width, config.expert_count
        known = features + config.wish_count
        self.encoder = Gaussian(features + known, width, latents)
        self.prior = Gaussian(known, width, latents)
        self.gate = nn.Sequential(
            nn.Linear(latents + known, config.gate_width),
            nn.ELU(),
            nn.Linear(config.gate_width, config.gate_width),
            nn.ELU(),
            nn.Linear(config.gate_width, experts),
        )
        self.first = Experts(latents + known, width, experts)
        self.second = Experts(latents + width, width, experts)
        self.last = Experts(latents + width, features, experts)
        nn.init.uniform_(self.last.linear.weight, -0.01, 0.01)
        self.register_buffer("mean", torch.zeros(features))
        self.register_buffer("deviation", torch.ones(features))
        self.register_buffer("way_mean", torch.zeros(config.way_count))
        self.register_buffer("way_deviation", torch.ones(config.way_count))
        self.register_buffer("kept", torch.zeros(features))

    def normalized(self, features: torch.Tensor) -> torch.Tensor:
        """Features [..., feature] as the network sees them."""
        return (features - self.mean) / self.deviation

    def restored(self, state: torch.Tensor) -> torch.Tensor:
        """The inverse of `normalized`."""
        return state * self.deviation + self.mean

    def wish(self, way: torch.Tensor, action: torch.Tensor, style: torch.Tensor) -> torch.Tensor:
        """Wishes [..., wish_count] of ways [..., way_count] and the numbers of action and style int64 [...]."""
        return torch.cat(
            (
                (way - self.way_mean) / self.way_deviation,
                one_of(action, len(self.config.actions)).to(way.dtype),
                one_of(style, len(self.config.styles)).to(way.dtype),
            ),
            -1,
        )

    def decode(self, latent: torch.Tensor, state: torch.Tensor, wish: torch.Tensor) -> torch.Tensor:
        """The next state [batch, feature] after `state` [batch, feature], for latents [batch, latent]."""
        known = torch.cat((latent, state, wish), -1)
        gate = self.gate(known).softmax(-1)
        hidden = functional.elu(self.first(known, gate))
        hidden = functional.elu(self.second(torch.cat((latent, hidden), -1), gate))
        change = self.last(torch.cat((latent, hidden), -1), gate)
        following: torch.Tensor = (state * self.kept + change.float()).clamp(-STATE_LIMIT, STATE_LIMIT)
        return following

    def advance(self, state: torch.Tensor, wish: torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
        """The next state for normal noise [batch, latent]: a draw from the prior, decoded."""
        mean, log_variance = self.prior(state, wish)
        return self.decode(mean + noise * (0.5 * log_variance).exp(), state, wish)


def one_of(number: torch.Tensor, count: int) -> torch.Tensor:
    """True [..., count] where the column is the number [...]; unlike `one_hot` it never waits for the device."""
    return number.unsqueeze(-1) == torch.arange(count, device=number.device)


def divergence(posterior: tuple[torch.Tensor, torch.Tensor], prior: tuple[torch.Tensor, torch.Tensor]) -> torch.Tensor:
    """Kullback-Leibler divergence of two diagonal Gaussians (mean, log variance) in nats, per dimension."""
    (mean, log_variance), (prior_mean, prior_log_variance) = posterior, prior
    squared = (mean - prior_mean).square()
    return 0.5 * (prior_log_variance - log_variance + (log_variance.exp() + squared) * (-prior_log_variance).exp() - 1)
