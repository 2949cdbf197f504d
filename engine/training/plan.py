"""The training plan: one frozen, typed object read from YAML; an unknown key is an error that names its dotted path."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from engine.configuration import build
from engine.errors import SettingsError


@dataclass(frozen=True, slots=True)
class ClassPlan:
    """One generator class: the data classes it learns from and its default pattern."""

    sources: tuple[str, ...]
    pattern: str = "noise"


@dataclass(frozen=True, slots=True)
class DataPlan:
    """One data folder.

    frame_px  outer pixels to replace by mirrored inner ones: images cut from sheets bleed at their borders
    """

    folder: Path
    frame_px: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.frame_px <= 16:
            raise SettingsError(f"data.frame_px: {self.frame_px} is outside [0, 16]")


@dataclass(frozen=True, slots=True)
class NetworkPlan:
    """Widths of the generator; see `TexGenConfig`."""

    style_width: int = 32
    code_width: int = 192
    widths: tuple[int, ...] = (96, 128, 128, 128, 96)


@dataclass(frozen=True, slots=True)
class StagesPlan:
    """Optimizer steps of each stage; a stage of 0 steps is left out."""

    reconstruction_steps: int = 6000
    adversarial_steps: int = 0


@dataclass(frozen=True, slots=True)
class AdversarialPlan:
    """The adversarial stage.

    learning_rate     of the generator
    critic_rate       learning rate of the critic as a share of it
    weight            of the adversarial loss beside reconstruction
    gamma             initial weight of R1 and R2; the guard moves it
    penalty_interval  steps between gradient penalties
    gap_low, gap_high band in which the guard keeps the mean score gap real - fake
    guard_window      steps over which the gap is averaged
    """

    learning_rate: float = 0.0004
    critic_rate: float = 0.5
    weight: float = 0.1
    gamma: float = 20.0
    penalty_interval: int = 3
    gap_low: float = 0.3
    gap_high: float = 3.0
    guard_window: int = 40


@dataclass(frozen=True, slots=True)
class TexturePlan:
    """Everything that defines a training run of TexGen.

    data           folders with a manifest.json
    classes        generator classes by name
    batch_size     crops per step
    crop_px        edge of a crop, a multiple of 32
    ema_half_life  steps in which the weight average forgets half
    output         run folder: checkpoints, logs, sheets, weights
    """

    data: tuple[DataPlan, ...]
    classes: Mapping[str, ClassPlan]
    name: str = "texgen"
    seed: int = 0
    network: NetworkPlan = field(default_factory=NetworkPlan)
    stages: StagesPlan = field(default_factory=StagesPlan)
    adversarial: AdversarialPlan = field(default_factory=AdversarialPlan)
    batch_size: int = 12
    crop_px: int = 128
    learning_rate: float = 0.002
    style_divergence_weight: float = 0.001
    patch_weight: float = 1.0
    obedience_weight: float = 0.3
    drawn_share: float = 0.4
    ema_half_life: int = 250
    sheet_interval: int = 500
    checkpoint_interval: int = 500
    output: Path = Path("runs/texture")

    def __post_init__(self) -> None:
        for name, value, low, high in (
            ("batch_size", self.batch_size, 1, 4096),
            ("crop_px", self.crop_px, 64, 1024),
            ("learning_rate", self.learning_rate, 1e-6, 0.1),
            ("ema_half_life", self.ema_half_life, 1, 10**6),
        ):
            if not low <= value <= high:
                raise SettingsError(f"{name}: {value} is outside [{low}, {high}]")
        if self.crop_px % 32:
            raise SettingsError(f"crop_px: {self.crop_px} is not a multiple of 32")
        if not self.classes:
            raise SettingsError("classes: at least one class is needed")
        if not self.data:
            raise SettingsError("data: at least one folder is needed")

    def class_of(self) -> dict[str, str]:
        """Data class -> generator class. Raises SettingsError if two classes claim one source."""
        mapping: dict[str, str] = {}
        for name, plan in self.classes.items():
            for source in plan.sources:
                if source in mapping:
                    raise SettingsError(f"classes.{name}.sources: {source!r} already belongs to {mapping[source]!r}")
                mapping[source] = name
        return mapping


def load_plan(path: Path) -> TexturePlan:
    """Read a plan. Raises SettingsError for a missing or malformed file, an unknown key or a value out of range."""
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read: {error.strerror}") from error
    except yaml.YAMLError as error:
        raise SettingsError(f"{path}: is not YAML: {error}") from error
    return build(TexturePlan, document, "")
