"""`morphogen texture`: requests from options, materials from here or from a server, folders on disk."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, TypedDict

import typer

from engine.codecs.image import read_provenance
from engine.codecs.material import write_material
from engine.codecs.provenance import material_description
from engine.errors import InvalidRequestError
from engine.requests.checks import SEED_MAX
from engine.requests.texture import MapKind, TextureRequest, Wrap
from workers.cli.making.sources import AssetSource, Made, open_source
from workers.cli.options import (
    JsonOption,
    Place,
    made_anywhere,
    parse_attributes,
    parse_blend,
    parse_palette,
    parse_pattern,
    read_mask,
)
from workers.cli.progress import progress_bar

COUNT_MAX = 10_000
"""Materials of one run: each is a folder, and a line in memory until the end."""

app = typer.Typer(add_completion=False)


class Record(TypedDict):
    """One material on disk, for scripts. `sha256` names all its parts, as a server's trailer does."""

    texture_class: str
    seed: int
    size_px: int
    sha256: str
    folder: str
    files: list[str]


@app.command()
@made_anywhere
def texture(  # noqa: PLR0913 - a command has as many arguments as it has options
    texture_class: Annotated[
        str, typer.Argument(metavar="CLASS", help="Class of the material; `morphogen catalog` lists them.")
    ],
    *,
    seed: Annotated[int, typer.Option(help="The same options and seed give the same bytes.")] = 0,
    size: Annotated[int, typer.Option(metavar="PX", help="Edge length in pixels: 64, 128, ... 2048.")] = 512,
    count: Annotated[int, typer.Option(min=1, help="Make so many, with seeds SEED, SEED + 1, ...")] = 1,
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="Set a slider; repeatable.")
    ] = None,
    palette: Annotated[
        str | None, typer.Option(metavar="HEX[,HEX,HEX]", help="Mid tone, or dark, mid and light tone.")
    ] = None,
    wrap: Annotated[Wrap, typer.Option(help="Axes along which the result tiles.")] = Wrap.BOTH,
    pattern: Annotated[
        str | None, typer.Option(metavar="NAME[:k=v,...]", help="Structure from the pattern library.")
    ] = None,
    mask: Annotated[
        Path | None, typer.Option(metavar="PNG", help="Structure from your own grey picture, white = high.")
    ] = None,
    blend: Annotated[
        str | None,
        typer.Option(metavar="CLASS[:k=v,...]", help="Mix in a second class: amount=0..1, patches_per_tile=1..16."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder for the files.", show_default="out/CLASS_SEED")
    ] = None,
    place: Place,
    as_json: JsonOption = False,
) -> None:
    """Make a tileable PBR material, or several.

    Each becomes a folder with albedo, normal (OpenGL, +Y), roughness, metallic, height (16-bit) and ambient_occlusion
    as PNG, orm.png, material.json, preview.png and material.glb.
    """
    request = TextureRequest(
        texture_class=texture_class,
        seed=seed,
        size_px=size,
        wrap=wrap,
        attributes=parse_attributes(settings or []),
        palette=parse_palette(palette),
        pattern=parse_pattern(pattern),
        mask_png=read_mask(mask),
        blend=parse_blend(blend),
    )
    if count > COUNT_MAX:
        raise InvalidRequestError("--count", count, f"1 to {COUNT_MAX} in one run")
    if seed + count - 1 > SEED_MAX:
        raise InvalidRequestError("--count", count, f"1 to {SEED_MAX - seed + 1} from seed {seed} on")
    requests = [replace(request, seed=seed + number) for number in range(count)]
    source = open_source(place)
    folders = folders_for(requests, out)
    records: list[Record] = []
    try:
        with source as opened, progress_bar(texture_class, part_count_of(requests)) as advance:
            for each, folder in zip(requests, folders, strict=True):
                records.append(make_material(opened, each, folder, advance))
    finally:
        print_records(records, as_json=as_json)


def folders_for(requests: Sequence[TextureRequest], out: Path | None) -> list[Path]:
    """One folder per request: `out` itself for a single one, else CLASS_SEED in `out`, which is out/ by default."""
    if out is not None and len(requests) == 1:
        return [out]
    parent = Path("out") if out is None else out
    return [parent / f"{request.texture_class}_{request.seed}" for request in requests]


def part_count_of(requests: Sequence[TextureRequest]) -> int:
    """Number of parts that all requests together give."""
    return sum(len(request.lods_px()) * len(request.maps) for request in requests)


def make_material(
    source: AssetSource, request: TextureRequest, folder: Path, on_parts: Callable[[int], None]
) -> Record:
    """Make one material and write its folder; what scripts are told about it."""
    made = source.make(request, on_parts)
    paths = save_material(folder, request, made)
    return {
        "texture_class": request.texture_class,
        "seed": request.seed,
        "size_px": request.size_px,
        "sha256": made.sha256,
        "folder": str(folder),
        "files": [path.name for path in paths],
    }


def save_material(folder: Path, request: TextureRequest, made: Made) -> tuple[Path, ...]:
    """Write all files of the material. The maps are written byte for byte; the rest is made from them.

    What made the maps is read from the maps, so the files are the same wherever they were made. Raises OutputError.
    """
    maps = {MapKind(name): png for name, png in made.parts.items()}
    provenance = read_provenance(next(iter(maps.values())))
    description = material_description(provenance) | {
        "name": f"{request.texture_class}_{request.seed}",
        "sha256": made.sha256,
    }
    return write_material(folder, maps, provenance, description)


def print_records(records: Sequence[Record], *, as_json: bool) -> None:
    """Tell what lies where now: one JSON document, or one line per material. Nothing if there is none."""
    if as_json and records:
        typer.echo(json.dumps({"materials": records}, indent=2))
        return
    for record in records:
        files = f"{len(record['files'])} files"
        typer.echo(f"{record['folder']}  {record['size_px']} px  {files}  sha256 {record['sha256']}")
