"""From options to landscapes: biomes, numbers by name, a designer's sketch; for scenes and for worlds."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from engine.errors import InvalidRequestError
from engine.requests.landscape import SKETCH_MAX_BYTES, Landscape, Sketch
from workers.cli.mistakes import OptionsError
from workers.cli.options import parse_numbers, read_file

LANDSCAPE_NUMBERS = ("cell_m", "relief", "roughness", "sea_level_m", "period_cells")
"""What `--set` may set of any land."""

WHOLE_NUMBERS = ("period_cells", "prop_limit", "texture_px")

BiomeOption = Annotated[
    str | None,
    typer.Option(
        "--biome", metavar="NAME[:WEIGHT],...", help="Biomes, weight 0 to 1 each; `morphogen catalog` lists them."
    ),
]
SketchOption = Annotated[
    Path | None,
    typer.Option(
        metavar="PNG",
        help="Your strokes, north up: red ridge, blue river, green flat, cyan sea, black or transparent nothing.",
    ),
]
SketchExtentOption = Annotated[
    float | None,
    typer.Option(metavar="M", help="Edge of the square around the world's origin that the sketch covers; with it."),
]


def parse_biomes(text: str | None) -> dict[str, float]:
    """Biome -> weight, from NAME[:WEIGHT],...; grassland without a text."""
    biomes: dict[str, float] = {}
    for item in (text or "grassland").split(","):
        name, colon, weight = item.strip().partition(":")
        if not name or name in biomes:
            raise InvalidRequestError("--biome", text, "NAME[:WEIGHT],... with each name once")
        biomes[name] = parse_numbers("--biome", str(text), [f"{name}={weight}"])[name] if colon else 1.0
    return biomes


def parse_settings(settings: Sequence[str], names: Sequence[str]) -> dict[str, Any]:
    """Numbers by name from texts of the form NAME=VALUE. Raises InvalidRequestError for a name that is not known."""
    numbers: dict[str, Any] = {}
    for text in settings:
        numbers |= parse_numbers("--set", text, [text])
    for name, value in numbers.items():
        if name not in names:
            raise InvalidRequestError("--set", name, ", ".join(names))
        if name in WHOLE_NUMBERS:
            if not float(value).is_integer():  # nor are nan and inf
                raise InvalidRequestError(name, value, "a whole number")
            numbers[name] = int(value)
    return numbers


def read_sketch(path: Path | None, extent_m: float | None) -> Sketch | None:
    """The sketch. Raises InvalidRequestError for a file that is no PNG, and for one option without the other."""
    if path is None or extent_m is None:
        if path is not None or extent_m is not None:
            raise OptionsError("--sketch and --sketch-extent-m: only together")
        return None
    data = read_file("--sketch", path, SKETCH_MAX_BYTES + 1)
    if not data.startswith(b"\x89PNG\r\n\x1a\n"):
        raise InvalidRequestError("--sketch", str(path), "a PNG file")
    return Sketch(data, extent_m)


def landscape_with(
    seed: int, biomes: Mapping[str, float], numbers: Mapping[str, Any], sketch: Sketch | None
) -> Landscape:
    """The landscape; of `numbers` only LANDSCAPE_NUMBERS count. Raises InvalidRequestError."""
    own = {name: value for name, value in numbers.items() if name in LANDSCAPE_NUMBERS}
    return Landscape(seed=seed, biomes=biomes, sketch=sketch, **own)
