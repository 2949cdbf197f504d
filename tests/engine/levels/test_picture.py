"""Pictures of levels."""

import numpy as np

from engine.levels.corpus.maker import make_level
from engine.levels.picture import TILE_PX, draw_level, sheet, tile_pictures, tile_strip
from engine.levels.solver import solve
from engine.requests.level import Tile


def test_every_tile_looks_different() -> None:
    pictures = tile_pictures().astype(np.int64)
    for tile in Tile:
        for other in Tile:
            assert tile == other or np.abs(pictures[tile] - pictures[other]).mean() > 1.5, (tile, other)


def test_level_is_drawn_at_sixteen_pixels_per_cell() -> None:
    level = make_level(1, 16)
    image = draw_level(level.grid)
    assert image.shape == (16 * TILE_PX, 16 * TILE_PX, 3)
    assert image.dtype == np.uint8
    assert (image == draw_level(level.grid)).all()


def test_way_is_drawn_where_it_goes() -> None:
    level = make_level(1, 16)
    path = solve(level.grid).path
    changed = (draw_level(level.grid) != draw_level(level.grid, path)).any(-1)
    cells = changed.reshape(16, TILE_PX, 16, TILE_PX).any((1, 3))
    assert {(int(x), int(y)) for y, x in np.argwhere(cells)} >= set(path)
    assert cells.sum() <= 3 * len(path)


def test_strip_and_sheet_have_room_for_all() -> None:
    assert tile_strip().shape == (TILE_PX, TILE_PX * len(Tile), 3)
    pictures = [draw_level(make_level(seed, 16).grid) for seed in range(3)]
    assert sheet(pictures, 2, 100).shape == (2 * 105 + 5, 2 * 105 + 5, 3)
