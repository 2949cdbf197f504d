"""The solver against an exhaustive search, and its witnesses against a figure that walks them."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.levels.grid import Grid, from_rows, to_rows
from engine.levels.solver import reachable, solve
from engine.requests.level import GLYPHS, Tile

Follow = Callable[[Sequence[str], Sequence[tuple[int, int]]], str]

GRIDS = st.lists(st.sampled_from("##....~RBrb$e+"), min_size=25, max_size=25)


def small(glyphs: list[str], start: int, goal: int) -> Grid:
    """A 5x5 grid with one start and one exit."""
    cells = list(glyphs)
    cells[start], cells[goal] = "@", ">"
    return from_rows(["".join(cells[row * 5 : row * 5 + 5]) for row in range(5)])


def steps_by_exhaustion(rows: Sequence[str]) -> int | None:
    """Fewest steps from start to exit: all positions with all pockets, spread until nothing new is found."""
    start = next((x, y) for y, row in enumerate(rows) for x, glyph in enumerate(row) if glyph == "@")
    states = {(start, "")}
    steps = 0
    seen = set(states)
    while states:
        if any(rows[y][x] == ">" for (x, y), _ in states):
            return steps
        steps += 1
        following = set()
        for (x, y), pocket in states:
            for column, row in ((x + 1, y), (x - 1, y), (x, y + 1), (x, y - 1)):
                if not (0 <= row < len(rows) and 0 <= column < len(rows)):
                    continue
                glyph = rows[row][column]
                if glyph in " #~" or (glyph in "RYB" and glyph.lower() not in pocket):
                    continue
                held = "".join(sorted({*pocket, glyph} & set("ryb") | set(pocket)))
                following.add(((column, row), held))
        states = following - seen
        seen |= states
    return None


@settings(max_examples=300, deadline=None)
@given(GRIDS, st.integers(0, 24), st.integers(0, 24))
def test_solver_agrees_with_exhaustive_search(follow: Follow, glyphs: list[str], start: int, goal: int) -> None:
    grid = small(glyphs, start, (goal + 1) % 25 if goal == start else goal)
    rows = to_rows(grid)
    solution = solve(grid)
    steps = steps_by_exhaustion(rows)
    assert solution.solvable == (steps is not None)
    if steps is not None:
        assert len(solution.path) == steps + 1
        assert follow(rows, solution.path) == "won"
    else:
        assert solution.obstacle


def test_witness_fetches_the_keys_in_order(follow: Follow, locked_level: Grid) -> None:
    solution = solve(locked_level)
    assert follow(to_rows(locked_level), solution.path) == "won"
    assert {(2, 2), (8, 1)} <= set(solution.path)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({(8, 1): Tile.FLOOR}, "a blue door is shut and the blue key does not exist"),
        ({(2, 2): Tile.FLOOR, (8, 8): Tile.RED_KEY}, "a red door is shut and the red key cannot be reached"),
        ({(1, 4): Tile.WALL}, "walls lie between"),
        ({(1, 4): Tile.HAZARD}, "hazards lie between"),
        ({(1, 1): Tile.FLOOR}, "0 cells are the start"),
        ({(1, 2): Tile.EXIT}, "2 cells are the exit"),
    ],
)
def test_unsolvable_level_says_what_stands_in_the_way(
    locked_level: Grid, change: dict[tuple[int, int], Tile], reason: str
) -> None:
    for (x, y), tile in change.items():
        locked_level[y, x] = tile
    solution = solve(locked_level)
    assert not solution.solvable
    assert solution.path == ()
    assert reason in solution.obstacle


def test_reachable_is_what_the_keys_on_the_way_open(locked_level: Grid) -> None:
    everything = reachable(locked_level, (1, 1))
    assert everything[7, 7]
    locked_level[2, 2] = Tile.FLOOR
    only_first_room = reachable(locked_level, (1, 1))
    assert only_first_room.sum() == 9
    assert not (only_first_room & ~everything).any()


def test_equal_grids_give_equal_paths() -> None:
    hall = np.full((16, 16), Tile.FLOOR, np.uint8)
    hall[0, 0], hall[15, 15] = Tile.START, Tile.EXIT
    assert solve(hall).path == solve(hall.copy()).path
    assert len(solve(hall).path) == 31
    assert GLYPHS[Tile.START] == "@"
