"""What a landscape refuses, and its document."""

import json
import pickle
from typing import Any

import pytest

from engine.errors import InvalidRequestError
from engine.requests.landscape import SKETCH_MAX_BYTES, Landscape, Reroll, Sketch

NAN, INFINITY = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("field", "arguments"),
    [
        ("seed", {"seed": -1}),
        ("seed", {"seed": 2**32}),
        ("biomes", {"biomes": {}}),
        ("biomes.forest", {"biomes": {"forest": NAN}}),
        ("biomes.forest", {"biomes": {"forest": INFINITY}}),
        ("cell_m", {"cell_m": 0.0}),
        ("cell_m", {"cell_m": -2.0}),
        ("cell_m", {"cell_m": 33.0}),
        ("cell_m", {"cell_m": NAN}),
        ("relief", {"relief": -0.1}),
        ("relief", {"relief": 4.1}),
        ("relief", {"relief": NAN}),
        ("roughness", {"roughness": 1.5}),
        ("roughness", {"roughness": NAN}),
        ("sea_level_m", {"sea_level_m": 1e9}),
        ("sea_level_m", {"sea_level_m": -INFINITY}),
        ("period_cells", {"period_cells": 1000}),
        ("period_cells", {"period_cells": -1024}),
        ("period_cells", {"period_cells": 2**25}),
        ("rerolls", {"rerolls": (Reroll(0.0, 0.0, 512.0, 512.0, 1),) * 17}),
    ],
)
def test_values_outside_their_range_are_refused_by_name(field: str, arguments: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequestError) as refusal:
        Landscape(**arguments)
    assert refusal.value.field == field
    assert refusal.value.allowed


@pytest.mark.parametrize(
    ("field", "png", "extent_m"),
    [
        ("sketch.png", b"", 512.0),
        ("sketch.png", bytes(SKETCH_MAX_BYTES + 1), 512.0),
        ("sketch.extent_m", b"png", 0.0),
        ("sketch.extent_m", b"png", -512.0),
        ("sketch.extent_m", b"png", NAN),
        ("sketch.extent_m", b"png", 1e6),
    ],
)
def test_sketches_of_no_size_or_a_huge_one_are_refused(field: str, png: bytes, extent_m: float) -> None:
    with pytest.raises(InvalidRequestError) as refusal:
        Sketch(png, extent_m)
    assert refusal.value.field == field


@pytest.mark.parametrize(
    ("field", "arguments"),
    [
        ("reroll.x_m", (NAN, 0.0, 64.0, 64.0, 1)),
        ("reroll.z_m", (0.0, 1e30, 64.0, 64.0, 1)),
        ("reroll.width_m", (0.0, 0.0, 0.0, 64.0, 1)),
        ("reroll.depth_m", (0.0, 0.0, 64.0, -64.0, 1)),
        ("reroll.depth_m", (0.0, 0.0, 64.0, NAN, 1)),
        ("reroll.width_m", (0.0, 0.0, 2.0**21, 64.0, 1)),
        ("reroll.seed", (0.0, 0.0, 64.0, 64.0, -1)),
    ],
)
def test_rectangles_that_are_none_are_refused(field: str, arguments: tuple[Any, ...]) -> None:
    with pytest.raises(InvalidRequestError) as refusal:
        Reroll(*arguments)
    assert refusal.value.field == field


def test_equal_landscapes_have_equal_documents() -> None:
    one = Landscape(3, {"forest": 1.0, "alpine": 0.5}, sea_level_m=-0.0, relief=1)
    other = Landscape(3, {"alpine": 0.5, "forest": 1}, sea_level_m=0.0, relief=1.0)
    assert one == other
    assert json.dumps(one.document()) == json.dumps(other.document())


def test_everything_that_makes_other_land_is_in_the_document() -> None:
    plain = Landscape()
    others = (
        Landscape(1),
        Landscape(biomes={"grassland": 0.5}),
        Landscape(cell_m=1.0),
        Landscape(relief=2.0),
        Landscape(roughness=0.1),
        Landscape(sea_level_m=1.0),
        Landscape(period_cells=1024),
        Landscape(sketch=Sketch(b"a", 512.0)),
        Landscape(sketch=Sketch(b"b", 512.0)),
        Landscape(sketch=Sketch(b"a", 513.0)),
        Landscape(rerolls=(Reroll(0.0, 0.0, 512.0, 512.0, 1),)),
        Landscape(rerolls=(Reroll(0.0, 0.0, 512.0, 512.0, 2),)),
    )
    documents = {json.dumps(each.document()) for each in (plain, *others)}
    assert len(documents) == len(others) + 1


def test_landscapes_travel_between_processes() -> None:
    landscape = Landscape(
        3, {"forest": 1.0}, sketch=Sketch(b"png", 512.0), rerolls=(Reroll(1.0, 2.0, 300.0, 300.0, 4),)
    )
    assert pickle.loads(pickle.dumps(landscape)) == landscape  # noqa: S301 - made here
