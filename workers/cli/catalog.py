"""`morphogen catalog`: what can be made, with which parameters."""

import importlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markdown import Markdown
from rich.table import Table

from engine.assets import GeneratorInfo, ParameterInfo
from engine.errors import InvalidRequestError
from workers.cli.options import (
    ClientCertificateOption,
    ClientKeyOption,
    JsonOption,
    RootCertificatesOption,
    ServerAccess,
    ServerOption,
    TierOption,
    TokenFileOption,
    WeightsOption,
    access_from,
    weights_of,
)

app = typer.Typer(add_completion=False)


@app.command()
def catalog(  # noqa: PLR0913 - a command has as many arguments as it has options
    name: Annotated[str | None, typer.Argument(metavar="GENERATOR", help="Only this one, with its model card.")] = None,
    *,
    pattern: Annotated[str | None, typer.Option(metavar="NAME", help="Explain this pattern's parameters.")] = None,
    weights: WeightsOption = None,
    tier: TierOption = None,
    server: ServerOption = None,
    token_file: TokenFileOption = None,
    root_certificates: RootCertificatesOption = None,
    client_certificate: ClientCertificateOption = None,
    client_key: ClientKeyOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the generators: classes, sizes, sliders and patterns, with their ranges."""
    chosen_weights = weights_of(weights, tier)
    access = access_from(server, chosen_weights, token_file, root_certificates, client_certificate, client_key)
    infos = chosen(read_infos(access, chosen_weights), name)
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


def read_infos(access: ServerAccess | None, weights: Path | None) -> tuple[GeneratorInfo, ...]:
    """The entries of this process without `access`, else of that server."""
    if access is None:
        infos: tuple[GeneratorInfo, ...] = importlib.import_module("workers.cli.offline").generator_infos(weights)
        return infos
    remote = importlib.import_module("workers.cli.remote")
    with remote.open_client(access) as client:
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
    console.print(f"[bold]{info.name}[/] {info.version}, tier {info.tier}: makes {info.asset_kind}s")
    lists = {
        "classes": info.classes,
        "sizes": [f"{size_px} px" for size_px in info.sizes_px],
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
        console.print("\n  attributes, for --set NAME=VALUE; those left out are drawn by the seed")
        console.print(parameter_table(info.attributes))
    if info.patterns:
        console.print("\n  patterns, for --pattern NAME:PARAMETER=VALUE,...; `catalog --pattern NAME` explains one")
        patterns = Table.grid(padding=(0, 2))
        for pattern in info.patterns:
            names = ", ".join(parameter.name for parameter in pattern.parameters)
            patterns.add_row(
                f"  [bold]{pattern.name}[/]", f"{pattern.description} [dim]({names or 'no parameters'})[/]"
            )
        console.print(patterns)


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
