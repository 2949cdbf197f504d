"""How many workers a fleet should have: pure bookkeeping on what they report, no clock, no process."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import structlog

from workers.fleet.roster import Roster, Stage

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Load:
    """How a ready worker stands: its sessions, those of them that could be stepped, and their wait for a first step."""

    name: str
    session_count: int
    ready_count: int
    queue_s: float


class Scaling:
    """Sets the target of a roster: one more worker while sessions wait for too long, one fewer while one is idle.

    count, count_max  workers at least and at most
    up_delay_s        a wait for the first step that calls for another one
    down_idle_s       how long one beyond `count` may have nothing to do
    """

    def __init__(self, roster: Roster, count: int, count_max: int, up_delay_s: float, down_idle_s: float) -> None:
        self._roster = roster
        self._count, self._count_max = count, count_max
        self._up_delay_s, self._down_idle_s = up_delay_s, down_idle_s
        self._pressed_since_s: float | None = None
        self._busy_at_s: dict[str, float] = {}
        self._extra_count = 0

    @contextmanager
    def one_more(self) -> Iterator[None]:
        """Have a worker more than otherwise, until the old one may leave; none is taken for idle meanwhile."""
        self._roster.target_count += 1
        self._extra_count += 1
        try:
            yield
        finally:
            self._roster.target_count -= 1
            self._extra_count -= 1

    def update(self, loads: Sequence[Load], now_s: float) -> str | None:
        """Take how all ready workers stand now, a few times a second; the name of one that should go."""
        self._busy_at_s = {
            load.name: now_s if load.session_count else self._busy_at_s.get(load.name, now_s) for load in loads
        }
        # A worker with more ready sessions than it steps at once makes some of them wait.
        if loads and all(load.ready_count > 0 and load.queue_s > self._up_delay_s for load in loads):
            self._press(now_s)
            return None
        self._pressed_since_s = None
        return self._superfluous(now_s)

    def _press(self, now_s: float) -> None:
        if self._pressed_since_s is None:
            self._pressed_since_s = now_s
        elif now_s - self._pressed_since_s > self._up_delay_s and not self._roster.names(Stage.STARTING):
            self._pressed_since_s = now_s
            if self._roster.target_count < self._count_max:
                self._roster.target_count += 1
                _log.info("sessions wait; one more worker", target_count=self._roster.target_count)

    def _superfluous(self, now_s: float) -> str | None:
        idle = [name for name, busy_at_s in self._busy_at_s.items() if now_s - busy_at_s > self._down_idle_s]
        if not idle or self._extra_count:
            return None
        self._roster.target_count = max(self._roster.target_count - 1, self._count)
        # One that should be there may never have become ready.
        return idle[-1] if len(self._busy_at_s) > self._roster.target_count else None
