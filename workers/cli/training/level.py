"""`morphogen train level` and `morphogen evaluate level`."""

import json
from dataclasses import asdict
from typing import Annotated, Any

import typer

from engine.catalog import SHIPPED_LEVEL_WEIGHTS, recorded_sha256
from engine.codecs.files import check_places
from engine.errors import DataError
from engine.generators.level import LevelGenerator
from engine.nets.levelgen.weights_file import load_levelgen
from engine.nets.precision import choose_kernel_class
from engine.training.levels.data import read_corpus
from engine.training.levels.evaluate import Panel, evaluate_levels
from engine.training.levels.plan import LevelPlan
from engine.training.levels.train import train as train_levels
from engine.training.plan_file import read_plan
from workers.cli.options import JsonOption, WeightsOption
from workers.cli.training.running import EXIT_CODES, FreshOption, PlanArgument, ReportOption, publish_report, training

train_app = typer.Typer(add_completion=False)
evaluate_app = typer.Typer(add_completion=False)


@train_app.command()
def train(
    plan_file: PlanArgument,
    *,
    fresh: FreshOption = False,
    as_json: JsonOption = False,
) -> None:
    """Train the level generator on levels that the project makes itself.

    The plan says where they lie and for how long to train; they are made if they are not there. An interrupted run goes
    on from its last checkpoint.
    """
    plan = read_plan(LevelPlan, plan_file)
    with training(plan.output) as progress:
        weights = train_levels(plan, _by_stage(progress), resume=not fresh)
    typer.echo(json.dumps({"weights": str(weights)}) if as_json else f"weights in {weights}")


def _by_stage(progress: Any) -> Any:
    """One bar for the corpus and one for training, whatever the loss."""
    return lambda what, done, total: progress("corpus" if what == "corpus" else "training", done, total)


@evaluate_app.command()
def evaluate(
    plan_file: PlanArgument,
    *,
    weights: WeightsOption = None,
    count: Annotated[int, typer.Option(min=2, help="Requests per size; two fifths as many above 32.")] = 50,
    sizes: Annotated[str, typer.Option(metavar="N,N,...", help="Edge lengths to ask for.")] = "16,24,32,64",
    compared_size: Annotated[int, typer.Option(metavar="N", help="Edge length at which sets are compared.")] = 24,
    report_file: ReportOption = None,
    as_json: JsonOption = False,
) -> None:
    """Ask for levels and check them: won, obedient, like levels, new, in one run with baselines and spoiled sets.

    Exit code 0: passed. 1: failed. 3: inconclusive, because a spoiled set was not caught.
    """
    check_places(report_file)
    plan = read_plan(LevelPlan, plan_file)
    asked = edge_lengths(sizes)
    kernel = choose_kernel_class()
    path = weights or SHIPPED_LEVEL_WEIGHTS
    generator = LevelGenerator(load_levelgen(path, recorded_sha256(path) if weights is None else None), kernel)
    if not plan.corpus.exists():
        raise DataError(f"{plan.corpus}: there is no corpus; `morphogen train level {plan_file}` makes it")
    panel = evaluate_levels(
        generator, read_corpus(plan.corpus), sizes=asked, levels_per_size=count, compared_size=compared_size
    )
    publish_report(report_file, document(panel))
    typer.echo(json.dumps(document(panel), indent=2) if as_json else "\n".join(panel.lines()))
    raise typer.Exit(EXIT_CODES[panel.outcome])


def edge_lengths(text: str) -> tuple[int, ...]:
    """Edge lengths of 16 to 64 from "16,24". Raises typer.BadParameter for anything else."""
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isdigit() and 16 <= int(part) <= 64 for part in parts):
        raise typer.BadParameter(f"{text!r} is no list of edge lengths from 16 to 64", param_hint="--sizes")
    return tuple(int(part) for part in parts)


def document(panel: Panel) -> dict[str, Any]:
    """The panel as JSON values."""
    return {"outcome": panel.outcome, **asdict(panel)}
