"""`morphogen train motion` and `morphogen evaluate motion`."""

import json
from pathlib import Path
from typing import Annotated

import typer

from engine.catalog import SHIPPED_MOTION_WEIGHTS
from engine.codecs.files import check_places, publish_file
from engine.codecs.image import encode_png
from engine.generators.motion.director import MotionDirector
from engine.nets.motiongen.weights_file import load_motiongen
from engine.training.motion.panel.evaluate import evaluate_motion
from engine.training.motion.panel.pictures import motion_sheet
from engine.training.motion.panel.report import PanelSize
from engine.training.motion.plan import MotionPlan
from engine.training.motion.train import train
from engine.training.plan_file import read_plan
from workers.cli.mistakes import OptionsError
from workers.cli.options import JsonOption, WeightsOption
from workers.cli.progress import stage_bars
from workers.cli.training.running import EXIT_CODES, FreshOption, PlanArgument, ReportOption, publish_report, training

PNG_COMPRESSION = 9

train_app = typer.Typer(add_completion=False)
evaluate_app = typer.Typer(add_completion=False)


@train_app.command("motion")
def train_motion(
    plan_file: PlanArgument,
    *,
    fresh: FreshOption = False,
    as_json: JsonOption = False,
) -> None:
    """Train the motion generator on your own clips (`morphogen motion import` makes them).

    An interrupted run goes on from its last checkpoint.
    """
    plan = read_plan(MotionPlan, plan_file)
    with training(plan.output) as progress:
        weights = train(plan, progress, resume=not fresh)
    typer.echo(json.dumps({"weights": str(weights)}) if as_json else f"weights in {weights}")


@evaluate_app.command("motion")
def evaluate(
    plan_file: PlanArgument,
    *,
    weights: WeightsOption = None,
    minutes: Annotated[float, typer.Option(min=1.0, max=120.0, help="Of the long rollout of every action.")] = 10.0,
    seed: Annotated[int, typer.Option(help="Of every random choice.")] = 0,
    sheet: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Draw a PNG of what each action looks like, and nothing else.")
    ] = None,
    report_file: ReportOption = None,
    as_json: JsonOption = False,
) -> None:
    """Compare generated motion with captured motion, in one run with baselines and spoiled sets.

    Exit code 0: passed. 1: failed. 3: inconclusive, because a spoiled set was not caught.
    """
    if sheet is not None and report_file is not None:
        raise OptionsError("--sheet: draws and measures nothing; only without --report")
    check_places(report_file, sheet)
    plan = read_plan(MotionPlan, plan_file)
    if sheet is not None:
        director = MotionDirector(load_motiongen(weights or SHIPPED_MOTION_WEIGHTS))
        publish_file(sheet, encode_png(motion_sheet(director), {}, PNG_COMPRESSION, srgb=True))
        return
    with stage_bars() as tell:
        panel = evaluate_motion(plan, weights or SHIPPED_MOTION_WEIGHTS, tell, PanelSize(seed=seed, minutes=minutes))
    publish_report(report_file, panel.document())
    if as_json:
        typer.echo(json.dumps(panel.document(), indent=2))
    else:
        for line in panel.lines():
            typer.echo(line)
    raise typer.Exit(EXIT_CODES[panel.outcome])
