"""A measured number and its standard error, by a delete-one-block jackknife over the judged set."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Images = NDArray[np.float32]
"""Pictures [count, 3, size, size] in [0, 1]."""

Keep = NDArray[np.bool_]
"""Which items of the judged set take part, [count]."""

BLOCK_COUNT = 10


@dataclass(frozen=True, slots=True)
class Estimate:
    """A metric's value on one set, and its values with one block of the set left out at a time."""

    value: float
    left_out: tuple[float, ...]

    @property
    def standard_error(self) -> float:
        """How far sampling the set anew would move the value."""
        return _jackknife_error(np.array(self.left_out))

    def minus(self, other: "Estimate") -> tuple[float, float]:
        """The difference and its standard error, block against block.

        Sets whose items correspond (same class, same exemplar) share what is peculiar to a block; that cancels out.
        """
        return self.value - other.value, _jackknife_error(np.array(self.left_out) - np.array(other.left_out))


def _jackknife_error(left_out: NDArray[np.float64]) -> float:
    count = len(left_out)
    return float(np.sqrt(((left_out - left_out.mean()) ** 2).sum() * (count - 1) / count))


def jackknife(statistic: Callable[[Keep], float], count: int) -> Estimate:
    """The statistic on all `count` items (at least BLOCK_COUNT) and on all but each block of them.

    Blocks and not single items are left out because medians and quantiles are not smooth: leaving out one item
    would understate their error (Shao and Wu 1989, "A general theory for jackknife variance estimation").
    """
    block = np.arange(count) % BLOCK_COUNT
    left_out = tuple(statistic(block != index) for index in range(BLOCK_COUNT))
    return Estimate(statistic(np.ones(count, bool)), left_out)


def wasserstein(reference: NDArray[np.floating], candidate: NDArray[np.floating]) -> float:
    """Mean 1-Wasserstein distance of two samples [count, values], column by column, by matching quantiles."""
    quantile = (np.arange(len(candidate)) + 0.5) / len(candidate)
    matched = np.quantile(reference, quantile, axis=0)
    return float(np.abs(np.sort(candidate, axis=0) - matched).mean())
