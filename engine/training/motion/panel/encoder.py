"""Windows of motion as a few numbers, learned from captured motion only, and distances between sets of windows.

The encoder is the linear autoencoder with the least error, which is known in closed form: the principal components of
windows of two seconds. It is fitted on the reference half of the clips and never sees anything generated.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.motion.features import PATH, POSITION, VELOCITY
from engine.motion.skeleton import Float

WINDOW_FRAMES, WINDOW_STEP, FRAME_STEP = 60, 15, 3
CODE_COUNT = 48
KERNEL_SUBSETS, KERNEL_ROWS = 20, 200


@dataclass(frozen=True, slots=True)
class Encoder:
    """Mean and components [code, number] of windows in units of the reference's deviations."""

    mean: NDArray[np.float64]
    deviation: NDArray[np.float64]
    components: NDArray[np.float64]
    scale: NDArray[np.float64]

    def codes(self, windows: NDArray[Float]) -> NDArray[np.float64]:
        """Codes [window, code] of variance about 1 for windows [window, number]."""
        return ((windows - self.mean) / self.deviation) @ self.components.T / self.scale


def fitted_encoder(windows: NDArray[Float]) -> Encoder:
    """The encoder of these windows [window, number]."""
    values = windows.astype(np.float64)
    mean = values.mean(0)
    deviation = np.maximum(values.std(0), 0.05)
    _, size, components = np.linalg.svd((values - mean) / deviation, full_matrices=False)
    count = min(CODE_COUNT, len(size))
    return Encoder(mean, deviation, components[:count], np.maximum(size[:count] / np.sqrt(len(values)), 1e-6))


def windows_of(features: Sequence[NDArray[Float]]) -> NDArray[Float]:
    """Windows [window, number] of sequences of features [frame, 205]: path, places, velocities of every third frame."""
    picked = []
    for sequence in features:
        seen = np.concatenate((sequence[:, PATH], sequence[:, POSITION], sequence[:, VELOCITY] * Float(0.3)), axis=1)
        starts = range(0, len(seen) - WINDOW_FRAMES + 1, WINDOW_STEP)
        picked += [seen[start : start + WINDOW_FRAMES : FRAME_STEP].ravel() for start in starts]
    return np.stack(picked) if picked else np.zeros((0, 0), Float)


def frechet_distance(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    """Between Gaussians fitted to codes [window, code] (Heusel et al., NIPS 2017, eq. 6)."""
    mean = first.mean(0) - second.mean(0)
    a, b = (np.cov(codes, rowvar=False) + 1e-6 * np.eye(codes.shape[1]) for codes in (first, second))
    values = np.linalg.eigvals(a @ b).real
    return float(mean @ mean + np.trace(a) + np.trace(b) - 2 * np.sqrt(np.maximum(values, 0)).sum())


def kernel_distance(first: NDArray[np.float64], second: NDArray[np.float64], seed: int) -> tuple[float, float]:
    """Unbiased squared distance with a cubic kernel (Binkowski et al., ICLR 2018), and its standard error."""
    random = np.random.Generator(np.random.Philox(key=[seed, 3]))
    rows = min(KERNEL_ROWS, len(first), len(second))
    found = []
    for _ in range(KERNEL_SUBSETS):
        x, y = (codes[random.choice(len(codes), rows, replace=False)] for codes in (first, second))
        xx, yy, xy = ((a @ b.T / a.shape[1] + 1) ** 3 for a, b in ((x, x), (y, y), (x, y)))
        inner = (xx.sum() - np.trace(xx) + yy.sum() - np.trace(yy)) / (rows * (rows - 1))
        found.append(inner - 2 * xy.mean())
    return float(np.mean(found)), float(np.std(found) / np.sqrt(KERNEL_SUBSETS))


def spread_of(codes: NDArray[np.float64]) -> float:
    """Mean distance between windows of a set: its diversity."""
    half = len(codes) // 2
    return float(np.linalg.norm(codes[:half] - codes[half : 2 * half][::-1], axis=1).mean()) if half else 0.0


def nearest_distance(codes: NDArray[np.float64], reference: NDArray[np.float64]) -> float:
    """Median distance to the nearest window of the reference."""
    squared = (codes**2).sum(1)[:, None] + (reference**2).sum(1)[None] - 2 * codes @ reference.T
    return float(np.median(np.sqrt(np.maximum(squared.min(1), 0))))
