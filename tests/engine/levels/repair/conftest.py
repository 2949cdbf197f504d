"""Grids of every kind to mend."""

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.levels.grid import Grid
from engine.requests.level import Tile


@pytest.fixture
def indifferent() -> NDArray[np.float64]:
    """Every tile as likely as any other in 16 x 16 cells."""
    return np.zeros((16, 16, len(Tile)))


@pytest.fixture
def two_halls() -> Grid:
    """A start and an exit with a wall between them."""
    grid = np.full((16, 16), Tile.WALL, np.uint8)
    grid[1:15, 1:7] = grid[1:15, 9:15] = Tile.FLOOR
    grid[2, 2], grid[13, 13] = Tile.START, Tile.EXIT
    return grid
