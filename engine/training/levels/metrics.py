"""Figures of sets of levels of one size: how alike their small patterns are, how new and how varied they are.

Tile-pattern divergence after Lucas and Volz, "Tile Pattern KL-Divergence for Analysing and Evolving Game Levels",
GECCO 2019, as used by Awiszus et al., "TOAD-GAN", AIIDE 2020: the mean over windows of 2x2, 3x3 and 4x4 tiles.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from engine.levels.grid import Grid

WINDOWS = (2, 3, 4)
UNSEEN = 1e-5
"""Added to every count, so that patterns that one set lacks have a finite weight."""

Levels = Sequence[Grid]


def pattern_divergence(levels: Levels, reference: Levels) -> float:
    """Mean over the window sizes of the Kullback-Leibler divergence, both ways averaged; 0 for equal sets."""
    return float(np.mean([_divergence(levels, reference, window) for window in WINDOWS]))


def _divergence(levels: Levels, reference: Levels, window: int) -> float:
    first, second = (_pattern_codes(grids, window) for grids in (levels, reference))
    names, index = np.unique(np.concatenate((first, second)), return_inverse=True)
    counts = [np.bincount(part, minlength=len(names)) for part in (index[: len(first)], index[len(first) :])]
    p, q = ((count + UNSEEN) / (count + UNSEEN).sum() for count in counts)
    return float(0.5 * ((p * np.log(p / q)).sum() + (q * np.log(q / p)).sum()))


def _pattern_codes(grids: Levels, window: int) -> NDArray[np.uint64]:
    """One number per window of every level: its tiles in base 16."""
    codes = []
    for grid in grids:
        views = np.lib.stride_tricks.sliding_window_view(grid, (window, window))
        flat = views.reshape(-1, window * window).astype(np.uint64)
        codes.append((flat << (4 * np.arange(window * window, dtype=np.uint64))).sum(1, dtype=np.uint64))
    return np.concatenate(codes)


def nearest_distances(levels: Levels, others: NDArray[np.uint8]) -> NDArray[np.float64]:
    """For each level, the share of cells that differ from the nearest of `others` [n, size, size] in any of the eight
    turned and mirrored positions.
    """
    flat = others.reshape(len(others), -1)
    nearest = []
    for grid in levels:
        turns = [np.rot90(side, turn) for side in (grid, grid[:, ::-1]) for turn in range(4)]
        nearest.append(min(float((flat != turned.ravel()).mean(1).min()) for turned in turns))
    return np.array(nearest)


def spread(levels: Levels) -> float:
    """Mean over the levels of the share of cells that differ from the nearest other level of the set."""
    stacked = np.stack(levels).reshape(len(levels), -1)
    nearest = []
    for index, flat in enumerate(stacked):
        differing = (stacked != flat).mean(1)
        differing[index] = 1.0
        nearest.append(float(differing.min()))
    return float(np.mean(nearest))


def distribution_gap(values: Sequence[float], reference: Sequence[float]) -> float:
    """Earth mover's distance between two samples of a number: the mean gap between their quantiles."""
    at = np.linspace(0.005, 0.995, 199)
    return float(np.abs(np.quantile(values, at) - np.quantile(reference, at)).mean())
