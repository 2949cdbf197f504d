"""LevelGen: can its levels be won, do they obey, how much has to be mended, and how soon are they there.

python -m benchmarks scene.levels
"""

import time
from dataclasses import dataclass

import numpy as np
import torch

from benchmarks.records import Record, machine, median, percentile, record, with_conditions
from engine.catalog import load_catalog
from engine.generators.level import LevelGenerator
from engine.levels.attributes import measure as measured
from engine.levels.corpus.maker import make_level
from engine.levels.solver import solve
from engine.requests.level import LevelRequest
from engine.training.levels.data import HELD_OUT_SEED
from engine.training.levels.evaluate import COUNTED, EDITED_MAX, OBEDIENCE_MIN, SOLVABLE_MIN, request_like

COUNTS = {16: 100, 64: 25}
"""Levels by size."""

TIME_GOALS_MS = {16: 250.0, 64: 3000.0}


@dataclass(frozen=True, slots=True)
class Made:
    """One level: could it be won before and after repair, the share of cells mended, what it obeys, its time."""

    before: bool
    after: bool
    edited: float
    obeyed: dict[str, bool]
    duration_ms: float


def measure() -> list[Record]:
    """The records of this benchmark."""
    torch.set_num_threads(1)
    generator = load_catalog(precision="fp32", thread_count=1).generators[LevelRequest]
    assert isinstance(generator, LevelGenerator)
    _made(generator, 16, -1)
    records = []
    for size, count in COUNTS.items():
        records += _records(size, [_made(generator, size, index) for index in range(count)])
    return with_conditions(records, {"threads": 1, **machine()})


def _made(generator: LevelGenerator, size: int, index: int) -> Made:
    """A level with the counts of a held-out one."""
    request = request_like(make_level(HELD_OUT_SEED + max(index, 0), size), max(index, 0))
    started = time.process_time()  # what it takes on a core of its own, whatever else this machine does
    refinement = generator.refinement(request)
    for _ in range(refinement.step_count):
        refinement.advance()
    repaired = refinement.finish()
    duration_ms = (time.process_time() - started) * 1e3
    unmended = generator.refinement(request, mends_layout=False)
    for _ in range(unmended.step_count):
        unmended.advance()
    found = measured(repaired.grid, repaired.solution.path)
    obeyed = {name: abs(getattr(found, name) - getattr(refinement.wishes, name)) <= 1 for name in COUNTED}
    before = solve(unmended.decoded()).solvable
    return Made(before, repaired.solution.solvable, repaired.edited_cells / size**2, obeyed, duration_ms)


def _records(size: int, levels: list[Made]) -> list[Record]:
    here = {"levels": len(levels)}
    obeyed = {name: float(np.mean([level.obeyed[name] for level in levels])) for name in COUNTED}
    times_ms = [level.duration_ms for level in levels]
    before, after = (float(np.mean([getattr(level, name) for level in levels])) for name in ("before", "after"))
    edited = float(np.mean([level.edited for level in levels]))
    worst = min(obeyed, key=lambda name: obeyed[name])
    name = f"levels of {size}x{size}"
    times = {
        **here,
        "unit": "milliseconds of processor time",
        "p95_ms": round(percentile(times_ms, 95), 1),
        "slowest_ms": round(max(times_ms), 1),
    }
    return [
        record(f"{name}: solvable before repair", round(before, 4), here, at_least=SOLVABLE_MIN),
        record(f"{name}: solvable after repair", round(after, 4), here, at_least=1.0),
        record(f"{name}: cells edited by repair, mean share", round(edited, 5), here, at_most=EDITED_MAX),
        record(
            f"{name}: obeyed within one, the attribute that is obeyed least",
            round(obeyed[worst], 4),
            {**here, "attribute": worst, **{key: round(value, 3) for key, value in obeyed.items()}},
            at_least=OBEDIENCE_MIN,
        ),
        record(f"{name}: time in ms, median", median(times_ms, 1), times, at_most=TIME_GOALS_MS[size]),
    ]
