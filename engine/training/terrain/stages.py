"""The three stages of training: evidence, score and descent, each as one step on drawn windows."""

import copy
import math

import numpy as np
import torch
from torch import Tensor, nn

from engine.generators.terrain.heights import DETAIL_LEVELS, Decoders
from engine.nets.terragen.network import Decoder, Encoder, expanded, features
from engine.noise import derive_seed
from engine.training import losses
from engine.training.terrain.data import RUGGEDNESS_UNIT, TerrainSampler, Windows
from engine.training.terrain.descent import Tops, descended, middle, top_edge
from engine.training.terrain.losses import TerrainCritic, divergence, energy_score, evidence_loss, planes
from engine.training.terrain.plan import TerrainPlan

TRAINED_LEVELS = (0, 1, 2, 3)
"""Levels of the tiles whose grids are learned octave by octave, and that the critic compares."""

JUDGED_LEVELS = (0, 1, 2, 3, 4)
"""Levels of a descent that the critic judges; beyond those of the tiles land is taken to look the same."""

GAMMA_LOW, GAMMA_HIGH, GAMMA_FACTOR, GAP_MEMORY = 1e-3, 1e3, 1.01, 0.05

Scalars = dict[str, Tensor]
"""Numbers of a step by name, left on the device: reading them would make the host wait for it."""

GRADIENT_LIMIT = 1.0


class TerrainModel(nn.Module):
    """All networks of a run: both decoders, what trains them, and their running average."""

    def __init__(self, plan: TerrainPlan) -> None:
        super().__init__()
        configs = plan.landforms.config(), plan.details.config()
        self.landforms, self.details = (Decoder(config) for config in configs)
        self.landforms_encoder, self.details_encoder = (Encoder(config) for config in configs)
        self.landforms_noise, self.details_noise = (nn.Parameter(torch.full((4,), -0.5)) for _ in configs)
        self.average_landforms, self.average_details = copy.deepcopy(self.landforms), copy.deepcopy(self.details)
        self.average_landforms.requires_grad_(False)
        self.average_details.requires_grad_(False)
        self.critic = TerrainCritic(len(TRAINED_LEVELS))

    def decoders(self) -> Decoders:
        """Those in training."""
        return Decoders(self.landforms, self.details)

    def generating(self) -> list[nn.Parameter]:
        """Parameters of the decoders."""
        return [*self.landforms.parameters(), *self.details.parameters()]

    def encoding(self) -> list[nn.Parameter]:
        """Parameters of what only the evidence needs."""
        encoders = [*self.landforms_encoder.parameters(), *self.details_encoder.parameters()]
        return [*encoders, self.landforms_noise, self.details_noise]

    @torch.no_grad()
    def update_average(self, step: int, half_life: int) -> None:
        """Exponential moving average, faster at first."""
        share = max(1.0 - 0.5 ** (1.0 / half_life), 1.0 / (1.0 + step))
        pairs = ((self.average_landforms, self.landforms), (self.average_details, self.details))
        for slow, fast in pairs:
            torch._foreach_lerp_(list(slow.parameters()), list(fast.parameters()), share)


