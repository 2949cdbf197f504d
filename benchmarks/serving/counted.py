"""The synthetic generator with its progress on show: the steps it ran and its process, in a file that others may read.

Imported by every peer in its own environment: needs nothing but the standard library and the generator itself.
"""

import mmap
import os
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.assets import Part
from engine.generators.probe import ProbeGenerator, ProbeState

PROGRESS_VARIABLE = "MORPHOGEN_BENCHMARK_PROGRESS"
"""Environment variable that names the file."""

_LAYOUT = struct.Struct("<QQ")


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the stream that ran last is, and the process that runs its steps."""

    step_count: int
    process_id: int


class CountedProbe(ProbeGenerator):
    """Publishes after every step how many steps the first of its sessions has run."""

    def __init__(self) -> None:
        super().__init__()
        with Path(os.environ[PROGRESS_VARIABLE]).open("r+b") as file:
            self._shown = mmap.mmap(file.fileno(), _LAYOUT.size)

    def step(self, states: Sequence[ProbeState]) -> list[tuple[Part, ...]]:
        """One part per state."""
        parts = super().step(states)
        _LAYOUT.pack_into(self._shown, 0, states[0].made_count, os.getpid())
        return parts


def create_progress(path: Path) -> None:
    """Make the file that a CountedProbe writes to."""
    path.write_bytes(bytes(_LAYOUT.size))


def read_progress(path: Path) -> Progress:
    """What the CountedProbe last wrote."""
    return Progress(*_LAYOUT.unpack(path.read_bytes()))
