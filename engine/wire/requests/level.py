"""Requests for levels as wire messages, and back."""

from collections.abc import Mapping

from engine.errors import InvalidRequestError
from engine.requests.level import SIZE_MAX, LevelRequest, LevelStyle, Region, Symmetry, Tile
from engine.wire.parsing import known
from morphogen.v1 import scene_pb2

SIZE_DEFAULT = 32

TILES: Mapping[int, Tile] = {
    scene_pb2.TILE_VOID: Tile.VOID,
    scene_pb2.TILE_WALL: Tile.WALL,
    scene_pb2.TILE_FLOOR: Tile.FLOOR,
    scene_pb2.TILE_DOOR: Tile.DOOR,
    scene_pb2.TILE_RED_DOOR: Tile.RED_DOOR,
    scene_pb2.TILE_YELLOW_DOOR: Tile.YELLOW_DOOR,
    scene_pb2.TILE_BLUE_DOOR: Tile.BLUE_DOOR,
    scene_pb2.TILE_RED_KEY: Tile.RED_KEY,
    scene_pb2.TILE_YELLOW_KEY: Tile.YELLOW_KEY,
    scene_pb2.TILE_BLUE_KEY: Tile.BLUE_KEY,
    scene_pb2.TILE_ENEMY: Tile.ENEMY,
    scene_pb2.TILE_LOOT: Tile.LOOT,
    scene_pb2.TILE_START: Tile.START,
    scene_pb2.TILE_EXIT: Tile.EXIT,
    scene_pb2.TILE_HAZARD: Tile.HAZARD,
}
SYMMETRIES: Mapping[int, Symmetry | None] = {
    scene_pb2.SYMMETRY_UNSPECIFIED: None,
    scene_pb2.SYMMETRY_NONE: Symmetry.NONE,
    scene_pb2.SYMMETRY_X: Symmetry.X,
    scene_pb2.SYMMETRY_Y: Symmetry.Y,
    scene_pb2.SYMMETRY_BOTH: Symmetry.BOTH,
}
STYLES: Mapping[int, LevelStyle | None] = {
    scene_pb2.LEVEL_STYLE_UNSPECIFIED: None,
    scene_pb2.LEVEL_STYLE_ROOMS: LevelStyle.ROOMS,
    scene_pb2.LEVEL_STYLE_HALLS: LevelStyle.HALLS,
    scene_pb2.LEVEL_STYLE_CAVES: LevelStyle.CAVES,
    scene_pb2.LEVEL_STYLE_MAZE: LevelStyle.MAZE,
}

_TILE_NUMBERS = {tile: number for number, tile in TILES.items()}
_SYMMETRY_NUMBERS = {symmetry: number for number, symmetry in SYMMETRIES.items()}
_STYLE_NUMBERS = {style: number for number, style in STYLES.items()}


def level_request(message: scene_pb2.GenerateLevelRequest) -> LevelRequest:
    """The request that `message` makes. Raises InvalidRequestError naming the field."""
    return LevelRequest(
        seed=message.seed,
        size=message.size or SIZE_DEFAULT,
        rooms=message.rooms if message.HasField("rooms") else None,
        room_edge=message.room_edge if message.HasField("room_edge") else None,
        loops=message.loops if message.HasField("loops") else None,
        enemies=message.enemies if message.HasField("enemies") else None,
        loot=message.loot if message.HasField("loot") else None,
        keys=message.keys if message.HasField("keys") else None,
        symmetry=known(SYMMETRIES, "symmetry", message.symmetry),
        openness=message.openness if message.HasField("openness") else None,
        difficulty=message.difficulty if message.HasField("difficulty") else None,
        style=known(STYLES, "style", message.style),
        locked_cells=_locked_cells(message),
        base_rows=tuple(message.base_rows),
        region=_region(message.region) if message.HasField("region") else None,
    )


def level_message(request: LevelRequest) -> scene_pb2.GenerateLevelRequest:
    """The message that makes `request`."""
    return scene_pb2.GenerateLevelRequest(
        seed=request.seed,
        size=request.size,
        rooms=request.rooms,
        room_edge=request.room_edge,
        loops=request.loops,
        enemies=request.enemies,
        loot=request.loot,
        keys=request.keys,
        symmetry=_SYMMETRY_NUMBERS[request.symmetry],  # type: ignore[arg-type]  # the keys are the enum's numbers
        openness=request.openness,
        difficulty=request.difficulty,
        style=_STYLE_NUMBERS[request.style],  # type: ignore[arg-type]  # likewise
        locked_cells=[
            scene_pb2.LockedCell(x=x, y=y, tile=_TILE_NUMBERS[tile])  # type: ignore[arg-type]  # likewise
            for (x, y), tile in request.locked_cells.items()
        ],
        base_rows=request.base_rows,
        region=None if request.region is None else _region_message(request.region),
    )


def _locked_cells(message: scene_pb2.GenerateLevelRequest) -> dict[tuple[int, int], Tile]:
    count = len(message.locked_cells)
    if count > SIZE_MAX**2:
        raise InvalidRequestError("locked_cells", f"{count} cells", f"at most {SIZE_MAX**2}")
    locked: dict[tuple[int, int], Tile] = {}
    for cell in message.locked_cells:
        if (cell.x, cell.y) in locked:
            raise InvalidRequestError("locked_cells", (cell.x, cell.y), "each cell at most once")
        locked[cell.x, cell.y] = known(TILES, "locked_cells.tile", cell.tile)
    return locked


def _region(message: scene_pb2.LevelRegion) -> Region:
    return Region(message.left, message.top, message.width, message.height)


def _region_message(region: Region) -> scene_pb2.LevelRegion:
    return scene_pb2.LevelRegion(left=region.left, top=region.top, width=region.width, height=region.height)
