"""What a placement asks of the ground: height, slope, water and biomes at points of the world.

A ground is a window of an endless grid. Everything is interpolated from the four samples around a point, at positions
counted from the world's origin, so that two windows that both contain a point agree on it bit for bit.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from engine.errors import InvalidRequestError

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Area:
    """A rectangle of grid cells of the world, half-open: a point on the border belongs to the next one."""

    row: int
    column: int
    row_count: int
    column_count: int


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """Samples of the world on a regular grid; rows run along +Z, columns along +X.

    height_m       float [rows, columns]
    spacing_m      between samples
    row, column    world index of the first sample, which lies at z = row * spacing, x = column * spacing
    water_depth_m  float [rows, columns] of water above the ground, 0 on land; None: all dry
    biomes         name -> float [rows, columns], weights 0 to 1

    Raises InvalidRequestError if a shape differs from that of the heights, or there are fewer than 2 x 2.
    """

    height_m: NDArray[np.floating]
    spacing_m: float
    row: int = 0
    column: int = 0
    water_depth_m: NDArray[np.floating] | None = None
    biomes: Mapping[str, NDArray[np.floating]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        shape = self.height_m.shape
        if len(shape) != 2 or min(shape) < 2:
            raise InvalidRequestError("ground.height_m", shape, "at least 2 x 2 samples")
        if not 0.0 < self.spacing_m < float("inf"):
            raise InvalidRequestError("ground.spacing_m", self.spacing_m, "greater than 0")
        masks = {f"ground.biomes.{name}": mask for name, mask in self.biomes.items()}
        if self.water_depth_m is not None:
            masks["ground.water_depth_m"] = self.water_depth_m
        for name, mask in masks.items():
            if mask.shape != shape:
                raise InvalidRequestError(name, mask.shape, f"the shape of the heights, {shape}")

    def covers(self, area: Area, margin_m: float) -> bool:
        """Whether every point within `margin_m` of an area lies between samples."""
        margin = int(np.ceil(margin_m / self.spacing_m))
        rows, columns = self.height_m.shape
        inside_rows = self.row + margin <= area.row and area.row + area.row_count + margin <= self.row + rows - 1
        first, last = self.column + margin, self.column + columns - 1 - margin
        return inside_rows and first <= area.column and area.column + area.column_count <= last

    def sample(self, values: NDArray[np.floating], x_m: Floats, z_m: Floats) -> Floats:
        """Bilinear values [n] of a grid of the ground at points of the world; outside, those of the border."""
        upper, lower, left_share, down = self._around(values, x_m, z_m)
        above = upper[0] * (1.0 - left_share) + upper[1] * left_share
        below = lower[0] * (1.0 - left_share) + lower[1] * left_share
        result: Floats = above * (1.0 - down) + below * down
        return result

    def gradient(self, x_m: Floats, z_m: Floats) -> tuple[Floats, Floats]:
        """How steeply the height grows along +X and along +Z, rise over run, [n] each."""
        upper, lower, right, down = self._around(self.height_m, x_m, z_m)
        along_x = ((upper[1] - upper[0]) * (1.0 - down) + (lower[1] - lower[0]) * down) / self.spacing_m
        along_z = ((lower[0] - upper[0]) * (1.0 - right) + (lower[1] - upper[1]) * right) / self.spacing_m
        return along_x, along_z

    def _around(
        self, values: NDArray[np.floating], x_m: Floats, z_m: Floats
    ) -> tuple[tuple[Floats, Floats], tuple[Floats, Floats], Floats, Floats]:
        """The samples above (left, right) and below of each point, and where it lies between them."""
        x, z = x_m / self.spacing_m, z_m / self.spacing_m
        left, top = np.floor(x), np.floor(z)
        rows, columns = self.height_m.shape
        column = np.clip(left.astype(np.int64) - self.column, 0, columns - 2)
        row = np.clip(top.astype(np.int64) - self.row, 0, rows - 2)
        grid = values.astype(np.float64, copy=False)
        upper = (grid[row, column], grid[row, column + 1])
        lower = (grid[row + 1, column], grid[row + 1, column + 1])
        return upper, lower, x - left, z - top