class Stages:
    """One training step of each kind; a step is a function of the networks and of its number alone."""

    def __init__(self, plan: TerrainPlan, sampler: TerrainSampler, device: torch.device) -> None:
        self.plan, self.sampler, self.device, self.pinned = plan, sampler, device, device.type == "cuda"
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(plan.seed)
            self.model = TerrainModel(plan)
        self.model.to(device)
        self.tops = Tops.of(derive_seed(plan.seed, 1), device)
        self.optimizer = torch.optim.Adam([*self.model.generating(), *self.model.encoding()], betas=(0.8, 0.99))
        self.generator_optimizer = torch.optim.Adam(self.model.generating(), betas=(0.0, 0.99))
        self.critic_optimizer = torch.optim.Adam(self.model.critic.parameters(), betas=(0.0, 0.99))
        self.gamma = torch.tensor(plan.critic.gamma, device=device)
        self.gap = torch.tensor(math.sqrt(plan.critic.gap_low * plan.critic.gap_high), device=device)

    def evidence(self, step: int, learning_rate: float, weight: float) -> Scalars:
        """One step of the VAE of every octave; `weight` of the divergence, of which the scalars hold each latent's."""
        random, noise = self._random(1, step)
        total = torch.zeros((), device=self.device)
        scalars: Scalars = {}
        for level in TRAINED_LEVELS:
            windows = self._octave(random, level)
            decoder, octave = self.model.decoders().at(level)
            encoder, log_noise = self._encoder(level)
            seen, details, _ = _target(decoder, windows)
            depth = decoder.config.depth
            style = windows.style[..., 3 + depth : -3 - depth, 3 + depth : -3 - depth]
            mean, log_variance = encoder(middle(seen, details.shape[-1]), details, style)
            latents = self._prior(decoder, len(details), seen.shape[-1], noise)
            drawn = middle(latents, details.shape[-1]).clone() * torch.exp(0.5 * log_variance) + mean
            latents[..., depth:-depth, depth:-depth] = drawn
            decoded = self._decoded(decoder, seen, latents, windows, octave)
            kl = divergence(mean, log_variance)
            total = total + evidence_loss(details, decoded, log_noise, mean, log_variance, weight)
            scalars |= {f"kl/{level}/{latent}": value for latent, value in enumerate(kl.detach())}
        apply_gradient(total, self.optimizer, learning_rate)
        return scalars | {"evidence": total.detach() / len(TRAINED_LEVELS)}

    def score(self, step: int, learning_rate: float) -> Scalars:
        """One step on the proper score of every octave."""
        random, noise = self._random(2, step)
        total = torch.zeros((), device=self.device)
        for level in TRAINED_LEVELS:
            total = total + self._score(random, noise, level)
        apply_gradient(total, self.optimizer, learning_rate)
        return {"score": total.detach() / len(TRAINED_LEVELS)}

    def descent(self, step: int, learning_rate: float) -> Scalars:
        """One step of critic and decoders on whole descents, beside the proper score of one octave."""
        random, noise = self._random(3, step)
        plan, model = self.plan, self.model
        reals = [self._real(random, level) for level in TRAINED_LEVELS]
        real_planes = torch.cat([planes(height, slope_of(style)) for height, style in reals])
        # The critic sees as many fakes as reals of every level; those of the coarsest judged level count as the last.
        style = reals[0][1]
        edge = plan.window_px
        decoders = model.decoders()
        with self._lower_precision():
            top = self.tops.draw(random, style[:, 0], top_edge(decoders, edge))
            grids = descended(decoders, top, style, edge, noise)
        fake_planes = torch.cat([planes(grids[level], slope_of(style)) for level in JUDGED_LEVELS])
        count = len(style)
        real_styles = torch.cat([each for _, each in reals] + [reals[-1][1]])
        real_planes = torch.cat([real_planes, real_planes[-count:]])
        fake_styles = style.repeat(len(JUDGED_LEVELS), 1)
        levels = torch.arange(len(JUDGED_LEVELS), device=self.device).clamp(max=len(TRAINED_LEVELS) - 1)
        levels = levels.repeat_interleave(count)
        real = real_planes, real_styles, levels
        fake = fake_planes, fake_styles, levels
        scalars = self._critic_step(step, real, fake, learning_rate)
        model.critic.requires_grad_(False)
        adversarial = losses.relativistic([self._judged(*fake)], [self._judged(*real)])
        model.critic.requires_grad_(True)
        score = self._score(random, noise, TRAINED_LEVELS[step % len(TRAINED_LEVELS)])
        loss = adversarial + plan.critic.score_weight * score
        apply_gradient(loss, self.generator_optimizer, learning_rate)
        self._guard(scalars["gap"])
        return scalars | {"adversarial": adversarial.detach(), "score": score.detach(), "gamma": self.gamma}

    def _critic_step(
        self, step: int, real: tuple[Tensor, ...], fake: tuple[Tensor, ...], learning_rate: float
    ) -> Scalars:
        settings = self.plan.critic
        penalized = step % settings.penalty_interval == 0
        real_seen, fake_seen = (each[0].detach().requires_grad_(penalized) for each in (real, fake))
        real_scores = self._judged(real_seen, *real[1:])
        fake_scores = self._judged(fake_seen, *fake[1:])
        loss = losses.relativistic([real_scores], [fake_scores])
        scalars = {"gap": (real_scores - fake_scores).mean().detach()}
        if penalized:
            pairs = (real_scores, real_seen), (fake_scores, fake_seen)
            penalty = torch.stack([losses.gradient_penalty([s.mean(1, keepdim=True)], seen) for s, seen in pairs]).sum()
            loss = loss + self.gamma / 2 * settings.penalty_interval * penalty
            scalars["penalty"] = penalty.detach()
        # Not clipped: a clipped penalty could not hold the critic back.
        apply_gradient(loss, self.critic_optimizer, learning_rate * settings.critic_rate, limit=None)
        return scalars

    def _judged(self, seen: Tensor, style: Tensor, level: Tensor) -> Tensor:
        with self._lower_precision():
            scores: Tensor = self.model.critic(seen, style, level)
        return scores

    def _guard(self, gap: Tensor) -> None:
        """A critic that runs away is held back by a stronger penalty, a strangled one is let loose."""
        self.gap = torch.lerp(self.gap, gap, GAP_MEMORY)
        turn = (self.gap > self.plan.critic.gap_high).float() - (self.gap < self.plan.critic.gap_low).float()
        self.gamma = (self.gamma * GAMMA_FACTOR**turn).clamp(GAMMA_LOW, GAMMA_HIGH)

    def _score(self, random: np.random.Generator, noise: torch.Generator, level: int) -> Tensor:
        windows = self._octave(random, level)
        decoder, octave = self.model.decoders().at(level)
        seen, details, _ = _target(decoder, windows)
        first, second = (
            self._decoded(decoder, seen, self._prior(decoder, len(details), seen.shape[-1], noise), windows, octave)
            for _ in range(2)
        )
        return energy_score(details, first, second)

    def _decoded(self, decoder: Decoder, seen: Tensor, latents: Tensor, windows: Windows, octave: int) -> Tensor:
        octaves = torch.full((len(seen),), octave, device=self.device)
        with self._lower_precision():
            decoded: Tensor = decoder(seen, latents, windows.style[..., 3:-3, 3:-3], octaves)
        return decoded

    def _prior(self, decoder: Decoder, count: int, edge: int, noise: torch.Generator) -> Tensor:
        return torch.randn(count, decoder.config.latent_width, edge, edge, generator=noise, device=self.device)

    def _octave(self, random: np.random.Generator, level: int) -> Windows:
        """Windows of one octave: a fine grid on `level` and the coarser one around it."""
        halo, fine = self.model.decoders().at(level)[0].config.halo, self.plan.window_px // 2
        drawn = self.sampler.windows(random, self.plan.batch_size, level, 1, fine // 2 + 2 * halo, fine)
        parts = (drawn.coarse, drawn.fine, drawn.style, drawn.fine_style)
        return Windows(*(self._sent(part) for part in parts))

    def _real(self, random: np.random.Generator, level: int) -> tuple[Tensor, Tensor]:
        """Real windows of `level` [batch, 1, edge, edge] and the style in their middle [batch, 2]."""
        edge = self.plan.window_px
        drawn = self.sampler.windows(random, self.plan.batch_size, level, 0, edge, edge)
        return self._sent(drawn.fine), self._sent(drawn.fine_style[..., edge // 2, edge // 2])

    def _sent(self, part: Tensor) -> Tensor:
        """On the device; the host does not wait for it."""
        return part.contiguous().pin_memory().to(self.device, non_blocking=True) if self.pinned else part

    def _encoder(self, level: int) -> tuple[Encoder, Tensor]:
        model = self.model
        if level < DETAIL_LEVELS:
            return model.details_encoder, model.details_noise
        return model.landforms_encoder, model.landforms_noise

    def _random(self, stage: int, step: int) -> tuple[np.random.Generator, torch.Generator]:
        seed = derive_seed(self.plan.seed, stage, step)
        return (
            np.random.Generator(np.random.Philox(key=[self.plan.seed, stage << 32 | step])),
            torch.Generator(self.device).manual_seed(seed),
        )

    def _lower_precision(self) -> torch.autocast:
        """bf16 where it is an accelerator's own format; on CPUs fp32."""
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.device.type != "cpu")


def apply_gradient(
    loss: Tensor, optimizer: torch.optim.Optimizer, learning_rate: float, limit: float | None = GRADIENT_LIMIT
) -> None:
    """Backward, clip the gradient's norm to `limit` and step. Nothing is read back from the device."""
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    parameters: list[nn.Parameter] = []
    for group in optimizer.param_groups:
        group["lr"] = learning_rate
        parameters += group["params"]
    if limit is not None:
        nn.utils.clip_grad_norm_(parameters, limit)
    optimizer.step()


def slope_of(style: Tensor) -> Tensor:
    """The usual slope of land of style [batch, 2]: what ruggedness is the logarithm of."""
    return torch.exp(RUGGEDNESS_UNIT * style[:, 0] - 2.5)


def _target(decoder: Decoder, windows: Windows) -> tuple[Tensor, Tensor, Tensor]:
    """Features around the fine window, its true details in units of the scale, and the scale."""
    depth, rim = decoder.config.depth, decoder.config.halo - 1
    seen, scale = features(windows.coarse)
    scale = scale[..., depth:-depth, depth:-depth]
    phases = nn.functional.pixel_unshuffle(0.5 * windows.fine, 2)
    return seen, (phases - expanded(windows.coarse)[..., rim:-rim, rim:-rim]) / scale, scale
