"""Records of measurements: what was measured, what was claimed, and the machine and versions that it depends on."""

import math
import os
import platform
import statistics
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import grpc

Record = dict[str, Any]

_ROOT = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class Claim:
    """What is measured, and its goal. Without one nothing is claimed, so any value holds."""

    name: str
    at_least: float | None = None
    at_most: float | None = None

    @property
    def goal(self) -> str:
        """As it stands in the record."""
        if self.at_least is not None:
            return f">= {self.at_least:g}"
        return "none" if self.at_most is None else f"<= {self.at_most:g}"

    def measured(self, value: object, conditions: Mapping[str, object]) -> Record:
        """The record of a measurement."""
        holds = True
        if self.at_least is not None:
            holds = isinstance(value, int | float) and value >= self.at_least
        elif self.at_most is not None:
            holds = isinstance(value, int | float) and value <= self.at_most
        return self._record(value, holds, conditions)

    def failed(self, reason: str) -> Record:
        """The record of a measurement that was tried and came to nothing: it does not hold."""
        return self._record(None, False, {"reason": reason})

    def not_measured(self, reason: str) -> Record:
        """The record of a measurement for which tools or weights are absent here: it neither holds nor does not."""
        return self._record(None, None, {"reason": reason})

    def _record(self, value: object, holds: bool | None, conditions: Mapping[str, object]) -> Record:
        return {"name": self.name, "value": value, "goal": self.goal, "holds": holds, "conditions": dict(conditions)}


def record(
    name: str,
    value: object,
    conditions: Mapping[str, object],
    *,
    at_least: float | None = None,
    at_most: float | None = None,
) -> Record:
    """A measurement and its goal."""
    return Claim(name, at_least, at_most).measured(value, conditions)


def median(values: Sequence[float], digits: int = 3) -> float:
    """The median, rounded."""
    return round(statistics.median(values), digits)


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that so many percent of all do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


def machine() -> dict[str, object]:
    """What the numbers depend on: the machine, the versions, and in a checkout the commit."""
    commit = _commit()
    return {
        "cpu": _cpu_model(),
        "cpu_count": os.cpu_count(),
        "load_average": round(os.getloadavg()[0], 1),
        "event_loop": "asyncio" if find_spec("uvloop") is None else "uvloop",
        "python": platform.python_version(),
        "grpcio": grpc.__version__,
        **({"commit": commit} if commit else {}),
    }


def with_conditions(records: Sequence[Record], conditions: Mapping[str, object]) -> list[Record]:
    """The same records under further conditions."""
    return [{**entry, "conditions": {**entry["conditions"], **conditions}} for entry in records]


def _commit() -> str:
    """The commit that is checked out, with `, dirty` if tracked files were changed since; empty outside a checkout."""

    def git(*words: str) -> str:
        command = ("git", "-C", str(_ROOT), *words)
        try:
            done = subprocess.run(command, check=True, capture_output=True, text=True)
        except (OSError, subprocess.CalledProcessError):
            return ""
        return done.stdout.strip()

    commit = git("rev-parse", "HEAD") if (_ROOT / ".git").exists() else ""
    # The files that a run of the benchmarks writes say nothing about the code that was measured.
    changed = commit and git("status", "--porcelain", "--untracked-files=no", "--", ":!benchmarks/results")
    return f"{commit}, dirty" if changed else commit


def _cpu_model() -> str:
    path = Path("/proc/cpuinfo")
    lines = path.read_text().splitlines() if path.exists() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.processor()
