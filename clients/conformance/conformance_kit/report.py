"""What a run has found: one table for people, JSON for programs, Markdown for the documents."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.table import Table

from conformance_kit.cases import Case
from conformance_kit.lane import Verdict

Verdicts = Mapping[str, Mapping[str, Verdict]]
"""Row ("python, native") -> case -> what became of it. A case that does not apply to the row's transport is missing."""

Results = Mapping[str, Any]
"""`rows`: row -> case -> `state` and `faults`; `missing`: SDK -> what it needs and this machine does not have."""

INTRODUCTION = """\
# Conformance

Which SDK passes which case of [clients/conformance](../clients/conformance/README.md). `make conformance` writes this
file from a real run. What is not run, or could not on the machine that wrote it, is named below the table.

"""
MARKS = {"passed": "✓", "failed": "✗", "": " "}


def state_of(verdict: Verdict | None) -> str:
    """In one word; empty where a case does not apply."""
    if verdict is None:
        return ""
    return "failed" if verdict.failed else "passed"


def printed(cases: Sequence[Case], verdicts: Verdicts) -> Table:
    """SDK x case."""
    table = Table(title="conformance", title_justify="left")
    table.add_column("case")
    for row in verdicts:
        table.add_column(row, justify="center")
    colors = {"passed": "green", "failed": "red", "": "white"}
    for case in cases:
        states = [state_of(found.get(case.name)) for found in verdicts.values()]
        table.add_row(case.name, *(f"[{colors[state]}]{MARKS[state]}[/]" for state in states))
    return table


def failures(verdicts: Verdicts) -> list[str]:
    """Each case that failed, with the reasons."""
    return [
        f"{row}: {name}: {'; '.join(verdict.faults)}"
        for row, found in verdicts.items()
        for name, verdict in found.items()
        if verdict.failed
    ]


def slowest(verdicts: Verdicts, count: int = 20) -> str:
    """The cases that took longest, by the driver's clock."""
    times = [
        (float(verdict.result.get("elapsedMs", 0.0)), row, name)
        for row, found in verdicts.items()
        for name, verdict in found.items()
    ]
    return "\n".join(
        f"{elapsed_ms:9.0f} ms  {row}: {name}" for elapsed_ms, row, name in sorted(times)[: -count - 1 : -1]
    )


def results_of(cases: Sequence[Case], verdicts: Verdicts, missing: Mapping[str, str]) -> Results:
    """For programs. Nothing in it differs between two runs that find the same."""
    rows = {}
    for row, found in verdicts.items():
        rows[row] = {
            case.name: {
                "state": state_of(found[case.name]),
                **({"faults": list(found[case.name].faults)} if found[case.name].failed else {}),
            }
            for case in cases
            if case.name in found
        }
    return {"rows": rows, "missing": dict(missing)}


def markdown(cases: Sequence[Case], results: Results, not_run: Mapping[str, str]) -> str:
    """The page of the documents; `not_run` says why SDKs have no row."""
    rows = results["rows"]
    lines = ["| case | " + " | ".join(rows) + " |", "| --- |" + " :-: |" * len(rows)]
    for case in cases:
        marks = [MARKS[found.get(case.name, {}).get("state", "")] for found in rows.values()]
        lines.append(f"| {case.name}: {case.about} | " + " | ".join(marks) + " |")
    lines += ["", "✓ passed, ✗ failed; empty: does not apply to the transport.", "", "Not run:", ""]
    lines += [f"- {name}: {reason}" for name, reason in {**results["missing"], **not_run}.items()]
    return INTRODUCTION + "\n".join(lines) + "\n"


def write(path: Path, text: str) -> None:
    """Replace a file at once."""
    staged = path.with_name(f".{path.name}.partial")
    staged.write_text(text)
    staged.replace(path)
