"""What a generator hands to the panel, and the checks that concern one material by itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from engine.errors import GenerationError

Map = NDArray[np.float32]

LOD_LIMIT = 4.0
"""Largest mean difference between levels of detail, in 1/255."""

NORMAL_AGREEMENT_LIMIT = 0.8
"""Smallest correlation between the slopes of the normal map and of the height map."""


class JudgedMap(StrEnum):
    """The map whose likeness to reals is judged; grey maps are judged as grey pictures."""

    ALBEDO = "albedo"
    HEIGHT = "height"
    ROUGHNESS = "roughness"


@dataclass(frozen=True, slots=True)
class MaterialArrays:
    """One generated material, float32.

    albedo     [3, size, size] in [0, 1], sRGB, at the size the panel judges
    height     [1, size, size] in [0, 1], or None
    roughness  [1, size, size] in [0, 1], or None
    normal     [3, size, size] unit vectors, OpenGL (+Y up), of the same size as `height`, or None
    levels     albedo at every level of detail as delivered, coarse to fine, [3, n, n] in [0, 1]; () leaves the level
               of detail check out
    """

    albedo: Map
    height: Map | None = None
    roughness: Map | None = None
    normal: Map | None = None
    levels: tuple[Map, ...] = ()


def judged_picture(material: MaterialArrays, judged: JudgedMap, size_px: int, origin: str) -> Map:
    """The judged map as a color picture [3, size_px, size_px].

    `origin` says in errors which material it was. Raises GenerationError for a missing map, a wrong shape, values that
    are not finite or that lie outside [0, 1].
    """
    values = {
        JudgedMap.ALBEDO: material.albedo,
        JudgedMap.HEIGHT: material.height,
        JudgedMap.ROUGHNESS: material.roughness,
    }[judged]
    expected = (3 if judged is JudgedMap.ALBEDO else 1, size_px, size_px)
    if values is None or values.shape != expected:
        given = "missing" if values is None else list(values.shape)
        raise GenerationError(f"{origin}: {judged} is {given}, expected {list(expected)}")
    if not np.isfinite(values).all() or values.min() < -1e-4 or values.max() > 1 + 1e-4:
        raise GenerationError(f"{origin}: {judged} spans {values.min()} to {values.max()}, expected 0 to 1")
    return np.broadcast_to(np.clip(values, 0, 1), (3, size_px, size_px)).astype(np.float32)


def level_difference(levels: Sequence[Map]) -> float:
    """Largest mean |difference|, in 1/255, between a coarser level and the finest one area-averaged to its size."""
    finest = levels[-1]
    differences = [0.0]
    for level in levels[:-1]:
        size = level.shape[1]
        factor = finest.shape[1] // size
        averaged = finest.reshape(3, size, factor, size, factor).mean((2, 4))
        differences.append(255 * float(np.abs(averaged - level).mean()))
    return max(differences)


def normal_agreement(height: Map, normal: Map) -> float:
    """Correlation of the slopes in `normal` with the slopes of `height`, in [-1, 1]; 1 for a flat pair.

    Scale free: a normal map may exaggerate its height. A map of the other handedness (DirectX, -Y) fails clearly.
    """
    depth = np.maximum(normal[2], 0.05)
    wanted = np.stack([-normal[0] / depth, normal[1] / depth])  # rows grow downwards, +Y points up
    surface = height[0].astype(np.float64)
    given = np.stack([np.roll(surface, -1, axis) - np.roll(surface, 1, axis) for axis in (1, 0)]) / 2
    power = float((wanted**2).sum() * (given**2).sum())
    if power < 1e-12:
        return 1.0 if float((wanted**2).sum() + (given**2).sum()) < 1e-6 else 0.0
    return float((wanted * given).sum() / np.sqrt(power))
