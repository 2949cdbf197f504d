"""`morphogen train texture`: a training plan carried out, with a bar per stage."""

import json
from pathlib import Path
from typing import Annotated

import typer

from engine.training.plan import load_plan
from engine.training.texture import train_texture
from workers.cli.options import JsonOption
from workers.cli.progress import stage_bars

app = typer.Typer(add_completion=False)


@app.command()
def texture(
    config: Annotated[Path, typer.Argument(metavar="CONFIG", help="YAML file with the training plan.")],
    *,
    fresh: Annotated[bool, typer.Option("--fresh", help="Start anew even if there is a checkpoint.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Train the texture generator on your own materials.

    The plan says which folders, which classes and for how long; configs/texture.yaml is the one of the shipped weights.
    An interrupted run goes on from its last checkpoint. `morphogen texture --weights FILE` uses the result.
    """
    plan = load_plan(config)
    try:
        with stage_bars() as progress:
            weights = train_texture(plan, progress, resume=not fresh)
    except KeyboardInterrupt:
        typer.echo(
            f"morphogen: interrupted; the same command goes on from the last checkpoint in {plan.output}", err=True
        )
        raise
    typer.echo(json.dumps({"weights": str(weights)}) if as_json else f"weights in {weights}")
