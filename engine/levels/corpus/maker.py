"""Makes levels from seeds, and keeps those that the solver accepts."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from engine.levels.attributes import Attributes, measure
from engine.levels.corpus.built import halls, scattered_rooms
from engine.levels.corpus.contents import fill
from engine.levels.corpus.grown import caves, maze
from engine.levels.corpus.layout import Layout, drop_specks, join, mirror
from engine.levels.grid import Grid
from engine.levels.solver import solve
from engine.requests.level import LOOPS_MAX, ROOMS_MAX, LevelStyle, Symmetry

MIRRORED_SHARE = 0.3
ATTEMPTS_MAX = 100

_MAKERS: dict[LevelStyle, Callable[[np.random.Generator, int], Layout]] = {
    LevelStyle.ROOMS: scattered_rooms,
    LevelStyle.HALLS: halls,
    LevelStyle.CAVES: caves,
    LevelStyle.MAZE: maze,
}


@dataclass(frozen=True, slots=True)
class MadeLevel:
    """A level of the corpus: its grid, what was measured from it, and the way it was built."""

    grid: Grid
    attributes: Attributes
    style: LevelStyle


def make_level(seed: int, size: int, style: LevelStyle | None = None) -> MadeLevel:
    """A level that can be won and in which every walkable cell can be reached; a pure function of its arguments."""
    for attempt in range(ATTEMPTS_MAX):
        random = np.random.Generator(np.random.Philox(key=[seed, size * ATTEMPTS_MAX + attempt]))
        chosen = style or tuple(LevelStyle)[int(random.integers(len(LevelStyle)))]
        grid = _layout(random, size, chosen).grid()
        if not fill(random, grid):
            continue
        solution = solve(grid)
        if not solution.solvable:
            continue
        attributes = measure(grid, solution.path)
        fits = 1 <= attributes.rooms <= ROOMS_MAX and attributes.loops <= LOOPS_MAX
        if fits and attributes.reachable_share == 1.0:
            return MadeLevel(grid, attributes, chosen)
    raise AssertionError(f"no level of size {size} came out of seed {seed}")


def _layout(random: np.random.Generator, size: int, style: LevelStyle) -> Layout:
    layout = _MAKERS[style](random, size)
    symmetry = Symmetry.NONE
    if random.random() < MIRRORED_SHARE:
        symmetry = (Symmetry.X, Symmetry.Y, Symmetry.BOTH)[int(random.integers(3))]
        mirror(layout, symmetry)
        drop_specks(layout, 9)
    join(layout, symmetry)
    return layout
