"""What fixed cells rule out is refused before anything is made."""

import pytest

from engine.errors import InvalidRequestError
from engine.levels.repair.feasibility import check_feasible
from engine.requests.level import LevelRequest, Region, Tile

HALL = ("#" * 16, *("#" + "." * 14 + "#" for _ in range(14)), "#" * 16)


def check(request: LevelRequest) -> None:
    """Check a request with its own fixed cells."""
    check_feasible(request, request.fixed_cells())


def test_start_that_is_walled_in_is_refused() -> None:
    walls = {(x, y): Tile.WALL for x in (4, 5, 6) for y in (4, 5, 6)}
    with pytest.raises(InvalidRequestError, match="walls lie between"):
        check(LevelRequest(size=16, locked_cells=walls | {(5, 5): Tile.START, (10, 10): Tile.EXIT}))


def test_door_around_the_start_without_space_for_its_key_is_refused() -> None:
    ring = {(x, y): Tile.WALL for x in (4, 5, 6) for y in (4, 5, 6)}
    cells = ring | {(5, 5): Tile.START, (6, 5): Tile.RED_DOOR, (10, 10): Tile.EXIT}
    with pytest.raises(InvalidRequestError, match="red door is shut"):
        check(LevelRequest(size=16, locked_cells=cells))


def test_more_enemies_than_free_cells_are_refused() -> None:
    base = tuple(row.replace(".", "e", 1) if index == 1 else row for index, row in enumerate(HALL))
    request = LevelRequest(size=16, base_rows=base, region=Region(5, 5, 3, 3), enemies=12)
    with pytest.raises(InvalidRequestError) as refusal:
        check(request)
    assert refusal.value.field == "enemies"
    assert "9 cells" in refusal.value.allowed


def test_what_a_designer_would_fix_is_let_through() -> None:
    check(LevelRequest(size=16, locked_cells={(1, 1): Tile.START, (14, 14): Tile.EXIT, (8, 8): Tile.BLUE_DOOR}))
    check(LevelRequest(size=16, base_rows=HALL, region=Region(2, 2, 8, 8), enemies=5, loot=5))
