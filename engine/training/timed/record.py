"""The table of a call's runs: one CSV line per observation, of all processes."""

import csv
import sys
import time
from collections.abc import Mapping
from pathlib import Path

FIELDS = (
    *("run", "phase", "elapsed_s", "steps", "kimg", "steps_per_s"),
    *("pixels", "patches", "grain", "obedience", "divergence", "adversarial", "critic", "gap", "gamma", "penalty"),
    *("sliced_hi", "sliced_mid", "sliced_lo", "gram_distance", "told_apart", "total", "note"),
)
"""Columns: whose and when, losses as weighted, scores of pictures."""


class Record:
    """Appends lines to one process's file; `merge` joins them."""

    def __init__(self, path: Path, run: str, start_s: float) -> None:
        self.path, self.run, self.start_s = path, run, start_s
        path.write_text("", encoding="utf-8")

    def line(self, phase: str, values: Mapping[str, float | str]) -> None:
        """One observation; unknown names are an error."""
        row = {"run": self.run, "phase": phase, "elapsed_s": round(time.monotonic() - self.start_s, 1)}
        row |= {name: value if isinstance(value, str) else f"{value:.5g}" for name, value in values.items()}
        with self.path.open("a", encoding="utf-8", newline="") as file:
            csv.DictWriter(file, FIELDS).writerow(row)
        say(" ".join(f"{name}={value}" for name, value in row.items()))


def say(text: str) -> None:
    """A line for whoever watches."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def merge(folder: Path, target: Path) -> None:
    """All lines of a folder's files under one heading."""
    lines = [path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.csv"))]
    target.write_text(",".join(FIELDS) + "\n" + "".join(lines), encoding="utf-8")
