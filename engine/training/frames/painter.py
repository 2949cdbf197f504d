"""One tier of FrameGen in training: networks, running mean, judges, optimisers, and one step of each."""

from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional

from engine.characters.rendering.picture import Pictures
from engine.nets.blocks import channels_last
from engine.nets.framegen.discriminators import PatchCritic
from engine.nets.framegen.encoder import FrameEncoder
from engine.nets.framegen.network import SMALL, FrameGen, FrameGenConfig
from engine.nets.framegen.part_maps import PartMaps
from engine.training import checkpoint
from engine.training.frames.losses import Terms, code_term, judged, picture_terms

CONFIGS = {"m": FrameGenConfig(), "s": SMALL}
ENCODED_SHARE = 0.25
"""Share of a batch that is painted from codes of the encoder; the rest from those of the sliders."""

ADVERSARIAL_STRENGTH = 0.15
"""How strongly judges may pull at the last layer, as a share of all other losses' pull."""

PENALTY_EVERY, PENALTY = 8, 4.0
GRADIENT_NORM_MAX = 1.0
AVERAGE_SHARE_MIN = 0.0015


@dataclass(frozen=True, slots=True, eq=False)
class Lesson:
    """A batch: what the network sees, who it is, and how it ought to look at this tier's size.

    references  float32 [batch, views, 4, 64, 64], frames of the same characters
    """

    seen: PartMaps
    features: torch.Tensor
    palette: torch.Tensor
    references: torch.Tensor
    truth: Pictures


