"""`morphogen level`: a game level that can be won, as JSON, for Tiled and in three dimensions."""

from pathlib import Path
from typing import Annotated

import typer

from engine.codecs.files import publish_folder
from engine.errors import InvalidRequestError
from engine.requests.level import LevelRequest, LevelStyle, Symmetry
from workers.cli.making.sources import open_source
from workers.cli.mistakes import OptionsError
from workers.cli.options import JsonOption, Place, made_anywhere
from workers.cli.progress import progress_bar
from workers.cli.records import AssetRecord, print_asset_records
from workers.cli.scenes.cells import locked_cells, parse_rectangle, parse_size, read_rows
from workers.cli.scenes.level_files import ENDINGS, files_for
from workers.cli.scenes.scene_files import checked_ending

app = typer.Typer(add_completion=False)

SIZE_DEFAULT = "32"
PARTS_ABOUT = 60
"""Refinements and files of a level, about, and its materials."""


def count(help_line: str) -> typer.models.OptionInfo:
    """An option for a number that the seed draws if it is left out."""
    option: typer.models.OptionInfo = typer.Option(help=help_line, show_default="drawn by the seed")
    return option


@app.command()
@made_anywhere
def level(  # noqa: PLR0913 - a command has as many arguments as it has options
    *,
    seed: Annotated[int, typer.Option(help="The same options and seed give the same bytes.")] = 0,
    size: Annotated[
        str | None,
        typer.Option(metavar="N", help="Edge length in cells, 16 to 64; NxN says the same.", show_default="32"),
    ] = None,
    rooms: Annotated[int | None, count("Regions that blocks of 3x3 cells cover, 1 to 24.")] = None,
    room_edge: Annotated[int | None, count("Their mean edge length in cells, 3 to 24.")] = None,
    loops: Annotated[int | None, count("Ways around solid bodies of at least four cells, 0 to 12.")] = None,
    enemies: Annotated[int | None, count("Cells with an enemy, 0 to 40.")] = None,
    loot: Annotated[int | None, count("Cells with loot, 0 to 40.")] = None,
    keys: Annotated[int | None, count("Locks and their keys, each of its own color, 0 to 3.")] = None,
    symmetry: Annotated[Symmetry | None, count("Axes along which the layout mirrors.")] = None,
    openness: Annotated[float | None, count("Share of the cells that can be walked on, 0 to 1.")] = None,
    difficulty: Annotated[float | None, count("Length of the way, enemies near it, and locks, 0 to 1.")] = None,
    style: Annotated[LevelStyle | None, count("The way of building.")] = None,
    earlier: Annotated[
        Path | None,
        typer.Option("--from", metavar="FILE", help="An earlier level (level.json, .tmj or its folder) to change."),
    ] = None,
    lock: Annotated[
        list[str] | None,
        typer.Option(
            metavar="CELLS",
            help="Keep these cells and make the rest: X,Y=TILE, or with --from LEFT,TOP,WIDTH,HEIGHT; repeatable.",
        ),
    ] = None,
    reroll: Annotated[
        str | None,
        typer.Option(
            metavar="LEFT,TOP,WIDTH,HEIGHT",
            help="With --from: make this rectangle anew; every other cell keeps its tile.",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE|DIR", help=f"A folder, or a file: {', '.join(ENDINGS)}.", show_default="out/level_SEED"
        ),
    ] = None,
    place: Place,
    as_json: JsonOption = False,
) -> None:
    """Make a game level that can be won; what is left out is drawn by the seed.

    A folder gets level.json (rows, what was measured, a shortest way that wins), level.tmj for Tiled with its tiles,
    level.glb (the level in three dimensions with generated materials) and pictures of both. A file gets the one thing
    and a picture.
    """
    base_rows = read_rows(earlier)
    if reroll is not None and not base_rows:
        raise InvalidRequestError("--reroll", reroll, "only together with --from")
    if earlier is not None and reroll is None and not lock:
        raise OptionsError("--from: needs --lock or --reroll beside it")
    cells = parse_size(size if size is not None else str(len(base_rows)) if base_rows else SIZE_DEFAULT)
    if base_rows and cells != len(base_rows):
        raise InvalidRequestError("--size", cells, f"{len(base_rows)}, as the earlier level")
    request = LevelRequest(
        seed=seed,
        size=cells,
        rooms=rooms,
        room_edge=room_edge,
        loops=loops,
        enemies=enemies,
        loot=loot,
        keys=keys,
        symmetry=symmetry,
        openness=openness,
        difficulty=difficulty,
        style=style,
        locked_cells=locked_cells(lock or [], base_rows),
        base_rows=() if reroll is None else base_rows,
        region=None if reroll is None else parse_rectangle("--reroll", reroll),
    )
    target = Path("out") / f"level_{seed}" if out is None else out
    checked_ending(target, ENDINGS)
    with open_source(place) as source, progress_bar("level", PARTS_ABOUT) as advance:
        made = source.make(request, advance)
        folder, files = files_for(target, made, source, advance)
    paths = publish_folder(folder, files)
    record: AssetRecord = {
        "kind": "level",
        "seed": seed,
        "sha256": made.sha256,
        "path": str(target),
        "files": [path.name for path in paths],
        "facts": f"{cells}x{cells}",
    }
    print_asset_records("levels", [record], as_json=as_json)
