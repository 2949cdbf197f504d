"""Everything that a training step reads, as tensors on its device: frames of all takes, and where windows may begin."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from engine.errors import DataError
from engine.motion.actions import ACTIONS, STYLES
from engine.motion.features import CONTACT, FEATURE_COUNT, PATH, POSITION, ROTATION, VELOCITY
from engine.motion.skeleton import Float
from engine.motion.trajectory import WAY_COUNT
from engine.nets.motiongen.network import MotionGen, MotionGenConfig
from engine.training.motion.corpus import Take

DEVIATION_MIN = {"path": 0.2, "position": 0.02, "velocity": 0.1, "rotation": 0.05, "contact": 0.3}
"""Least standard deviations by group: what hardly moves must not count as much as what does."""


@dataclass(frozen=True, slots=True)
class FrameTensors:
    """All takes one after the other.

    state   float32 [frame, feature], normalized
    way     float32 [frame, 12], meters and directions
    action  int64 [frame]
    style   int64 [frame]
    starts  int64 [window]: frames at which a window of the longest rollout may begin
    chance  float64 [window]: cumulative, how likely each is drawn
    """

    state: torch.Tensor
    way: torch.Tensor
    action: torch.Tensor
    style: torch.Tensor
    starts: torch.Tensor
    chance: NDArray[np.float64]

    def drawn(self, random: np.random.Generator, count: int) -> torch.Tensor:
        """Starts int64 [count] of random windows, scarce actions as often as common ones, roughly."""
        rows = np.searchsorted(self.chance, random.random(count) * self.chance[-1], side="right")
        return self.starts[torch.from_numpy(np.minimum(rows, len(self.chance) - 1)).to(self.starts.device)]


def network_for(takes: Sequence[Take]) -> MotionGen:
    """A fresh network whose normalization is that of these takes."""
    network = MotionGen(MotionGenConfig(FEATURE_COUNT, WAY_COUNT, ACTIONS, STYLES))
    features = np.concatenate([take.features for take in takes])
    way = np.concatenate([take.way for take in takes])
    network.mean.copy_(torch.from_numpy(features.mean(0)))
    network.deviation.copy_(torch.from_numpy(deviations(features)))
    network.way_mean.copy_(torch.from_numpy(way.mean(0)))
    network.way_deviation.copy_(torch.from_numpy(np.maximum(way.std(0), 0.1)))
    network.kept[POSITION] = 1
    network.kept[ROTATION] = 1
    return network


def deviations(features: NDArray[Float]) -> NDArray[Float]:
    """Standard deviations float32 [feature], never below those of DEVIATION_MIN."""
    deviation = features.std(0)
    for name, group in (("path", PATH), ("position", POSITION), ("velocity", VELOCITY), ("rotation", ROTATION)):
        deviation[group] = np.maximum(deviation[group], DEVIATION_MIN[name])
    deviation[CONTACT] = np.maximum(deviation[CONTACT], DEVIATION_MIN["contact"])
    return np.asarray(deviation, Float)


def tensors_of(takes: Sequence[Take], network: MotionGen, window: int, device: torch.device) -> FrameTensors:
    """Tensors of takes for windows of `window` steps. Raises DataError if no take is that long."""
    long = [take for take in takes if len(take.action) > window]
    if not long:
        raise DataError(f"no take has more than the {window} frames of the longest rollout")
    lengths = np.array([len(take.action) for take in long])
    begins = np.cumsum(lengths) - lengths
    starts = np.concatenate(
        [np.arange(begin, begin + length - window) for begin, length in zip(begins, lengths, strict=True)]
    )
    action = np.concatenate([take.action for take in long])
    style = np.repeat([take.style for take in long], lengths)
    middle = starts + window // 2
    kind = action[middle] * len(STYLES) + style[middle]
    counts = np.bincount(kind, minlength=len(ACTIONS) * len(STYLES)).clip(1)
    chance = np.cumsum(1 / np.sqrt(counts[kind]))
    features = torch.from_numpy(np.concatenate([take.features for take in long]))
    return FrameTensors(
        network.normalized(features).to(device),
        torch.from_numpy(np.concatenate([take.way for take in long])).to(device),
        torch.from_numpy(action).to(device),
        torch.from_numpy(style.astype(np.int64)).to(device),
        torch.from_numpy(starts).to(device),
        chance,
    )
