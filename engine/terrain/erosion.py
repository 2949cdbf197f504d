"""Hydraulic erosion on a grid, the classical way to make noise look like land: here it is what TerraGen is measured by.

Rain, water that flows through virtual pipes, sediment that it takes up, carries and drops: Mei, Decaudin and Hu, "Fast
Hydraulic Erosion Simulation and Visualization on GPU", Pacific Graphics 2007, equations 1 to 10; slopes that are too
steep slide. Lengths are in grid spacings.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Grid = NDArray[np.float32]
GRAVITY = 9.81


@dataclass(frozen=True, slots=True)
class Erosion:
    """The constants of the simulation."""

    time_step: float = 0.04
    rain: float = 0.02
    evaporation: float = 0.02
    capacity: float = 0.6
    dissolving: float = 0.35
    deposition: float = 0.35
    talus: float = 0.9
    tilt_min: float = 0.03


def eroded(height: Grid, step_count: int, erosion: Erosion | None = None) -> Grid:
    """The surface after `step_count` steps of rain; float32 [rows, columns], heights over the spacing."""
    use = erosion or Erosion()
    land = height.astype(np.float32).copy()
    water, sediment = np.zeros_like(land), np.zeros_like(land)
    flux = np.zeros((4, *land.shape), np.float32)  # to the west, east, north, south
    for _ in range(step_count):
        water += use.rain * use.time_step
        flux = _flow(land + water, water, flux, use)
        arrives = np.zeros_like(water)
        arrives[:, :-1] += flux[0][:, 1:]
        arrives[:, 1:] += flux[1][:, :-1]
        arrives[:-1] += flux[2][1:]
        arrives[1:] += flux[3][:-1]
        before = water
        water = np.maximum(water + use.time_step * (arrives - flux.sum(axis=0)), 0.0)
        velocity_x, velocity_y = _velocity(flux, 0.5 * (before + water))
        land, sediment = _exchange(land, sediment, np.hypot(velocity_x, velocity_y), use)
        sediment = _advected(sediment, velocity_x * use.time_step, velocity_y * use.time_step)
        water *= 1.0 - use.evaporation * use.time_step
        land = _slid(land, use)
    return land + sediment


def _flow(surface: Grid, water: Grid, flux: Grid, use: Erosion) -> Grid:
    """Equations 2 to 5: pipes speed up with the difference in level, and no cell gives more than it has."""
    difference = np.zeros_like(flux)
    difference[0][:, 1:] = surface[:, 1:] - surface[:, :-1]
    difference[1][:, :-1] = surface[:, :-1] - surface[:, 1:]
    difference[2][1:] = surface[1:] - surface[:-1]
    difference[3][:-1] = surface[:-1] - surface[1:]
    flux = np.maximum(flux + use.time_step * GRAVITY * difference, 0.0)
    for side, edge in ((0, np.s_[:, 0]), (1, np.s_[:, -1]), (2, np.s_[0]), (3, np.s_[-1])):
        flux[side][edge] = 0.0
    return np.asarray(flux * np.minimum(1.0, water / (flux.sum(axis=0) * use.time_step + 1e-9)))


def _velocity(flux: Grid, depth: Grid) -> tuple[Grid, Grid]:
    """Equations 8 and 9."""
    across, along = flux[1] - flux[0], flux[3] - flux[2]
    across[:, 1:] += flux[1][:, :-1]
    across[:, :-1] -= flux[0][:, 1:]
    along[1:] += flux[3][:-1]
    along[:-1] -= flux[2][1:]
    depth = np.maximum(2.0 * depth, 1e-3)
    return np.clip(across / depth, -10.0, 10.0), np.clip(along / depth, -10.0, 10.0)


def _exchange(land: Grid, sediment: Grid, speed: Grid, use: Erosion) -> tuple[Grid, Grid]:
    """Equation 10: water below its capacity takes land up, water above it drops some."""
    slope_y, slope_x = np.gradient(land)
    tilt = np.maximum(np.sin(np.arctan(np.hypot(slope_x, slope_y))), use.tilt_min)
    lack = use.capacity * tilt * speed - sediment
    rate = np.where(lack > 0.0, np.float32(use.dissolving), np.float32(use.deposition))
    moved = rate * lack * np.float32(use.time_step)
    return land - moved, sediment + moved


def _advected(sediment: Grid, shift_x: Grid, shift_y: Grid) -> Grid:
    """Equation 13: sediment comes from where the water was one step before."""
    rows, columns = sediment.shape
    y = np.clip(np.arange(rows, dtype=np.float32)[:, None] - shift_y, 0, rows - 1.001)
    x = np.clip(np.arange(columns, dtype=np.float32)[None] - shift_x, 0, columns - 1.001)
    row, column = y.astype(np.intp), x.astype(np.intp)
    v, u = y - row, x - column
    upper = sediment[row, column] * (1 - u) + sediment[row, column + 1] * u
    lower = sediment[row + 1, column] * (1 - u) + sediment[row + 1, column + 1] * u
    return np.asarray(upper * (1 - v) + lower * v, np.float32)


def _slid(land: Grid, use: Erosion) -> Grid:
    """Material above the talus slope moves to the lower neighbour."""
    land = land.copy()
    for axis in (0, 1):
        step = np.diff(land, axis=axis)
        excess = np.sign(step) * np.maximum(np.abs(step) - use.talus, 0.0) * 0.25
        first, second = (np.s_[:-1], np.s_[1:]) if axis == 0 else (np.s_[:, :-1], np.s_[:, 1:])
        land[first] += excess
        land[second] -= excess
    return land
