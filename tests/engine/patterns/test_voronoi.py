from collections.abc import Callable

import numpy as np
import pytest

from engine.patterns import render_pattern
from engine.patterns.canvas import Canvas
from engine.patterns.voronoi import NEIGHBOURS, Sites, _site_table, voronoi_cells
from engine.requests.texture import Pattern

CountCells = Callable[[Pattern], int]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        (Pattern("voronoi", {"columns": 5, "rows": 6, "jitter": 0}), 30),
        (Pattern("cobbles", {"columns": 6, "rows": 6, "roundness": 0, "variation": 0, "scatter": 0.5}), 36),
    ],
)
def test_cells_are_as_many_as_asked_for(count_cells: CountCells, pattern: Pattern, expected: int) -> None:
    assert count_cells(pattern) == expected


@pytest.mark.parametrize("seed", range(4))
def test_three_by_three_search_finds_the_nearest_of_all_sites(seed: int) -> None:
    sites = Sites(7, 6, 1.0)
    size_px = 128
    pixels = np.arange(size_px)
    x, y = Canvas(seed, size_px, pixels, pixels).warped(0.0, 1, 1)
    cells = voronoi_cells(seed, x, y, sites)
    table, middle = _site_table(seed, sites), NEIGHBOURS.index((0, 0))
    row, column = np.divmod(np.arange(42), 7)
    site_x, site_y = table.x[middle] + column / 7, table.y[middle] + row / 6
    # All sites of the tile and of its eight neighbours.
    all_x = np.concatenate([site_x + i for i, _ in NEIGHBOURS])
    all_y = np.concatenate([site_y + j for _, j in NEIGHBOURS])
    square = (x[..., None] - all_x) ** 2 + (y[..., None] - all_y) ** 2
    order = np.argsort(square, axis=-1)
    nearest = order[..., 0]
    assert np.mean(nearest % 42 != cells.index) < 1e-3
    own = np.take_along_axis(square, nearest[..., None], -1)
    apart = np.hypot(all_x - all_x[nearest][..., None], all_y - all_y[nearest][..., None])
    bisector = np.where(apart > 0, (square - own) / (2 * np.maximum(apart, 1e-9)), np.inf).min(-1)
    near_edge = bisector < 0.25 / 7
    assert float(np.abs(cells.edge - bisector)[near_edge].max()) < 1e-4
    assert float(np.mean(np.abs(cells.edge - bisector) > 1e-4)) < 0.01


def test_cobbles_are_domes_and_slabs_are_flat() -> None:
    cobbles = render_pattern(Pattern("cobbles", {"relief": 0, "jitter": 0, "surface": 0}), 2, 256).height
    slabs = render_pattern(Pattern("voronoi", {"relief": 0, "jitter": 0, "surface": 0}), 2, 256).height
    assert float(np.mean(cobbles > 0.999)) < 0.3
    assert float(np.mean(slabs > 0.999)) > 0.5


def test_cracks_are_thin_lines_in_a_flat_field() -> None:
    height = render_pattern(Pattern("cracks", {"surface": 0}), 2, 512).height
    assert float(np.mean(height > 0.99)) > 0.8
    assert float(height.min()) < 0.05


def test_more_branches_crack_more_of_the_field() -> None:
    few, many = (
        render_pattern(Pattern("cracks", {"branches": share, "surface": 0}), 2, 512).height for share in (0.0, 1.0)
    )
    assert float(np.mean(many < 0.9)) > 1.3 * float(np.mean(few < 0.9))
