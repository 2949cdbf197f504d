"""Runs the benchmarks, prints one table, and writes `benchmarks/results/*.json`.

    python -m benchmarks                        all of them
    python -m benchmarks serving.sharing ...    only these, or all of a result file: serving

A benchmark is a module below this folder with `measure()`, which returns one record per claim: `name`, `value`, `goal`,
`holds` and `conditions`. What could not be measured here, because tools or weights are absent, has null for `holds`.
Exit code 1 if a claim does not hold or its run failed; what was not measured does not change it, but is counted.
"""

import argparse
import importlib
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.records import Record

RESULTS = Path(__file__).parent / "results"
FILES = {
    "serving": (
        "serving.throughput",
        "serving.sharing",
        "serving.reactions",
        "serving.overload",
        "serving.sameness",
        "serving.faults",
    ),
    "texture": ("texture", "identity", "cold_start"),
    "character": ("character.steps", "character.streaming", "character.sameness"),
    "clients": ("clients",),
    "scene": ("scene.land", "scene.levels", "scene.flight", "scene.files"),
}
"""Result file -> the benchmarks whose records it holds, in the order in which they run."""

FIELDS = ("name", "value", "goal", "holds", "conditions")
VERDICTS = {True: "[green]holds[/]", False: "[red]does not hold[/]", None: "[yellow]not measured[/]"}


def measure(benchmark: str) -> list[Record]:
    """The records of one benchmark. Raises ValueError if one lacks a field."""
    records: Sequence[Record] = importlib.import_module(f"benchmarks.{benchmark}").measure()
    for record in records:
        if set(record) != set(FIELDS):
            raise ValueError(f"benchmarks.{benchmark}: a record has {sorted(record)}, not {sorted(FIELDS)}")
    return list(records)


def write(name: str, records: Sequence[Record]) -> Path:
    """Replace one result file at once, so that an interrupted run leaves the former one."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.json"
    staged = path.with_suffix(".json.partial")
    staged.write_text(json.dumps(records, indent=2) + "\n")
    staged.replace(path)
    return path


def table(records: Sequence[Record]) -> Table:
    """The records, one row each."""
    rows = Table(title="benchmarks", title_justify="left")
    for heading in FIELDS:
        rows.add_column(heading, overflow="fold")
    for record in records:
        rows.add_row(
            str(record["name"]),
            shown(record["value"]),
            str(record["goal"]),
            VERDICTS[record["holds"]],
            shown(record["conditions"]),
        )
    return rows


def shown(value: object) -> str:
    """A value as it stands in the table: four digits, mappings as `name value` pairs."""
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {shown(inner)}" for name, inner in value.items())
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def summary(records: Sequence[Record]) -> str:
    """How many claims hold, how many do not, and how many say nothing."""
    found = [record["holds"] for record in records]
    return f"{found.count(True)} hold, {found.count(False)} do not, {found.count(None)} were not measured"


def exit_code(records: Sequence[Record]) -> int:
    """1 if a claim does not hold or its run failed; else 0, whatever was not measured."""
    return int(any(record["holds"] is False for record in records))


def main() -> int:
    """Run the command line; returns the exit code."""
    known = [benchmark for benchmarks in FILES.values() for benchmark in benchmarks]
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure what the documents claim.")
    parser.add_argument("benchmarks", nargs="*", metavar="BENCHMARK", help=f"one of {', '.join(known)}; default all")
    asked = parser.parse_args().benchmarks or known
    chosen = [benchmark for name in asked for benchmark in ((name,) if name in known else FILES.get(name, (name,)))]
    if unknown := sorted(set(chosen) - set(known)):
        parser.error(f"unknown benchmark {', '.join(unknown)}; known: {', '.join(known)}")
    console = Console()
    everything: list[Record] = []
    for name, benchmarks in FILES.items():
        records = [record for benchmark in benchmarks if benchmark in chosen for record in measure(benchmark)]
        everything += records
        if set(benchmarks) <= set(chosen):
            console.print(f"wrote {write(name, records)}")
    console.print(table(everything))
    console.print(summary(everything))
    return exit_code(everything)


if __name__ == "__main__":
    sys.exit(main())
