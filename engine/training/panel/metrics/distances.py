"""How far one cloud of feature vectors lies from another: kernel distance, energy distance, neighbourhood scores.

All take a reference [count, width] and a candidate [count, width], standardize both by the reference, and carry the
standard error of the candidate's sampling.
"""

import numpy as np
from numpy.typing import NDArray

from engine.training.panel.metrics.estimate import Estimate, Keep, jackknife

Features = NDArray[np.float32]
Matrix = NDArray[np.float64]

NEIGHBOUR_RANK = 5


def standardized(reference: Features, candidate: Features) -> tuple[Matrix, Matrix]:
    """Both clouds shifted and scaled so that the reference has mean 0 and deviation 1 in every feature.

    Values are bent towards plus and minus 3: a few extreme textures would otherwise decide every distance, and the
    standard errors with them.
    """
    mean, deviation = reference.mean(0, dtype=np.float64), reference.std(0, dtype=np.float64) + 1e-6
    return _squashed((reference - mean) / deviation), _squashed((candidate - mean) / deviation)


def _squashed(values: Matrix) -> Matrix:
    result: Matrix = 3 * np.tanh(values / 3)
    return result


def distances(first: Matrix, second: Matrix) -> Matrix:
    """Euclidean distances [first, second]."""
    squares = (first**2).sum(1)[:, None] + (second**2).sum(1)[None] - 2 * first @ second.T
    result: Matrix = np.sqrt(np.maximum(squares, 0))
    return result


def _off_diagonal_mean(matrix: Matrix) -> float:
    count = len(matrix)
    return float((matrix.sum() - np.trace(matrix)) / (count * (count - 1)))


def kernel_distance(reference: Features, candidate: Features) -> Estimate:
    """Unbiased squared maximum mean discrepancy under the cubic kernel, times 1000; 0 for equal distributions.

    Binkowski et al. 2018, "Demystifying MMD GANs", eq. 4, with k(x, y) = (x.y / width + 1)^3.
    """
    x, y = standardized(reference, candidate)
    width = x.shape[1]
    within_x, within_y, between = (((a @ b.T) / width + 1) ** 3 for a, b in ((x, x), (y, y), (x, y)))
    x_mean = _off_diagonal_mean(within_x)

    def statistic(keep: Keep) -> float:
        return 1000 * (x_mean + _off_diagonal_mean(within_y[np.ix_(keep, keep)]) - 2 * float(between[:, keep].mean()))

    return jackknife(statistic, len(y))


def energy_distance(reference: Features, candidate: Features) -> Estimate:
    """Unbiased energy distance 2 E|x-y| - E|x-x'| - E|y-y'| over sqrt(width), times 1000; 0 for equal distributions.

    Szekely and Rizzo 2013, "Energy statistics", eq. 5.
    """
    x, y = standardized(reference, candidate)
    scale = 1000 / np.sqrt(x.shape[1])
    within_y, between = distances(y, y), distances(x, y)
    x_mean = _off_diagonal_mean(distances(x, x))

    def statistic(keep: Keep) -> float:
        spread = x_mean + _off_diagonal_mean(within_y[np.ix_(keep, keep)])
        return float(scale * (2 * between[:, keep].mean() - spread))

    return jackknife(statistic, len(y))


def _neighbour_radius(within: Matrix) -> Matrix:
    rank = min(NEIGHBOUR_RANK, len(within) - 1)
    radius: Matrix = np.partition(within, rank, axis=1)[:, rank]  # rank 0 is the item itself
    return radius


def neighbour_scores(reference: Features, candidate: Features) -> dict[str, Estimate]:
    """Precision, recall, density and coverage with five neighbours.

    Kynkaanniemi et al. 2019, "Improved precision and recall metric", eq. 1 and 2; Naeem et al. 2020, "Reliable
    fidelity and diversity metrics", eq. 3 and 4.
    """
    x, y = standardized(reference, candidate)
    within_y, between = distances(y, y), distances(x, y)
    inside = between < _neighbour_radius(distances(x, x))[:, None]

    def recall(keep: Keep) -> float:
        radius = _neighbour_radius(within_y[np.ix_(keep, keep)])
        return float((between[:, keep] < radius[None]).any(1).mean())

    count = len(y)
    return {
        "precision": jackknife(lambda keep: float(inside[:, keep].any(0).mean()), count),
        "recall": jackknife(recall, count),
        "density": jackknife(lambda keep: float(inside[:, keep].sum(0).mean() / NEIGHBOUR_RANK), count),
        "coverage": jackknife(lambda keep: float(inside[:, keep].any(1).mean()), count),
    }
