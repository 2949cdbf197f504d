"""Whether the maps of a material belong together: how albedo, height and roughness go with one another."""

import numpy as np
from numpy.typing import NDArray

from engine.training.panel.metrics.estimate import Estimate, jackknife, wasserstein
from engine.training.panel.metrics.structure import LUMINANCE

Field = NDArray[np.float32]
Numbers = NDArray[np.float64]

NAMES = ("albedo-height", "albedo-roughness", "height-roughness")
REACH_PX = 16
"""Heights are compared without what is wider than about this: whether a slope runs across a tile is chance."""


def joint_numbers(albedo: Field, height: Field, roughness: Field) -> Numbers:
    """Six numbers in [-1, 1]: the correlations NAMES of the maps, then those of their edges' strengths.

    albedo [3, size, size], height and roughness [size, size]. A map without variation correlates with nothing: 0.
    """
    maps = [_detail(np.einsum("chw,c->hw", albedo, LUMINANCE)), _detail(height), _detail(roughness)]
    edges = [np.hypot(np.roll(field, -1, 0) - field, np.roll(field, -1, 1) - field) for field in maps]
    pairs = ((0, 1), (0, 2), (1, 2))
    return np.array([_correlation(kind[a], kind[b]) for kind in (maps, edges) for a, b in pairs])


def joint_distance(reference: Numbers, candidate: Numbers) -> Estimate:
    """Mean 1-Wasserstein distance of two sets of joint numbers [count, 6], number by number."""
    return jackknife(lambda keep: wasserstein(reference, candidate[keep]), len(candidate))


def _detail(field: Field) -> Field:
    transform = np.fft.rfft2(field - field.mean())
    rows, columns = field.shape
    radius = np.hypot(np.fft.fftfreq(rows)[:, None], np.fft.rfftfreq(columns)[None])
    share = np.minimum(radius * REACH_PX, 1)
    return np.fft.irfft2(transform * share, s=field.shape).astype(np.float32)


def _correlation(first: Field, second: Field) -> float:
    a, b = first - first.mean(), second - second.mean()
    power = float((a * a).mean() * (b * b).mean())
    return float((a * b).mean() / power**0.5) if power > 1e-12 else 0.0
