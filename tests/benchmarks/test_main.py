import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from benchmarks import __main__ as runner

RECORD = {"name": "ratio", "value": 0.91234, "goal": ">= 0.9", "holds": True, "conditions": {"cpu_count": 2}}


def test_unknown_benchmark_is_named_with_the_known_ones() -> None:
    command = [sys.executable, "-m", "benchmarks", "speed"]
    result = subprocess.run(
        command, check=False, capture_output=True, text=True, cwd=Path(runner.__file__).parent.parent
    )
    assert result.returncode == 2
    assert "unknown benchmark speed; known: serving.throughput, serving.sharing," in result.stderr


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.91234, "0.9123"), (3, "3"), (True, "True"), ({"parts": 2400, "median_ms": 1.5}, "parts 2400, median_ms 1.5")],
)
def test_values_are_shown_short(value: object, text: str) -> None:
    assert runner.shown(value) == text


def test_every_record_is_a_row() -> None:
    assert runner.table([RECORD, {**RECORD, "holds": False}]).row_count == 2


@pytest.mark.parametrize(
    ("verdicts", "code", "summary"),
    [
        ([True, True], 0, "2 hold, 0 do not, 0 were not measured"),
        ([True, False], 1, "1 hold, 1 do not, 0 were not measured"),
        ([True, None], 0, "1 hold, 0 do not, 1 were not measured"),
    ],
)
def test_only_what_does_not_hold_fails_the_run(verdicts: list[bool | None], code: int, summary: str) -> None:
    records = [{**RECORD, "holds": verdict} for verdict in verdicts]
    assert runner.exit_code(records) == code
    assert runner.summary(records) == summary


def test_table_names_what_was_not_measured() -> None:
    shown = Console(width=200, record=True, file=io.StringIO())
    shown.print(runner.table([{**RECORD, "value": None, "holds": None}]))
    assert "not measured" in shown.export_text()


def test_committed_results_have_the_fields_that_the_table_shows() -> None:
    records = [record for path in runner.RESULTS.glob("*.json") for record in json.loads(path.read_text())]
    assert [record for record in records if set(record) != set(runner.FIELDS)] == []
