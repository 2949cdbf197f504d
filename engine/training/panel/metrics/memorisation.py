"""Is a picture a training exemplar in disguise? Nearest distances that see through shifts, flips and turns."""

import numpy as np
import torch
from numpy.typing import NDArray

from engine.training.panel.metrics.distances import Matrix, distances
from engine.training.panel.metrics.estimate import Estimate, Images, jackknife
from engine.training.panel.metrics.features import halved, random_features

ENCODER_SEED = 31
"""Not one of the seeds that judge likeness: what rewards a generator must not also acquit it."""

COPY_RATIO = 0.35
"""Below this a picture counts as a copy."""

Ratios = NDArray[np.float64]


def _orientations(images: Images) -> list[Images]:
    turned = [np.rot90(images, turns, axes=(2, 3)) for turns in range(4)]
    return [np.ascontiguousarray(image) for base in turned for image in (base, base[..., ::-1])]


class ExemplarIndex:
    """All real pictures, in eight orientations, with the distance at which unrelated reals lie from each other."""

    def __init__(self, exemplars: Images) -> None:
        variants = [random_features(variant, (ENCODER_SEED,)) for variant in _orientations(_half_size(exemplars))]
        self._mean = variants[0].mean(0, dtype=np.float64)
        self._deviation = variants[0].std(0, dtype=np.float64) + 1e-6
        self._variants = [self._scaled(variant) for variant in variants]
        own = [distances(self._variants[0], variant) for variant in self._variants]
        for matrix in own:
            np.fill_diagonal(matrix, np.inf)  # an exemplar is no copy of itself
        nearest = np.min([matrix.min(1) for matrix in own], axis=0)
        self._unit = max(float(np.median(nearest)), 1e-9)
        self.own_ratios: Ratios = nearest / self._unit

    def ratios(self, candidate: Images) -> Ratios:
        """Distance of each picture to its nearest exemplar over the reals' median distance to theirs, [count].

        Near 0: a copy. Near 1: as far from every exemplar as reals are from each other.
        """
        features = self._scaled(random_features(_half_size(candidate), (ENCODER_SEED,)))
        nearest = np.min([distances(features, variant).min(1) for variant in self._variants], axis=0)
        return np.asarray(nearest / self._unit)

    def _scaled(self, features: NDArray[np.float32]) -> Matrix:
        return np.asarray((features - self._mean) / self._deviation)


def _half_size(images: Images) -> Images:
    """Half the pixels each way: a copy stays a copy, eight orientations of each exemplar cost a quarter."""
    return np.asarray(halved(torch.from_numpy(images)).numpy())


def memorisation(ratios: Ratios) -> dict[str, Estimate]:
    """The median and first percentile of nearest-exemplar ratios, and the share of copies."""
    return {
        "nearest_ratio": jackknife(lambda keep: float(np.median(ratios[keep])), len(ratios)),
        "nearest_ratio_p1": jackknife(lambda keep: float(np.quantile(ratios[keep], 0.01)), len(ratios)),
        "copy_share": jackknife(lambda keep: float((ratios[keep] < COPY_RATIO).mean()), len(ratios)),
    }
