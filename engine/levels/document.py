"""A level, and each step on its way, as plain JSON documents."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from engine.levels.attributes import Attributes
from engine.levels.decoding.conditions import Wishes
from engine.levels.decoding.hiding import DOORWAY, HIDDEN, OPEN, Tokens
from engine.levels.decoding.refinement import Snapshot
from engine.levels.grid import Grid, to_rows
from engine.levels.repair.mender import Repaired
from engine.requests.level import GLYPHS, Tile

FORMAT = "morphogen-level-1"

HIDDEN_GLYPH = "?"
"""A cell that is not settled yet, in the documents of the steps."""


def legend() -> dict[str, str]:
    """Glyph -> name of the tile."""
    return {glyph: tile.name.lower() for glyph, tile in zip(GLYPHS, Tile, strict=True)}


def token_rows(tokens: Tokens) -> tuple[str, ...]:
    """One line of glyphs per row; ground with unknown contents shows as floor, an unknown lock as a door."""
    glyphs = {HIDDEN: HIDDEN_GLYPH, OPEN: GLYPHS[Tile.FLOOR], DOORWAY: GLYPHS[Tile.DOOR]}
    return tuple(
        "".join(glyphs[token] if token in glyphs else GLYPHS[token] for token in row) for row in tokens.tolist()
    )


def step_document(step: int, step_count: int, snapshot: Snapshot) -> dict[str, Any]:
    """One refinement step: `step` counts from 1; `candidate` tells whose layout is shown."""
    return {
        "format": FORMAT,
        "step": step,
        "step_count": step_count,
        "hidden_cells": snapshot.hidden_cells,
        "candidate": snapshot.candidate,
        "rows": list(token_rows(snapshot.tokens)),
    }


def level_document(
    repaired: Repaired, attributes: Attributes, wishes: Wishes, fixed_cells: int, provenance: Mapping[str, str]
) -> dict[str, Any]:
    """The finished level: rows and their legend, what was measured and wished, a shortest way, where it came from."""
    grid: Grid = repaired.grid
    return {
        "format": FORMAT,
        "size": grid.shape[0],
        "rows": list(to_rows(grid)),
        "legend": legend(),
        "attributes": {name: _plain(value) for name, value in asdict(attributes).items()},
        "wishes": {name: _plain(value) for name, value in asdict(wishes).items()},
        "witness_path": [list(cell) for cell in repaired.solution.path],
        "fixed_cells": fixed_cells,
        "repaired_cells": repaired.edited_cells,
        "provenance": dict(provenance),
    }


def _plain(value: object) -> object:
    """Floats rounded to six digits, which keeps the text short; enumerations as their text."""
    if isinstance(value, float):
        return round(value, 6)
    return str(value) if isinstance(value, str) else value
