from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.patterns.canvas import Canvas
from engine.patterns.tilings import herringbone_cells, hex_rows
from engine.requests.texture import Pattern

CountCells = Callable[[Pattern], int]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        # Turned by 45 degrees a tile holds 2 * units^2 unit squares; a piece takes `ratio` of them.
        (Pattern("herringbone"), 2 * 12 * 12 // 4),
        (Pattern("herringbone", {"repeats": 2, "ratio": 2, "diagonal": 0}), 8 * 8 // 2),
        (Pattern("herringbone", {"repeats": 1, "ratio": 5, "diagonal": 0}), 10 * 10 // 5),
        (Pattern("basket_weave"), 36 * 3),
        (Pattern("basket_weave", {"repeats": 2, "strips": 2}), 16 * 2),
        (Pattern("hex_tiles"), 7 * 8),
        (Pattern("hex_tiles", {"columns": 10}), 10 * 12),
    ],
)
def test_cells_are_as_many_as_asked_for(count_cells: CountCells, pattern: Pattern, expected: int) -> None:
    assert count_cells(pattern) == expected


@settings(deadline=None, max_examples=30)
@given(st.integers(2, 6), st.integers(1, 4), st.booleans())
def test_herringbone_pieces_all_have_the_same_area(ratio: int, repeats: int, diagonal: bool) -> None:
    units = ratio * repeats if diagonal else 2 * ratio * repeats
    pixels = np.arange(16 * units)
    canvas = Canvas(0, 16 * units, pixels, pixels)
    x, y = canvas.warped(0.0, 1, 1)
    cells = herringbone_cells(x, y, units, ratio, diagonal)
    areas = np.unique(cells.index, return_counts=True)[1]
    assert len(areas) == (2 if diagonal else 1) * units * units // ratio
    # On the diagonal, pixels straddle the pieces' sides.
    assert np.ptp(areas) <= (0.15 * areas.mean() if diagonal else 0)


@pytest.mark.parametrize("columns", [4, 6, 7, 14, 30])
def test_hexagons_are_nearly_regular(columns: int) -> None:
    assert abs(hex_rows(columns) / columns / (2 / np.sqrt(3)) - 1.0) < 0.16
    assert hex_rows(columns) % 2 == 0
