"""Cells and rectangles of a level, as a person types them, and levels that were made earlier."""

import re
from collections.abc import Sequence
from pathlib import Path

from engine.errors import DataError, InvalidRequestError
from engine.levels.grid import from_rows, to_rows
from engine.levels.tiled import read_tiled
from engine.requests.level import GLYPHS, SIZE_MAX, Region, Tile
from workers.cli.options import read_json

LEVEL_FILE = "level.json"
FILE_MAX_BYTES = 16 * 1024 * 1024
_CELL = re.compile(r"(\d+),(\d+)=(\w+)")
_RECTANGLE = re.compile(r"(\d+),(\d+),(\d+),(\d+)")


def parse_size(text: str) -> int:
    """Edge length in cells, from N or NxN. Raises InvalidRequestError for what is not square."""
    sides = re.fullmatch(r"(\d{1,6})(?:x(\d{1,6}))?", text)
    if sides is None or sides[2] not in (None, sides[1]):
        raise InvalidRequestError("--size", text, f"N or NxN: levels are square, up to {SIZE_MAX}x{SIZE_MAX}")
    return int(sides[1])


def parse_rectangle(option: str, text: str) -> Region:
    """A rectangle from LEFT,TOP,WIDTH,HEIGHT. Raises InvalidRequestError."""
    numbers = _RECTANGLE.fullmatch(text)
    if numbers is None or 0 in (int(numbers[3]), int(numbers[4])):
        raise InvalidRequestError(option, text, "LEFT,TOP,WIDTH,HEIGHT in cells, at least one cell")
    return Region(*map(int, numbers.groups()))


def locked_cells(texts: Sequence[str], base_rows: Sequence[str]) -> dict[tuple[int, int], Tile]:
    """Cells that keep their tile: those given as X,Y=TILE, and those of rectangles of an earlier level.

    Raises InvalidRequestError for what is neither, for an unknown tile and for rectangles without a level.
    """
    cells: dict[tuple[int, int], Tile] = {}
    for text in texts:
        cell = _CELL.fullmatch(text)
        if cell is not None:
            cells[int(cell[1]), int(cell[2])] = _tile(cell[3])
            continue
        if _RECTANGLE.fullmatch(text) is None:
            raise InvalidRequestError("--lock", text, "X,Y=TILE, or with --from LEFT,TOP,WIDTH,HEIGHT")
        area = parse_rectangle("--lock", text)
        if not base_rows:
            raise InvalidRequestError("--lock", text, "X,Y=TILE; a rectangle only together with --from")
        size = len(base_rows)
        if max(area.left + area.width, area.top + area.height) > size:
            raise InvalidRequestError("--lock", text, f"inside of the earlier level, {size} x {size} cells")
        for y in range(area.top, area.top + area.height):
            for x in range(area.left, area.left + area.width):
                cells[x, y] = Tile(GLYPHS.index(base_rows[y][x]))
    return cells


def read_rows(path: Path | None) -> tuple[str, ...]:
    """The rows of an earlier level: its level.json, its folder, or a map of the Tiled editor. None without a path.

    Raises InvalidRequestError for other files.
    """
    if path is None:
        return ()
    allowed = "a level.json or .tmj file of this program, or their folder"
    document = read_json("--from", path / LEVEL_FILE if path.is_dir() else path, allowed, FILE_MAX_BYTES)
    try:
        grid = read_tiled(document) if document.get("type") == "map" else from_rows(document["rows"])
    except (DataError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InvalidRequestError("--from", str(path), f"{allowed} ({error})") from error
    return to_rows(grid)


def _tile(name: str) -> Tile:
    if name.upper() not in Tile.__members__:
        raise InvalidRequestError("--lock", name, ", ".join(tile.name.lower() for tile in Tile))
    return Tile[name.upper()]
