"""Messages that describe landscapes to landscapes and back, with every way of getting them wrong."""

from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import InvalidRequestError
from engine.requests.landscape import Landscape, Reroll, Sketch
from engine.wire.parsing import parsed
from engine.wire.requests.landscape import landscape_message, landscape_of
from morphogen.v1 import scene_pb2

seeds = st.integers(0, 2**32 - 1)
places = st.floats(-(2.0**36), 2.0**36)
lengths = st.floats(1.0, 2.0**20)
landscapes = st.builds(
    Landscape,
    seed=seeds,
    biomes=st.dictionaries(st.text(max_size=12), st.floats(0, 1), min_size=1, max_size=4),
    cell_m=st.floats(0.5, 32.0),
    relief=st.floats(0.0, 4.0),
    roughness=st.floats(-1.0, 1.0),
    sea_level_m=st.floats(-1000.0, 1000.0),
    period_cells=st.integers(0, 16).map(lambda count: 1024 * count),
    sketch=st.none() | st.builds(Sketch, st.binary(min_size=1, max_size=64), st.floats(64.0, 65536.0)),
    rerolls=st.lists(st.builds(Reroll, places, places, lengths, lengths, seeds), max_size=3).map(tuple),
)


def test_unset_fields_mean_defaults() -> None:
    assert landscape_of(scene_pb2.Landscape()) == Landscape()


def test_flat_land_is_not_the_default() -> None:
    assert landscape_of(scene_pb2.Landscape(relief=0.0)).relief == 0.0


def test_every_field_arrives() -> None:
    message = scene_pb2.Landscape(
        seed=7,
        biomes={"alpine": 1.0, "forest": 0.5},
        cell_m=1.0,
        relief=2.0,
        roughness=-0.5,
        sea_level_m=12.5,
        period_cells=2048,
        sketch=scene_pb2.Sketch(png=b"png", extent_m=1024.0),
        rerolls=[scene_pb2.Reroll(x_m=-8.0, z_m=16.0, width_m=64.0, depth_m=32.0, seed=9)],
    )
    assert landscape_of(message) == Landscape(
        7, {"alpine": 1.0, "forest": 0.5}, 1.0, 2.0, -0.5, 12.5, 2048, Sketch(b"png", 1024.0),
        (Reroll(-8.0, 16.0, 64.0, 32.0, 9),),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("message", "value"),
    [(scene_pb2.Landscape, Landscape), (scene_pb2.Sketch, Sketch), (scene_pb2.Reroll, Reroll)],
)
def test_message_has_exactly_the_fields_of_the_value(message: Any, value: Any) -> None:
    assert set(message.DESCRIPTOR.fields_by_name) == {field.name for field in fields(value)}


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"biomes": {"alpine": float("nan")}}, "biomes.alpine"),
        ({"cell_m": 0.25}, "cell_m"),
        ({"cell_m": float("nan")}, "cell_m"),
        ({"relief": 5.0}, "relief"),
        ({"roughness": -2.0}, "roughness"),
        ({"sea_level_m": 2000.0}, "sea_level_m"),
        ({"period_cells": 1000}, "period_cells"),
        ({"sketch": {"extent_m": 64.0}}, "sketch.png"),
        ({"sketch": {"png": b"png"}}, "sketch.extent_m"),
        ({"rerolls": [{"depth_m": 8.0}]}, "reroll.width_m"),
        ({"rerolls": [{"width_m": 8.0, "depth_m": 8.0}] * 17}, "rerolls"),
    ],
)
def test_mistake_is_named_by_its_wire_field(wrong: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        landscape_of(scene_pb2.Landscape(**wrong))
    assert refused.value.field == field


@given(landscapes)
def test_landscape_comes_back_from_its_message(landscape: Landscape) -> None:
    arrived = landscape_of(parsed(scene_pb2.Landscape, landscape_message(landscape).SerializeToString()))
    assert arrived == landscape
    assert arrived.document() == landscape.document()


@given(st.binary(max_size=200))
def test_arbitrary_bytes_are_a_landscape_or_refused(data: bytes) -> None:
    try:
        landscape = landscape_of(parsed(scene_pb2.Landscape, data))
    except InvalidRequestError:
        return
    assert landscape_of(landscape_message(landscape)) == landscape
