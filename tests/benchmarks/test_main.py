import json
import subprocess
import sys
from pathlib import Path

import pytest

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


def test_committed_results_have_the_fields_that_the_table_shows() -> None:
    records = [record for path in runner.RESULTS.glob("*.json") for record in json.loads(path.read_text())]
    assert [record for record in records if set(record) != set(runner.FIELDS)] == []
