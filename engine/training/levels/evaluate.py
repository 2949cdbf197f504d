"""The panel of LevelGen: can its levels be won, do they obey, are they like levels, are they new, and how fast.

Everything is measured in one run beside held-out levels (the ceiling), two baselines and four spoiled controls. A
control that no figure tells from held-out levels makes the outcome "inconclusive".
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.errors import DataError
from engine.generators.level import LevelGenerator
from engine.levels.attributes import Attributes, measure
from engine.levels.corpus.maker import MadeLevel, make_level
from engine.levels.decoding.conditions import Wishes
from engine.levels.decoding.refinement import Refinement
from engine.levels.grid import Grid, with_walls
from engine.levels.solver import solve
from engine.requests.level import LevelRequest
from engine.training.levels.data import HELD_OUT_SEED, SizedCorpus
from engine.training.levels.metrics import distribution_gap, nearest_distances, pattern_divergence, spread
from engine.training.levels.rivals import MarkovTiles, blanked, bsp_levels, repeated, shuffled

COUNTED = ("rooms", "loops", "enemies", "loot", "keys")
"""Attributes that are obeyed if they are met within one."""

SOLVABLE_MIN, OBEDIENCE_MIN, EDITED_MAX = 0.95, 0.90, 0.03


@dataclass(frozen=True, slots=True)
class SetFigures:
    """Figures of one set of levels.

    solvable     share that can be won
    divergence   of tile patterns from the training levels; smaller is more alike
    novelty      mean share of cells that differ from the nearest training level
    spread       mean share of cells that differ from the nearest other level of the set
    path_gap     earth mover's distance of path lengths from those of the training levels, in steps
    """

    solvable: float
    divergence: float
    novelty: float
    spread: float
    path_gap: float


@dataclass(frozen=True, slots=True)
class Obedience:
    """How one size of levels was made: shares of levels, edited shares of cells, milliseconds per level.

    `unguided_solvable` is the network alone (no choice among candidates, no constraints on contents),
    `solvable_before` its constrained decoding without any repair.
    """

    size: int
    unguided_solvable: float
    solvable_before: float
    solvable_after: float
    edited_mean: float
    edited_p95: float
    obeyed: dict[str, float]
    all_obeyed: float
    median_ms: float
    slowest_ms: float


@dataclass(frozen=True, slots=True)
class Panel:
    """All figures, and the outcome in one word: pass, fail or inconclusive."""

    sizes: tuple[Obedience, ...]
    sets: dict[str, SetFigures]
    missed: tuple[str, ...]
    blind_to: tuple[str, ...]

    @property
    def outcome(self) -> str:
        """Inconclusive where a control looks like a level; fail where something was missed."""
        return "inconclusive" if self.blind_to else "fail" if self.missed else "pass"

    def lines(self) -> list[str]:
        """The panel as text."""
        text = ["size  unguided  solvable  repaired  edited mean/p95  " + "  ".join(COUNTED) + "  all  ms median/max"]
        for row in self.sizes:
            obeyed = "  ".join(f"{row.obeyed[name]:.3f}" for name in COUNTED)
            text.append(
                f"{row.size:4}  {row.unguided_solvable:8.3f}  {row.solvable_before:8.3f}  {row.solvable_after:8.3f}  "
                f"{row.edited_mean:.4f} {row.edited_p95:.4f}  {obeyed}  {row.all_obeyed:.3f}  "
                f"{row.median_ms:.0f} {row.slowest_ms:.0f}"
            )
        text.append("set         solvable  divergence  novelty  spread  path gap")
        for name, figures in self.sets.items():
            text.append(
                f"{name:10}  {figures.solvable:8.3f}  {figures.divergence:10.3f}  {figures.novelty:7.3f}  "
                f"{figures.spread:6.3f}  {figures.path_gap:8.2f}"
            )
        text += [f"missed: {name}" for name in self.missed] + [f"blind to: {name}" for name in self.blind_to]
        return [*text, f"outcome: {self.outcome}"]


def evaluate_levels(
    generator: LevelGenerator,
    corpus: dict[int, SizedCorpus],
    *,
    sizes: Sequence[int] = (16, 24, 32, 64),
    levels_per_size: int = 100,
    compared_size: int = 24,
) -> Panel:
    """Measure the panel: `levels_per_size` requests per size with the counts of held-out levels, sets compared at
    `compared_size`. Raises DataError if the corpus has no levels of that size.
    """
    if compared_size not in corpus:
        raise DataError(f"compared_size: {compared_size} is not among the corpus's sizes {sorted(corpus)}")
    rows, made = [], []
    for size in sizes:
        row, grids = _obedience(generator, size, _count(levels_per_size, size))
        rows.append(row)
        if size == compared_size:
            made = grids
    if not made:
        made = _obedience(generator, compared_size, levels_per_size)[1]
    sets = _sets(made, corpus[compared_size].grids, compared_size)
    missed = _missed(rows, sets)
    ceiling = sets["held out"]
    controls = ("shuffled", "repeated", "copied", "blanked")
    blind = tuple(name for name in controls if not told_apart(sets[name], ceiling))
    return Panel(tuple(rows), sets, tuple(missed), blind)


def _count(levels_per_size: int, size: int) -> int:
    """Fewer of the large levels, which take longer."""
    return max(1, levels_per_size if size <= 32 else levels_per_size * 2 // 5)


def request_like(level: MadeLevel, seed: int) -> LevelRequest:
    """A request for the counts that a level has."""
    asked = level.attributes
    return LevelRequest(
        seed, level.grid.shape[0], rooms=asked.rooms, loops=asked.loops, enemies=asked.enemies, loot=asked.loot,
        keys=asked.keys,
    )  # fmt: skip


def _obedience(generator: LevelGenerator, size: int, count: int) -> tuple[Obedience, list[Grid]]:
    unguided, before, after, edited, times_ms = [], [], [], [], []
    obeyed: list[dict[str, bool]] = []
    grids = []
    for index in range(count):
        request = request_like(make_level(HELD_OUT_SEED + index, size), index)
        started = time.perf_counter()
        refinement = generator.refinement(request)
        for _ in range(refinement.step_count):
            refinement.advance()
        repaired = refinement.finish()
        times_ms.append((time.perf_counter() - started) * 1e3)
        unmended = generator.refinement(request, mends_layout=False)
        for _ in range(unmended.step_count):
            unmended.advance()
        before.append(solve(unmended.decoded()).solvable)
        after.append(repaired.solution.solvable)
        edited.append(repaired.edited_cells / size**2)
        obeyed.append(_obeys(refinement.wishes, measure(repaired.grid, repaired.solution.path)))
        grids.append(repaired.grid)
        unguided.append(solve(drawn_unguided(generator.refinement(request), index)).solvable)
    row = Obedience(
        size,
        float(np.mean(unguided)),
        float(np.mean(before)),
        float(np.mean(after)),
        float(np.mean(edited)),
        float(np.quantile(edited, 0.95)),
        {name: float(np.mean([entry[name] for entry in obeyed])) for name in COUNTED},
        float(np.mean([all(entry.values()) for entry in obeyed])),
        float(np.median(times_ms)),
        float(np.max(times_ms)),
    )
    return row, grids


def _obeys(wishes: Wishes, attributes: Attributes) -> dict[str, bool]:
    return {name: abs(getattr(attributes, name) - getattr(wishes, name)) <= 1 for name in COUNTED}


def drawn_unguided(refinement: Refinement, seed: int) -> Grid:
    """What the network draws without any help: the first candidate's layout, then every cell's contents on its own."""
    for _ in range(refinement.layout_steps):
        refinement.advance()
    return refinement.draw_plainly(np.random.Generator(np.random.Philox(key=[seed, 1 << 41])))


def _sets(made: Sequence[Grid], train: np.ndarray, size: int) -> dict[str, SetFigures]:
    count = len(made)
    held_out = [make_level(HELD_OUT_SEED + count + index, size).grid for index in range(count)]
    markov = MarkovTiles(list(train[:1000]))
    sets = {
        "held out": held_out,
        "levelgen": made,
        "bsp": bsp_levels(size, count, HELD_OUT_SEED + 4 * count),
        "markov": [with_walls(markov.draw(size, seed)) for seed in range(count)],
        "shuffled": shuffled(held_out, 1),
        "repeated": repeated(held_out),
        "copied": list(train[:count]),
        "blanked": blanked(held_out),
    }
    reference = list(train)
    paths = [_path_length(grid) for grid in reference[:1000]]
    return {name: _figures(levels, reference, train, paths) for name, levels in sets.items()}


def _path_length(grid: Grid) -> float:
    return float(max(0, len(solve(grid).path) - 1))


def _figures(
    levels: Sequence[Grid], reference: Sequence[Grid], train: np.ndarray, paths: Sequence[float]
) -> SetFigures:
    lengths = [_path_length(grid) for grid in levels]
    return SetFigures(
        float(np.mean([length > 0 for length in lengths])),
        pattern_divergence(levels, reference),
        float(nearest_distances(levels, train).mean()),
        spread(levels),
        distribution_gap(lengths, paths),
    )


def told_apart(figures: SetFigures, ceiling: SetFigures) -> bool:
    """Whether some figure says that a set is no set of fresh levels."""
    return (
        figures.solvable < SOLVABLE_MIN
        or figures.divergence > 1.5 * ceiling.divergence
        or figures.novelty < 0.5 * ceiling.novelty
        or figures.spread < 0.5 * ceiling.spread
    )


def _missed(rows: Sequence[Obedience], sets: dict[str, SetFigures]) -> list[str]:
    missed = []
    for row in rows:
        checks = {
            "solvable before repair": row.solvable_before >= SOLVABLE_MIN,
            "solvable after repair": row.solvable_after == 1.0,
            "edited cells": row.edited_mean <= EDITED_MAX,
            **{f"{name} within one": row.obeyed[name] >= OBEDIENCE_MIN for name in COUNTED},
        }
        missed += [f"{name} at size {row.size}" for name, met in checks.items() if not met]
    levelgen = sets["levelgen"]
    for rival in ("bsp", "markov"):
        if levelgen.divergence >= sets[rival].divergence:
            missed.append(f"tile patterns closer than {rival}")
    if levelgen.novelty < 0.5 * sets["held out"].novelty:
        missed.append("novelty of at least half the held-out levels'")
    if levelgen.spread < 0.5 * sets["held out"].spread:
        missed.append("spread of at least half the held-out levels'")
    return missed
