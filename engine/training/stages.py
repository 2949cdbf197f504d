"""Stages two and three: reconstruction through structure and style, then adversarial finishing.

Both are written as a training step on a batch; the loop in `texture.py` decides when to call which.
"""

import copy
import math
from dataclasses import dataclass

import torch
from torch import nn

from engine.errors import SettingsError
from engine.nets.blocks import channels_last
from engine.nets.discriminator import Discriminator
from engine.nets.style_encoder import StyleEncoder
from engine.nets.texgen import STRIDES_PX, TexGen, TexGenConfig
from engine.noise import derive_seed
from engine.training import losses
from engine.training.data.sampler import Batch, spatial_inputs
from engine.training.plan import TexturePlan

Scalars = dict[str, float]
IMAGE_STRIDES = (*STRIDES_PX, 1)
GRADIENT_LIMIT = 1.0
GAMMA_RANGE = (0.01, 10_000.0)
COLLAPSE_RATIO = 2.0
"""Growth of the averaged reconstruction error at which an adversarial run counts as lost and is rolled back."""


@dataclass(frozen=True, slots=True)
class Painted:
    """What the generator made of a batch: images by stride, and the style code's mean and log-variance."""

    images: dict[int, torch.Tensor]
    style_mean: torch.Tensor
    style_log_variance: torch.Tensor


class TextureModel:
    """The networks in training, the weight average, and how a batch goes through them."""

    def __init__(self, config: TexGenConfig, plan: TexturePlan) -> None:
        torch.manual_seed(plan.seed)
        self.plan = plan
        self.device = choose_device(plan.device)
        self.generator = channels_last(TexGen(config).to(self.device))
        self.encoder = channels_last(StyleEncoder(config.style_width).to(self.device))
        self.discriminator = channels_last(Discriminator(config.class_count).to(self.device))
        self.average = copy.deepcopy(self.generator).requires_grad_(False)
        self.decay = 0.5 ** (1 / plan.ema_half_life)

    def paint(self, batch: Batch, random: torch.Generator) -> Painted:
        """Generator output for the batch's own structure and style."""
        with torch.autocast(self.device.type, torch.bfloat16):
            mean, log_variance = self.encoder(batch.targets, batch.present)
        noise = torch.randn(mean.shape, generator=random).to(mean.device)
        style = mean + noise * (0.5 * log_variance).exp()
        code = self.generator.code(batch.class_index, batch.attributes, style)
        inputs = spatial_inputs(batch.structure, self.generator.config, random, torch.bfloat16)
        with torch.autocast(self.device.type, torch.bfloat16):
            images = self.generator(inputs, self.generator.styles(code))
        return Painted(dict(zip(IMAGE_STRIDES, images, strict=True)), mean, log_variance)

    def reconstruction_loss(
        self, batch: Batch, painted: Painted, random: torch.Generator
    ) -> tuple[torch.Tensor, Scalars]:
        """Reconstruction where the structure is the target's own, obedience where it was drawn, patch statistics."""
        present = batch.present * batch.paired[:, None]
        parts = {
            "pixels": losses.reconstruction(painted.images, batch.targets, present, batch.detailed),
            "patches": self.plan.patch_weight * self._patch_loss(batch, painted.images[1], random),
            "divergence": self.plan.style_divergence_weight
            * losses.kullback_leibler(painted.style_mean, painted.style_log_variance),
        }
        drawn = batch.paired == 0
        if drawn.any():
            images = {stride: image[drawn] for stride, image in painted.images.items()}
            parts["obedience"] = self.plan.obedience_weight * losses.obedience(images, batch.structure[drawn])
        return torch.stack(list(parts.values())).sum(), {name: float(part.detach()) for name, part in parts.items()}

    def _patch_loss(self, batch: Batch, finest: torch.Tensor, random: torch.Generator) -> torch.Tensor:
        """Patch statistics of the full material where all maps are there, of the albedo elsewhere."""
        full = (batch.present[:, 3] * batch.detailed) > 0
        albedo = ~full & (batch.detailed > 0)
        total = finest.new_zeros(())
        if full.any():
            mask = batch.present[full][..., None, None]
            total = total + losses.sliced_wasserstein(finest[full] * mask, batch.targets[full] * mask, random)
        if albedo.any():
            total = total + losses.sliced_wasserstein(
                finest[albedo, :3], batch.targets[albedo, :3], random, directions=10
            )
        return total

    def to_cpu(self) -> None:
        """Bring the networks that the weights file is made from back from the device."""
        self.device = torch.device("cpu")
        self.average.cpu()
        self.encoder.cpu()

    @torch.no_grad()
    def update_average(self) -> None:
        """Exponential moving average of the generator's weights."""
        for slow, fast in zip(self.average.parameters(), self.generator.parameters(), strict=True):
            slow.lerp_(fast, 1 - self.decay)


