"""Can a classifier, trained for the purpose, tell a set from reals? The most sensitive of the metrics."""

import numpy as np

from engine.training.panel.metrics.distances import Features, Matrix, standardized
from engine.training.panel.metrics.estimate import BLOCK_COUNT, Estimate, Keep, jackknife

PENALTY = 0.1


def told_apart(reference: Features, candidate: Features) -> Estimate:
    """Share of (real, candidate) pairs in which the candidate is recognized; 0.5 for equal distributions, 1 at worst.

    Cross-validated ridge regression on reference [count, width] against candidate [count, width]; each tenth of both is
    scored by a classifier that has not seen it. Lopez-Paz and Oquab 2017, "Revisiting classifier two-sample tests",
    with the area under the curve in place of accuracy.
    """
    count = min(len(reference), len(candidate))
    x, y = standardized(reference[:count], candidate[:count])
    real_scores, scores = _cross_validated(x, y)

    def statistic(keep: Keep) -> float:
        pairs = scores[keep][:, None] - real_scores[keep][None]
        return float((pairs > 0).mean() + 0.5 * (pairs == 0).mean())

    return jackknife(statistic, count)


def _cross_validated(x: Matrix, y: Matrix) -> tuple[Matrix, Matrix]:
    """Held-out scores of both sets; higher means more likely of the second."""
    count, width = x.shape
    values = np.concatenate([x, y])
    target = np.repeat([-1.0, 1.0], count)
    fold = np.tile(np.arange(count) % BLOCK_COUNT, 2)  # as many of each set in every fold: no fold gives a hint
    kernel = values @ values.T / width + 1
    scores = np.empty(2 * count)
    for index in range(BLOCK_COUNT):
        known = fold != index
        ridge = kernel[np.ix_(known, known)] + PENALTY * np.eye(int(known.sum()))
        scores[~known] = kernel[np.ix_(~known, known)] @ np.linalg.solve(ridge, target[known])
    return scores[:count], scores[count:]
