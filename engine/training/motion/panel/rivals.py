"""Other ways to make motion: two baselines, and captured motion spoiled in five ways that the figures must notice."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from engine.motion.actions import ACTIONS
from engine.motion.features import CONTACT, PATH, GroundPath, advanced, poses_of, smoothed
from engine.motion.pose import Poses
from engine.motion.skeleton import Float
from engine.motion.trajectory import RATE_HZ
from engine.training.motion.corpus import Take
from engine.training.motion.matching.matcher import Wish

BLEND_FRAMES = 10
BLUR_FRAMES = 3.0
JITTER_FRAMES = 3
FEW = 4


class ClipPlayer:
    """Baseline: plays takes of the wished action from their beginnings, heading as wished, with a linear blend."""

    def __init__(self, takes: Sequence[Take], count: int, seed: int) -> None:
        self._takes = list(takes)
        self._random = np.random.Generator(np.random.Philox(key=[seed, 5]))
        self._by_action = {
            (action, style): self._of(action, style) for action in range(len(ACTIONS)) for style in range(2)
        }
        self._told = np.full(count, -1)
        self._take = np.zeros(count, np.int64)
        self._frame = np.zeros(count, np.int64)
        self._from = np.zeros((count, takes[0].features.shape[1]), Float)
        self._shown = self._from.copy()
        self._since = np.full(count, BLEND_FRAMES)
        self.path = GroundPath(np.zeros((count, 2), Float), np.zeros(count, Float))

    def _of(self, action: int, style: int) -> list[int]:
        fits = [index for index, take in enumerate(self._takes) if (take.action == action).mean() > 0.5]
        return [index for index in fits if self._takes[index].style == style] or fits or [0]

    def step(self, wish: Wish) -> Poses:
        """The next poses [character]."""
        features = np.empty_like(self._shown)
        for row in range(len(self._told)):
            take = self._takes[self._take[row]]
            if wish.action[row] != self._told[row] or self._frame[row] + 1 >= len(take.action):
                choices = self._by_action[int(wish.action[row]), int(wish.style[row])]
                self._take[row], self._frame[row] = self._random.choice(choices), 0
                self._from[row], self._since[row] = self._shown[row], 0
                take = self._takes[self._take[row]]
            else:
                self._frame[row] += 1
            share = min(1.0, (self._since[row] + 1) / BLEND_FRAMES)
            features[row] = self._from[row] * Float(1 - share) + take.features[self._frame[row]] * Float(share)
            features[row, CONTACT] = take.features[self._frame[row], CONTACT]
            self._since[row] += 1
        turn = np.mod(wish.heading_rad - self.path.heading_rad + np.pi, 2 * np.pi) - np.pi
        features[:, 2] = np.clip(turn * 3, -3, 3)
        self._told, self._shown = wish.action.copy(), features.copy()
        self.path = advanced(self.path, features[:, PATH], RATE_HZ)
        return poses_of(features, self.path)


def blurred(sequences: Sequence[Poses]) -> list[Poses]:
    """Control: positions and rotations smoothed over a fifth of a second."""
    return [
        Poses(
            smoothed(poses.root_m.astype(np.float64), BLUR_FRAMES).astype(Float),
            _smooth_rotation(poses.rotation),
            poses.contact,
        )
        for poses in sequences
    ]


def few_modes(sequences: Sequence[Poses]) -> list[Poses]:
    """Control: the first few sequences over and over."""
    return [sequences[index % FEW] for index in range(len(sequences))]


def shuffled(sequences: Sequence[Poses], seed: int) -> list[Poses]:
    """Control: the frames of each sequence in random order."""
    random = np.random.Generator(np.random.Philox(key=[seed, 1]))
    return [poses[random.permutation(poses.shape[0])] for poses in sequences]


def jittered(sequences: Sequence[Poses], seed: int) -> list[Poses]:
    """Control: each frame up to three frames early or late."""
    random = np.random.Generator(np.random.Philox(key=[seed, 2]))
    result = []
    for poses in sequences:
        frames = poses.shape[0]
        at = np.arange(frames) + random.integers(-JITTER_FRAMES, JITTER_FRAMES + 1, frames)
        result.append(poses[np.clip(at, 0, frames - 1)])
    return result


def _smooth_rotation(rotation: NDArray[Float]) -> NDArray[Float]:
    frames = len(rotation)
    flat = smoothed(rotation.reshape(frames, -1).astype(np.float64), BLUR_FRAMES).reshape(rotation.shape)
    return np.asarray(flat / np.maximum(np.linalg.norm(flat, axis=-1, keepdims=True), 1e-6), Float)
