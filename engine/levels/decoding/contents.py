"""Decides what lies on the ground: start, exit, locks, keys, enemies, loot, in this order and in wished numbers.

The network says how likely each cell is; chance (Gumbel noise, which makes the largest k a sample without
replacement) and the rules of the game say which of them are taken: only cells that the figure can get to.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from engine.levels.attributes import difficulty_of, near
from engine.levels.decoding.conditions import Wishes
from engine.levels.decoding.hiding import DOORWAY, OPEN, Tokens
from engine.levels.decoding.layout import Logits, as_grid
from engine.levels.grid import KEYS, LOCKED_DOORS, Cell, Mask, beside, one_of, walkable
from engine.levels.solver import cell_with, reachable, solve
from engine.levels.topology import narrow_places, region_around, regions, steps_from
from engine.requests.level import Tile

NEAR_SHARE = 0.6
"""The exit is never in this share of the cells, those nearest to the start."""

START_PEACE_CELLS = 4
"""No enemy stands nearer to the start than this, along the way, unless there is no other space."""

CROWDED_SHARE = 0.25
"""Enemies that are moved to the way for the sake of difficulty take at most this share of the cells there."""

POINTLESS_LOCK = 6.0
"""What a door loses in the choice of locks if shutting it cuts nothing off."""


class ContentsDecoder:
    """Places contents into the tokens of one level, whose layout is settled. Each method is one placement."""

    def __init__(self, tokens: Tokens, wishes: Wishes, random: np.random.Generator) -> None:
        self.tokens = tokens.copy()
        self.wishes = wishes
        self._random = random

    def place_start(self, logits: Logits) -> None:
        """The start, in the largest region, unless it is fixed."""
        if not (self.tokens == Tile.START).any():
            self._put(Tile.START, self._free(self._main_region()), logits, 1)

    def place_exit(self, logits: Logits) -> None:
        """The exit, among the cells that are farther from the start than most, unless it is fixed."""
        if not (self.tokens == Tile.EXIT).any():
            free = self._free(self._main_region())
            start = cell_with(self.tokens, Tile.START)
            if start is not None and free.any():
                steps = steps_from(walkable(as_grid(self.tokens)), start)
                free &= steps >= np.quantile(steps[free], NEAR_SHARE)
            self._put(Tile.EXIT, free, logits, 1)

    def place_locks(self, logits: Logits) -> None:
        """As many locked doors of different colors as wished; all other doorways become plain doors."""
        start = cell_with(self.tokens, Tile.START)
        held = {c for c in range(3) if one_of(self.tokens, (LOCKED_DOORS[c], KEYS[c])).any()}
        shut = [c for c in range(3) if (self.tokens == LOCKED_DOORS[c]).any()]
        missing = [c for c in held if c not in shut]  # a fixed key whose door is still to come
        others = [c for c in self._random.permutation(3).tolist() if c not in held]
        missing += others[: max(0, (self.wishes.keys or 0) - len(held))]
        if start is not None:
            for color in missing:
                self._lock(LOCKED_DOORS[color], logits, start)
        self.tokens[self.tokens == DOORWAY] = Tile.DOOR

    def place_keys(self, logits: Logits) -> None:
        """One key for each color of locked doors, within reach of those who have the keys before it."""
        start = cell_with(self.tokens, Tile.START)
        missing = {c for c in range(3) if (self.tokens == LOCKED_DOORS[c]).any() and not (self.tokens == KEYS[c]).any()}
        while start is not None and missing:
            reached = reachable(as_grid(self.tokens), start)
            free = self._free(reached)
            grown = beside(reached)
            next_ones = [c for c in sorted(missing) if (grown & (self.tokens == LOCKED_DOORS[c])).any()]
            color = (next_ones or sorted(missing))[0]
            missing.remove(color)
            roomy = free & ~narrow_places(as_grid(self.tokens))
            self._put(KEYS[color], roomy if roomy.any() else free, logits, 1)

    def place_enemies(self, logits: Logits) -> None:
        """The wished number, and near the way as many of them as the wished difficulty asks for."""
        count = (self.wishes.enemies or 0) - int((self.tokens == Tile.ENEMY).sum())
        grid = as_grid(self.tokens)
        path = solve(grid).path
        free = self._free(self._reached())
        start = cell_with(grid, Tile.START)
        if start is not None:
            quiet = free & (steps_from(walkable(grid), start) >= START_PEACE_CELLS)
            free = quiet if quiet.sum() >= count else free
        if self.wishes.difficulty is not None and path and count > 0:
            close = near(path, grid.shape[0])
            lacking = self.wishes.difficulty - difficulty_of(grid, path)
            space = int((free & close).sum() * CROWDED_SHARE)
            wanted = min(count, space, max(0, round(lacking / 0.4 * grid.shape[0] / 3)))
            count -= self._put(Tile.ENEMY, free & close, logits, wanted)
            count -= self._put(Tile.ENEMY, self._free(free) & ~close, logits, count)
        self._put(Tile.ENEMY, self._free(free), logits, count)

    def place_loot(self, logits: Logits) -> None:
        """The wished number; what is still open then is floor."""
        count = (self.wishes.loot or 0) - int((self.tokens == Tile.LOOT).sum())
        self._put(Tile.LOOT, self._free(self._reached()), logits, count)
        self.tokens[self.tokens == OPEN] = Tile.FLOOR
        self.tokens[self.tokens == DOORWAY] = Tile.DOOR

    def _put(self, tile: Tile, where: Mask, logits: Logits, count: int) -> int:
        """Put `tile` into up to `count` cells of `where`; how many there were."""
        scores = log_chances(logits, (tile,)) + self._random.gumbel(size=where.shape)
        scores[~where] = -np.inf
        chosen = np.argsort(-scores.ravel(), kind="stable")[: max(0, min(count, int(where.sum())))]
        self.tokens.ravel()[chosen] = tile
        return len(chosen)

    def _lock(self, door: Tile, logits: Logits, start: Cell) -> None:
        """Shut one doorway, or one narrow place where there is no doorway, in front of which a key has space."""
        scores = log_chances(logits, (door,)) + self._random.gumbel(size=self.tokens.shape)
        grid = as_grid(self.tokens)
        doorways = self.tokens == DOORWAY
        places = doorways if doorways.any() else narrow_places(grid) & (self.tokens == OPEN)
        where = np.flatnonzero(places)
        usable = {}
        for index in where.tolist():
            cell = (index % grid.shape[1], index // grid.shape[1])
            within, cut_off = _shut(grid, start, cell)
            if int((within & (self.tokens == OPEN)).sum()) >= 2:
                usable[index] = float(scores.ravel()[index]) - (0.0 if cut_off else POINTLESS_LOCK)
        if usable:
            self.tokens.ravel()[max(usable, key=lambda index: (usable[index], -index))] = door

    def _free(self, area: Mask) -> Mask:
        free: Mask = area & (self.tokens == OPEN)
        return free

    def _main_region(self) -> Mask:
        """The region of the start or of the exit where one is set, else the largest, all doors open."""
        area = walkable(as_grid(self.tokens))
        for tile in (Tile.START, Tile.EXIT):
            cell = cell_with(self.tokens, tile)
            if cell is not None:
                return region_around(area, cell)
        _, labels = regions(area)
        sizes = np.bincount(labels.ravel())
        sizes[0] = 0
        largest: Mask = (labels == int(sizes.argmax())) & area
        return largest

    def _reached(self) -> Mask:
        start = cell_with(self.tokens, Tile.START)
        grid = as_grid(self.tokens)
        return walkable(grid) if start is None else reachable(grid, start)


def log_chances(logits: Logits, tiles: Sequence[Tile]) -> NDArray[np.float64]:
    """Log-probability of `tiles` per cell [size, size]."""
    values = logits.astype(np.float64)
    values -= values.max(-1, keepdims=True)
    total = np.log(np.exp(values).sum(-1))
    result: NDArray[np.float64] = np.log(np.exp(values[..., list(tiles)]).sum(-1) + 1e-30) - total
    return result


def _shut(grid: NDArray[np.uint8], start: Cell, cell: Cell) -> tuple[Mask, bool]:
    """What the figure can get to while `cell` and all locked doors are shut, and whether `cell` cuts anything off."""
    area = walkable(grid)
    before = int(region_around(area, start).sum())
    area[cell[1], cell[0]] = False
    cut_off = int(region_around(area, start).sum()) < before - 1
    held = [door for color, door in enumerate(LOCKED_DOORS) if not (grid == KEYS[color]).any()]
    return region_around(area & ~one_of(grid, held), start), cut_off
