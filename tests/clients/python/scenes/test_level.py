"""What is asked of a level, as it goes into the message."""

import pytest

from engine.requests.level import Tile
from morphogen.v1 import common_pb2, scene_pb2
from morphogen_client import TILES, InvalidRequestError, LevelStreamOptions
from morphogen_client.scenes.level import level_stream_request


def test_nothing_asked_leaves_everything_to_the_seed() -> None:
    assert level_stream_request({}) == scene_pb2.GenerateLevelRequest(
        size=32, options=common_pb2.StreamOptions(priority=common_pb2.PRIORITY_STANDARD, resume_tokens=True)
    )


def test_request_carries_every_option() -> None:
    rows = ["#" * 16] * 16
    options: LevelStreamOptions = {
        "seed": 2**32 - 1,
        "size": 16,
        "rooms": 2,
        "room_edge": 4,
        "loops": 0,
        "enemies": 3,
        "loot": 4,
        "keys": 1,
        "symmetry": "both",
        "openness": 0.5,
        "difficulty": 0.0,
        "style": "maze",
        "locked_cells": {(3, 4): "exit"},
        "base_rows": rows,
        "region": (1, 2, 5, 6),
        "credit": 7,
        "priority": "interactive",
        "resume_token": b"stored",
    }
    assert level_stream_request(options) == scene_pb2.GenerateLevelRequest(
        seed=2**32 - 1,
        size=16,
        rooms=2,
        room_edge=4,
        loops=0,
        enemies=3,
        loot=4,
        keys=1,
        symmetry=scene_pb2.SYMMETRY_BOTH,
        openness=0.5,
        difficulty=0.0,
        style=scene_pb2.LEVEL_STYLE_MAZE,
        locked_cells=[scene_pb2.LockedCell(x=3, y=4, tile=scene_pb2.TILE_EXIT)],
        base_rows=rows,
        region=scene_pb2.LevelRegion(left=1, top=2, width=5, height=6),
        options=common_pb2.StreamOptions(
            credit=7, priority=common_pb2.PRIORITY_INTERACTIVE, resume_tokens=True, resume_token=b"stored"
        ),
    )


def test_none_is_the_same_as_left_out() -> None:
    nothing: LevelStreamOptions = {"rooms": None, "keys": None, "symmetry": None, "openness": None, "style": None}
    assert level_stream_request(nothing) == level_stream_request({})


def test_tiles_are_those_of_the_engine_in_the_same_order() -> None:
    assert tuple(tile.name.lower() for tile in Tile) == TILES


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"seed": -1}, "seed: -1 is not allowed; allowed: 0 to 4294967295"),
        ({"size": 0}, "size: 0"),
        ({"rooms": -1}, "rooms: -1"),
        ({"symmetry": "z"}, "symmetry: 'z' is not allowed; allowed: none, x, y, both"),
        ({"style": "city"}, "style: 'city' is not allowed; allowed: rooms, halls, caves, maze"),
        ({"locked_cells": {(1, -2): "wall"}}, "locked_cells: -2"),
        ({"locked_cells": {(1, 2): "lava"}}, "locked_cells: 'lava' is not allowed; allowed: void, wall, floor"),
        ({"region": (0, 0, -1, 4)}, "region: -1"),
        ({"region": (0, 0, 4)}, r"region: \(0, 0, 4\) is not allowed; allowed: left, top, width and height"),
        ({"credit": 0}, "credit: 0"),
    ],
)
def test_options_that_no_request_can_carry_are_refused(options: LevelStreamOptions, message: str) -> None:
    with pytest.raises(InvalidRequestError, match=message):
        level_stream_request(options)
