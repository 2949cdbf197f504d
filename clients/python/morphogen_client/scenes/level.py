"""What can be asked of a level, and how it is written into a request message.

Only what cannot be put into the message at all is refused here; everything else is the server's to judge.
"""

from collections.abc import Mapping, Sequence
from typing import TypedDict

from morphogen.v1 import scene_pb2
from morphogen_client.errors import InvalidRequestError
from morphogen_client.options import StreamOptions, named, stream_options, uint32

_TILES = {
    "void": scene_pb2.TILE_VOID,
    "wall": scene_pb2.TILE_WALL,
    "floor": scene_pb2.TILE_FLOOR,
    "door": scene_pb2.TILE_DOOR,
    "red_door": scene_pb2.TILE_RED_DOOR,
    "yellow_door": scene_pb2.TILE_YELLOW_DOOR,
    "blue_door": scene_pb2.TILE_BLUE_DOOR,
    "red_key": scene_pb2.TILE_RED_KEY,
    "yellow_key": scene_pb2.TILE_YELLOW_KEY,
    "blue_key": scene_pb2.TILE_BLUE_KEY,
    "enemy": scene_pb2.TILE_ENEMY,
    "loot": scene_pb2.TILE_LOOT,
    "start": scene_pb2.TILE_START,
    "exit": scene_pb2.TILE_EXIT,
    "hazard": scene_pb2.TILE_HAZARD,
}
TILES = tuple(_TILES)
"""What a cell can be; the position is the number of the tile in grids."""

_SYMMETRIES = {
    "none": scene_pb2.SYMMETRY_NONE,
    "x": scene_pb2.SYMMETRY_X,
    "y": scene_pb2.SYMMETRY_Y,
    "both": scene_pb2.SYMMETRY_BOTH,
}
_STYLES = {
    "rooms": scene_pb2.LEVEL_STYLE_ROOMS,
    "halls": scene_pb2.LEVEL_STYLE_HALLS,
    "caves": scene_pb2.LEVEL_STYLE_CAVES,
    "maze": scene_pb2.LEVEL_STYLE_MAZE,
}


class LevelOptions(TypedDict, total=False):
    """Everything about a level; each may be left out. What is left out or None is drawn by the seed.

    seed          0 to 2**32 - 1, default 0; the same request and seed give the same bytes
    size          edge length in cells, 16 to 64, default 32
    rooms         regions that blocks of 3x3 cells cover, 1 to 24
    room_edge     their mean edge length in cells, 3 to 24
    loops         ways around solid bodies of at least four cells, 0 to 12
    enemies, loot numbers of cells, 0 to 40
    keys          locks and their keys, each of its own color, 0 to 3
    symmetry      axes along which the layout mirrors: "none", "x", "y" or "both"
    openness      share of the cells that can be walked on, 0 to 1
    difficulty    0 to 1: the length of the way, enemies near it, and locks
    style         the way of building: "rooms", "halls", "caves" or "maze"
    locked_cells  what a designer fixed: (x, y) -> one of `TILES`; these cells keep their tile
    base_rows     rows of glyphs of a level to change, as in `LevelResult.rows`; needs `region`
    region        (left, top, width, height): the part of the base that is made anew
    """

    seed: int
    size: int
    rooms: int | None
    room_edge: int | None
    loops: int | None
    enemies: int | None
    loot: int | None
    keys: int | None
    symmetry: str | None
    openness: float | None
    difficulty: float | None
    style: str | None
    locked_cells: Mapping[tuple[int, int], str]
    base_rows: Sequence[str]
    region: tuple[int, int, int, int] | None


class LevelStreamOptions(LevelOptions, StreamOptions, total=False):
    """What is wanted of a level, and how its stream is wanted."""


def level_stream_request(options: LevelStreamOptions) -> scene_pb2.GenerateLevelRequest:
    """The message that asks for a stream. Raises InvalidRequestError for a value that the message cannot carry."""
    symmetry, style, region = options.get("symmetry"), options.get("style"), options.get("region")
    return scene_pb2.GenerateLevelRequest(
        seed=uint32("seed", options.get("seed", 0)),
        size=uint32("size", options.get("size", 32), minimum=1),
        rooms=_count("rooms", options.get("rooms")),
        room_edge=_count("room_edge", options.get("room_edge")),
        loops=_count("loops", options.get("loops")),
        enemies=_count("enemies", options.get("enemies")),
        loot=_count("loot", options.get("loot")),
        keys=_count("keys", options.get("keys")),
        symmetry=None if symmetry is None else named("symmetry", symmetry, _SYMMETRIES),
        openness=options.get("openness"),
        difficulty=options.get("difficulty"),
        style=None if style is None else named("style", style, _STYLES),
        locked_cells=[
            scene_pb2.LockedCell(
                x=uint32("locked_cells", x), y=uint32("locked_cells", y), tile=named("locked_cells", tile, _TILES)
            )
            for (x, y), tile in options.get("locked_cells", {}).items()
        ],
        base_rows=options.get("base_rows", ()),
        region=None if region is None else _region_message(region),
        options=stream_options(options, resume_tokens=True),
    )


def _count(field_name: str, number: int | None) -> int | None:
    return None if number is None else uint32(field_name, number)


def _region_message(region: tuple[int, int, int, int]) -> scene_pb2.LevelRegion:
    if len(region) != 4:
        raise InvalidRequestError("region", region, "left, top, width and height")
    left, top, width, height = (uint32("region", number) for number in region)
    return scene_pb2.LevelRegion(left=left, top=top, width=width, height=height)
