"""Messages that ask for levels to requests and back, with every way of getting them wrong."""

import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, reject
from hypothesis import strategies as st

from engine.errors import InvalidRequestError
from engine.requests.level import GLYPHS, LevelRequest, LevelStyle, Region, Symmetry, Tile
from engine.wire.parsing import parsed
from engine.wire.requests.level import STYLES, SYMMETRIES, TILES, level_message, level_request
from morphogen.v1 import scene_pb2

Message = scene_pb2.GenerateLevelRequest

cells = st.tuples(st.integers(4, 8), st.integers(4, 8))
bases: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.just({}),
    st.fixed_dictionaries(
        {
            "size": st.just(16),
            "base_rows": st.lists(st.text("#.", min_size=16, max_size=16), min_size=16, max_size=16).map(tuple),
            "region": st.builds(Region, *[st.integers(0, 4)] * 2, *[st.integers(9, 12)] * 2),
        }
    ),
)


@st.composite
def levels(draw: st.DrawFn) -> LevelRequest:
    """Any request that holds together."""
    chosen: dict[str, Any] = {
        "seed": draw(st.integers(0, 2**32 - 1)),
        "size": draw(st.integers(16, 64)),
        "rooms": draw(st.none() | st.integers(1, 6)),
        "room_edge": draw(st.none() | st.integers(3, 4)),
        "loops": draw(st.none() | st.integers(0, 12)),
        "enemies": draw(st.none() | st.integers(0, 40)),
        "loot": draw(st.none() | st.integers(0, 40)),
        "keys": draw(st.none() | st.integers(0, 3)),
        "symmetry": draw(st.none() | st.sampled_from(Symmetry)),
        "openness": draw(st.none() | st.floats(0.6, 1.0)),
        "difficulty": draw(st.none() | st.floats(0.0, 0.4)),
        "style": draw(st.none() | st.sampled_from(LevelStyle)),
        "locked_cells": draw(st.dictionaries(cells, st.sampled_from(Tile), max_size=3)),
    }
    try:
        return LevelRequest(**chosen | draw(bases))
    except InvalidRequestError:
        reject()


def test_unset_fields_mean_defaults() -> None:
    assert level_request(Message()) == LevelRequest(size=32)


def test_zero_is_not_the_same_as_nothing() -> None:
    request = level_request(Message(loops=0, enemies=0, loot=0, keys=0, openness=0.5, difficulty=0))
    assert (request.loops, request.enemies, request.loot, request.keys) == (0, 0, 0, 0)
    assert (request.openness, request.difficulty) == (0.5, 0.0)


def test_every_field_arrives() -> None:
    rows = ("#" * 16,) * 16
    message = Message(
        seed=2**32 - 1,
        size=16,
        rooms=2,
        room_edge=4,
        loops=1,
        enemies=3,
        loot=4,
        keys=1,
        symmetry=scene_pb2.SYMMETRY_Y,
        openness=0.75,
        difficulty=0.25,
        style=scene_pb2.LEVEL_STYLE_CAVES,
        locked_cells=[scene_pb2.LockedCell(x=3, y=5, tile=scene_pb2.TILE_BLUE_DOOR)],
        base_rows=rows,
        region=scene_pb2.LevelRegion(left=1, top=2, width=13, height=12),
    )
    assert level_request(message) == LevelRequest(
        2**32 - 1, 16, 2, 4, 1, 3, 4, 1, Symmetry.Y, 0.75, 0.25, LevelStyle.CAVES, {(3, 5): Tile.BLUE_DOOR}, rows,
        Region(1, 2, 13, 12),
    )  # fmt: skip


def test_every_known_enum_number_has_a_meaning() -> None:
    assert set(TILES) == set(scene_pb2.Tile.values()) - {scene_pb2.TILE_UNSPECIFIED}
    assert set(TILES.values()) == set(Tile)
    assert set(SYMMETRIES) == set(scene_pb2.Symmetry.values())
    assert set(SYMMETRIES.values()) == {None, *Symmetry}
    assert set(STYLES) == set(scene_pb2.LevelStyle.values())
    assert set(STYLES.values()) == {None, *LevelStyle}


def test_enum_numbers_have_the_names_of_what_they_mean() -> None:
    tiles = {scene_pb2.Tile.Name(number): tile for number, tile in TILES.items()}
    assert tiles == {f"TILE_{tile.name}": tile for tile in Tile}
    styles = {scene_pb2.LevelStyle.Name(number): style for number, style in STYLES.items()}
    assert styles == {
        f"LEVEL_STYLE_{'UNSPECIFIED' if style is None else style.name}": style for style in (None, *LevelStyle)
    }


@pytest.mark.parametrize(("message", "value"), [(Message, LevelRequest), (scene_pb2.LevelRegion, Region)])
def test_message_has_exactly_the_fields_of_the_request(message: Any, value: Any) -> None:
    assert set(message.DESCRIPTOR.fields_by_name) - {"options"} == {field.name for field in fields(value)}


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"size": 15}, "size"),
        ({"rooms": 0}, "rooms"),
        ({"room_edge": 2}, "room_edge"),
        ({"loops": 13}, "loops"),
        ({"enemies": 41}, "enemies"),
        ({"keys": 4}, "keys"),
        ({"symmetry": 9}, "symmetry"),
        ({"style": 9}, "style"),
        ({"openness": float("nan")}, "openness"),
        ({"difficulty": 1.5}, "difficulty"),
        ({"locked_cells": [{"x": 32, "y": 0, "tile": "TILE_WALL"}]}, "locked_cells"),
        ({"locked_cells": [{"x": 1, "y": 1, "tile": "TILE_WALL"}] * 2}, "locked_cells"),
        ({"locked_cells": [{"x": 1, "y": 1}]}, "locked_cells.tile"),
        ({"locked_cells": [{"x": 1, "y": 1, "tile": 16}]}, "locked_cells.tile"),
        ({"locked_cells": [{}] * 4097}, "locked_cells"),
        ({"base_rows": ["#" * 32] * 32}, "region"),
        ({"region": {"width": 1, "height": 1}}, "region"),
        ({"base_rows": ["#" * 32], "region": {"width": 1, "height": 1}}, "base_rows"),
        ({"base_rows": ["?" * 32] * 32, "region": {"width": 1, "height": 1}}, "base_rows"),
        ({"base_rows": ["#" * 32] * 32, "region": {"left": 2**32 - 1, "width": 1, "height": 1}}, "region"),
    ],
)
def test_mistake_is_named_by_its_wire_field(wrong: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        level_request(Message(**wrong))
    assert refused.value.field == field


def test_glyphs_in_the_protos_comments_are_those_of_rows() -> None:
    proto = (Path(scene_pb2.__file__).parent / "scene.proto").read_text()
    documented = dict(re.findall(r'glyph "(.)".\n  TILE_(\w+) = ', proto))
    assert documented == {glyph: tile.name for glyph, tile in zip(GLYPHS, Tile, strict=True)}


@given(levels())
def test_level_request_comes_back_from_its_message(request: LevelRequest) -> None:
    arrived = level_request(parsed(Message, level_message(request).SerializeToString()))
    assert arrived == request
    assert arrived.canonical() == request.canonical()


@given(st.binary(max_size=200))
def test_arbitrary_bytes_are_a_request_or_refused(data: bytes) -> None:
    try:
        request = level_request(parsed(Message, data))
    except InvalidRequestError:
        return
    assert level_request(level_message(request)) == request
