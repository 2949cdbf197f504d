"""Records of measurements: what was measured, what was claimed, and the machine and versions that it depends on."""

import math
import os
import platform
import statistics
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import grpc

Record = dict[str, Any]


def record(
    name: str,
    value: object,
    conditions: Mapping[str, object],
    *,
    at_least: float | None = None,
    at_most: float | None = None,
) -> Record:
    """A measurement and its goal; without one it claims nothing, so it holds."""
    goal, holds = "none", True
    if at_least is not None:
        goal, holds = f">= {at_least:g}", isinstance(value, int | float) and value >= at_least
    elif at_most is not None:
        goal, holds = f"<= {at_most:g}", isinstance(value, int | float) and value <= at_most
    return {"name": name, "value": value, "goal": goal, "holds": holds, "conditions": dict(conditions)}


def missing(name: str, reason: str) -> Record:
    """A measurement that could not be made, and why."""
    return record(name, None, {"reason": reason})


def median(values: Sequence[float], digits: int = 3) -> float:
    """The median, rounded."""
    return round(statistics.median(values), digits)


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that so many percent of all do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


def machine() -> dict[str, object]:
    """What the numbers depend on besides the code."""
    return {
        "cpu": _cpu_model(),
        "cpu_count": os.cpu_count(),
        "load_average": round(os.getloadavg()[0], 1),
        "event_loop": "asyncio" if find_spec("uvloop") is None else "uvloop",
        "python": platform.python_version(),
        "grpcio": grpc.__version__,
    }


def with_conditions(records: Sequence[Record], conditions: Mapping[str, object]) -> list[Record]:
    """The same records under further conditions."""
    return [{**entry, "conditions": {**entry["conditions"], **conditions}} for entry in records]


def _cpu_model() -> str:
    path = Path("/proc/cpuinfo")
    lines = path.read_text().splitlines() if path.exists() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.processor()