class Painter:
    """One tier in training."""

    def __init__(self, tier: str, seed: int, learning_rate: float, device: torch.device) -> None:
        self.tier, self.device = tier, device
        self.config = CONFIGS[tier]
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            parts = nn.ModuleDict({"network": FrameGen(self.config), "encoder": FrameEncoder(self.config.code_width)})
            judges = nn.ModuleDict({"single": PatchCritic(4), "three": PatchCritic(12)})
            average = nn.ModuleDict({"network": FrameGen(self.config), "encoder": FrameEncoder(self.config.code_width)})
        average.load_state_dict(parts.state_dict())
        self.parts = channels_last(parts.to(device))
        self.judges = channels_last(judges.to(device))
        self.average = channels_last(average.to(device)).requires_grad_(False)
        self.optimizer = torch.optim.Adam(self.parts.parameters(), lr=learning_rate, betas=(0.9, 0.99))
        self.judge_optimizer = torch.optim.Adam(self.judges.parameters(), lr=4e-4, betas=(0.0, 0.99))

    def step(self, lesson: Lesson, number: int, rate: float, *, adversarial: bool) -> dict[str, float | torch.Tensor]:
        """One optimiser step; losses by name. With `adversarial` the batch holds threes of frames."""
        terms, rgba = self._painted(lesson)
        loss = terms.total
        values: dict[str, float | torch.Tensor] = {name: value.detach() for name, value in terms.values.items()}
        if adversarial:
            values["judge"] = self._teach_judges(rgba.detach(), lesson.truth.rgba, number)
            pull = self._judged(lesson.truth.rgba, rgba)
            last = self._network().head.weight
            own = torch.autograd.grad(loss, last, retain_graph=True)[0].norm()
            theirs = torch.autograd.grad(pull, last, retain_graph=True)[0].norm()
            loss = loss + ADVERSARIAL_STRENGTH * (own / theirs.clamp_min(1e-8)).clamp(0.0, 1e4).detach() * pull
            values["painter"] = pull.detach()
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(self.parts.parameters(), GRADIENT_NORM_MAX)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        if bool(torch.isfinite(norm)):
            self.optimizer.step()
        self._follow(number)
        return values

    def _painted(self, lesson: Lesson) -> tuple[Terms, torch.Tensor]:
        network, encoder = self._network(), self.parts["encoder"]
        encoded = max(3, int(len(lesson.features) * ENCODED_SHARE) // 3 * 3)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.device.type == "cuda"):
            prior = network.code(lesson.features).float()
            mean, spread, palette = encoder(lesson.references[:encoded])
            code = mean + torch.randn_like(mean) * (0.5 * spread).exp()
            painted = network(lesson.seen, torch.cat([code, prior[encoded:]]))
        rgba = painted.rgba(lesson.palette)
        terms = picture_terms(painted, rgba, lesson.truth)
        terms.values["code"] = code_term(mean, spread, prior[:encoded])
        terms.values["palette"] = (palette - lesson.palette[:encoded, : palette.shape[1]]).abs().mean()
        return terms, rgba

    def _judged(self, real: torch.Tensor, made: torch.Tensor) -> torch.Tensor:
        """The painter's loss before both judges."""
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.device.type == "cuda"):
            single, three = self.judges["single"], self.judges["three"]
            return judged(single(made), single(real)) + judged(three(_threes(made)), three(_threes(real)))

    def _teach_judges(self, made: torch.Tensor, real: torch.Tensor, number: int) -> torch.Tensor:
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.device.type == "cuda"):
            single, three = self.judges["single"], self.judges["three"]
            loss = judged(single(real), single(made)) + judged(three(_threes(real)), three(_threes(made)))
        if number % PENALTY_EVERY == 0:
            few = real[:12].detach().requires_grad_()
            scores = single(few).mean(1).sum() + three(_threes(few)).mean(1).sum()
            slope = torch.autograd.grad(scores, few, create_graph=True)[0]
            loss = loss + PENALTY * slope.square().sum((1, 2, 3)).mean()
        self.judge_optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.judge_optimizer.step()
        return loss.detach()

    def _follow(self, number: int) -> None:
        """Move the running mean."""
        share = max(AVERAGE_SHARE_MIN, 1.0 / (1.0 + 0.1 * number))
        with torch.no_grad():
            means: list[torch.Tensor] = list(self.average.parameters())
            torch._foreach_lerp_(means, list(self.parts.parameters()), share)

    def _network(self) -> FrameGen:
        network = self.parts["network"]
        assert isinstance(network, FrameGen)
        return network

    def painter(self) -> FrameGen:
        """The running mean of the network."""
        network = self.average["network"]
        assert isinstance(network, FrameGen)
        return network

    def encoder(self) -> FrameEncoder:
        """The running mean of the encoder."""
        encoder = self.average["encoder"]
        assert isinstance(encoder, FrameEncoder)
        return encoder

    def tensors(self) -> checkpoint.Tensors:
        """The whole state for a checkpoint."""
        tensors: checkpoint.Tensors = {}
        for name in ("parts", "average", "judges"):
            tensors |= checkpoint.module_tensors(f"{self.tier}.{name}", getattr(self, name))
        for name in ("optimizer", "judge_optimizer"):
            tensors |= checkpoint.optimizer_tensors(f"{self.tier}.{name}", getattr(self, name))
        return tensors

    def restore(self, tensors: checkpoint.Tensors) -> None:
        """Load a checkpoint's state. Raises WeightsError for another network's."""
        for name in ("parts", "average", "judges"):
            checkpoint.restore_module(f"{self.tier}.{name}", getattr(self, name), tensors)
        for name in ("optimizer", "judge_optimizer"):
            checkpoint.restore_optimizer(f"{self.tier}.{name}", getattr(self, name), tensors)


def halved(pictures: Pictures, times: int) -> Pictures:
    """The pictures at a smaller size."""
    if times == 1:
        return pictures
    return Pictures(functional.avg_pool2d(pictures.rgba, times), functional.avg_pool2d(pictures.slot, times))


def _threes(rgba: torch.Tensor) -> torch.Tensor:
    """Three frames in a row as twelve channels."""
    threes: torch.Tensor = rgba.unflatten(0, (-1, 3)).flatten(1, 2)
    return threes
