"""`morphogen world`: a flight over an endless world of a server, its chunks, and whether the viewer saw a hole."""

import json
import re
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any

import typer

from engine.codecs.files import publish_file, publish_folder
from engine.errors import OutputError, UnavailableError
from engine.requests.world import CHUNK_MAPS, CHUNK_MAPS_DEFAULT, CHUNK_VERTICES
from morphogen_client import (
    CancelledError,
    Chunk,
    ChunkArrived,
    ChunksEvicted,
    Client,
    ExploreOptions,
    Landscape,
    Viewer,
    WorldExplorer,
    WorldOpened,
)
from workers.cli.making.asking import landscape_from
from workers.cli.making.remote import engine_errors, open_client
from workers.cli.options import JsonOption, ServerAccess, made_by_server
from workers.cli.progress import progress_bar
from workers.cli.scenes.landscapes import (
    LANDSCAPE_NUMBERS,
    BiomeOption,
    SketchExtentOption,
    SketchOption,
    landscape_with,
    parse_biomes,
    parse_settings,
    read_sketch,
)
from workers.cli.worlds.flight import Log, Route, read_route
from workers.cli.worlds.overview import Overview

app = typer.Typer(add_completion=False)

MOVE_S = 0.05
"""So often the server is told where the viewer is."""

REPORT, PICTURE = "report.json", "preview.png"
_CHUNK_FOLDER = re.compile(r"chunk_-?\d+_-?\d+")
_CHUNK_FILES = ("chunk.json", *(f"{name}.{suffix}" for name in CHUNK_MAPS for suffix in ("png", "glb", "json")))
_SUFFIXES = {b"\x89PNG": "png", b"glTF": "glb"}


@app.command()
@made_by_server
def world(  # noqa: PLR0913 - a command has as many arguments as it has options
    *,
    path: Annotated[
        Path,
        typer.Option(
            metavar="JSON",
            help='The way: {"speed_m_per_s": 20, "waypoints": [[x, z], ...]}, or with times [[x, z, seconds], ...]; '
            "meters, +x east, +z south.",
        ),
    ],
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder for the chunks, the report and a picture.")],
    view_distance_m: Annotated[
        float, typer.Option(metavar="M", help="How far the viewer sees: an eighth of a chunk to 8 chunks.")
    ] = 500.0,
    biome: BiomeOption = None,
    seed: Annotated[int, typer.Option(help="The same options and seed give the same world everywhere.")] = 0,
    sketch: SketchOption = None,
    sketch_extent_m: SketchExtentOption = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help=f"Set a number; repeatable: {', '.join(LANDSCAPE_NUMBERS)}."),
    ] = None,
    maps: Annotated[
        str, typer.Option(metavar="NAME,...", help=f"What of every chunk: {', '.join(CHUNK_MAPS)}.")
    ] = ",".join(CHUNK_MAPS_DEFAULT),
    vertices: Annotated[
        int, typer.Option(help=f"Most along a chunk's edge: {', '.join(map(str, CHUNK_VERTICES))}.")
    ] = CHUNK_VERTICES[-1],
    access: ServerAccess,
    as_json: JsonOption = False,
) -> None:
    """Fly along a path over an endless world, in real time, and keep what was seen.

    DIR gets a folder for every chunk as it was seen best, preview.png (the land from above, with the way) and
    report.json: when each chunk came into view and when it was there. A hole is a chunk in view that was not there.
    What an earlier flight has left in DIR is removed.
    """
    route = read_route(path)
    numbers = parse_settings(settings or [], LANDSCAPE_NUMBERS)
    land = landscape_with(seed, parse_biomes(biome), numbers, read_sketch(sketch, sketch_extent_m))
    first = route.at(0.0)
    options: ExploreOptions = {
        "viewer": Viewer(first.x_m, first.z_m, first.velocity_x, first.velocity_z),
        "view_distance_m": view_distance_m,
        "vertices_max": vertices,
        "maps": tuple(maps.split(",")),
        "priority": "interactive",
    }
    with open_client(access) as client, progress_bar("flight", int(route.duration_s)) as advance:
        flight = Flight(route, out)
        with engine_errors(access.server):
            flight.fly(client, landscape_from(land), options, advance)
    report = flight.finish()
    if as_json:
        typer.echo(
            json.dumps({"flight": {name: value for name, value in report.items() if name != "chunks"}}, indent=2)
        )
        return
    typer.echo(
        f"{out}  {report['flown_s']:g} s, {report['way_m']:g} m  {report['chunks_arrived']} chunks  "
        f"first view whole after {report['first_view_complete_s']} s  "
        f"chunks that came late after the first second: {report['holes_after_first_second']}"
    )


