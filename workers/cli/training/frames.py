"""`morphogen train frames` and `morphogen evaluate frames`: FrameGen trained by a plan, and measured."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from engine.codecs.files import check_places
from engine.nets.framegen.weights_file import load_framegen
from engine.training.frames.evaluate import PanelSize, evaluate_frames
from engine.training.frames.plan import FramePlan
from engine.training.frames.train import device_of, poses_of, train
from engine.training.plan_file import read_plan
from workers.cli.options import JsonOption
from workers.cli.training.running import EXIT_CODES, FreshOption, PlanArgument, ReportOption, publish_report, training

train_app = typer.Typer(add_completion=False)
evaluate_app = typer.Typer(add_completion=False)


@train_app.command()
def train_frames(
    plan_file: PlanArgument,
    *,
    fresh: FreshOption = False,
    as_json: JsonOption = False,
) -> None:
    """Train the network that paints frames of characters, on frames that are drawn while it trains.

    configs/frames.yaml is a plan; docs/training.md says what differed for the shipped weights. An interrupted run goes
    on from its last checkpoint.
    """
    plan = read_plan(FramePlan, plan_file)
    with training(plan.output) as progress:
        weights = train(plan, lambda _, share: progress("frames", round(1000 * share), 1000), resume=not fresh)
    paths = [str(path) for path in weights]
    typer.echo(json.dumps({"weights": paths}) if as_json else "\n".join(f"weights in {path}" for path in paths))


@evaluate_app.command()
def measure_frames(
    plan_file: PlanArgument,
    *,
    weights: Annotated[
        Path | None, typer.Option("--weights", metavar="FILE", help="Weights to measure.", show_default="the plan's")
    ] = None,
    identities: Annotated[int, typer.Option(min=2, help="Characters, none of them trained with.")] = 24,
    threes: Annotated[int, typer.Option(min=1, help="How many times three frames in a row.")] = 64,
    sprites: Annotated[int, typer.Option(min=1, help="Frames that the rival may choose from, per character.")] = 96,
    report_file: ReportOption = None,
    as_json: JsonOption = False,
) -> None:
    """Compare painted frames with the renderer's: characters, poses and cameras that nothing was trained with.

    Exit code 0: passed. 1: failed. 3: inconclusive, because a spoiled set was not caught.
    """
    check_places(report_file)
    plan = read_plan(FramePlan, plan_file)
    path = weights or plan.output / f"{plan.name}-{plan.tiers[0]}.safetensors"
    loaded = load_framegen(path)
    size = PanelSize(identities=identities, threes=threes, sprites=sprites)
    held_out = poses_of(plan).part(held_out=True)
    panel = evaluate_frames(loaded.network, loaded.encoder, held_out, device_of(plan.device), size)
    document = {
        "weights_sha256": loaded.sha256,
        "sets": {name: asdict(figures) for name, figures in panel.sets.items()},
        "still": panel.still,
        "missed": list(panel.missed),
        "blind_to": list(panel.blind_to),
        "outcome": panel.outcome,
    }
    publish_report(report_file, document)
    typer.echo(json.dumps(document, indent=2) if as_json else "\n".join(panel.lines()))
    raise typer.Exit(EXIT_CODES[panel.outcome])
