"""Settings of a training run of FrameGen."""

from dataclasses import dataclass
from pathlib import Path

from engine.errors import SettingsError

DEVICES = ("auto", "cpu", "cuda")
TIERS = ("m", "s")


@dataclass(frozen=True, slots=True)
class FramePlan:
    """One run.

    name                 of the weights files, which have `-m` and `-s` appended
    tiers                which to train, side by side on the same frames: m (256 pixels), s (128 pixels), or both
    seed                 of first weights and of every draw
    seconds              wall-clock budget of all, from making the characters to the last file; schedules follow it
    steps                optimiser steps at most
    batch                frames per step, a multiple of 3
    learning_rate        at its peak
    identities           characters to train with, at most: making them ends after a tenth of the time
    adversarial_share    share of the run, at its end, that is trained with judges
    save_every_s         seconds between files
    device               auto, cpu or cuda
    processes            that model characters
    poses                packed poses, see `engine/training/frames/poses.py`; none: poses that the project makes up
    motion               motion file that `poses` is packed from if it does not exist
    output               folder of weights, checkpoint, log and picture
    """

    name: str = "framegen"
    tiers: tuple[str, ...] = TIERS
    seed: int = 7
    seconds: float = 520.0
    steps: int = 1_000_000
    batch: int = 48
    learning_rate: float = 0.002
    identities: int = 1200
    adversarial_share: float = 0.2
    save_every_s: float = 50.0
    device: str = "auto"
    processes: int = 4
    poses: Path | None = None
    motion: Path | None = None
    output: Path = Path("runs/frames")

    def __post_init__(self) -> None:
        for name, value, least in (
            ("seconds", self.seconds, 1), ("steps", self.steps, 1), ("batch", self.batch, 3),
            ("identities", self.identities, 1), ("processes", self.processes, 1),
            ("save_every_s", self.save_every_s, 1),
        ):  # fmt: skip
            if value < least:
                raise SettingsError(f"{name}: {value} is below {least}")
        if self.batch % 3:
            raise SettingsError(f"batch: {self.batch} is not a multiple of 3")
        if not self.tiers or not set(self.tiers) <= set(TIERS):
            raise SettingsError(f"tiers: {list(self.tiers)} is not allowed; allowed: some of {', '.join(TIERS)}")
        if not 0.0 < self.learning_rate <= 0.1:
            raise SettingsError(f"learning_rate: {self.learning_rate} is outside (0, 0.1]")
        if not 0.0 <= self.adversarial_share <= 0.9:
            raise SettingsError(f"adversarial_share: {self.adversarial_share} is outside [0, 0.9]")
        if self.device not in DEVICES:
            raise SettingsError(f"device: {self.device!r} is not one of {', '.join(DEVICES)}")
