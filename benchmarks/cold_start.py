"""How long a person waits for the first material: `morphogen texture stone` from a cold shell.

The yardstick is what no program that uses torch can avoid: importing it. Both commands run in turns as fresh
processes, so that a busy machine slows both, and medians are compared.

    python -m benchmarks cold_start
"""

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.records import Record, machine, record, with_conditions

GOAL = 3.0
RUN_COUNT = 5

MORPHOGEN = str(Path(sys.executable).with_name("morphogen"))
IMPORT_TORCH = (sys.executable, "-c", "import torch")


def measure() -> list[Record]:
    """One record: the ratio of the medians. Raises CalledProcessError if a command fails."""
    texture_s: list[float] = []
    import_s: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        texture = (MORPHOGEN, "texture", "stone", "--out", str(Path(folder) / "stone"))
        for command in (IMPORT_TORCH, texture):  # fill the file caches: the disk is not what is measured
            seconds_of(command)
        for _ in range(RUN_COUNT):
            import_s.append(seconds_of(IMPORT_TORCH))
            texture_s.append(seconds_of(texture))
    texture_median_s, import_median_s = statistics.median(texture_s), statistics.median(import_s)
    conditions = {
        "texture": "512 px, all maps and files",
        "texture_s": round(texture_median_s, 2),
        "import_s": round(import_median_s, 2),
        "runs_in_turns": RUN_COUNT,
    }
    ratio = round(texture_median_s / import_median_s, 3)
    found = record("cold start: `morphogen texture stone` / `import torch`", ratio, conditions, at_most=GOAL)
    return with_conditions([found], machine())


def seconds_of(command: Sequence[str]) -> float:
    """Wall-clock time of one fresh process."""
    started_s = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - started_s
