"""What the network sees of a level: tiles, and cells that are hidden in whole or in part.

Layout is decided before contents. A cell is first hidden; then solid, hazard, "ground with unknown contents" or
"doorway with unknown lock"; then a tile. Void and wall look the same: which is which follows from the layout.
"""

import numpy as np
from numpy.typing import NDArray

from engine.levels.grid import CONTENTS, DOORS, Grid, one_of
from engine.requests.level import Tile

TILE_COUNT = len(Tile)
HIDDEN = TILE_COUNT
OPEN = TILE_COUNT + 1
DOORWAY = TILE_COUNT + 2
INPUT_COUNT = TILE_COUNT + 3

GROUPS: tuple[tuple[Tile, ...], ...] = ((Tile.WALL,), (Tile.HAZARD,), CONTENTS, DOORS)
"""What a hidden cell can become first."""

GROUP_TOKENS = np.array([Tile.WALL, Tile.HAZARD, OPEN, DOORWAY], np.uint8)
"""How a cell of each group looks to the network."""

GROUP_OF_TILE = np.zeros(TILE_COUNT, np.int64)
for _index, _group in enumerate(GROUPS):
    GROUP_OF_TILE[list(_group)] = _index

Tokens = NDArray[np.uint8]
"""Tiles and ways of being hidden [size, size]."""


def seen(grid: Grid) -> Tokens:
    """The tokens of a level that is known altogether: void looks like wall."""
    return np.where(grid == Tile.VOID, np.uint8(Tile.WALL), grid)


def layout_only(tokens: Tokens) -> Tokens:
    """The same with all contents and locks unknown."""
    result = tokens.copy()
    result[one_of(tokens, CONTENTS)] = OPEN
    result[one_of(tokens, DOORS)] = DOORWAY
    return result
