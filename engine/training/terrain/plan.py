"""Settings of a training run of TerraGen."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from engine.errors import SettingsError
from engine.nets.terragen.network import DecoderConfig
from engine.requests.checks import SEED_MAX
from engine.training.plan import DEVICES, FILE_NAME, FILE_NAME_LETTERS

HELD_OUT = ("N49E011", "N49W124", "N53E028", "S36E149", "N15W024_1s")
"""Those of the shipped weights."""


@dataclass(frozen=True, slots=True)
class DecoderPlan:
    """Channels and 3x3 convolutions of one decoder."""

    width: int
    depth: int

    def config(self) -> DecoderConfig:
        """The network's own configuration: two octaves are told apart."""
        return DecoderConfig(self.width, self.depth, 2)


@dataclass(frozen=True, slots=True)
class TerrainStages:
    """Optimizer steps of each stage, one after the other; a stage of 0 steps is left out.

    evidence  the VAE: details of single octaves are reconstructed through latents
    score     details drawn from the prior, judged by a proper score against true ones
    descent   whole descents from the coarsest grid to the finest, judged by a critic
    """

    evidence: int = 800
    score: int = 1200
    descent: int = 8000

    @property
    def total(self) -> int:
        """Steps of all stages."""
        return self.evidence + self.score + self.descent


@dataclass(frozen=True, slots=True)
class CriticPlan:
    """The last stage.

    learning_rate      of the decoders
    critic_rate        learning rate of the critic as a share of it
    score_weight       weight of the proper score of the stage before, which goes on beside the critic
    gamma              first weight of the gradient penalties; the guard moves it
    penalty_interval   steps between penalties
    gap_low, gap_high  band in which the guard keeps the mean score gap real - fake
    """

    learning_rate: float = 0.0006
    critic_rate: float = 1.0
    score_weight: float = 0.1
    gamma: float = 0.02
    penalty_interval: int = 4
    gap_low: float = 0.2
    gap_high: float = 2.0


@dataclass(frozen=True, slots=True)
class TerrainPlan:
    """Everything that defines a training run of TerraGen.

    data                 folder with manifest.json and 16-bit PNG tiles
    held_out             tiles that are not learned from but compared with; one or more per kind of landscape. They are
                         held out whole, because windows of one tile overlap
    name                 file name of the weights
    seed                 of the first weights and of every draw
    batch_size           windows per octave in a step
    window_px            edge of the windows that the critic judges, and of the fine grids of single octaves
    device               "auto" (an accelerator where there is one), "cpu" or "cuda"
    budget_s             None, or: the run ends after so many seconds. The stages then take their share of the time
                         instead of their steps, and the result depends on the machine's speed
    kl_warm_up           share of the evidence stage in which the weight of the divergence rises from 0 to 1
    ema_half_life        steps in which the average of the weights, which is what is saved, forgets half
    checkpoint_interval  steps between checkpoints, log lines and sheets
    output               run folder: checkpoint, log, sheet, weights
    """

    data: Path
    held_out: tuple[str, ...] = HELD_OUT
    name: str = "terragen-s"
    seed: int = 7
    landforms: DecoderPlan = field(default_factory=lambda: DecoderPlan(48, 4))
    details: DecoderPlan = field(default_factory=lambda: DecoderPlan(24, 3))
    stages: TerrainStages = field(default_factory=TerrainStages)
    critic: CriticPlan = field(default_factory=CriticPlan)
    batch_size: int = 16
    window_px: int = 64
    learning_rate: float = 0.002
    device: str = "auto"
    budget_s: float | None = None
    kl_warm_up: float = 0.3
    ema_half_life: int = 300
    checkpoint_interval: int = 500
    output: Path = Path("runs/terrain")

    def __post_init__(self) -> None:
        for path, value, low, high in _ranges(self):
            if not low <= value <= high:
                raise SettingsError(f"{path}: {value} is outside [{low}, {high}]")
        if self.device not in DEVICES:
            raise SettingsError(f"device: {self.device!r} is not one of {', '.join(DEVICES)}")
        if self.window_px % 16:
            raise SettingsError(f"window_px: {self.window_px} is not a multiple of 16")
        if self.stages.total == 0:
            raise SettingsError("stages: at least one stage needs steps")
        if self.critic.gap_low >= self.critic.gap_high:
            raise SettingsError(f"critic.gap_low: {self.critic.gap_low} is not below gap_high {self.critic.gap_high}")
        if not re.fullmatch(FILE_NAME, self.name):
            raise SettingsError(f"name: {self.name!r} is not a file name of {FILE_NAME_LETTERS}")


def _ranges(plan: TerrainPlan) -> Iterator[tuple[str, float, float, float]]:
    """Dotted path, value, lowest and highest allowed value of every number in a plan."""
    yield from (
        ("seed", plan.seed, 0, SEED_MAX),
        ("batch_size", plan.batch_size, 1, 1024),
        ("window_px", plan.window_px, 32, 128),
        ("learning_rate", plan.learning_rate, 1e-6, 0.1),
        ("kl_warm_up", plan.kl_warm_up, 0.0, 1.0),
        ("ema_half_life", plan.ema_half_life, 1, 10**6),
        ("checkpoint_interval", plan.checkpoint_interval, 1, 10**9),
        ("budget_s", 1.0 if plan.budget_s is None else plan.budget_s, 1.0, 10**7),
    )
    for name, steps in (
        ("evidence", plan.stages.evidence),
        ("score", plan.stages.score),
        ("descent", plan.stages.descent),
    ):
        yield f"stages.{name}", steps, 0, 10**8
    for name, decoder in (("landforms", plan.landforms), ("details", plan.details)):
        yield f"{name}.width", decoder.width, 8, 256
        yield f"{name}.depth", decoder.depth, 1, 8
    critic = plan.critic
    yield from (
        ("critic.learning_rate", critic.learning_rate, 1e-6, 0.1),
        ("critic.critic_rate", critic.critic_rate, 1e-3, 1e3),
        ("critic.score_weight", critic.score_weight, 0.0, 100.0),
        ("critic.gamma", critic.gamma, 0.0, 1e6),
        ("critic.penalty_interval", critic.penalty_interval, 1, 1000),
        ("critic.gap_low", critic.gap_low, 0.0, 100.0),
        ("critic.gap_high", critic.gap_high, 0.0, 100.0),
    )
