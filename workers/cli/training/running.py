"""What the commands that train and measure share: their plan, what an interruption says, findings and exit codes."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from engine.codecs.files import publish_file
from workers.cli.progress import stage_bars

PlanArgument = Annotated[Path, typer.Argument(metavar="PLAN", help="YAML file with the training plan.")]
FreshOption = Annotated[bool, typer.Option("--fresh", help="Start anew even if there is a checkpoint.")]

ReportOption = Annotated[
    Path | None, typer.Option("--report", metavar="FILE", help="Write the findings there, as JSON.")
]

EXIT_CODES = {"pass": 0, "fail": 1, "inconclusive": 3}
"""By the outcome of a panel."""

TABLE_WIDTH = 160
"""Columns of a table where no terminal says how wide it is: one per set, and no metric's name is cut."""


@contextmanager
def training(output: Path) -> Iterator[Callable[[str, int, int], None]]:
    """A bar per stage of a run, and where an interrupted one goes on."""
    try:
        with stage_bars() as progress:
            yield progress
    except KeyboardInterrupt:
        typer.echo(f"morphogen: interrupted; the same command goes on from the last checkpoint in {output}", err=True)
        raise


def publish_report(path: Path | None, findings: Mapping[str, Any]) -> None:
    """Write what a panel found, if somebody wants it. Raises OutputError."""
    if path is not None:
        publish_file(path, f"{json.dumps(findings, indent=2)}\n".encode())


def findings_console() -> Console:
    """Where a panel's table goes."""
    console = Console()
    return console if console.is_terminal else Console(width=TABLE_WIDTH)
