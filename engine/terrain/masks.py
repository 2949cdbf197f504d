"""What can be told about land from its heights: normals, slope, rock, flow and water, each from a fixed neighbourhood.

Every value depends on the heights within MASK_RIM vertices and on nothing else, so that neighbouring chunks agree on
what they share. Flow is therefore local: it counts the land that drains through a vertex within FLOW_STEPS coarse
vertices, not a river's whole basin.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Grid = NDArray[np.float32]

FLOW_STRIDE = 4
FLOW_STEPS = 8
MASK_RIM = FLOW_STRIDE * (FLOW_STEPS + 2)
"""Vertices around a chunk whose heights its masks depend on."""

_DIAGONAL = np.float32(0.5**0.5)
_WAYS = tuple(
    (dy, dx, np.float32(1.0) if dy == 0 or dx == 0 else _DIAGONAL) for dy in (-1, 0, 1) for dx in (-1, 0, 1) if dy or dx
)


@dataclass(frozen=True, slots=True, eq=False)
class Masks:
    """Per vertex of a chunk, float32 [rows, columns] but for the normal.

    normal  [rows, columns, 3]: east, up, south, of length 1
    slope   rise over run
    rock    0 to 1: too steep for soil
    flow    0 to 1: how much land drains through the vertex
    water   depth of the water in meters, 0 on land
    """

    normal: NDArray[np.float32]
    slope: Grid
    rock: Grid
    flow: Grid
    water: Grid


def masks_of(height_m: Grid, spacing_m: float, sea_level_m: float, river: Grid | None = None) -> Masks:
    """Masks of the inner vertices of `height_m` [rows + 2 MASK_RIM, columns + 2 MASK_RIM].

    The window starts at a vertex whose world coordinates are multiples of FLOW_STRIDE, as all chunks do.

    river  depth of rivers in meters, of the same size, or None
    """
    rim = MASK_RIM
    inner = np.s_[rim:-rim, rim:-rim]
    east = (height_m[rim:-rim, rim + 1 : -rim + 1] - height_m[rim:-rim, rim - 1 : -rim - 1]) / np.float32(2 * spacing_m)
    south = (height_m[rim + 1 : -rim + 1, rim:-rim] - height_m[rim - 1 : -rim - 1, rim:-rim]) / np.float32(
        2 * spacing_m
    )
    steep = east * east + south * south
    length = np.sqrt(steep + np.float32(1.0))
    normal = np.stack([-east / length, 1.0 / length, -south / length], axis=-1).astype(np.float32)
    slope = np.sqrt(steep)
    water = np.maximum(np.float32(sea_level_m) - height_m[inner], 0.0).astype(np.float32)
    if river is not None:
        water = np.maximum(water, river[inner])
    return Masks(normal, slope, rockiness(slope), _flow(height_m)[inner], water)


def rockiness(slope: Grid) -> Grid:
    """Where it is too steep for soil, 0 to 1."""
    return smoothstep(slope, 0.55, 0.95)


def smoothstep(values: Grid, low: float, high: float) -> Grid:
    """0 below `low`, 1 above `high`, smooth in between."""
    t = np.clip((values - np.float32(low)) / np.float32(high - low), 0.0, 1.0).astype(np.float32)
    return np.asarray(t * t * (np.float32(3.0) - np.float32(2.0) * t), np.float32)


def _flow(height: Grid) -> Grid:
    """Land that drains through each vertex within FLOW_STEPS coarse ones, 0 to 1.

    Water of a vertex goes to all lower neighbours in proportion to the slope: Freeman, "Calculating catchment area with
    divergent flow based on a regular grid", Computers & Geosciences 17, 1991, with exponent 1.
    """
    coarse = height[::FLOW_STRIDE, ::FLOW_STRIDE]
    padded = np.pad(coarse, 1, mode="edge")
    rows, columns = coarse.shape
    shares = []
    for dy, dx, nearness in _WAYS:
        near = padded[1 + dy : 1 + dy + rows, 1 + dx : 1 + dx + columns]
        shares.append(np.maximum(coarse - near, 0.0) * nearness)
    whole = np.maximum(shares[0], np.float32(1e-6))
    for share in shares[1:]:
        whole = whole + share
    area = np.ones_like(coarse)
    for _ in range(FLOW_STEPS):
        gathered = np.ones_like(coarse)
        for (dy, dx, _), share in zip(_WAYS, shares, strict=True):
            given = np.pad(area * share / whole, 1)
            gathered += given[1 - dy : 1 - dy + rows, 1 - dx : 1 - dx + columns]
        area = gathered
    flow = smoothstep(np.log2(area).astype(np.float32), 2.0, 5.0)
    return _doubled(_doubled(flow))[: height.shape[0], : height.shape[1]]


def _doubled(grid: Grid) -> Grid:
    """Twice as fine by linear interpolation; the last row and column are repeated."""
    padded = np.pad(grid, ((0, 1), (0, 1)), mode="edge")
    rows = np.empty((2 * grid.shape[0], padded.shape[1]), np.float32)
    rows[::2], rows[1::2] = padded[:-1], 0.5 * (padded[:-1] + padded[1:])
    fine = np.empty((rows.shape[0], 2 * grid.shape[1]), np.float32)
    fine[:, ::2], fine[:, 1::2] = rows[:, :-1], 0.5 * (rows[:, :-1] + rows[:, 1:])
    return fine


def blurred(grid: Grid, sigma: float) -> Grid:
    """`grid` under a Gaussian; for whole rasters such as a sketch, not for chunks."""
    return np.asarray(cv2.GaussianBlur(grid, (0, 0), sigma), np.float32)
