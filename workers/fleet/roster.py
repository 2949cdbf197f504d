"""Which workers there should be: pure bookkeeping on names, no clock, no process.

Workers that fail come back after a delay that doubles with every failure in a row, however many there are: a worker
that dies at start-up never becomes a fork bomb. One that ran well for a while is replaced at once.
"""

from dataclasses import dataclass, field
from enum import Enum

RETRY_MIN_S = 0.2
RETRY_MAX_S = 30.0
STABLE_S = 10.0
"""A worker that was ready for so long has proved itself: its end is no failure to start."""


class Stage(Enum):
    """How far a worker is."""

    STARTING = "starting"
    READY = "ready"
    DRAINING = "draining"


@dataclass(slots=True)
class Entry:
    """One worker. `ready_at_s`: since when it is ready, None while it starts."""

    name: str
    stage: Stage = Stage.STARTING
    ready_at_s: float | None = None


@dataclass(slots=True)
class Roster:
    """The workers of a fleet. Every call takes the time on one monotonic clock.

    target_count  workers that should run, draining ones not counted
    """

    target_count: int
    entries: dict[str, Entry] = field(default_factory=dict)
    last_failure: str = ""
    failure_count: int = 0
    _retry_at_s: float = 0.0
    _number: int = 0

    def names(self, *stages: Stage) -> list[str]:
        """The workers in one of these stages, oldest first."""
        return [entry.name for entry in self.entries.values() if entry.stage in stages]

    def missing_count(self, now_s: float) -> int:
        """Workers to start now; 0 while failures make it wait."""
        if now_s < self._retry_at_s:
            return 0
        wanted = self.target_count - len(self.names(Stage.STARTING, Stage.READY))
        # After a failure one attempt at a time: whatever is wrong is probably wrong with all of them.
        return max(0, min(wanted, 1 - len(self.names(Stage.STARTING)) if self.failure_count else wanted))

    def retry_in_s(self, now_s: float) -> float | None:
        """Time until another attempt; None while nothing holds it up."""
        return self._retry_at_s - now_s if now_s < self._retry_at_s else None

    def added(self) -> str:
        """A new worker is being started; its name."""
        self._number += 1
        name = f"worker-{self._number}"
        self.entries[name] = Entry(name)
        return name

    def ready(self, name: str, now_s: float) -> None:
        """It runs steps."""
        entry = self.entries[name]
        entry.stage, entry.ready_at_s = Stage.READY, now_s

    def draining(self, name: str) -> None:
        """Its sessions move away; another one may take its place."""
        self.entries[name].stage = Stage.DRAINING

    def ended(self, name: str, cause: str, now_s: float) -> None:
        """It is gone. Unknown names are ignored."""
        entry = self.entries.pop(name, None)
        if entry is None or entry.stage is Stage.DRAINING:
            return
        self.last_failure = cause
        if entry.ready_at_s is not None and now_s - entry.ready_at_s >= STABLE_S:
            self.failure_count = 0
            return
        self.failure_count += 1
        if self.failure_count > 1 or entry.ready_at_s is None:
            delay_s = min(RETRY_MIN_S * 2 ** min(self.failure_count - 1, 16), RETRY_MAX_S)
            self._retry_at_s = now_s + delay_s

    def settled(self, now_s: float) -> None:
        """Forget failures once a worker has proved itself since."""
        if any(e.ready_at_s is not None and now_s - e.ready_at_s >= STABLE_S for e in self.entries.values()):
            self.failure_count = 0
