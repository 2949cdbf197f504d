"""What the commands that train and measure share: their plan, what an interruption says, findings and exit codes."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from workers.cli.progress import stage_bars

PlanArgument = Annotated[Path, typer.Argument(metavar="PLAN", help="YAML file with the training plan.")]
FreshOption = Annotated[bool, typer.Option("--fresh", help="Start anew even if there is a checkpoint.")]

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


def findings_console() -> Console:
    """Where a panel's table goes."""
    console = Console()
    return console if console.is_terminal else Console(width=TABLE_WIDTH)
