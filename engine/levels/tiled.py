"""A level as a Tiled map: JSON map format 1.10 (doc.mapeditor.org, "JSON Map Format").

One tile layer of ground, one of things, an object layer with everything a game asks for by name, and the witness path
as a polyline. The tileset is embedded; its picture lies beside the map under the name TILES_FILE.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from engine.errors import DataError
from engine.levels.grid import CONTENTS, DOORS, Cell, Grid, one_of
from engine.requests.level import Tile

TILE_PX = 16
TILES_FILE = "level_tiles.png"
FIRST_GID = 1
"""Global tile id of tile 0; a gid of 0 means that there is nothing."""

OBJECT_TILES = tuple(tile for tile in (*DOORS, *CONTENTS) if tile not in (Tile.FLOOR, Tile.DOOR))
"""Tiles that become objects."""


def tiled_map(grid: Grid, path: tuple[Cell, ...], properties: Mapping[str, str]) -> dict[str, Any]:
    """The map as a document that JSON takes; `properties` become custom string properties of the map."""
    size = grid.shape[0]
    things = one_of(grid, (*CONTENTS, *DOORS)) & (grid != Tile.FLOOR)
    layout = np.where(things, np.uint8(Tile.FLOOR), grid)
    layers = [
        _tile_layer(1, "ground", np.where(layout == Tile.VOID, 0, layout.astype(np.int64) + FIRST_GID)),
        _tile_layer(2, "things", np.where(things, grid.astype(np.int64) + FIRST_GID, 0)),
    ]
    objects = [_object(grid, number + 1, cell) for number, cell in enumerate(_object_cells(grid))]
    layers.append(_object_layer(3, "objects", objects))
    layers.append(_object_layer(4, "witness_path", [_polyline(len(objects) + 1, path)] if path else []))
    return {
        "type": "map",
        "version": "1.10",
        "tiledversion": "1.10.2",
        "orientation": "orthogonal",
        "renderorder": "right-down",
        "infinite": False,
        "compressionlevel": -1,
        "width": size,
        "height": size,
        "tilewidth": TILE_PX,
        "tileheight": TILE_PX,
        "nextlayerid": len(layers) + 1,
        "nextobjectid": len(objects) + 2,
        "layers": layers,
        "tilesets": [_tileset()],
        "properties": [{"name": name, "type": "string", "value": value} for name, value in properties.items()],
    }


def _tile_layer(number: int, name: str, gids: Any) -> dict[str, Any]:
    height, width = gids.shape
    return {
        "id": number,
        "name": name,
        "type": "tilelayer",
        "x": 0,
        "y": 0,
        "width": width,
        "height": height,
        "opacity": 1,
        "visible": True,
        "data": gids.ravel().tolist(),
    }


def _object_layer(number: int, name: str, objects: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "id": number,
        "name": name,
        "type": "objectgroup",
        "draworder": "index",
        "x": 0,
        "y": 0,
        "opacity": 1,
        "visible": True,
        "objects": objects,
    }


def _object_cells(grid: Grid) -> list[Cell]:
    return [(int(x), int(y)) for y, x in np.argwhere(one_of(grid, OBJECT_TILES))]


def _object(grid: Grid, number: int, cell: Cell) -> dict[str, Any]:
    """A rectangle over the cell, of the tile's class."""
    x, y = cell
    name = Tile(grid[y, x]).name.lower()
    return {
        "id": number,
        "name": name,
        "type": name,
        "x": x * TILE_PX,
        "y": y * TILE_PX,
        "width": TILE_PX,
        "height": TILE_PX,
        "rotation": 0,
        "visible": True,
    }


def _polyline(number: int, path: tuple[Cell, ...]) -> dict[str, Any]:
    """The way from start to exit through the middles of its cells, relative to the start's."""
    left, top = path[0]
    return {
        "id": number,
        "name": "witness",
        "type": "witness_path",
        "x": left * TILE_PX + TILE_PX // 2,
        "y": top * TILE_PX + TILE_PX // 2,
        "width": 0,
        "height": 0,
        "rotation": 0,
        "visible": True,
        "polyline": [{"x": (x - left) * TILE_PX, "y": (y - top) * TILE_PX} for x, y in path],
    }


def _tileset() -> dict[str, Any]:
    return {
        "firstgid": FIRST_GID,
        "name": "level",
        "type": "tileset",
        "image": TILES_FILE,
        "imagewidth": TILE_PX * len(Tile),
        "imageheight": TILE_PX,
        "columns": len(Tile),
        "tilecount": len(Tile),
        "tilewidth": TILE_PX,
        "tileheight": TILE_PX,
        "margin": 0,
        "spacing": 0,
        "tiles": [{"id": int(tile), "type": tile.name.lower()} for tile in Tile],
    }


def read_tiled(document: Mapping[str, Any]) -> Grid:
    """The level in a map that `tiled_map` made, perhaps edited since: things count where they stand, ground elsewhere.

    Raises DataError for another map.
    """
    try:
        size = int(document["width"])
        layers = {layer["name"]: layer["data"] for layer in document["layers"] if layer["type"] == "tilelayer"}
        ground, things = (np.asarray(layers[name], np.int64).reshape(size, size) for name in ("ground", "things"))
    except (KeyError, TypeError, ValueError) as error:
        raise DataError(f"no map with square layers of tiles, ground and things ({error})") from error
    gids = np.where(things > 0, things, ground)
    tiles = np.where(gids > 0, gids - FIRST_GID, int(Tile.VOID))
    if tiles.min() < 0 or tiles.max() >= len(Tile):
        raise DataError(f"tile {int(tiles.max()) + FIRST_GID} is not allowed; allowed: {FIRST_GID} to {len(Tile)}")
    return tiles.astype(np.uint8)
