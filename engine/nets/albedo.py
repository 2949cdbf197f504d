"""The albedo basis: how a palette of dark, mid and light colors becomes a linear map from network output to sRGB.

The network paints in palette-free coordinates (tone from dark to light, warmth, tint); a palette is obeyed by
construction, and training targets come from the same map inverted.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float32]

CONTRAST_FLOOR = 0.015
"""Least half distance between dark and light, so that nearly uniform materials stay well conditioned."""

HUE_FLOOR = 0.006
"""Least spread across the dark-light axis."""

_WARM = np.array([1.0, 0.0, -1.0])


@dataclass(frozen=True, slots=True)
class AlbedoBasis:
    """sRGB in [0, 1] = mid + matrix @ (tone, warmth, tint); `mid` [3], `matrix` [3, 3]."""

    mid: Vector
    matrix: Vector


def albedo_basis(dark: Vector, mid: Vector, light: Vector, hue_variation: float) -> AlbedoBasis:
    """Basis of three sRGB colors [3] in [0, 1]; `hue_variation` is the spread across the dark-light axis."""
    axis = (np.asarray(light, np.float64) - np.asarray(dark, np.float64)) / 2
    length = float(np.linalg.norm(axis))
    direction = axis / length if length > 1e-3 else np.full(3, 3**-0.5)
    warm = _WARM - direction * (_WARM @ direction)
    warm_length = float(np.linalg.norm(warm))
    # A dark-light axis along red-blue leaves no warmth to vary: fall back to green.
    warm = warm / warm_length if warm_length > 0.1 else _orthogonal(direction)
    tint = np.cross(direction, warm)
    spread = max(hue_variation, HUE_FLOOR)
    matrix = np.stack([direction * max(length, CONTRAST_FLOOR), warm * spread, tint * spread], 1)
    return AlbedoBasis(np.asarray(mid, np.float32), matrix.astype(np.float32))


def _orthogonal(direction: NDArray[np.float64]) -> NDArray[np.float64]:
    other = np.array([0.0, 1.0, 0.0]) - direction * direction[1]
    unit: NDArray[np.float64] = other / np.linalg.norm(other)
    return unit
