"""A level as a square grid of tiles, and what each tile means for the game.

The game: a figure walks in four directions over ground. Walls, void and hazards stop it; enemies and loot do not.
A locked door lets it pass once it has walked over the key of that color; a key is kept and opens every door of its
color. The level is won on the exit.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from engine.errors import DataError
from engine.requests.level import GLYPHS, Tile

Grid = NDArray[np.uint8]
"""Tiles [size, size]; the first axis is y (row 0 is north), the second x."""

Mask = NDArray[np.bool_]
"""One truth value per cell [size, size]."""

Cell = tuple[int, int]
"""A cell as (x, y)."""

KEYS = (Tile.RED_KEY, Tile.YELLOW_KEY, Tile.BLUE_KEY)
LOCKED_DOORS = (Tile.RED_DOOR, Tile.YELLOW_DOOR, Tile.BLUE_DOOR)
DOORS = (Tile.DOOR, *LOCKED_DOORS)
"""Cells between two areas: ground that is never part of a room."""

CONTENTS = (Tile.FLOOR, *KEYS, Tile.ENEMY, Tile.LOOT, Tile.START, Tile.EXIT)
"""Tiles that stand on plain ground."""

_NEIGHBOURS = ((0, 1), (1, 0), (0, -1), (-1, 0))


def one_of(grid: Grid, tiles: Sequence[Tile]) -> Mask:
    """Where `grid` holds one of `tiles`."""
    table = np.zeros(256, bool)
    table[list(tiles)] = True
    mask: Mask = table[grid]
    return mask


def ground(grid: Grid) -> Mask:
    """All that is not solid: what the layout is made of, hazards and doors included."""
    mask: Mask = grid > int(Tile.WALL)
    return mask


def walkable(grid: Grid) -> Mask:
    """Where the figure can stand when every door is open."""
    mask: Mask = ground(grid) & (grid != Tile.HAZARD)
    return mask


def cells_of(mask: Mask) -> list[Cell]:
    """The cells of a mask, row by row."""
    return [(int(x), int(y)) for y, x in np.argwhere(mask)]


def neighbours(cell: Cell, size: int) -> list[Cell]:
    """The up to four cells beside `cell`."""
    x, y = cell
    return [(x + dx, y + dy) for dx, dy in _NEIGHBOURS if 0 <= x + dx < size and 0 <= y + dy < size]


def to_rows(grid: Grid) -> tuple[str, ...]:
    """One line of glyphs per row."""
    return tuple("".join(GLYPHS[tile] for tile in row) for row in grid.tolist())


def from_rows(rows: Sequence[str]) -> Grid:
    """The grid of `to_rows`. Raises DataError for rows that are not square or hold an unknown glyph."""
    size = len(rows)
    for number, row in enumerate(rows):
        if len(row) != size:
            raise DataError(f"rows[{number}]: has {len(row)} cells, expected {size}")
        if unknown := sorted(set(row) - set(GLYPHS)):
            raise DataError(f"rows[{number}]: unknown glyph {unknown[0]!r}; known: {GLYPHS!r}")
    return np.array([[GLYPHS.index(glyph) for glyph in row] for row in rows], np.uint8).reshape(size, size)


def with_walls(grid: Grid) -> Grid:
    """A copy in which solid cells beside ground (diagonals count) are walls and all others void."""
    open_ground = np.pad(ground(grid), 1)
    size = grid.shape[0]
    beside = np.zeros(grid.shape, bool)
    for dy in range(3):
        for dx in range(3):
            beside |= open_ground[dy : dy + size, dx : dx + size]
    result = grid.copy()
    solid = ~ground(grid)
    result[solid] = Tile.VOID
    result[solid & beside] = Tile.WALL
    return result


def beside(mask: Mask) -> Mask:
    """The cells that have a neighbour in the mask; the mask's own cells only where they have one."""
    padded = np.pad(mask, 1)
    result: Mask = padded[:-2, 1:-1] | padded[2:, 1:-1] | padded[1:-1, :-2] | padded[1:-1, 2:]
    return result
