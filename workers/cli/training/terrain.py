"""`morphogen train terrain` and `morphogen evaluate terrain`."""

import json
from pathlib import Path
from typing import Annotated

import typer

from engine.catalog import SHIPPED_TERRAIN_WEIGHTS, recorded_sha256
from engine.codecs.files import check_places, publish_file
from engine.codecs.image import encode_png
from engine.generators.terrain.heights import Decoders
from engine.nets.precision import choose_kernel_class
from engine.nets.terragen.weights_file import load_terragen
from engine.training.panel.report import print_report
from engine.training.plan_file import read_plan
from engine.training.terrain.data import load_tiles
from engine.training.terrain.panel import CROP_PX, EROSION_STEPS, evaluate_terrain, read_reals
from engine.training.terrain.plan import TerrainPlan
from engine.training.terrain.samples import LandSampler, speeds
from engine.training.terrain.sheet import terrain_sheet
from engine.training.terrain.train import train_terrain
from workers.cli.options import JsonOption, WeightsOption
from workers.cli.training.running import (
    FreshOption,
    PlanArgument,
    ReportOption,
    findings_console,
    publish_report,
    training,
)

SHEET_LEVEL = 9
"""Compression of the sheet: documents hold it."""

train_app = typer.Typer(add_completion=False)
evaluate_app = typer.Typer(add_completion=False)


@train_app.command()
def train(
    plan_file: PlanArgument,
    *,
    fresh: FreshOption = False,
    as_json: JsonOption = False,
) -> None:
    """Train the terrain generator on elevation tiles.

    The plan says which folder and for how long; configs/terrain.yaml is that of the teacher of the shipped weights. An
    interrupted run goes on from its last checkpoint.
    """
    plan = read_plan(TerrainPlan, plan_file)
    with training(plan.output) as progress:
        weights = train_terrain(plan, progress, resume=not fresh)
    typer.echo(json.dumps({"weights": str(weights)}) if as_json else f"weights in {weights}")


@evaluate_app.command()
def evaluate(  # noqa: PLR0913 - a command has as many arguments as it has options
    plan_file: PlanArgument,
    *,
    data: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Real tiles to compare with.", show_default="the plan's")
    ] = None,
    weights: WeightsOption = None,
    count: Annotated[int, typer.Option(min=16, help="Crops per set.")] = 300,
    seed: Annotated[int, typer.Option(min=0, help="Of every random choice.")] = 0,
    precision: Annotated[str, typer.Option(help="auto, fp32 or bf16: the number format of the network.")] = "auto",
    report_file: ReportOption = None,
    sheet_file: Annotated[
        Path | None, typer.Option("--sheet", metavar="FILE", help="Draw real and generated land there, as PNG.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Compare generated land with real land, in one run with baselines and spoiled sets.

    Exit code 0: passed. 1: failed. 3: inconclusive, because a spoiled set was not caught.
    """
    check_places(report_file, sheet_file)
    plan = read_plan(TerrainPlan, plan_file)
    kernel = choose_kernel_class(precision)
    path = weights or SHIPPED_TERRAIN_WEIGHTS
    loaded = load_terragen(path, recorded_sha256(path) if weights is None else None).in_format(kernel.dtype)
    decoders = Decoders(loaded.landforms, loaded.details)
    tiles = load_tiles(data or plan.data)
    reals = read_reals(tiles, plan.held_out, count, seed)
    conditions = {"weights": loaded.sha256, "kernels": kernel.name, **speeds(decoders, EROSION_STEPS)}
    report = evaluate_terrain(reals, LandSampler(decoders, CROP_PX).crops, seed, conditions)
    if sheet_file is not None:
        publish_file(sheet_file, encode_png(terrain_sheet(decoders, tiles, seed), {}, SHEET_LEVEL))
    publish_report(report_file, report.document())
    if as_json:
        typer.echo(json.dumps(report.document(), indent=2))
    else:
        print_report(report, findings_console(), "Terrain panel")
    raise typer.Exit(report.exit_code)
