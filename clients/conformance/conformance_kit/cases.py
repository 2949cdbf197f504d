"""The cases of `cases.json`: what a driver is told, what goes wrong, what has to come of it.

name        unique, a few words
about       what it is good for, one line
transports  those that it applies to; absent: all
server      "real" (absent), "guarded" (takes a token), or a script's name with arguments (see `scripts.py`)
fault       see `proxy.py`
driver      what the driver is told beside name, transport, addresses
expect      see `verdict.py`; for `"reference"` in it the kit's own plain reader is asked
watch       what the kit sees by itself: `sessionsGoneWithinMs` after the result, `calls` and `connections` that the
            client made, `readsAhead`: whether it took no more bytes than its row in the table may
limitMs     longest time; absent: 10 s
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

TRANSPORTS = ("native", "grpc-web", "connect")
LIMIT_MS = 10_000


@dataclass(frozen=True, slots=True)
class Case:
    """One case."""

    name: str
    about: str
    driver: Mapping[str, Any]
    expect: Mapping[str, Any]
    transports: Sequence[str] = TRANSPORTS
    server: str | Mapping[str, Any] = "real"
    fault: Mapping[str, Any] = field(default_factory=dict)
    watch: Mapping[str, Any] = field(default_factory=dict)
    limit_ms: int = LIMIT_MS

    @property
    def call(self) -> str:
        """The verb."""
        return str(self.driver["call"])


def load_cases(path: Path) -> list[Case]:
    """All cases of a file. Raises ValueError for one that cannot be."""
    cases = []
    for entry in json.loads(path.read_text()):
        fields = {"limit_ms" if name == "limitMs" else name: value for name, value in entry.items()}
        try:
            cases.append(Case(**fields))
        except TypeError as error:
            raise ValueError(f"{path.name}: {entry.get('name')}: {error}") from error
    names = [case.name for case in cases]
    if doubled := {name for name in names if names.count(name) > 1}:
        raise ValueError(f"{path.name}: {', '.join(sorted(doubled))} is there more than once")
    return cases