def choose_device(name: str) -> torch.device:
    """The device that a plan names. Raises SettingsError where "cuda" is asked for and there is none."""
    if name == "cuda" and not torch.cuda.is_available():
        raise SettingsError("device: 'cuda' is not available here; allowed: auto, cpu")
    return torch.device("cuda" if name != "cpu" and torch.cuda.is_available() else "cpu")


class ReconstructionStage:
    """Alone it already gives usable weights where there is no accelerator."""

    def __init__(self, model: TextureModel) -> None:
        self.model = model
        parameters = [*model.generator.parameters(), *model.encoder.parameters()]
        self.optimizer = torch.optim.Adam(parameters, model.plan.learning_rate, betas=(0.5, 0.99))

    def step(self, batch: Batch, number: int, learning_rate: float) -> Scalars:
        """One optimizer step; its losses by name."""
        random = torch.Generator().manual_seed(derive_seed(self.model.plan.seed, 2, number))
        painted = self.model.paint(batch, random)
        loss, scalars = self.model.reconstruction_loss(batch, painted, random)
        apply_gradient(loss, self.optimizer, learning_rate)
        self.model.update_average()
        return scalars


class AdversarialStage:
    """Relativistic pairing loss with R1 and R2 beside the reconstruction loss, with a guard on gamma.

    The guard keeps the mean score gap real - fake inside [gap_low, gap_high]: below, the critic is strangled and gamma
    shrinks; above, it runs away and gamma grows. A step whose losses are not finite is undone by the loop's rollback.
    """

    GUARD = ("gamma", "gap", "steps_outside", "pixels", "best_pixels")
    """Attributes that the guard moves: with the weights and moments, all of a checkpoint."""

    def __init__(self, model: TextureModel) -> None:
        self.model = model
        self.settings = model.plan.adversarial
        self.gamma = self.settings.gamma
        self.gap = (self.settings.gap_low * self.settings.gap_high) ** 0.5
        self.steps_outside = 0
        self.pixels = self.best_pixels = math.inf
        parameters = [*model.generator.parameters(), *model.encoder.parameters()]
        self.optimizer = torch.optim.Adam(parameters, self.settings.learning_rate, betas=(0.0, 0.99))
        self.critic_optimizer = torch.optim.Adam(
            model.discriminator.parameters(), self.settings.learning_rate, betas=(0.0, 0.99)
        )

    def step(self, batch: Batch, number: int, learning_rate: float) -> Scalars:
        """One step of both networks; their losses by name."""
        random = torch.Generator().manual_seed(derive_seed(self.model.plan.seed, 3, number))
        painted = self.model.paint(batch, random)
        scalars = self._critic_step(batch, painted.images[1].detach(), number, learning_rate)
        loss, parts = self.model.reconstruction_loss(batch, painted, random)
        self.model.discriminator.requires_grad_(False)
        detailed = batch.detailed > 0
        adversarial = (
            losses.relativistic(
                self._score(batch, painted.images[1])[detailed], self._score(batch, batch.targets)[detailed]
            )
            if detailed.any()
            else loss.new_zeros(())
        )
        self.model.discriminator.requires_grad_(True)
        apply_gradient(loss + self.settings.weight * adversarial, self.optimizer, learning_rate)
        self.model.update_average()
        self._guard(scalars["gap"], parts["pixels"])
        return scalars | parts | {"adversarial": float(adversarial.detach()), "gamma": self.gamma}

    def _score(self, batch: Batch, maps: torch.Tensor) -> torch.Tensor:
        with torch.autocast(self.model.device.type, torch.bfloat16):
            # A drawn structure would give a fake away: its pair is judged without any.
            structure = batch.structure * batch.paired[:, None, None, None]
            scores: torch.Tensor = self.model.discriminator(maps, batch.present, structure, batch.class_index)
        return scores

    def _critic_step(self, batch: Batch, fake: torch.Tensor, number: int, learning_rate: float) -> Scalars:
        detailed = batch.detailed > 0
        penalized = number % self.settings.penalty_interval == 0
        real = batch.targets.detach().requires_grad_(penalized)
        fake = fake.requires_grad_(penalized)
        real_scores, fake_scores = self._score(batch, real), self._score(batch, fake)
        loss = (
            losses.relativistic(real_scores[detailed], fake_scores[detailed]) if detailed.any() else real.new_zeros(())
        )
        scalars = {"gap": float((real_scores - fake_scores)[detailed].mean().detach()) if detailed.any() else self.gap}
        if penalized:
            penalty = losses.gradient_penalty(real_scores, real) + losses.gradient_penalty(fake_scores, fake)
            # Lazy regularization: fewer, stronger penalties (Karras et al., 2020).
            loss = loss + self.gamma / 2 * self.settings.penalty_interval * penalty
            scalars["penalty"] = float(penalty.detach())
        # Not clipped: a clipped penalty could not hold the critic back.
        apply_gradient(loss, self.critic_optimizer, learning_rate * self.settings.critic_rate, limit=math.inf)
        return scalars | {"critic": float(loss.detach())}

    def _guard(self, gap: float, pixels: float) -> None:
        """Keep the gap in its band by gamma. Raises FloatingPointError when the reconstruction is being lost."""
        self.gap += (gap - self.gap) / self.settings.guard_window
        former = pixels if math.isinf(self.pixels) else self.pixels
        self.pixels = former + (pixels - former) / self.settings.guard_window
        self.best_pixels = min(self.best_pixels, self.pixels)
        if self.pixels > COLLAPSE_RATIO * self.best_pixels:
            raise FloatingPointError("the reconstruction error has grown too far; the critic has won")
        inside = self.settings.gap_low <= self.gap <= self.settings.gap_high
        self.steps_outside = 0 if inside else self.steps_outside + 1
        if self.steps_outside >= self.settings.guard_window:
            moved = self.gamma * (1.5 if self.gap > self.settings.gap_high else 1 / 1.5)
            self.gamma = min(max(moved, GAMMA_RANGE[0]), GAMMA_RANGE[1])
            self.steps_outside = 0


def apply_gradient(
    loss: torch.Tensor, optimizer: torch.optim.Optimizer, learning_rate: float, limit: float = GRADIENT_LIMIT
) -> None:
    """Backward, clip the gradient's norm to `limit` and step.

    A loss or a gradient that is not finite raises FloatingPointError and changes no weight.
    """
    if not torch.isfinite(loss):
        raise FloatingPointError("the loss is not finite")
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    parameters: list[nn.Parameter] = []
    for group in optimizer.param_groups:
        group["lr"] = learning_rate
        parameters += group["params"]
    if not torch.isfinite(nn.utils.clip_grad_norm_(parameters, limit)):
        raise FloatingPointError("the gradient is not finite")
    optimizer.step()
