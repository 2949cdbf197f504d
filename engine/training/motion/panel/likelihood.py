"""How likely a single pose is among captured ones: a Gaussian over its principal components, fitted per action."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.motion.actions import ACTIONS, STYLES
from engine.motion.features import POSITION
from engine.motion.skeleton import Float

COMPONENT_COUNT = 16
NOISE = 0.02
"""Meters: what is left beside the components counts in units of this."""

LIKELY_SHARE = 0.995


@dataclass(frozen=True, slots=True)
class PoseLikelihood:
    """Negative log-likelihood of poses, up to a constant, and the level that nearly all captured poses are below."""

    mean: NDArray[np.float64]
    components: NDArray[np.float64]
    variance: NDArray[np.float64]
    level: float

    def surprise(self, features: NDArray[Float]) -> NDArray[np.float64]:
        """Nats [frame] for features [frame, 205]; constants are left out."""
        apart = features[:, POSITION].astype(np.float64) - self.mean
        code = apart @ self.components.T
        left = apart - code @ self.components
        return np.asarray(0.5 * ((code**2 / self.variance).sum(1) + (left**2).sum(1) / NOISE**2))


def fitted_likelihood(features: NDArray[Float]) -> PoseLikelihood:
    """Of captured poses [frame, 205]."""
    values = features[:, POSITION].astype(np.float64)
    mean = values.mean(0)
    _, size, components = np.linalg.svd(values - mean, full_matrices=False)
    count = min(COMPONENT_COUNT, len(size))
    variance = np.maximum(size[:count] ** 2 / len(values), NOISE**2)
    found = PoseLikelihood(mean, components[:count], variance, np.inf)
    return PoseLikelihood(
        mean, components[:count], variance, float(np.quantile(found.surprise(features), LIKELY_SHARE))
    )


def likelihoods(
    features: NDArray[Float], action: NDArray[np.int64], style: NDArray[np.int64]
) -> Mapping[tuple[str, str], PoseLikelihood]:
    """One per action and style that the frames [frame] have at least three seconds of."""
    found = {}
    for number, name in enumerate(ACTIONS):
        for kind, word in enumerate(STYLES):
            rows = np.flatnonzero((action == number) & (style == kind))
            if len(rows) >= 90:
                found[name, word] = fitted_likelihood(features[rows[:: max(1, len(rows) // 6000)]])
    return found
