"""`morphogen scene`: a square of a landscape with its textures, props, sky and light, for engines and editors."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from engine.codecs.files import publish_folder
from engine.codecs.gltf.pack import find_gltfpack, pack_scene
from engine.errors import InvalidRequestError
from engine.requests.scene import SceneRequest
from workers.cli.making.sources import open_source
from workers.cli.mistakes import OptionsError
from workers.cli.options import JsonOption, Place, made_anywhere
from workers.cli.progress import progress_bar
from workers.cli.records import AssetRecord, print_asset_records
from workers.cli.scenes.earlier import Earlier, kept, made_anew, parse_rectangle, read_earlier
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
from workers.cli.scenes.own_props import read_props
from workers.cli.scenes.scene_files import CHANGING_NAMES, ENDINGS, PACKED, checked_ending, files_for

app = typer.Typer(add_completion=False)

PLACED_NUMBERS = ("prop_density", "prop_limit", "texture_px")
"""What does not change the land."""

SCENE_NUMBERS = ("x_m", "z_m", *PLACED_NUMBERS)
PART_COUNT = 11
"""Parts of a scene."""


@app.command()
@made_anywhere
def scene(  # noqa: PLR0913 - a command has as many arguments as it has options
    *,
    biome: BiomeOption = None,
    seed: Annotated[
        int | None, typer.Option(help="The same options and seed give the same bytes.", show_default="0")
    ] = None,
    extent_m: Annotated[
        float | None, typer.Option(metavar="M", help="Edge length in meters, 32 to 4096.", show_default="512")
    ] = None,
    time_of_day: Annotated[
        float | None, typer.Option(metavar="H", help="Hours, 0 to 24: where the sun stands.", show_default="15")
    ] = None,
    sketch: SketchOption = None,
    sketch_extent_m: SketchExtentOption = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="NAME=VALUE",
            help=f"Set a number; repeatable: {', '.join((*LANDSCAPE_NUMBERS, *SCENE_NUMBERS))}.",
        ),
    ] = None,
    props: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Your own props: GLB files and props.yaml, see docs/scenes.md."),
    ] = None,
    builtin_props: Annotated[bool, typer.Option(help="Whether the built-in props stand there.")] = True,
    earlier: Annotated[
        Path | None,
        typer.Option("--from", metavar="FILE", help="An earlier scene (GLB, its folder or layout.json) to change."),
    ] = None,
    lock: Annotated[
        str | None,
        typer.Option(
            metavar="X,Z,WIDTH,DEPTH",
            help="With --from: keep this rectangle and make the rest anew from --seed. Every height, normal and mask "
            "inside keeps its bits, up to the rectangle's edge; new land begins 48 cells (96 m) outside of it. "
            "Meters from the scene's middle: +x east, +z south, north-west corner first.",
        ),
    ] = None,
    reroll: Annotated[
        str | None,
        typer.Option(
            metavar="X,Z,WIDTH,DEPTH",
            help="With --from: make this rectangle anew from --seed. Every height, normal and mask outside keeps its "
            "bits; new land begins 48 cells (96 m) inside of the edge. In both cases props stay where the land stays, "
            "but for those within 48 cells of the change and for what the limit of props thins out; coasts, mountains "
            "and valleys belong to the first seed and stay everywhere; the ground's picture is painted anew.",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE|DIR", help=f"A folder, or a file: {', '.join(ENDINGS)}.", show_default="out/scene_SEED"
        ),
    ] = None,
    packed: Annotated[
        bool,
        typer.Option(
            "--packed",
            help="Make the GLB several times smaller, for delivery: compressed by gltfpack, which has to be on PATH, "
            "without coarser levels of detail. A folder gets it as scene_packed.glb.",
        ),
    ] = False,
    place: Place,
    as_json: JsonOption = False,
) -> None:
    """Make a scene: terrain, textures, props, sky and light.

    A folder gets scene.glb, height maps for Unity (RAW), Unreal (r16) and others (16-bit PNG), the ground's materials
    and where each of them lies, layout.json with every prop, sky.hdr, a Godot scene and scene.json, which says what to
    type into the engines' dialogs. A file gets the scene alone. Either way there is a preview picture. Height maps of
    an earlier scene of another size, and its packed file, are removed from the folder.
    """
    drawn = read_sketch(sketch, sketch_extent_m)
    own_props = read_props(props)
    numbers = parse_settings(settings or [], (*LANDSCAPE_NUMBERS, *SCENE_NUMBERS))
    if earlier is None:
        _only_with_from({"--lock": lock, "--reroll": reroll})
        land = landscape_with(seed or 0, parse_biomes(biome), numbers, drawn)
        request = SceneRequest(
            land,
            extent_m=512.0 if extent_m is None else extent_m,
            hour=15.0 if time_of_day is None else time_of_day,
            builtin_props=builtin_props,
            own_props=own_props,
            **_scene_numbers(numbers),
        )
    else:
        _only_without_from(
            {
                "--biome": biome,
                "--extent-m": extent_m,
                "--no-builtin-props": None if builtin_props else True,
                **{f"--set {name}": numbers[name] for name in numbers if name not in PLACED_NUMBERS},
            }
        )
        request = _changed(read_earlier(earlier, drawn, own_props), lock, reroll, seed)
        hour = request.hour if time_of_day is None else time_of_day
        request = replace(request, hour=hour, **_scene_numbers(numbers))
    target = Path("out") / f"scene_{request.seed if seed is None else seed}" if out is None else out
    ending = checked_ending(target, ENDINGS)
    if packed and ending not in ("", ".glb"):
        raise OptionsError("--packed: only for a folder or a file that ends in .glb")
    packer = find_gltfpack() if packed else None
    with open_source(place) as source, progress_bar("scene", PART_COUNT) as advance:
        made = source.make(request, advance)
    folder, files = files_for(target, made)
    if packer is not None:
        files[target.name if ending else PACKED] = pack_scene(made.parts["scene"], packer)
    paths = publish_folder(folder, files, CHANGING_NAMES if folder == target else None)
    record: AssetRecord = {
        "kind": "scene",
        "seed": request.seed,
        "sha256": made.sha256,
        "path": str(target),
        "files": [path.name for path in paths],
        "facts": f"{request.extent_m:g} m",
    }
    print_asset_records("scenes", [record], as_json=as_json)


def _changed(before: Earlier, lock: str | None, reroll: str | None, seed: int | None) -> SceneRequest:
    if (lock is None) == (reroll is None):
        raise OptionsError("--from: needs either --lock or --reroll beside it")
    if seed is None:
        raise OptionsError("--from: needs --seed beside it, the seed of the new land")
    if lock is not None:
        return kept(before, parse_rectangle("--lock", lock), seed)
    return made_anew(before, parse_rectangle("--reroll", str(reroll)), seed)


def _scene_numbers(numbers: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in numbers.items() if name in SCENE_NUMBERS}


def _only_with_from(options: dict[str, object]) -> None:
    for option, value in options.items():
        if value is not None:
            raise InvalidRequestError(option, value, "only together with --from")


def _only_without_from(options: dict[str, object]) -> None:
    for option, value in options.items():
        if value is not None:
            raise InvalidRequestError(option, value, "only without --from: it would change the scene everywhere")
