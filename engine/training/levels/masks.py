"""What is hidden from the network in training: the same three situations that sampling brings about.

Layout: a share of all cells is hidden, of the others only their group is known. Contents: the layout is known, and the
contents come class by class in the order of `CONTENT_STAGES`. Inpainting: an area is hidden, the rest is known.
"""

import numpy as np
from numpy.typing import NDArray

from engine.levels.decoding.hiding import DOORWAY, HIDDEN, OPEN, Tokens, layout_only, seen
from engine.levels.grid import CONTENTS, DOORS, KEYS, LOCKED_DOORS, Grid, one_of
from engine.requests.level import Tile

CONTENT_STAGES: tuple[tuple[Tile, ...], ...] = (
    (Tile.START,), (Tile.EXIT,), LOCKED_DOORS, KEYS, (Tile.ENEMY,), (Tile.LOOT,),
)  # fmt: skip
"""The order in which contents are placed."""

LAYOUT_SHARE, CONTENTS_SHARE = 0.62, 0.26
"""Shares of the three situations; the rest is inpainting."""


def hide(random: np.random.Generator, grid: Grid) -> tuple[Tokens, NDArray[np.bool_]]:
    """Tokens of a level as the network gets to see them, and which cells it is asked for its group only."""
    tokens = seen(grid)
    kind = random.random()
    if kind < LAYOUT_SHARE:
        hidden = _hidden_cells(random, grid.shape[0])
        known = layout_only(tokens) if random.random() < 0.85 else tokens
        return np.where(hidden, np.uint8(HIDDEN), known), hidden
    if kind < LAYOUT_SHARE + CONTENTS_SHARE:
        return _contents_from(random, tokens), np.zeros(grid.shape, bool)
    hidden = _area(random, grid.shape[0])
    hidden &= _hidden_cells(random, grid.shape[0]) | (random.random() < 0.5)
    return np.where(hidden, np.uint8(HIDDEN), tokens), hidden


def _hidden_cells(random: np.random.Generator, size: int) -> NDArray[np.bool_]:
    """A share of the cells after the cosine schedule of MaskGIT: most often most of them."""
    hidden: NDArray[np.bool_] = random.random((size, size)) < np.cos(random.random() * np.pi / 2)
    return hidden


def _area(random: np.random.Generator, size: int) -> NDArray[np.bool_]:
    """A rectangle between a fifth and all of the edge long."""
    width, height = (int(random.integers(max(3, size // 5), size + 1)) for _ in range(2))
    left, top = (int(random.integers(size - extent + 1)) for extent in (width, height))
    area = np.zeros((size, size), bool)
    area[top : top + height, left : left + width] = True
    return area


def _contents_from(random: np.random.Generator, tokens: Tokens) -> Tokens:
    """Contents known up to a stage; of that stage's own class, a share is known."""
    stage = int(random.integers(len(CONTENT_STAGES)))
    known = [tile for tiles in CONTENT_STAGES[:stage] for tile in tiles]
    shown = one_of(tokens, known)
    if random.random() < 0.5:
        shown |= one_of(tokens, CONTENT_STAGES[stage]) & (random.random(tokens.shape) < random.random())
    if stage > 2:
        shown |= one_of(tokens, DOORS)
    result = tokens.copy()
    result[one_of(tokens, CONTENTS) & ~shown] = OPEN
    result[one_of(tokens, DOORS) & ~shown] = DOORWAY
    return result
