"""The training plan: one frozen, typed object read from YAML; an unknown key is an error that names its dotted path."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from engine.errors import SettingsError, WeightsError
from engine.generators.texture.appearance import ATTRIBUTES
from engine.generators.texture.default_pattern import check_default_pattern
from engine.nets.discriminator import PATCH_PX
from engine.nets.texgen import STRIDES_PX, TexGenConfig
from engine.requests.checks import SEED_MAX

DEVICES = ("auto", "cpu", "cuda")
TIERS = ("S", "M")

FILE_NAME = r"[\w-][\w.-]*"
FILE_NAME_LETTERS = "letters, digits, '.', '_' and '-'"


@dataclass(frozen=True, slots=True)
class ClassPlan:
    """One generator class.

    sources      data classes it learns from
    pattern      what a request without a pattern gets (`engine/generators/texture/default_pattern.py`)
    dark_joints  low places are never drawn lighter than high ones: boards and shingles have no light mortar
    metal        materials without a metallic map are metal
    colors       further mid tones, "#rrggbb", in which its materials may come, where exemplars are few
    limits       lowest and highest value of attributes that a seed may draw, by name; exemplars outside are moved
    """

    sources: tuple[str, ...]
    pattern: str = "noise"
    dark_joints: bool = False
    metal: bool = False
    colors: tuple[str, ...] = ()
    limits: Mapping[str, tuple[float, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DataPlan:
    """One data folder.

    frame_px  outer pixels, 0 to 16, to replace by mirrored inner ones: images cut from sheets bleed at their borders
    """

    folder: Path
    frame_px: int = 0


@dataclass(frozen=True, slots=True)
class NetworkPlan:
    """Widths of the generator; see `TexGenConfig`."""

    style_width: int = 32
    code_width: int = 192
    widths: tuple[int, ...] = (96, 128, 128, 128, 96)
    fine_noise_channels: int = 1


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
    tier           size and quality class that the weights claim, "S" or "M"
    enlarged_share share of the steps whose crops are painted at twice their size, as requests ask for
    enlarged_batch_size  crops of such a step
    device         "auto" (an accelerator where there is one), "cpu" or "cuda"
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
    tier: str = "M"
    batch_size: int = 12
    enlarged_batch_size: int = 4
    enlarged_share: float = 0.5
    crop_px: int = 128
    learning_rate: float = 0.002
    device: str = "auto"
    style_divergence_weight: float = 0.001
    patch_weight: float = 2.0
    grain_weight: float = 0.5
    obedience_weight: float = 0.3
    drawn_share: float = 0.4
    ema_half_life: int = 250
    sheet_interval: int = 500
    checkpoint_interval: int = 500
    output: Path = Path("runs/texture")

    def __post_init__(self) -> None:
        for path, value, low, high in _ranges(self):
            if not low <= value <= high:
                raise SettingsError(f"{path}: {value} is outside [{low}, {high}]")
        for name, allowed in (("tier", TIERS), ("device", DEVICES)):
            if getattr(self, name) not in allowed:
                raise SettingsError(f"{name}: {getattr(self, name)!r} is not one of {', '.join(allowed)}")
        if not re.fullmatch(FILE_NAME, self.name):
            raise SettingsError(f"name: {self.name!r} is not a file name of {FILE_NAME_LETTERS}")
        if not self.data:
            raise SettingsError("data: at least one folder is needed")
        self._check_stages()
        self._check_classes()
        self.network_config()

    def _check_stages(self) -> None:
        if self.crop_px % STRIDES_PX[0]:
            raise SettingsError(f"crop_px: {self.crop_px} is not a multiple of {STRIDES_PX[0]}")
        if self.stages.adversarial_steps and self.crop_px < PATCH_PX:
            raise SettingsError(f"crop_px: {self.crop_px} is outside [{PATCH_PX}, 1024], the adversarial stage's range")
        if self.stages.reconstruction_steps + self.stages.adversarial_steps == 0:
            raise SettingsError("stages: at least one stage needs steps")
        if self.adversarial.gap_low >= self.adversarial.gap_high:
            raise SettingsError(
                f"adversarial.gap_low: {self.adversarial.gap_low} is not below gap_high {self.adversarial.gap_high}"
            )

    def _check_classes(self) -> None:
        if not self.classes:
            raise SettingsError("classes: at least one class is needed")
        for name, entry in self.classes.items():
            if not re.fullmatch(FILE_NAME, name):  # materials of a class lie in a folder of its name
                raise SettingsError(f"classes.{name}: {name!r} is not a file name of {FILE_NAME_LETTERS}")
            try:
                check_default_pattern(entry.pattern)
            except WeightsError as error:
                raise SettingsError(f"classes.{name}.pattern: {error}") from error
            _check_limits(f"classes.{name}.limits", entry.limits)
        self.class_of()

    def network_config(self) -> TexGenConfig:
        """The shape of the generator network. Raises SettingsError for one that cannot be."""
        network = self.network
        return TexGenConfig(
            len(self.classes),
            style_width=network.style_width,
            code_width=network.code_width,
            widths=network.widths,
            fine_noise_channels=network.fine_noise_channels,
        )

    def class_of(self) -> dict[str, str]:
        """Data class -> generator class. Raises SettingsError if two classes claim one source."""
        mapping: dict[str, str] = {}
        for name, plan in self.classes.items():
            for source in plan.sources:
                if source in mapping:
                    raise SettingsError(f"classes.{name}.sources: {source!r} already belongs to {mapping[source]!r}")
                mapping[source] = name
        return mapping


def _check_limits(path: str, limits: Mapping[str, tuple[float, ...]]) -> None:
    """Raises SettingsError for an unknown attribute and for anything but two ordered numbers in its range."""
    known = {attribute.name: attribute for attribute in ATTRIBUTES}
    for name, ends in limits.items():
        if name not in known:
            raise SettingsError(f"{path}.{name}: is not one of {', '.join(known)}")
        low, high = known[name].minimum, known[name].maximum
        if len(ends) != 2 or not low <= ends[0] <= ends[1] <= high:
            raise SettingsError(f"{path}.{name}: {list(ends)} is not a range within [{low:g}, {high:g}]")


def _ranges(plan: TexturePlan) -> Iterator[tuple[str, float, float, float]]:
    """Dotted path, value, lowest and highest allowed value of every number in a plan."""
    yield from (
        ("seed", plan.seed, 0, SEED_MAX),
        ("batch_size", plan.batch_size, 1, 4096),
        ("crop_px", plan.crop_px, 64, 1024),
        ("learning_rate", plan.learning_rate, 1e-6, 0.1),
        ("style_divergence_weight", plan.style_divergence_weight, 0.0, 100.0),
        ("patch_weight", plan.patch_weight, 0.0, 100.0),
        ("grain_weight", plan.grain_weight, 0.0, 100.0),
        ("enlarged_batch_size", plan.enlarged_batch_size, 1, 4096),
        ("enlarged_share", plan.enlarged_share, 0.0, 1.0),
        ("obedience_weight", plan.obedience_weight, 0.0, 100.0),
        ("drawn_share", plan.drawn_share, 0.0, 1.0),
        ("ema_half_life", plan.ema_half_life, 1, 10**6),
        ("sheet_interval", plan.sheet_interval, 1, 10**9),
        ("checkpoint_interval", plan.checkpoint_interval, 1, 10**9),
        ("stages.reconstruction_steps", plan.stages.reconstruction_steps, 0, 10**8),
        ("stages.adversarial_steps", plan.stages.adversarial_steps, 0, 10**8),
    )
    settings = plan.adversarial
    yield from (
        ("adversarial.learning_rate", settings.learning_rate, 1e-6, 0.1),
        ("adversarial.critic_rate", settings.critic_rate, 1e-3, 1e3),
        ("adversarial.weight", settings.weight, 0.0, 100.0),
        ("adversarial.gamma", settings.gamma, 0.0, 1e6),
        ("adversarial.penalty_interval", settings.penalty_interval, 1, 1000),
        ("adversarial.gap_low", settings.gap_low, 0.0, 100.0),
        ("adversarial.gap_high", settings.gap_high, 0.0, 100.0),
        ("adversarial.guard_window", settings.guard_window, 1, 10**6),
    )
    for index, data in enumerate(plan.data):
        yield f"data[{index}].frame_px", data.frame_px, 0, 16
