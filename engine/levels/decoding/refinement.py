"""A level in the making, refined step by step: layout candidates, the choice among them, contents, repair.

Knows no network: `Predict` gives the logits. Every draw comes from a hash of the seed, the candidate and the step, so
the same arguments give the same level, and a refinement that is begun again ends the same way.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from engine.levels.decoding.conditions import Conditions, Wishes
from engine.levels.decoding.contents import ContentsDecoder
from engine.levels.decoding.hiding import DOORWAY, HIDDEN, OPEN, Tokens, layout_only, seen
from engine.levels.decoding.layout import Logits, as_grid, distance_from, settle
from engine.levels.grid import CONTENTS, DOORS, Cell, Mask
from engine.levels.repair.mender import Repaired, repair, repair_layout
from engine.requests.level import Symmetry, Tile

CONTENT_STEPS = 4
"""Start and exit; locks and keys; enemies; loot."""

Predict = Callable[[NDArray[np.uint8], Conditions], NDArray[np.float32]]
"""Logits [batch, size, size, tile] for tokens [batch, size, size] of even size and conditions [attribute]."""


def candidate_count(size: int) -> int:
    """Layouts that are decoded side by side: one of the largest levels, which gain more by steps."""
    return 4 if size <= 48 else 1


def layout_step_count(size: int) -> int:
    """Refinement steps of the layout: more for large levels."""
    return 8 if size <= 24 else 12 if size <= 48 else 14


def step_count(size: int) -> int:
    """Refinement steps in all."""
    return layout_step_count(size) + CONTENT_STEPS


@dataclass(frozen=True, slots=True)
class Snapshot:
    """How far a level is after a step: its tokens [size, size], the cells still hidden, and whose layout it is."""

    tokens: Tokens
    hidden_cells: int
    candidate: int


class Refinement:
    """One level. Call `advance` `step_count` times, then `finish`.

    The chosen layout is repaired before contents go into it, so that they reach every part of the level; without
    `mends_layout` all repair waits for `finish`, which shows what the network decodes on its own.
    """

    def __init__(
        self, seed: int, wishes: Wishes, fixed: Mapping[Cell, Tile], predict: Predict, *, mends_layout: bool = True
    ) -> None:
        self.wishes, self._seed, self._predict, self._mends_layout = wishes, seed, predict, mends_layout
        self._conditions = wishes.conditions()
        size = wishes.size
        self.fixed: Mask = np.zeros((size, size), bool)
        self._fixed_grid = np.zeros((size, size), np.uint8)
        for (x, y), tile in fixed.items():
            self.fixed[y, x] = True
            self._fixed_grid[y, x] = tile
        self.steps_done = 0
        self.layout_steps, self.step_count = layout_step_count(size), step_count(size)
        first = np.full((size, size), HIDDEN, np.uint8)
        first[_frame(size)] = Tile.WALL  # no level of the corpus opens its outermost ring
        first[self.fixed] = seen(self._fixed_grid)[self.fixed]
        self._hidden_first = int((first == HIDDEN).sum())
        count = candidate_count(size) if self._hidden_first else 1
        self._candidates = np.repeat(first[None], count, 0)
        self._chosen = 0
        self._mended: Mask = np.zeros((size, size), bool)
        self._contents: ContentsDecoder | None = None
        self._last_logits: Logits | None = None

    def advance(self) -> Snapshot:
        """One refinement step."""
        if self.steps_done < self.layout_steps:
            self._settle(self.steps_done)
        else:
            self._place(self.steps_done - self.layout_steps)
        self.steps_done += 1
        tokens = self.tokens
        return Snapshot(tokens, int((tokens == HIDDEN).sum()), self._chosen)

    @property
    def tokens(self) -> Tokens:
        """The tokens as they are now [size, size]."""
        return self._candidates[self._chosen] if self._contents is None else self._contents.tokens

    def decoded(self) -> NDArray[np.uint8]:
        """The grid as it was decoded, before `finish` repairs it; fixed cells are what they were."""
        return np.where(self.fixed, self._fixed_grid, as_grid(self.tokens))

    def finish(self) -> Repaired:
        """The repaired level. Raises InvalidRequestError where the fixed cells leave no way to the exit."""
        size = self.wishes.size
        likelihood = np.zeros((size, size, len(Tile)))
        if self._last_logits is not None:
            likelihood += self._last_logits
        decoded = self.decoded()
        repaired = repair(decoded, self.wishes, self.fixed, likelihood)
        edited = self._mended | (seen(repaired.grid) != seen(decoded))
        return replace(repaired, edited_cells=int(edited.sum()))

    def draw_plainly(self, random: np.random.Generator) -> NDArray[np.uint8]:
        """A grid from the first candidate as it is now, every cell that is not settled drawn on its own: what the
        network alone would give, for comparison.
        """
        tokens = self._candidates[0]
        logits = self._logits(tokens[None])[0].astype(np.float64)
        of_group = np.zeros(logits.shape, bool)
        for token, tiles in ((OPEN, CONTENTS), (DOORWAY, DOORS)):
            of_group[..., list(tiles)] |= (tokens == token)[..., None]
        drawn = np.where(of_group, logits + random.gumbel(size=logits.shape), -np.inf).argmax(-1).astype(np.uint8)
        return np.where(tokens > HIDDEN, drawn, as_grid(tokens))

    def _settle(self, step: int) -> None:
        if self._hidden_first:
            same = step == 0  # nothing is settled yet, so one of the candidates speaks for all
            logits = self._logits(self._candidates[:1] if same else self._candidates)
            done = (step + 1) / self.layout_steps
            for index, tokens in enumerate(self._candidates):
                random = self._random(index, step)
                symmetry = self.wishes.symmetry or Symmetry.NONE
                own = logits[0 if same else index]
                self._candidates[index] = settle(tokens, own, random, done, self._hidden_first, symmetry)
        if step + 1 == self.layout_steps:
            distances = [distance_from(self.wishes, tokens) for tokens in self._candidates]
            self._chosen = int(np.argmin(distances))
            if self._mends_layout:
                self._mend_layout()

    def _mend_layout(self) -> None:
        tokens = self._candidates[self._chosen]
        before = np.where(self.fixed, self._fixed_grid, as_grid(tokens))
        after = repair_layout(before, self.wishes, self.fixed)
        self._mended = seen(after) != seen(before)
        self._candidates[self._chosen] = np.where(self._mended, layout_only(seen(after)), tokens)

    def _place(self, stage: int) -> None:
        if self._contents is None:
            tokens = self._candidates[self._chosen]
            self._contents = ContentsDecoder(tokens, self.wishes, self._random(self._chosen, self.layout_steps))
        contents = self._contents
        placements = (
            (contents.place_start, contents.place_exit),
            (contents.place_locks, contents.place_keys),
            (contents.place_enemies,),
            (contents.place_loot,),
        )[stage]
        for place in placements:
            self._last_logits = self._logits(contents.tokens[None])[0]
            place(self._last_logits)

    def _logits(self, tokens: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Logits for tokens [batch, size, size]; an odd size gets one more row and column of wall."""
        size = self.wishes.size
        odd = size % 2
        padded = np.pad(tokens, ((0, 0), (0, odd), (0, odd)), constant_values=Tile.WALL)
        return self._predict(padded, self._conditions)[:, :size, :size]

    def _random(self, candidate: int, step: int) -> np.random.Generator:
        return np.random.Generator(np.random.Philox(key=[self._seed, (candidate << 16) + step]))


def _frame(size: int) -> Mask:
    frame = np.ones((size, size), bool)
    frame[1:-1, 1:-1] = False
    return frame
