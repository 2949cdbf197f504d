"""Requests for levels: what they refuse, and their canonical text."""

import json
import pickle
from typing import Any

import pytest

from engine.errors import InvalidRequestError
from engine.requests.level import GLYPHS, LevelRequest, LevelStyle, Region, Symmetry, Tile

HALL = ("################", *("#..............#" for _ in range(14)), "################")


@pytest.mark.parametrize(
    ("field", "arguments"),
    [
        ("size", {"size": 15}),
        ("size", {"size": 65}),
        ("seed", {"seed": -1}),
        ("seed", {"seed": 2**32}),
        ("rooms", {"rooms": 0}),
        ("rooms", {"rooms": 25, "size": 64}),
        ("loops", {"loops": 13}),
        ("enemies", {"enemies": -1}),
        ("loot", {"loot": 41}),
        ("keys", {"keys": 4}),
        ("openness", {"openness": float("nan")}),
        ("openness", {"openness": 1.5}),
        ("difficulty", {"difficulty": float("inf")}),
        ("room_edge", {"room_edge": 2}),
    ],
)
def test_values_outside_their_range_are_refused_by_name(field: str, arguments: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequestError) as refusal:
        LevelRequest(**arguments)
    assert refusal.value.field == field
    assert refusal.value.allowed


@pytest.mark.parametrize(
    ("field", "reason", "arguments"),
    [
        ("room_edge", "16x16", {"size": 16, "rooms": 3, "room_edge": 20}),
        ("rooms", "at most 1 rooms of 10x10", {"size": 16, "rooms": 3, "room_edge": 10}),
        ("rooms", "at most 14 rooms", {"size": 16, "rooms": 20}),
        ("openness", "at least", {"size": 16, "rooms": 4, "room_edge": 5, "openness": 0.2}),
        ("enemies", "floor", {"size": 16, "openness": 0.1, "enemies": 40}),
        ("difficulty", "0.20 to", {"keys": 3, "difficulty": 0.1}),
        ("difficulty", "to 0.40", {"keys": 0, "enemies": 0, "difficulty": 0.9}),
        ("enemies", "at least 1", {"enemies": 0, "locked_cells": {(3, 3): Tile.ENEMY}}),
        ("keys", "at least 1", {"keys": 0, "locked_cells": {(3, 3): Tile.RED_DOOR}}),
        ("locked_cells", "one START", {"locked_cells": {(3, 3): Tile.START, (4, 4): Tile.START}}),
        ("locked_cells", "0 to 31", {"locked_cells": {(32, 0): Tile.WALL}}),
        ("locked_cells", "tiles 0 to 14", {"locked_cells": {(3, 3): 99}}),
        ("region", "together", {"size": 16, "region": Region(2, 2, 4, 4)}),
        ("region", "together", {"size": 16, "base_rows": HALL}),
        ("base_rows", "16 rows", {"size": 16, "base_rows": HALL[:-1], "region": Region(2, 2, 4, 4)}),
        ("base_rows", "glyphs", {"size": 16, "base_rows": ("x" * 16, *HALL[1:]), "region": Region(2, 2, 4, 4)}),
        ("region", "inside", {"size": 16, "base_rows": HALL, "region": Region(10, 10, 7, 2)}),
        ("region", "inside", {"size": 16, "base_rows": HALL, "region": Region(1, 1, 0, 2)}),
        (
            "locked_cells",
            "inside of the region",
            {"size": 16, "base_rows": HALL, "region": Region(2, 2, 4, 4), "locked_cells": {(9, 9): Tile.LOOT}},
        ),
    ],
)
def test_contradictions_are_refused_with_their_reason(field: str, reason: str, arguments: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequestError) as refusal:
        LevelRequest(**arguments)
    assert refusal.value.field == field
    assert reason in str(refusal.value)


def test_equal_requests_have_equal_canonical_text_whatever_the_order_of_their_cells() -> None:
    first = LevelRequest(seed=1, locked_cells={(3, 4): Tile.START, (1, 2): Tile.EXIT}, openness=-0.0 + 0.5)
    second = LevelRequest(seed=1, locked_cells={(1, 2): Tile.EXIT, (3, 4): Tile.START}, openness=0.5)
    assert first.canonical() == second.canonical()
    assert first.canonical() != LevelRequest(seed=1, locked_cells={(1, 2): Tile.EXIT}, openness=0.5).canonical()


def test_every_field_shows_in_the_canonical_text() -> None:
    region = Region(2, 2, 4, 4)
    requests = [
        LevelRequest(size=16),
        LevelRequest(size=16, seed=1),
        LevelRequest(size=17),
        LevelRequest(size=16, rooms=2),
        LevelRequest(size=16, room_edge=4),
        LevelRequest(size=16, loops=1),
        LevelRequest(size=16, enemies=1),
        LevelRequest(size=16, loot=1),
        LevelRequest(size=16, keys=1),
        LevelRequest(size=16, symmetry=Symmetry.X),
        LevelRequest(size=16, openness=0.5),
        LevelRequest(size=16, difficulty=0.5),
        LevelRequest(size=16, style=LevelStyle.MAZE),
        LevelRequest(size=16, locked_cells={(2, 2): Tile.LOOT}),
        LevelRequest(size=16, base_rows=HALL, region=region),
        LevelRequest(size=16, base_rows=HALL, region=Region(2, 2, 4, 5)),
    ]
    texts = {request.canonical() for request in requests}
    assert len(texts) == len(requests)
    assert all(json.loads(text)["seed"] in (0, 1) for text in texts)


def test_request_survives_the_way_to_another_process() -> None:
    request = LevelRequest(locked_cells={(2, 2): Tile.LOOT})
    assert pickle.loads(pickle.dumps(request)) == request  # noqa: S301 - our own bytes


def test_cells_outside_of_the_region_are_fixed() -> None:
    request = LevelRequest(size=16, base_rows=HALL, region=Region(2, 3, 4, 5), locked_cells={(3, 4): Tile.EXIT})
    fixed = request.fixed_cells()
    assert len(fixed) == 16 * 16 - 4 * 5 + 1
    assert fixed[3, 4] == Tile.EXIT
    assert (2, 3) not in fixed
    assert fixed[0, 0] == Tile.WALL


def test_every_tile_has_a_glyph_of_its_own() -> None:
    assert len(set(GLYPHS)) == len(GLYPHS) == len(Tile)
