"""Grids and their rows of glyphs."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import DataError
from engine.levels.grid import beside, from_rows, ground, to_rows, walkable, with_walls
from engine.requests.level import GLYPHS, Tile


@given(st.lists(st.text(alphabet=GLYPHS, min_size=6, max_size=6), min_size=6, max_size=6))
def test_rows_come_back_as_they_were(rows: list[str]) -> None:
    assert list(to_rows(from_rows(rows))) == rows


@pytest.mark.parametrize(("rows", "reason"), [(("..", "."), r"rows\[1\]: has 1"), (("..", ".x"), "unknown glyph 'x'")])
def test_rows_that_are_no_level_are_refused(rows: tuple[str, ...], reason: str) -> None:
    with pytest.raises(DataError, match=reason):
        from_rows(rows)


def test_walls_stand_beside_ground_and_nowhere_else() -> None:
    grid = from_rows(("#####", "#####", "##.##", "#####", "#####"))
    assert to_rows(with_walls(grid)) == ("     ", " ### ", " #.# ", " ### ", "     ")


def test_hazard_is_ground_that_nobody_walks_on() -> None:
    grid = np.array([[Tile.HAZARD, Tile.FLOOR], [Tile.WALL, Tile.RED_DOOR]], np.uint8)
    assert ground(grid).tolist() == [[True, True], [False, True]]
    assert walkable(grid).tolist() == [[False, True], [False, True]]


def test_beside_is_the_ring_around_a_cell() -> None:
    mask = np.zeros((3, 3), bool)
    mask[1, 1] = True
    assert beside(mask).tolist() == [[False, True, False], [True, False, True], [False, True, False]]
