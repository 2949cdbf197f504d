"""Both stages of training as steps on a batch: reconstruction through structure and style, adversarial finishing.

Losses stay on the device; whoever drives the steps reads them now and then (`settle`) and learns there that a run is
lost.
"""

import math
from collections.abc import Iterable

import torch
from torch import nn
from torch.nn import functional

from engine.nets.discriminator import GRAIN_HEADS, HEADS, Scores
from engine.noise import derive_seed
from engine.training import losses
from engine.training.data.sampler import Batch, Sampler
from engine.training.model import Painted, Parts, TextureModel, grain_window
from engine.training.plan import TexturePlan

Scalars = dict[str, float]
GRADIENT_LIMIT = 1.0
GAMMA_RANGE = (0.001, 10_000.0)
COLLAPSE_RATIO = 2.0
"""Growth of the averaged reconstruction error at which an adversarial run counts as lost and is rolled back."""


class ReconstructionStage:
    """Alone it already gives usable weights where there is no accelerator."""

    def __init__(self, model: TextureModel) -> None:
        self.model = model
        parameters = [*model.generator.parameters(), *model.encoder.parameters()]
        self.optimizer = adam(parameters, model, model.plan.learning_rate, (0.5, 0.99))

    def step(self, batch: Batch, number: int, learning_rate: float) -> Parts:
        """One optimizer step; its losses by name."""
        random = torch.Generator(self.model.device).manual_seed(derive_seed(self.model.plan.seed, 2, number))
        painted = self.model.paint(batch, random)
        parts = self.model.losses(batch, painted, random)
        apply_gradient(torch.stack(list(parts.values())).sum(), self.optimizer, learning_rate)
        self.model.update_average()
        return {name: part.detach() for name, part in parts.items()}

    def settle(self, scalars: Scalars) -> None:
        """Raises FloatingPointError for losses that are not finite."""
        check_finite(scalars)


