"""What the land is like where: ruggedness and roughness (TerraGen's style), elevation, temperature, moisture.

All of it is smooth hashed noise, measured in cells; the network's training data gives the ranges and how high relief
rises with the length over which it is measured.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from engine.generators.terrain.fields import Window, normal, smooth

STYLE_RANGE = 1.9
"""Largest amount of ruggedness that training has seen."""

LAYER_RUGGEDNESS, LAYER_ROUGHNESS, LAYER_ELEVATION, LAYER_TEMPERATURE, LAYER_MOISTURE = range(1, 6)
LAYER_TOP, LAYER_LATENTS = 16, 32
CONTINENT_CELLS, PROVINCE_CELLS = 8192, 2048
"""Lattices of elevation and climate, and of the kind of landscape."""

USUAL_ROUGHNESS, ROUGHNESS_PER_RUGGEDNESS, ROUGHNESS_PER_CONTROL = 1.1, 0.95, 0.8
"""In the data rough land is flat land (there it is mostly noise of the measurement): the axis across that is what the
control means."""

TOP_BEND, TOP_BEND_PER_STYLE, GROWTH = 0.005, 0.9, 1.2
"""Root mean square of second differences of the vertices of level 7, over their distance, at ruggedness 0; its
logarithm's growth with ruggedness; and how much higher relief gets over twice the distance. Chosen so that the finest
grid, carved, has the slopes of the training tiles at every ruggedness."""
WHITE, UNIT_BEND = 0.3, 0.94
"""Share of white noise in the top grid, and the second differences that its sum of noises has by itself."""


@dataclass(frozen=True, slots=True)
class Climate:
    """The controls of a landscape.

    ruggedness        mean of the style, -2 (plain) to 2 (high mountains)
    ruggedness_range  how far it varies from place to place
    roughness         -1 (smooth, rounded) to 1 (craggy)
    elevation         of the land around the sea level, in spacings of relief; its sign decides land or sea
    elevation_range   how far it varies over a continent
    temperature       -1 (polar) to 1 (tropical)
    moisture          -1 (arid) to 1 (wet)
    """

    ruggedness: float
    ruggedness_range: float
    roughness: float
    elevation: float
    elevation_range: float
    temperature: float
    moisture: float


def style(seed: int, climate: Climate, window: Window) -> Tensor:
    """Ruggedness and roughness [2, rows, columns] as the network takes them."""
    lattice = _lattice(PROVINCE_CELLS, window)
    vary = smooth(seed, LAYER_RUGGEDNESS, window, lattice)
    ruggedness = (climate.ruggedness + climate.ruggedness_range * vary).clamp(-STYLE_RANGE, STYLE_RANGE)
    usual = USUAL_ROUGHNESS - ROUGHNESS_PER_RUGGEDNESS * ruggedness
    vary = smooth(seed, LAYER_ROUGHNESS, window, lattice)
    roughness = (usual + ROUGHNESS_PER_CONTROL * climate.roughness + 0.25 * vary).clamp(-1.0, 2.5)
    return torch.stack([ruggedness, roughness])


def roughness_control(ruggedness: float, roughness: float) -> float:
    """`Climate.roughness` of land whose style is given; beyond -1 to 1 where hardly any land is like that."""
    return (roughness - USUAL_ROUGHNESS + ROUGHNESS_PER_RUGGEDNESS * ruggedness) / ROUGHNESS_PER_CONTROL


def top(seed: int, climate: Climate, window: Window, ruggedness: Tensor) -> Tensor:
    """The coarsest grid [rows, columns]: heights over its spacing, 0 at sea level.

    A little white noise, and smooth noise on ever larger lattices, each higher by GROWTH, as relief is in the data.
    """
    relief = WHITE * normal(seed, LAYER_TOP, 1, window)[0]
    lattice, gain = 2 * window.spacing, 1.0
    while lattice <= PROVINCE_CELLS and (not window.period or window.period % lattice == 0):
        relief = relief + gain * smooth(seed, LAYER_TOP + lattice.bit_length(), window, lattice)
        lattice, gain = 2 * lattice, gain * GROWTH
    bend = TOP_BEND * torch.exp(TOP_BEND_PER_STYLE * ruggedness)
    return bend / UNIT_BEND * relief + elevation(seed, climate, window)


def elevation(seed: int, climate: Climate, window: Window) -> Tensor:
    """Height of the continent [rows, columns] over the top grid's spacing."""
    vary = smooth(seed, LAYER_ELEVATION, window, _lattice(CONTINENT_CELLS, window))
    return climate.elevation + climate.elevation_range * vary


def temperature_and_moisture(seed: int, climate: Climate, window: Window) -> tuple[Tensor, Tensor]:
    """Both [rows, columns], about -1 to 1, at sea level."""
    lattice = _lattice(CONTINENT_CELLS, window)
    temperature = smooth(seed, LAYER_TEMPERATURE, window, lattice).mul_(0.25).add_(climate.temperature)
    moisture = smooth(seed, LAYER_MOISTURE, window, _lattice(PROVINCE_CELLS, window)).mul_(0.35).add_(climate.moisture)
    return temperature, moisture


def _lattice(cells: int, window: Window) -> int:
    """The largest lattice of at most `cells` that divides the period of a world that repeats."""
    while window.period and window.period % cells:
        cells //= 2
    return cells
