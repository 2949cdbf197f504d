"""Settings of a training run of LevelGen."""

from dataclasses import dataclass
from pathlib import Path

from engine.errors import SettingsError


@dataclass(frozen=True, slots=True)
class LevelPlan:
    """One run.

    name              of the weights file
    seed              of the network's first weights and of every draw
    steps             optimiser steps
    patches_per_step  patches of 2 x 2 cells in a batch; fixes how many levels of a size it holds
    learning_rate     at its peak; rises over 100 steps and falls along a cosine to 2 % of it
    width, depth      of the network
    average_share     weight of the newest step in the running mean that becomes the weights
    save_every        steps between checkpoints
    bank_rows         levels of the corpus whose attributes are kept as examples, at most this many
    corpus            the .npz of the corpus; made if it does not exist
    output            folder of checkpoints and weights
    """

    name: str = "levelgen-s"
    seed: int = 7
    steps: int = 4000
    patches_per_step: int = 4096
    learning_rate: float = 0.0015
    width: int = 160
    depth: int = 6
    average_share: float = 0.004
    save_every: int = 200
    bank_rows: int = 12000
    corpus: Path = Path("runs/level/corpus.npz")
    output: Path = Path("runs/level")

    def __post_init__(self) -> None:
        for name, value, least in (
            ("steps", self.steps, 1),
            ("patches_per_step", self.patches_per_step, 64),
            ("width", self.width, 32),
            ("depth", self.depth, 1),
            ("save_every", self.save_every, 1),
            ("bank_rows", self.bank_rows, 1),
        ):
            if value < least:
                raise SettingsError(f"{name}: {value} is below {least}")
        if self.width % 32:
            raise SettingsError(f"width: {self.width} is not a multiple of 32")
        if not 0.0 < self.learning_rate <= 0.1:
            raise SettingsError(f"learning_rate: {self.learning_rate} is outside (0, 0.1]")
        if not 0.0 < self.average_share <= 1.0:
            raise SettingsError(f"average_share: {self.average_share} is outside (0, 1]")
