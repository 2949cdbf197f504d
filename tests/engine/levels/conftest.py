"""Levels to test with, and a figure that walks them by the rules, written without the solver."""

from collections.abc import Callable, Sequence

import pytest

from engine.levels.grid import Grid, from_rows

DOOR_OF_KEY = {"r": "R", "y": "Y", "b": "B"}


def walk(rows: Sequence[str], path: Sequence[tuple[int, int]]) -> str:
    """What happens to a figure that follows `path`: "won", or what went wrong."""
    pocket: set[str] = set()
    if not path or rows[path[0][1]][path[0][0]] != "@":
        return "does not begin at the start"
    previous = path[0]
    for x, y in path:
        if abs(x - previous[0]) + abs(y - previous[1]) > 1:
            return f"jumps to {x}, {y}"
        glyph = rows[y][x]
        if glyph in " #~":
            return f"runs into {glyph!r} at {x}, {y}"
        if glyph in "RYB" and glyph not in pocket:
            return f"stands before a locked door at {x}, {y}"
        if glyph in DOOR_OF_KEY:
            pocket.add(DOOR_OF_KEY[glyph])
        previous = (x, y)
    return "won" if rows[previous[1]][previous[0]] == ">" else "does not end at the exit"


@pytest.fixture(scope="session")
def follow() -> Callable[[Sequence[str], Sequence[tuple[int, int]]], str]:
    """The walking figure."""
    return walk


@pytest.fixture
def locked_level() -> Grid:
    """Two keys in a row: the red door hides the blue key, the blue door the exit."""
    return from_rows(
        (
            "##########",
            "#@..#...b#",
            "#.r.R....#",
            "#...#...e#",
            "#B########",
            "#....$...#",
            "#..~~....#",
            "#..~~..>.#",
            "#........#",
            "##########",
        )
    )
