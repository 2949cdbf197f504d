"""A small classifier trained on reals only: do generated textures look like the class they were asked for?"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from engine.training.panel.metrics.distances import Features, standardized
from engine.training.panel.metrics.estimate import Estimate, jackknife

PENALTIES = np.geomspace(1, 1e5, 11)


class RidgeClassifier:
    """One-against-the-rest ridge regression on standardized features; the penalty by leave-one-out error."""

    def __init__(self, features: Features, labels: Sequence[str]) -> None:
        self.classes = sorted(set(labels))
        self._features = features
        self._train, _ = standardized(features, features[:0])
        target = np.equal(np.array(labels)[:, None], self.classes) * 2.0 - 1
        values, vectors = np.linalg.eigh(self._train @ self._train.T + 1.0)  # + 1: a constant feature, the intercept
        errors, duals = [], []
        for penalty in PENALTIES:
            inverse = vectors / (np.maximum(values, 0) + penalty) @ vectors.T
            dual = inverse @ target
            # Leave-one-out residual of ridge regression: dual / diagonal of the inverse (Rifkin and Lippert 2007).
            left_out = target - dual / np.diag(inverse)[:, None]
            errors.append(float((left_out.argmax(1) != target.argmax(1)).mean()))
            duals.append(dual)
        self._dual = duals[int(np.argmin(errors))]

    def predict(self, features: Features) -> list[str]:
        """The most likely class of each row."""
        _, scaled = standardized(self._features, features)
        scores = (scaled @ self._train.T + 1.0) @ self._dual
        return [self.classes[index] for index in scores.argmax(1)]

    def accuracy(self, features: Features, labels: Sequence[str]) -> Estimate:
        """Share of rows recognized as their label."""
        right: NDArray[np.float64] = np.array(
            [given == wanted for given, wanted in zip(self.predict(features), labels, strict=True)], np.float64
        )
        return jackknife(lambda keep: float(right[keep].mean()), len(right))
