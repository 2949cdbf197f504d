"""The JSON documents of levels and of the steps on the way."""

import json
from collections.abc import Callable, Sequence

import numpy as np

from engine.levels.attributes import measure
from engine.levels.decoding.conditions import Wishes
from engine.levels.decoding.hiding import DOORWAY, HIDDEN, OPEN
from engine.levels.decoding.refinement import Snapshot
from engine.levels.document import legend, level_document, step_document
from engine.levels.grid import Grid
from engine.levels.repair.mender import Repaired
from engine.levels.solver import solve
from engine.requests.level import GLYPHS, Symmetry, Tile


def test_level_document_says_everything_in_plain_json(
    locked_level: Grid, follow: Callable[[Sequence[str], Sequence[tuple[int, int]]], str]
) -> None:
    repaired = Repaired(locked_level, solve(locked_level), 2)
    wishes = Wishes(10, keys=2, symmetry=Symmetry.NONE, openness=1 / 3)
    document = level_document(repaired, measure(locked_level), wishes, 4, {"Seed": "1"})
    read = json.loads(json.dumps(document))
    assert read["attributes"]["keys"] == 2
    assert read["attributes"]["symmetry"] == "none"
    assert read["wishes"]["openness"] == 0.333333
    assert (read["fixed_cells"], read["repaired_cells"], read["size"]) == (4, 2, 10)
    assert read["provenance"] == {"Seed": "1"}
    assert follow(read["rows"], [(x, y) for x, y in read["witness_path"]]) == "won"
    assert set("".join(read["rows"])) <= set(read["legend"])


def test_step_document_shows_what_is_still_hidden() -> None:
    tokens = np.array([[HIDDEN, OPEN], [DOORWAY, Tile.LOOT]], np.uint8)
    document = step_document(3, 12, Snapshot(tokens, 1, 0))
    assert document["rows"] == ["?.", "+$"]
    assert (document["step"], document["step_count"], document["hidden_cells"]) == (3, 12, 1)


def test_legend_names_every_glyph() -> None:
    assert legend()["@"] == "start"
    assert "".join(legend()) == GLYPHS
