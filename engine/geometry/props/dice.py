"""Chance without state: a number is a pure function of a seed and of what it is for.

The hash is the output function of SplitMix64: Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators",
OOPSLA 2014, figure 15, applied once per word of the key.
"""

import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Words = NDArray[np.uint64]

_STEP = np.uint64(0x9E3779B97F4A7C15)
_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_SECOND = np.uint64(0x94D049BB133111EB)


def hashed(*words: NDArray[np.integer] | int) -> Words:
    """64 well-mixed bits for each combination of words (integers, any sign; arrays are broadcast)."""
    state = np.zeros(1, np.uint64)
    for word in words:
        state = (state ^ np.atleast_1d(np.asarray(word, np.int64)).astype(np.uint64)) * _FIRST + _STEP
        state = (state ^ (state >> np.uint64(30))) * _FIRST
        state = (state ^ (state >> np.uint64(27))) * _SECOND
        state = state ^ (state >> np.uint64(31))
    return state


def unit_values(*words: NDArray[np.integer] | int) -> Floats:
    """Uniform numbers in [0, 1), one per combination of words."""
    values: Floats = (hashed(*words) >> np.uint64(11)).astype(np.float64) * 2.0**-53
    return values


def word_of(name: str) -> int:
    """A word for a name, always the same."""
    return zlib.crc32(name.encode())


@dataclass(frozen=True, slots=True)
class Dice:
    """Numbers for one prop, each asked for by name, so that levels of detail and later changes do not shift others."""

    seed: int

    def values(self, name: str, low: float, high: float, count: int) -> Floats:
        """Uniform numbers [count] in [low, high)."""
        return low + (high - low) * unit_values(self.seed, word_of(name), np.arange(count))

    def between(self, name: str, low: float, high: float) -> float:
        """One uniform number in [low, high)."""
        return float(self.values(name, low, high, 1)[0])

    def count(self, name: str, low: int, high: int) -> int:
        """A whole number from low to high, both included."""
        return min(high, int(self.between(name, low, high + 1)))

    def directions(self, name: str, count: int) -> Floats:
        """Unit vectors [count, 3], evenly spread over the sphere by chance."""
        up = self.values(f"{name} up", -1.0, 1.0, count)
        angle = self.values(f"{name} angle", 0.0, 2.0 * np.pi, count)
        across = np.sqrt(1.0 - up * up)
        return np.stack([across * np.cos(angle), up, across * np.sin(angle)], axis=1)
