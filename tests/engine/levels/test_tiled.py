"""Tiled maps, read by rules taken from the format's description rather than by the code that wrote them."""

import json
from itertools import pairwise
from typing import Any

import pytest

from engine.errors import DataError
from engine.levels.corpus.maker import make_level
from engine.levels.grid import Grid, to_rows
from engine.levels.solver import solve
from engine.levels.tiled import read_tiled, tiled_map
from engine.requests.level import Tile

MAP_FIELDS = {
    "type": str, "version": str, "tiledversion": str, "orientation": str, "renderorder": str, "infinite": bool,
    "compressionlevel": int, "width": int, "height": int, "tilewidth": int, "tileheight": int, "nextlayerid": int,
    "nextobjectid": int, "layers": list, "tilesets": list, "properties": list,
}  # fmt: skip
TILESET_FIELDS = {
    "firstgid": int, "name": str, "image": str, "imagewidth": int, "imageheight": int, "columns": int,
    "tilecount": int, "tilewidth": int, "tileheight": int, "margin": int, "spacing": int, "tiles": list,
}  # fmt: skip
OBJECT_FIELDS = {
    "id": int, "name": str, "type": str, "x": int, "y": int, "width": int, "height": int, "rotation": int,
    "visible": bool,
}  # fmt: skip


def check_fields(document: dict[str, Any], fields: dict[str, type]) -> None:
    """Every field is there and of its type."""
    assert {name: type(document[name]) for name in fields} == fields


def names_of_cells(document: dict[str, Any]) -> list[list[str]]:
    """The topmost tile's class per cell, by way of gids and the tileset; "" where there is nothing."""
    (tileset,) = document["tilesets"]
    classes = {tile["id"] + tileset["firstgid"]: tile["type"] for tile in tileset["tiles"]}
    cells = [""] * (document["width"] * document["height"])
    for layer in document["layers"]:
        if layer["type"] == "tilelayer":
            assert len(layer["data"]) == layer["width"] * layer["height"] == len(cells)
            cells = [classes[gid] if gid else below for gid, below in zip(layer["data"], cells, strict=True)]
    width = document["width"]
    return [cells[row * width : row * width + width] for row in range(document["height"])]


@pytest.fixture
def document(locked_level: Grid) -> dict[str, Any]:
    """The hand-made level as another program reads it."""
    level = tiled_map(locked_level, solve(locked_level).path, {"Seed": "7"})
    parsed: dict[str, Any] = json.loads(json.dumps(level))
    return parsed


def test_map_has_the_fields_of_the_format(document: dict[str, Any]) -> None:
    check_fields(document, MAP_FIELDS)
    assert (document["type"], document["version"], document["orientation"]) == ("map", "1.10", "orthogonal")
    assert document["properties"] == [{"name": "Seed", "type": "string", "value": "7"}]
    (tileset,) = document["tilesets"]
    check_fields(tileset, TILESET_FIELDS)
    assert tileset["imagewidth"] == tileset["columns"] * tileset["tilewidth"]
    assert tileset["tilecount"] == len(tileset["tiles"])


def test_ids_are_unique_and_below_the_next_ones(document: dict[str, Any]) -> None:
    layers = [layer["id"] for layer in document["layers"]]
    objects = [entry["id"] for layer in document["layers"] for entry in layer.get("objects", [])]
    assert len(set(layers)) == len(layers)
    assert max(layers) < document["nextlayerid"]
    assert len(set(objects)) == len(objects)
    assert max(objects) < document["nextobjectid"]


def test_cells_read_back_are_the_level(document: dict[str, Any], locked_level: Grid) -> None:
    names = {
        " ": "", "#": "wall", ".": "floor", "~": "hazard", "@": "start", ">": "exit", "e": "enemy", "$": "loot",
        "r": "red_key", "b": "blue_key", "R": "red_door", "B": "blue_door",
    }  # fmt: skip
    assert names_of_cells(document) == [[names[glyph] for glyph in row] for row in to_rows(locked_level)]


def test_objects_stand_where_their_cells_are(document: dict[str, Any], locked_level: Grid) -> None:
    (layer,) = [layer for layer in document["layers"] if layer["name"] == "objects"]
    assert layer["draworder"] == "index"
    for entry in layer["objects"]:
        check_fields(entry, OBJECT_FIELDS)
    placed = {(entry["x"] // 16, entry["y"] // 16): entry["type"] for entry in layer["objects"]}
    rows = to_rows(locked_level)
    assert placed == {
        (x, y): {"@": "start", ">": "exit", "e": "enemy", "$": "loot", "r": "red_key", "b": "blue_key",
                 "R": "red_door", "B": "blue_door"}[glyph]
        for y, row in enumerate(rows) for x, glyph in enumerate(row) if glyph in "@>e$rbRB"
    }  # fmt: skip


def test_witness_is_a_polyline_from_start_to_exit(document: dict[str, Any]) -> None:
    (layer,) = [layer for layer in document["layers"] if layer["name"] == "witness_path"]
    (line,) = layer["objects"]
    points = [(line["x"] + point["x"], line["y"] + point["y"]) for point in line["polyline"]]
    assert line["polyline"][0] == {"x": 0, "y": 0}
    assert points[0] == (1 * 16 + 8, 1 * 16 + 8)
    assert points[-1] == (7 * 16 + 8, 7 * 16 + 8)
    assert all(abs(a[0] - b[0]) + abs(a[1] - b[1]) == 16 for a, b in pairwise(points))


def test_largest_level_fits_the_format_too() -> None:
    level = make_level(2, 64)
    document = json.loads(json.dumps(tiled_map(level.grid, solve(level.grid).path, {})))
    assert len(names_of_cells(document)) == 64


def test_map_is_read_back_as_the_level(locked_level: Grid) -> None:
    document = json.loads(json.dumps(tiled_map(locked_level, (), {})))
    assert (read_tiled(document) == locked_level).all()


def test_map_that_was_edited_counts_as_edited(locked_level: Grid) -> None:
    document = tiled_map(locked_level, (), {})
    things = next(layer for layer in document["layers"] if layer["name"] == "things")
    things["data"][3 * 10 + 1] = int(Tile.ENEMY) + 1
    assert read_tiled(document)[3, 1] == Tile.ENEMY


@pytest.mark.parametrize(
    "change", [{"width": 9}, {"layers": []}, {"width": "ten"}, {"layers": [{"type": "tilelayer", "name": "ground"}]}]
)
def test_foreign_map_is_refused(locked_level: Grid, change: dict[str, object]) -> None:
    with pytest.raises(DataError, match="no map with square layers"):
        read_tiled(tiled_map(locked_level, (), {}) | change)


def test_unknown_tile_is_refused(locked_level: Grid) -> None:
    document = tiled_map(locked_level, (), {})
    document["layers"][0]["data"][0] = 400
    with pytest.raises(DataError, match="tile 400 is not allowed"):
        read_tiled(document)
