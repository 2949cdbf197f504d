"""`morphogen catalog`: what can be made, with which parameters."""

import importlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Annotated

import typer
from rich.console import Console
from rich.markdown import Markdown
from rich.table import Table

from engine.assets import GeneratorInfo, ParameterInfo
from engine.errors import InvalidRequestError
from workers.cli.mistakes import OptionsError
from workers.cli.options import JsonOption, Place, made_anywhere

app = typer.Typer(add_completion=False)


@dataclass(frozen=True, slots=True)
class Wording:
    """How a kind of asset is talked about.

    classes     what its classes are called
    unit        of its sizes
    attributes  how its attributes are given to its command
    """

    classes: str = "classes"
    unit: str = "px"
    attributes: str = "for --set NAME=VALUE; those left out are drawn by the seed"


WORDINGS = {
    "level": Wording(
        "styles", "cells", "options of `morphogen level`: --rooms 5; those left out are drawn by the seed"
    ),
    "scene": Wording(
        "biomes", "px of the ground", "for `morphogen scene --set NAME=VALUE`; extent and hour are options of their own"
    ),
    "chunk": Wording("biomes", "vertices"),
    "world": Wording("biomes"),
}


@app.command()
@made_anywhere
def catalog(
    name: Annotated[str | None, typer.Argument(metavar="GENERATOR", help="Only this one, with its model card.")] = None,
    *,
    pattern: Annotated[str | None, typer.Option(metavar="NAME", help="Explain this pattern's parameters.")] = None,
    place: Place,
    as_json: JsonOption = False,
) -> None:
    """List the generators: classes, sizes, sliders and patterns, with their ranges."""
    if as_json and pattern is not None:
        raise OptionsError("--json: has all patterns; only without --pattern")
    infos = chosen(read_infos(place), name)
    if as_json:
        typer.echo(json.dumps({"generators": [asdict(info) for info in infos]}, indent=2))
        return
    console = Console(highlight=False)
    if pattern is not None:
        show_pattern(console, infos, pattern)
        return
    for info in infos:
        show(console, info)
        if name is not None:
            console.print(Markdown(info.model_card))


def read_infos(place: Place) -> tuple[GeneratorInfo, ...]:
    """The entries of this process, or of the server of `place`."""
    if place.server is None:
        infos: tuple[GeneratorInfo, ...] = importlib.import_module("workers.cli.making.offline").generator_infos(
            place.weights
        )
        return infos
    remote = importlib.import_module("workers.cli.making.remote")
    with remote.open_client(place.server) as client:
        infos = remote.generator_infos(client)
    return infos


def chosen(infos: Sequence[GeneratorInfo], name: str | None) -> Sequence[GeneratorInfo]:
    """The entry of that name, or all that make assets. Raises InvalidRequestError for an unknown name."""
    if name is None:
        return [info for info in infos if info.classes]
    named = [info for info in infos if info.name == name]
    if not named:
        raise InvalidRequestError("GENERATOR", name, ", ".join(info.name for info in infos))
    return named


def show(console: Console, info: GeneratorInfo) -> None:
    """Print one entry."""
    console.print(f"[bold]{info.name}[/] {info.version}, tier {info.tier}: makes {info.asset_kind.removesuffix('s')}s")
    wording = WORDINGS.get(info.asset_kind, Wording())
    lists = {
        wording.classes: info.classes,
        "sizes": sizes_of(info, wording.unit),
        "maps": info.maps,
        "wraps": info.wraps,
        "trained on": info.training_licences,
        "kernels": [info.kernel_class],
        "weights": [info.weights_sha256],
    }
    facts = Table.grid(padding=(0, 2))
    for label, values in lists.items():
        if any(values):
            facts.add_row(f"  {label}", ", ".join(values))
    console.print(facts)
    if info.attributes:
        console.print(f"\n  attributes, {wording.attributes}")
        console.print(parameter_table(info.attributes))
    if info.choices:
        console.print("\n  choices, for requests and controls; docs/characters.md says what they mean")
        choices = Table.grid(padding=(0, 2))
        for field, values in info.choices:
            choices.add_row(f"  {field}", ", ".join(values))
        console.print(choices)
    if info.patterns:
        console.print("\n  patterns, for --pattern NAME:PARAMETER=VALUE,...; `catalog --pattern NAME` explains one")
        patterns = Table.grid(padding=(0, 2))
        for pattern in info.patterns:
            names = ", ".join(parameter.name for parameter in pattern.parameters)
            patterns.add_row(
                f"  [bold]{pattern.name}[/]", f"{pattern.description} [dim]({names or 'no parameters'})[/]"
            )
        console.print(patterns)


def sizes_of(info: GeneratorInfo, unit: str) -> Sequence[str]:
    """The sizes with their unit; many in a row as a range."""
    sizes = info.sizes_px
    if len(sizes) > 3 and sizes == tuple(range(sizes[0], sizes[-1] + 1)):
        return [f"{sizes[0]} to {sizes[-1]} {unit}"]
    return [f"{size} {unit}" for size in sizes]


def show_pattern(console: Console, infos: Sequence[GeneratorInfo], name: str) -> None:
    """Print one pattern with all its parameters. Raises InvalidRequestError for an unknown name."""
    patterns = {pattern.name: pattern for info in infos for pattern in info.patterns}
    if name not in patterns:
        raise InvalidRequestError("--pattern", name, ", ".join(patterns))
    console.print(f"[bold]{name}[/]: {patterns[name].description}")
    console.print(parameter_table(patterns[name].parameters))


def parameter_table(parameters: Sequence[ParameterInfo]) -> Table:
    """One row per parameter: name, range with unit, default if it has one, meaning."""
    table = Table.grid(padding=(0, 2))
    for parameter in parameters:
        span = f"{parameter.minimum:g} to {parameter.maximum:g} {parameter.unit}"
        default = "" if parameter.default is None else f"default {parameter.default:g}"
        table.add_row(f"  {parameter.name}", span, default, parameter.description)
    table.columns[0].no_wrap = True
    return table
