"""What can be told about land from its heights: normals, slope, rock, flow and water, each from a fixed neighbourhood.

Every value depends on the heights within MASK_RIM vertices and on nothing else, so that neighbouring chunks agree on
what they share. Flow is therefore local: it counts the land that drains through a vertex within FLOW_STEPS coarse
vertices, not a river's whole basin. It is found on the coarse grid that finer land was made from.
"""

from dataclasses import dataclass

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from engine.terrain.flow import drops, gathered

Grid = NDArray[np.float32]

FLOW_STRIDE = 4
FLOW_STEPS = 8
FLOW_RIM = FLOW_STEPS + 1
"""Coarse vertices around a chunk whose heights its flow depends on."""

MASK_RIM = FLOW_STRIDE * (FLOW_RIM + 1)
"""Vertices around a chunk whose heights its masks depend on."""


STRIP_ROWS = 96


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

    def rows(self, strip: slice) -> "Masks":
        """Some rows of them."""
        return Masks(self.normal[strip], self.slope[strip], self.rock[strip], self.flow[strip], self.water[strip])


def flow_count(count: int) -> int:
    """Coarse vertices that the flow of `count` vertices is made from, along one axis."""
    return -(-(count - 1) // FLOW_STRIDE) + 1 + 2 * FLOW_RIM


def masks_of(height_m: Grid, coarse_m: Grid, spacing_m: float, sea_level_m: float, river: Grid | None = None) -> Masks:
    """Masks of the inner vertices of `height_m` [rows + 2, columns + 2], the first of which lies on the coarse grid.

    coarse_m  every FLOW_STRIDE-th vertex [flow_count(rows), flow_count(columns)], from FLOW_RIM before the first on
    river     depth of rivers in meters [rows, columns], or None
    """
    rows, columns = height_m.shape[0] - 2, height_m.shape[1] - 2
    normal, slope = np.empty((rows, columns, 3), np.float32), np.empty((rows, columns), np.float32)
    for strip in strips(rows):
        slope[strip] = _tilted(height_m[strip.start : strip.stop + 2], spacing_m, normal[strip])
    water = np.float32(sea_level_m) - height_m[1:-1, 1:-1]
    np.maximum(water, np.float32(0.0) if river is None else river, out=water)
    return Masks(normal, slope, rockiness(slope), _flow(coarse_m)[:rows, :columns], water)


def strips(rows: int) -> list[slice]:
    """So many rows in pieces small enough that arithmetic on them stays in a core's own cache."""
    return [slice(first, min(first + STRIP_ROWS, rows)) for first in range(0, rows, STRIP_ROWS)]


def _tilted(height_m: Grid, spacing_m: float, normal: NDArray[np.float32]) -> Grid:
    """The slope of the inner vertices; their normals are written to `normal`."""
    slopes = np.float32(0.5 / spacing_m)
    east, south = height_m[1:-1, :-2] - height_m[1:-1, 2:], height_m[:-2, 1:-1] - height_m[2:, 1:-1]
    east *= slopes
    south *= slopes
    slope = east * east
    slope += south * south
    up = np.sqrt(slope + np.float32(1.0))
    np.reciprocal(up, out=up)
    east *= up
    south *= up
    normal[...] = cv2.merge([east, up, south])
    return np.sqrt(slope, out=slope)


def rockiness(slope: Grid) -> Grid:
    """Where it is too steep for soil, 0 to 1."""
    return smoothstep(slope, 0.55, 0.95)


def smoothstep(values: Grid, low: float, high: float) -> Grid:
    """0 below `low`, 1 above `high`, smooth in between. `low` is the lower one, else ValueError."""
    if not low < high:
        raise ValueError(f"low, high: {low} is not below {high}")
    first, steepness = np.float32(low), np.float32(1.0 / (high - low))
    if values.size:
        # Most land lies on one side of most limits, all of it: dry, warm, above the beach.
        least, most = (values.min() - first) * steepness, (values.max() - first) * steepness
        if most <= 0.0 or least >= 1.0:
            return np.full(values.shape, least >= 1.0, np.float32)
    t = np.asarray(values - first, np.float32)
    t *= steepness
    np.clip(t, np.float32(0.0), np.float32(1.0), out=t)
    rest = t * np.float32(-2.0)
    rest += np.float32(3.0)
    t *= t
    t *= rest
    return t


def _flow(coarse: Grid) -> Grid:
    """Land that drains through each vertex within FLOW_STEPS coarse ones, 0 to 1, on the finest grid.

    Water of a vertex goes to all lower neighbours in proportion to the slope: Freeman, "Calculating catchment area with
    divergent flow based on a regular grid", Computers & Geosciences 17, 1991, with exponent 1.
    """
    land = torch.from_numpy(np.ascontiguousarray(coarse))
    falls = drops(land)
    area = gathered(torch.ones_like(falls[0]), falls, FLOW_STEPS)
    return _doubled(_doubled(smoothstep(np.log2(area.numpy()), 2.0, 5.0)))


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
