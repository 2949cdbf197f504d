"""The training plan of MotionGen: one frozen dataclass, read from YAML."""

from dataclasses import dataclass
from pathlib import Path

from engine.errors import SettingsError

DEVICES = ("auto", "cpu", "cuda")


@dataclass(frozen=True, slots=True)
class MotionPlan:
    """What to train on and for how long.

    name               of the weights file
    clips              files of clips (.npz), what is learned from
    output             folder of checkpoints and weights
    seed               of the first weights and of every draw
    device             auto, cpu or cuda
    graphs             whether a GPU runs steps as CUDA graphs
    steps              optimiser steps; the learning rate falls along them, unless `seconds` ends first
    seconds            wall-clock budget; 0 for none. With one, the learning rate falls along the clock
    batch              windows per step
    rollouts           lengths of the rollouts, in frames; each takes its share of the run, in this order
    rollout_shares     of the run per rollout length
    learning_rate      at its peak
    average_share      weight of the newest step in the running mean that becomes the weights
    divergence_weight  of the Kullback-Leibler term at first; the alarm lowers it
    divergence_min     nats per dimension that are free, and below which the alarm goes off
    prior_share        of the windows that are rolled out with the prior's latents
    stitched_minutes   of motion made by motion matching on the clips, beside the clips themselves
    save_every_s       seconds between checkpoints
    log_every          steps between lines of the log
    """

    name: str = "motiongen-s"
    clips: tuple[Path, ...] = (Path("data/motion/motion_30fps.npz"),)
    output: Path = Path("runs/motion")
    seed: int = 11
    device: str = "auto"
    graphs: bool = True
    steps: int = 20000
    seconds: float = 0.0
    batch: int = 256
    rollouts: tuple[int, ...] = (8, 32)
    rollout_shares: tuple[float, ...] = (0.4, 0.6)
    learning_rate: float = 0.001
    average_share: float = 0.002
    divergence_weight: float = 0.005
    divergence_min: float = 0.06
    prior_share: float = 0.3
    stitched_minutes: float = 160.0
    save_every_s: float = 60.0
    log_every: int = 100

    def __post_init__(self) -> None:
        if self.device not in DEVICES:
            raise SettingsError(f"device: {self.device!r} is not one of {', '.join(DEVICES)}")
        if len(self.rollouts) != len(self.rollout_shares) or not self.rollouts:
            raise SettingsError("rollout_shares: needs one share per entry of rollouts, at least one")
        if min(self.rollouts) < 1 or max(self.rollouts) > 64:
            raise SettingsError(f"rollouts: {list(self.rollouts)} is outside [1, 64]")
        if min(self.rollout_shares) < 0 or sum(self.rollout_shares) <= 0:
            raise SettingsError(f"rollout_shares: {list(self.rollout_shares)}: none may be negative, one must not be 0")
        self._check_ranges()

    def _check_ranges(self) -> None:
        for name, least in (("steps", 1), ("batch", 1), ("log_every", 1), ("seconds", 0), ("stitched_minutes", 0)):
            if getattr(self, name) < least:
                raise SettingsError(f"{name}: {getattr(self, name)} is below {least}")
        for name, most in (("learning_rate", 0.1), ("average_share", 1.0), ("prior_share", 1.0), ("save_every_s", 1e6)):
            if not 0 < getattr(self, name) <= most:
                raise SettingsError(f"{name}: {getattr(self, name)} is outside (0, {most:g}]")
        for name in ("divergence_weight", "divergence_min"):
            if not 0 <= getattr(self, name) <= 10:
                raise SettingsError(f"{name}: {getattr(self, name)} is outside [0, 10]")
