"""Everything that a training step reads, as tensors on its device: frames of all takes, and where windows may begin."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from engine.errors import DataError
from engine.generators.motion.anchors import measured, radius_of, spread_rows
from engine.motion.actions import ACTIONS, STYLES
from engine.motion.features import CONTACT, FEATURE_COUNT, PATH, POSITION, ROTATION, VELOCITY
from engine.motion.skeleton import Float
from engine.motion.trajectory import WAY_COUNT
from engine.nets.motiongen.network import MotionGen, MotionGenConfig
from engine.nets.motiongen.weights_file import Examples
from engine.training.motion.corpus import Take

DEVIATION_MIN = {"path": 0.2, "position": 0.02, "velocity": 0.1, "rotation": 0.05, "contact": 0.3}
"""Least standard deviations by group: what hardly moves must not count as much as what does."""

BEGINNINGS_PER_STYLE = 32
ANCHORS = {"walk": 1600, "run": 800, "idle": 400, "turn": 500}
ANCHORS_ELSE, ANCHORED_FROM = 500, 9000
"""Moments that stand for all of one action and style, and out of how many they are chosen."""

SLACK = 2.0
"""Radii of actions that are no steady cycles are as much longer: a jump that is held tightly stays on the ground."""


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


def beginnings(takes: Sequence[Take], network: MotionGen) -> torch.Tensor:
    """States [style, choice, feature] of people who stand still, evenly chosen; another style's where one has none."""
    chosen: list[NDArray[Float]] = []
    for style in range(len(STYLES)):
        found = [take.features[still(take)] for take in takes if take.style == style]
        chosen.append(np.concatenate(found) if found else np.zeros((0, FEATURE_COUNT), Float))
    fallback = max(chosen, key=len)
    if not len(fallback):
        raise DataError("no take shows somebody who stands still (label idle)")
    picked = []
    for rows in chosen:
        source = rows if len(rows) else fallback
        picked.append(source[np.linspace(0, len(source) - 1, BEGINNINGS_PER_STYLE).astype(np.int64)])
    return network.normalized(torch.from_numpy(np.stack(picked)))


def examples_of(takes: Sequence[Take], network: MotionGen) -> Examples:
    """What a weights file keeps of captured takes: beginnings, and anchors of every action and style."""
    seen, followers, kinds = [], [], []
    for take in takes:
        states = network.normalized(torch.from_numpy(take.features)).numpy()
        ways = ((torch.from_numpy(take.way) - network.way_mean) / network.way_deviation).numpy()
        seen.append(measured(states, ways)[:-1])
        followers.append(states[1:])
        kinds.append(np.stack((take.action[1:], np.full(len(states) - 1, take.style)), axis=1))
    every, after, kind = np.concatenate(seen), np.concatenate(followers), np.concatenate(kinds)
    chosen, radii = [], []
    for pair in np.unique(kind, axis=0):
        name = ACTIONS[int(pair[0])]
        rows = np.flatnonzero((kind == pair).all(1))
        rows = rows[:: max(1, len(rows) // ANCHORED_FROM)]
        own = rows[spread_rows(every[rows], ANCHORS.get(name, ANCHORS_ELSE))]
        chosen.append(own)
        slack = 1.0 if name in ANCHORS else SLACK
        radii.append(np.full(len(own), slack * radius_of(every[own], every[rows]), Float))
    picked = np.concatenate(chosen)
    return Examples(
        beginnings(takes, network),
        torch.from_numpy(every[picked]),
        torch.from_numpy(after[picked]),
        torch.from_numpy(np.concatenate(radii)),
        torch.from_numpy(kind[picked].astype(np.int64)),
    )


def still(take: Take) -> NDArray[np.bool_]:
    """Frames of a take at which somebody idles, on both feet, without going anywhere."""
    slow = np.abs(take.features[:, PATH]).max(1) < 0.15
    stands = take.features[:, CONTACT].min(1) > 0.5
    return np.asarray((take.action == ACTIONS.index("idle")) & slow & stands)
