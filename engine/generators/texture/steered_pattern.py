"""The sliders `scale` and `direction` on a pattern: they choose the counts of cells that a request leaves open.

Patterns count their cells per tile in parameters of a few names. `scale` says how many lie across the tile: 64 at 0, 8
in the middle, one at 1, as far as the pattern's parameters go. `direction` says how much longer they are along one axis
than along the other or, for patterns that run along an axis and have a parameter `vertical`, which axis that is; at 0
the latter stay as they are.
"""

from collections.abc import Collection, Mapping
from math import log, prod, sqrt

from engine.errors import InvalidRequestError
from engine.patterns import resolve_pattern
from engine.patterns.structure import CELLS_MAX
from engine.requests.texture import Pattern

COUNTS = ("columns", "rows", "cells", "repeats", "threads", "crests", "rings")
"""Parameters that say how many cells lie across the tile; who has two of them has columns and rows."""

FOLLOWERS = ("fibres", "slant")
"""Parameters that grow and shrink with the counts."""

CELLS_PER_COUNT = {
    "brick_english": {"columns": 1.5},
    "brick_flemish": {"columns": 2.0},
    "herringbone": {"repeats": 2.5},
    "plates": {"columns": 2.0, "rows": 2.0},
    "cobbles": {"columns": 0.66, "rows": 0.66},
    "weave": {"threads": 0.66},
    "waves": {"crests": 0.6},
    "grain": {"rings": 0.4},
    "ridges": {"columns": 0.44, "rows": 0.44},
    "noise": {"columns": 0.28, "rows": 0.28},
}
"""Cells that the eye sees per counted one, where that is not 1: a course in Flemish bond has two bricks per pair, a
bump of noise is several lattice cells wide. Those of noise, ridges and grain are from their spectra."""

DIRECTION_MAX = 0.9
"""Strongest direction that cells take: 4.4 times as long as wide."""


def steered_pattern(pattern: Pattern, fixed: Collection[str], sliders: Mapping[str, float]) -> Pattern:
    """`pattern` as the sliders `scale` and `direction` want it, as far as `sliders` holds them.

    pattern  one that `resolve_pattern` takes
    fixed    names of parameters that stay as they are
    """
    resolved = resolve_pattern(pattern)
    drawn = resolved.parameters
    per_count = CELLS_PER_COUNT.get(pattern.name, {})
    counts = {name: drawn[name] * per_count.get(name, 1.0) for name in COUNTS if name in drawn}
    wanted: dict[str, float] = {}
    if counts and "scale" in sliders:
        ratio = CELLS_MAX ** (1.0 - sliders["scale"]) / prod(counts.values()) ** (1 / len(counts))
        wanted |= {name: drawn[name] * ratio for name in (*counts, *FOLLOWERS) if name in drawn}
    if "vertical" in drawn:
        if direction := sliders.get("direction"):
            wanted["vertical"] = float(direction > 0.0)
    elif "direction" in sliders and counts.keys() == {"columns", "rows"}:
        change = sqrt(_elongation(sliders["direction"]) * counts["rows"] / counts["columns"])
        wanted["columns"] = wanted.get("columns", drawn["columns"]) * change
        wanted["rows"] = wanted.get("rows", drawn["rows"]) / change
    for name, value in wanted.items():
        if name not in fixed:
            resolved = _nearest(resolved, name, value)
    return resolved


def _elongation(direction: float) -> float:
    """Columns per row."""
    direction = min(max(direction, -DIRECTION_MAX), DIRECTION_MAX)
    # Slopes grow with the count of cells, and the direction compares the squares of the slopes along both axes.
    return sqrt((1.0 + direction) / (1.0 - direction))


def _nearest(pattern: Pattern, name: str, value: float) -> Pattern:
    """The pattern with the whole number for `name` that is nearest to `value` and goes with its other parameters."""
    for count in sorted(range(CELLS_MAX + 1), key=lambda count: abs(log(max(count, 0.5) / max(value, 0.5)))):
        try:
            return resolve_pattern(Pattern(pattern.name, {**pattern.parameters, name: count}))
        except InvalidRequestError:
            continue
    return pattern
