"""What landscapes are compared by: numbers that describe a crop, and distances between sets of such descriptions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.terrain.drainage import drainage_statistics

Rows = NDArray[np.float64]
Crop = NDArray[np.float32]

SLOPE_QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
NEIGHBOUR_COUNT = 5


def slopes(crop: Crop) -> NDArray[np.float64]:
    """Logarithms of the quantiles of the slope [6]; `crop` holds heights over the spacing."""
    slope = np.hypot(*np.gradient(crop))
    return np.log(np.quantile(slope, SLOPE_QUANTILES) + 1e-3)


def spectrum(crop: Crop) -> NDArray[np.float64]:
    """Logarithm of the energy of the slope per octave of wavelength, from 2 vertices upwards, [bands].

    The gradient's spectrum under a Hann window: the window would hide that of the heights behind its own leakage.
    """
    window = np.hanning(len(crop))[:, None] * np.hanning(len(crop))[None]
    power = np.zeros_like(crop, np.float64)
    for part in np.gradient(crop):
        power += np.abs(np.fft.fft2((part - part.mean()) * window)) ** 2
    frequency = np.hypot(np.fft.fftfreq(len(crop))[:, None], np.fft.fftfreq(len(crop))[None])
    edges = 0.5 * 2.0 ** -np.arange(0, int(np.log2(len(crop))) - 1)
    bands = [power[(frequency <= high) & (frequency > high / 2)].mean() for high in edges]
    return np.log(np.array(bands) / crop.size + 1e-9)


STATISTICS = {"slope": slopes, "spectrum": spectrum, "drainage": drainage_statistics}


@dataclass(frozen=True, slots=True, eq=False)
class Described:
    """A set of crops by its statistics, each [crops, values], and the crops themselves made small [crops, values]."""

    statistics: Mapping[str, Rows]
    thumbnails: Rows

    def everything(self) -> Rows:
        """All statistics beside one another."""
        return np.concatenate(list(self.statistics.values()), axis=1)


def described(crops: Sequence[Crop]) -> Described:
    """What a set of crops of one size is like."""
    rows = {name: np.stack([statistic(crop) for crop in crops]) for name, statistic in STATISTICS.items()}
    return Described(rows, np.stack([_thumbnail(crop) for crop in crops]))


def energy_distance(reals: Rows, others: Rows) -> float:
    """2 E|X - Y| - E|X - X'| - E|Y - Y'| in units of the reals' spread, without bias: about 0 for equal distributions.

    Székely and Rizzo, "Energy statistics: A class of statistics based on distances", 2013.
    """
    center, spread = reals.mean(axis=0), reals.std(axis=0) + 1e-6
    x, y = (reals - center) / spread, (others - center) / spread
    return float(2.0 * _distances(x, y).mean() - _within(x) - _within(y))


def coverage(reals: Rows, others: Rows) -> float:
    """Share of reals that have one of `others` among their NEIGHBOUR_COUNT nearest.

    Naeem et al., "Reliable Fidelity and Diversity Metrics for Generative Models", 2020, eq. 6.
    """
    center, spread = reals.mean(axis=0), reals.std(axis=0) + 1e-6
    x, y = (reals - center) / spread, (others - center) / spread
    radius = np.sort(_distances(x, x), axis=1)[:, NEIGHBOUR_COUNT]
    return float((_distances(x, y).min(axis=1) <= radius).mean())


def nearest_ratio(known: Rows, fresh: Rows, judged: Rows) -> float:
    """Median distance of a judged crop to the nearest known one, over that of fresh ones: near 0 for copies."""
    usual = float(np.median(_distances(fresh, known).min(axis=1)))
    return float(np.median(_distances(judged, known).min(axis=1))) / usual


def _thumbnail(crop: Crop) -> NDArray[np.float64]:
    """The crop in 16 x 16 values, without its mean and amplitude."""
    small = cv2.resize(crop, (16, 16), interpolation=cv2.INTER_AREA).astype(np.float64).ravel()
    small -= small.mean()
    return np.asarray(small / (np.sqrt((small**2).mean()) + 1e-9))


def _distances(first: Rows, second: Rows) -> Rows:
    return np.asarray(np.sqrt(np.maximum(((first[:, None] - second[None]) ** 2).sum(axis=-1), 0.0)))


def _within(rows: Rows) -> float:
    count = len(rows)
    return float(_distances(rows, rows).sum() / (count * (count - 1)))