class AdversarialStage:
    """Relativistic pairing loss with R1 and R2 beside the losses of reconstruction, with a guard on gamma.

    The guard keeps the mean score gap real - fake inside [gap_low, gap_high]: below, the critic is strangled and gamma
    shrinks; above, it runs away and gamma grows.
    """

    GUARD = ("gamma", "gap", "checks_outside", "pixels", "best_pixels")
    """Attributes that the guard moves: with the weights and moments, all of a checkpoint."""

    def __init__(self, model: TextureModel) -> None:
        self.model = model
        self.settings = model.plan.adversarial
        self.gamma = self.settings.gamma
        self.gap = (self.settings.gap_low * self.settings.gap_high) ** 0.5
        self.checks_outside = 0
        self.pixels = self.best_pixels = math.inf
        parameters = [*model.generator.parameters(), *model.encoder.parameters()]
        self.optimizer = adam(parameters, model, self.settings.learning_rate, (0.0, 0.99))
        critic_parameters = list(model.discriminator.parameters())
        self.critic_optimizer = adam(critic_parameters, model, self.settings.learning_rate, (0.0, 0.99))

    def step(self, batch: Batch, number: int, learning_rate: float) -> Parts:
        """One step of both networks; their losses by name."""
        random = torch.Generator(self.model.device).manual_seed(derive_seed(self.model.plan.seed, 3, number))
        painted = self.model.paint(batch, random)
        critic = self._critic_step(batch, painted, number, learning_rate)
        parts = self.model.losses(batch, painted, random)
        self.model.discriminator.requires_grad_(False)
        views = self._views(batch, painted)
        with torch.no_grad():
            real = self._score(batch, painted, batch.targets, views)
        fake = [score for heads, maps in views for score in self._score(batch, painted, maps, [(heads, maps)])]
        parts["adversarial"] = self.settings.weight * losses.relativistic(fake, real)
        self.model.discriminator.requires_grad_(True)
        apply_gradient(torch.stack(list(parts.values())).sum(), self.optimizer, learning_rate)
        self.model.update_average()
        return {name: part.detach() for name, part in (critic | parts).items()}

    def settle(self, scalars: Scalars) -> None:
        """Let the guard see the mean losses of some steps. Raises FloatingPointError when the run is being lost."""
        check_finite(scalars)
        self._guard(scalars["gap"], scalars["pixels"])
        scalars["gamma"] = self.gamma

    def _views(self, batch: Batch, painted: Painted) -> list[tuple[int, torch.Tensor]]:
        """Painted images as large as the targets, and how many heads judge each of them."""
        whole = (len(HEADS), painted.images[batch.zoom])
        return [whole] if batch.zoom == 1 else [whole, (GRAIN_HEADS, grain_window(painted.images[1], batch))]

    def _score(
        self, batch: Batch, painted: Painted, maps: torch.Tensor, views: list[tuple[int, torch.Tensor]]
    ) -> Scores:
        """Scores of `maps` by the heads of every view, grain alone without the structure."""
        scores: Scores = []
        with torch.autocast(self.model.device.type, torch.bfloat16):
            # A drawn structure would give a fake away: its pair is judged without any.
            structure = batch.structure * batch.paired[:, None, None, None]
            structure = structure if batch.zoom == 1 else functional.avg_pool2d(structure, batch.zoom)
            for heads, _ in views:
                shown = structure if heads == len(HEADS) else torch.zeros_like(structure)
                scores += self.model.discriminator(
                    maps, batch.present, shown, batch.class_index, painted.style_mean.detach(), heads
                )
        return scores

    def _critic_step(self, batch: Batch, painted: Painted, number: int, learning_rate: float) -> Parts:
        penalized = number // 2 % self.settings.penalty_interval == 0
        real = batch.targets.detach().requires_grad_(penalized)
        views = [(heads, maps.detach().requires_grad_(penalized)) for heads, maps in self._views(batch, painted)]
        real_scores = self._score(batch, painted, real, views)
        by_view = [self._score(batch, painted, maps, [(heads, maps)]) for heads, maps in views]
        fake_scores = [score for scores in by_view for score in scores]
        loss = losses.relativistic(real_scores, fake_scores)
        gaps = [(high - low).mean() for high, low in zip(real_scores, fake_scores, strict=True)]
        parts = {"gap": torch.stack(gaps).mean()}
        if penalized:
            penalty = losses.gradient_penalty(real_scores, real)
            for (_, maps), scores in zip(views, by_view, strict=True):
                penalty = penalty + losses.gradient_penalty(scores, maps)
            # Lazy regularization: fewer, stronger penalties (Karras et al., 2020).
            loss = loss + self.gamma / 2 * self.settings.penalty_interval * penalty
            parts["penalty"] = penalty
        # Not clipped: a clipped penalty could not hold the critic back.
        apply_gradient(loss, self.critic_optimizer, learning_rate * self.settings.critic_rate, limit=math.inf)
        return parts | {"critic": loss}

    def _guard(self, gap: float, pixels: float) -> None:
        """Keep the gap in its band by gamma. Raises FloatingPointError when the reconstruction is being lost."""
        self.gap += (gap - self.gap) / self.settings.guard_window
        former = pixels if math.isinf(self.pixels) else self.pixels
        self.pixels = former + (pixels - former) / self.settings.guard_window
        self.best_pixels = min(self.best_pixels, self.pixels)
        if self.pixels > COLLAPSE_RATIO * self.best_pixels:
            raise FloatingPointError("the reconstruction error has grown too far; the critic has won")
        inside = self.settings.gap_low <= self.gap <= self.settings.gap_high
        self.checks_outside = 0 if inside else self.checks_outside + 1
        if self.checks_outside >= self.settings.guard_window:
            moved = self.gamma * (1.5 if self.gap > self.settings.gap_high else 1 / 1.5)
            self.gamma = min(max(moved, GAMMA_RANGE[0]), GAMMA_RANGE[1])
            self.checks_outside = 0


def batch_of(sampler: Sampler, plan: TexturePlan, step: int) -> Batch:
    """The batch of a step: every so often its crops are painted at twice their size."""
    enlarged = int((step + 1) * plan.enlarged_share) > int(step * plan.enlarged_share)
    size = plan.enlarged_batch_size if enlarged else plan.batch_size
    return sampler.batch(plan.seed, step, size, 2 if enlarged else 1)


def adam(
    parameters: list[nn.Parameter], model: TextureModel, learning_rate: float, betas: tuple[float, float]
) -> torch.optim.Adam:
    """Adam, fused where the device has it: one kernel in place of hundreds."""
    return torch.optim.Adam(parameters, learning_rate, betas=betas, fused=model.device.type == "cuda" or None)


def check_finite(scalars: Scalars) -> None:
    """Raises FloatingPointError for a number that is not finite."""
    for name, value in scalars.items():
        if not math.isfinite(value):
            raise FloatingPointError(f"{name}: the loss is not finite")


def mean_scalars(steps: Iterable[Parts]) -> Scalars:
    """Means over steps of the losses that each of them has; waits for the device."""
    gathered: dict[str, list[torch.Tensor]] = {}
    for parts in steps:
        for name, part in parts.items():
            gathered.setdefault(name, []).append(part)
    return {name: float(torch.stack(values).mean()) for name, values in gathered.items()}


def apply_gradient(
    loss: torch.Tensor, optimizer: torch.optim.Optimizer, learning_rate: float, limit: float = GRADIENT_LIMIT
) -> None:
    """Backward, clip the gradient's norm to `limit` and step."""
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    parameters: list[nn.Parameter] = []
    for group in optimizer.param_groups:
        group["lr"] = learning_rate
        parameters += group["params"]
    if math.isfinite(limit):
        nn.utils.clip_grad_norm_(parameters, limit)
    optimizer.step()
