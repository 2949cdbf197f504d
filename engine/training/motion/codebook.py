"""Learns the codebook that a weights file keeps beside its network: centroids of captured and hand-made motion.

Per action and style, k-means (Lloyd's algorithm, seeds drawn as in k-means++, Arthur & Vassilvitskii, SODA 2007) puts
frames that are alike together. What is kept are means only: every centroid is one of at least FRAMES_MIN different
frames out of at least MOMENTS_MIN moments, mirrored frames not counted as other moments. No frame of a clip is kept.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from engine.errors import DataError
from engine.generators.motion.codebook import measured
from engine.motion.actions import ACTIONS, STYLES
from engine.motion.features import CONTACT, PATH
from engine.motion.skeleton import Float
from engine.nets.motiongen.network import MotionGen
from engine.nets.motiongen.weights_file import Codebook
from engine.training.motion.corpus import Take

CENTROIDS_MAX, CENTROIDS_MAX_ELSE, CENTROIDS_MIN = {"walk": 260, "run": 160}, 80, 16
FRAMES_PER_CENTROID = 8
"""As many centroids as this makes of the frames of an action and style, within these limits."""

BEGINNINGS_PER_STYLE = 16
ROUNDS = 25
FRAMES_MIN, MOMENTS_MIN = 4, 2
ALIKE = 0.02
"""Frames that differ by less than this per normalized number, in the mean square, count as one."""

MOMENT_FRAMES = 15
"""A moment is at most half a second of one take."""

RADIUS_QUANTILE, RADIUS_MIN = 0.9, 2.0
SLACK = {"jump": 1.5}
"""Radii of some actions are as much longer: a jump that is held tightly stays on the ground."""


@dataclass(frozen=True, slots=True)
class Frames:
    """Frames of takes, each with the one after it.

    seen      float32 [frame, number]: as `engine/generators/motion/codebook.py` compares them
    after     float32 [frame, feature]: the normalized state that followed
    kind      int64 [frame, 2]: numbers of action and style
    take      int64 [frame]: the number of the take; a mirrored one has that of its original
    time      int64 [frame]: the frame's number in its take
    """

    seen: NDArray[Float]
    after: NDArray[Float]
    kind: NDArray[np.int64]
    take: NDArray[np.int64]
    time: NDArray[np.int64]

    def of(self, rows: NDArray[np.int64] | NDArray[np.bool_]) -> "Frames":
        """Only these."""
        return Frames(self.seen[rows], self.after[rows], self.kind[rows], self.take[rows], self.time[rows])


def codebook_of(takes: Sequence[Take], network: MotionGen, seed: int) -> Codebook:
    """The codebook of takes in the normalization of a network; the same seed gives the same one.

    Raises DataError if nobody stands still in the takes, or nothing in them can be averaged.
    """
    frames, stands = frames_of(takes, network)
    random = np.random.Generator(np.random.Philox(key=[seed, 17]))
    seen, after, radii, kinds = [], [], [], []
    for kind in np.unique(frames.kind, axis=0):
        own = frames.of((frames.kind == kind).all(1))
        action = ACTIONS[int(kind[0])]
        most = CENTROIDS_MAX.get(action, CENTROIDS_MAX_ELSE)
        count = int(np.clip(len(own.take) // FRAMES_PER_CENTROID, CENTROIDS_MIN, most))
        members = clustered(own, count, random)
        if not members:
            continue
        centroids = means(own.seen, members)
        seen.append(centroids)
        after.append(means(own.after, members))
        radii.append(np.full(len(members), SLACK.get(action, 1.0) * radius_of(centroids, own.seen), Float))
        kinds.append(np.tile(kind, (len(members), 1)))
    if not seen:
        raise DataError(f"no action has {FRAMES_MIN} frames of {MOMENTS_MIN} moments that could be averaged")
    return Codebook(
        _beginnings(frames.of(stands), np.random.Generator(np.random.Philox(key=[seed, 18]))),
        *(torch.from_numpy(np.concatenate(rows)) for rows in (seen, after, radii, kinds)),
    )


def frames_of(takes: Sequence[Take], network: MotionGen) -> tuple[Frames, NDArray[np.bool_]]:
    """All frames but the last of each take, and which of them are followed by somebody who stands still."""
    parts: list[Frames] = []
    stands: list[NDArray[np.bool_]] = []
    names: dict[str, int] = {}
    for take in takes:
        states = network.normalized(torch.from_numpy(take.features)).numpy()
        ways = ((torch.from_numpy(take.way) - network.way_mean) / network.way_deviation).numpy()
        count = len(states) - 1
        number = names.setdefault(take.name.removesuffix(" mirrored"), len(names))
        kind = np.stack((take.action[1:], np.full(count, take.style, np.int64)), axis=1)
        parts.append(Frames(measured(states, ways)[:-1], states[1:], kind, np.full(count, number), np.arange(count)))
        stands.append(still(take)[1:])
    together = (
        np.concatenate([getattr(part, name) for part in parts]) for name in ("seen", "after", "kind", "take", "time")
    )
    return Frames(*together), np.concatenate(stands)


def clustered(frames: Frames, count: int, random: np.random.Generator) -> list[NDArray[np.int64]]:
    """The members of at most `count` clusters of frames; those that are no proper mean go to their neighbours."""
    values = frames.seen.astype(np.float64)
    centroids = _seeds(values, count, random)
    for _ in range(ROUNDS):
        nearest = _nearest(values, centroids)
        filled = np.unique(nearest)
        centroids = np.stack([values[nearest == row].mean(0) for row in filled])
    while len(centroids):
        nearest = _nearest(values, centroids)
        members = [np.flatnonzero(nearest == row) for row in range(len(centroids))]
        proper = np.array([is_proper(frames.of(rows)) for rows in members])
        if proper.all():
            return members
        centroids = centroids[proper]
    return []


def is_proper(frames: Frames) -> bool:
    """Whether these may be averaged: enough different frames, out of more than one moment."""
    order = np.lexsort((frames.time, frames.take))
    take, time = frames.take[order], frames.time[order]
    breaks = np.flatnonzero((np.diff(take) != 0) | (np.diff(time) > MOMENT_FRAMES)) + 1
    runs = np.split(time, breaks)
    moments = sum(1 + int(run[-1] - run[0]) // MOMENT_FRAMES for run in runs if len(run))
    different: list[NDArray[Float]] = []
    for row in frames.seen:
        if all(float(((row - other) ** 2).mean()) > ALIKE**2 for other in different):
            different.append(row)
        if len(different) >= FRAMES_MIN:
            break
    return moments >= MOMENTS_MIN and len(different) >= FRAMES_MIN


def means(values: NDArray[Float], members: Sequence[NDArray[np.int64]]) -> NDArray[Float]:
    """Means [cluster, number] of the members' values [row, number]."""
    return np.stack([values[rows].astype(np.float64).mean(0) for rows in members]).astype(Float)


