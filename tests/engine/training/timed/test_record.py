import csv
import time
from pathlib import Path

import pytest

from engine.training.timed.record import FIELDS, Record, merge


def test_lines_of_all_runs_end_up_under_one_heading(tmp_path: Path) -> None:
    for name in ("b", "a"):
        record = Record(tmp_path / f"{name}.csv", name, time.monotonic())
        record.line("first", {"steps": 10, "pixels": 0.123456789})
        record.line("end", {"total": 1.5, "note": "weak, then strong"})
    merge(tmp_path, tmp_path / "runs.table")
    with (tmp_path / "runs.table").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["run"], row["phase"]) for row in rows] == [(r, p) for r in "ab" for p in ("first", "end")]
    assert set(rows[0]) == set(FIELDS)
    assert (rows[0]["pixels"], rows[1]["note"], rows[1]["pixels"]) == ("0.12346", "weak, then strong", "")


def test_unknown_figure_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="speed"):
        Record(tmp_path / "a.csv", "a", 0.0).line("first", {"speed": 1.0})
