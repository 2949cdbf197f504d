"""What a pattern renders to, and what the library knows about each pattern."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.assets import ParameterInfo, PatternInfo
from engine.patterns.canvas import Canvas

CELLS_PER_TILE = "cells per tile"
"""Unit of parameters that must be whole numbers, because the pattern has to close on the torus."""

COUNT = "count"
"""Unit of parameters that are whole numbers for another reason."""

CELLS_MAX = 64
"""Most cells along an edge of a tile."""

Parameters = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Structure:
    """The structure channels of one tile, each [size_px, size_px]; the tile wraps along both axes.

    height         [0, 1]; 1 is high (the body of a brick), 0 the deepest joint
    edge_distance  [0, 1]; 0 on a joint or edge, 1 furthest inside a cell (half the smaller side of a nominal cell).
                   Waves count their troughs as edges, ridges their crests; noise and flat have none and are 1
    cell_tone      [-1, 1]; one hash value per cell, 0 in joints. Noise and ridges have no cells and carry smooth,
                   independent noise instead
    """

    height: NDArray[np.float32]
    edge_distance: NDArray[np.float32]
    cell_tone: NDArray[np.float32]


def accept_any(parameters: Parameters) -> None:
    """The check of a pattern whose parameters do not depend on each other."""


@dataclass(frozen=True, slots=True)
class PatternSpecification:
    """One entry of the library.

    info          name, description and parameters with ranges and defaults
    render        draws the structure on a canvas; pure
    cells_across  the most cells along an edge of the tile, from which the library decides on oversampling
    check         raises InvalidRequestError for values that do not go together
    fibrous       whether the parameter surface carves fibres along x instead of pits
    """

    info: PatternInfo
    render: Callable[[Canvas, Parameters], Structure]
    cells_across: Callable[[Parameters], float]
    check: Callable[[Parameters], None] = accept_any
    fibrous: bool = False


def cells_parameter(
    name: str, default: int, description: str, minimum: int = 1, maximum: int = CELLS_MAX
) -> ParameterInfo:
    """A whole number of cells per tile."""
    return ParameterInfo(name, minimum, maximum, default, CELLS_PER_TILE, description)


def count_parameter(name: str, default: int, description: str, minimum: int, maximum: int) -> ParameterInfo:
    """A whole number of something else than cells."""
    return ParameterInfo(name, minimum, maximum, default, COUNT, description)


def share_parameter(
    name: str, default: float, description: str, maximum: float = 1.0, minimum: float = 0.0
) -> ParameterInfo:
    """A share from `minimum` to `maximum`."""
    return ParameterInfo(name, minimum, maximum, default, "", description)


def jitter_parameter(default: float) -> ParameterInfo:
    """How irregular edges are."""
    return share_parameter("jitter", default, "irregularity: wandering edges and chips; 0 is geometrically exact")


def joint_parameter(default: float) -> ParameterInfo:
    """How wide the gap between two cells is."""
    return share_parameter("joint_width", default, "gap between two cells as a share of the cell's smaller side", 0.5)


def bevel_parameter(default: float) -> ParameterInfo:
    """How far edges are rounded."""
    return share_parameter("bevel", default, "rounding of the edges; 0 is sharp, 1 rounds up to the middle of the cell")


def relief_parameter(default: float, description: str = "how much cells differ in height and tilt") -> ParameterInfo:
    """How uneven the surface is."""
    return share_parameter("relief", default, description)


def surface_parameter(default: float, description: str = "pits and grain on the cells") -> ParameterInfo:
    """How rough the cells' bodies are; the library carves them after the pattern's own drawing."""
    return share_parameter("surface", default, f"{description}: share of their height; 0 is smooth")


def vertical_parameter() -> ParameterInfo:
    """Which way a directed pattern runs; the library turns the tile."""
    return count_parameter("vertical", 0, "0 runs along x, 1 along y", 0, 1)