def radius_of(centroids: NDArray[Float], seen: NDArray[Float]) -> float:
    """How far nearly all of the rows `seen` lie from the nearest of the centroids."""
    distance = np.sqrt(_squared(seen.astype(np.float64), centroids.astype(np.float64)).min(1))
    return max(float(np.quantile(distance, RADIUS_QUANTILE)), RADIUS_MIN)


def still(take: Take) -> NDArray[np.bool_]:
    """Frames of a take at which somebody idles, on both feet, without going anywhere."""
    slow = np.abs(take.features[:, PATH]).max(1) < 0.15
    stands = take.features[:, CONTACT].min(1) > 0.5
    return np.asarray((take.action == ACTIONS.index("idle")) & slow & stands)


def _beginnings(frames: Frames, random: np.random.Generator) -> torch.Tensor:
    """Mean states [style, choice, feature] of people who stand still; another style's where one has none."""
    found = []
    for style in range(len(STYLES)):
        own = frames.of(frames.kind[:, 1] == style)
        members = clustered(own, BEGINNINGS_PER_STYLE, random) if len(own.take) else []
        found.append(means(own.after, members) if members else np.zeros((0, frames.after.shape[1]), Float))
    fallback = max(found, key=len)
    if not len(fallback):
        raise DataError("no take shows somebody who stands still (label idle), in enough different poses to average")
    picks = np.arange(BEGINNINGS_PER_STYLE)
    chosen = [rows if len(rows) else fallback for rows in found]
    return torch.from_numpy(np.stack([rows[picks % len(rows)] for rows in chosen]))


def _seeds(values: NDArray[np.float64], count: int, random: np.random.Generator) -> NDArray[np.float64]:
    """Rows far apart: each next one is drawn by its squared distance to those before."""
    chosen = [int(random.integers(len(values)))]
    squared = ((values - values[chosen[0]]) ** 2).sum(1)
    while len(chosen) < min(count, len(values)) and squared.sum() > 0:
        chosen.append(int(np.searchsorted(np.cumsum(squared), random.random() * squared.sum(), side="right")))
        chosen[-1] = min(chosen[-1], len(values) - 1)
        squared = np.minimum(squared, ((values - values[chosen[-1]]) ** 2).sum(1))
    return np.asarray(values[chosen])


def _nearest(values: NDArray[np.float64], centroids: NDArray[np.float64]) -> NDArray[np.int64]:
    return np.asarray(_squared(values, centroids).argmin(1), np.int64)


def _squared(values: NDArray[np.float64], centroids: NDArray[np.float64]) -> NDArray[np.float64]:
    squared = (values**2).sum(1)[:, None] + (centroids**2).sum(1)[None] - 2 * values @ centroids.T
    return np.asarray(np.maximum(squared, 0))
