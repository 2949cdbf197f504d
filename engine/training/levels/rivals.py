"""Other ways to get a set of levels: two baselines to beat, and four spoiled sets that the figures must tell apart."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from engine.levels.corpus.maker import make_level
from engine.levels.grid import Grid
from engine.requests.level import LevelStyle, Tile

Context = tuple[int, int, int]
"""Tiles left of, above, and above left of a cell."""


def bsp_levels(size: int, count: int, first_seed: int) -> list[Grid]:
    """Binary space partitions: halls that share walls, with start, exit, locks and the rest placed by rules."""
    return [make_level(first_seed + index, size, LevelStyle.HALLS).grid for index in range(count)]


class MarkovTiles:
    """A Markov chain over tiles in reading order, each given its left, upper and upper left neighbours."""

    def __init__(self, levels: Sequence[Grid]) -> None:
        self._tables: dict[Context, Counter[int]] = {}
        for grid in levels:
            padded = np.pad(grid, ((1, 0), (1, 0))).tolist()
            for y in range(1, len(padded)):
                for x in range(1, len(padded)):
                    context = (padded[y][x - 1], padded[y - 1][x], padded[y - 1][x - 1])
                    self._tables.setdefault(context, Counter())[padded[y][x]] += 1

    def draw(self, size: int, seed: int) -> Grid:
        """A level; contexts that were never seen are followed by void."""
        random = np.random.Generator(np.random.Philox(key=[seed, size]))
        grid = np.zeros((size + 1, size + 1), np.uint8)
        draws = random.random((size, size))
        for y in range(1, size + 1):
            for x in range(1, size + 1):
                table = self._tables.get((int(grid[y, x - 1]), int(grid[y - 1, x]), int(grid[y - 1, x - 1])))
                grid[y, x] = Tile.VOID if table is None else _drawn(table, float(draws[y - 1, x - 1]))
        return grid[1:, 1:]


def _drawn(table: Counter[int], at: float) -> int:
    left = at * table.total()
    for tile in sorted(table):
        left -= table[tile]
        if left < 0:
            return tile
    return max(table)


def shuffled(levels: Sequence[Grid], seed: int) -> list[Grid]:
    """Control: each level with its cells in random order."""
    random = np.random.Generator(np.random.Philox(key=[seed, 1]))
    return [random.permutation(grid.ravel()).reshape(grid.shape) for grid in levels]


def repeated(levels: Sequence[Grid]) -> list[Grid]:
    """Control: the first level over and over."""
    return [levels[0]] * len(levels)


def blanked(levels: Sequence[Grid]) -> list[Grid]:
    """Control: an empty hall with start and exit in opposite corners."""
    size = levels[0].shape[0]
    grid = np.full((size, size), Tile.WALL, np.uint8)
    grid[1:-1, 1:-1] = Tile.FLOOR
    result = []
    for index in range(len(levels)):
        level = grid.copy()
        level[1, 1 + index % (size - 2)], level[-2, -2] = Tile.START, Tile.EXIT
        result.append(level)
    return result
