"""A panel run on paper: the result as data, as JSON, and as a table."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from engine.codecs.files import publish_file
from engine.training.panel.measure import Measurements
from engine.training.panel.verdict import Criterion, Outcome

EXIT_CODES = {Outcome.PASS: 0, Outcome.FAIL: 1, Outcome.INCONCLUSIVE: 3}

MARKS = {True: "[green]pass[/]", False: "[red]fail[/]", None: "[yellow]not measured[/]"}


@dataclass(frozen=True, slots=True)
class PanelReport:
    """Everything that one run found.

    sets        scores by set: "reals", the baselines, the controls, "generator"
    flags       by set, the metrics on which it is worse than reals by more than three standard errors
    conditions  data folder and digest, seed, counts, sizes, encoders, versions, wall time
    """

    outcome: Outcome
    criteria: tuple[Criterion, ...]
    sets: Mapping[str, Measurements]
    flags: Mapping[str, tuple[str, ...]]
    conditions: Mapping[str, Any]

    @property
    def exit_code(self) -> int:
        """0 for pass, 1 for fail, 3 for inconclusive."""
        return EXIT_CODES[self.outcome]

    def document(self) -> dict[str, Any]:
        """The report as JSON values."""
        return {
            "outcome": str(self.outcome),
            "criteria": [{"name": item.name, "holds": item.holds, "detail": item.detail} for item in self.criteria],
            "sets": {
                name: {
                    metric: {"value": score.value, "standard_error": score.standard_error}
                    for metric, score in scores.items()
                }
                for name, scores in self.sets.items()
            },
            "flags": {name: list(metrics) for name, metrics in self.flags.items()},
            "conditions": dict(self.conditions),
        }


def write_report(report: PanelReport, path: Path) -> None:
    """Write the JSON, whole or not at all. Raises OutputError where that is not possible."""
    publish_file(path, f"{json.dumps(report.document(), indent=2)}\n".encode())


def print_report(report: PanelReport, console: Console, title: str = "Texture panel") -> None:
    """A table of metrics by set, then the criteria. A star marks what is worse than reals by over 3 s.e."""
    table = Table(title=f"{title}: value and standard error; * worse than reals by over 3 s.e.")
    table.add_column("metric")
    for name in report.sets:
        table.add_column(name.replace("_", " "), justify="right")
    for metric in report.sets["reals"]:
        cells = [
            f"{scores[metric].value:.3g}{'*' if metric in report.flags.get(name, ()) else ''}\n"
            f"[dim]{scores[metric].standard_error:.2g}[/]"
            for name, scores in report.sets.items()
        ]
        table.add_row(metric, *cells)
    console.print(table)
    for criterion in report.criteria:
        console.print(f"{MARKS[criterion.holds]}  {criterion.name}: {criterion.detail}", highlight=False)
    console.print(f"outcome: [bold]{report.outcome}[/]", highlight=False)
    for name, value in report.conditions.items():
        console.print(f"[dim]{name}: {value}[/]", highlight=False)