def remove_flight(folder: Path) -> None:
    """Remove what an earlier flight has left in `folder`, and nothing else. Raises OutputError."""
    chunks = [path for path in folder.glob("chunk_*") if _CHUNK_FOLDER.fullmatch(path.name)]
    files = [folder / REPORT, folder / PICTURE, *(chunk / name for chunk in chunks for name in _CHUNK_FILES)]
    try:
        for path in files:
            path.unlink(missing_ok=True)
        for chunk in chunks:
            if not any(chunk.iterdir()):
                chunk.rmdir()
    except OSError as error:
        raise OutputError(f"{folder}: the earlier flight cannot be removed: {error.strerror}") from error


class Flight:
    """One flight: what was seen, and what of it is on disk."""

    def __init__(self, route: Route, folder: Path) -> None:
        self._route, self._folder = route, folder
        self._overview = Overview()
        self._log: Log | None = None
        self._began_s = self._flown_s = 0.0

    def fly(self, client: Client, land: Landscape, options: ExploreOptions, on_seconds: Any) -> None:
        """Follow the route, write chunks as they go out of view, and at last those that are left."""
        # The flight begins when the world is open: what a server needs to load is not the stream's.
        with client.explore_world(land, **options) as explorer:
            mover = threading.Thread(target=self._move, args=[explorer, on_seconds])
            with suppress(CancelledError):  # the mover closes it at the end of the route
                for event in explorer:
                    now_s = time.monotonic() - self._began_s
                    match event:
                        case WorldOpened(_, chunk_m, distance_m):
                            remove_flight(self._folder)
                            self._log = Log(self._route, chunk_m, distance_m)
                            self._began_s = time.monotonic()
                            mover.start()
                        case ChunkArrived(chunk):
                            self._logged().arrived(chunk.key, chunk.vertices, now_s)
                        case ChunksEvicted(chunks):
                            self._logged().evicted(chunks, now_s)
                            self._write(chunks)
            if self._log is not None:
                mover.join()
                self._write(explorer.held)

    def finish(self) -> dict[str, Any]:
        """Write the report and the picture; the report."""
        report = self._logged().report(self._flown_s)
        document = json.dumps(report, indent=2).encode() + b"\n"
        publish_file(self._folder / REPORT, document)  # whatever becomes of the picture
        places = [self._route.at(self._flown_s * step / 200) for step in range(201)]
        picture = self._overview.picture([(each.x_m, each.z_m) for each in places], self._logged().chunk_m)
        publish_file(self._folder / PICTURE, picture)
        return report

    def _logged(self) -> Log:
        if self._log is None:
            raise UnavailableError("the stream ended before the world was open")
        return self._log

    def _move(self, explorer: WorldExplorer, on_seconds: Any) -> None:
        """Tell where the viewer is until the route ends."""
        told_s = 0
        with suppress(CancelledError):  # the stream ended: its own iteration says why
            while (flown_s := time.monotonic() - self._began_s) < self._route.duration_s:
                here = self._route.at(flown_s)
                explorer.move(here.x_m, here.z_m, here.velocity_x, here.velocity_z)
                self._flown_s = flown_s
                on_seconds(int(flown_s) - told_s)
                told_s = int(flown_s)
                time.sleep(MOVE_S)
            self._flown_s = self._route.duration_s
        explorer.close()

    def _write(self, chunks: Mapping[tuple[int, int], Chunk]) -> None:
        """Chunks on disk, each with its best level of detail. Raises OutputError."""
        for (row, column), chunk in chunks.items():
            if not self._overview.take(chunk):
                continue
            files = {f"{name}.{_SUFFIXES.get(data[:4], 'json')}": data for name, data in chunk.parts.items()}
            publish_folder(self._folder / f"chunk_{row}_{column}", files)
