"""How much of a run's time is gone, for schedules that follow the clock."""

import math
import time
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Clock:
    """A span of `time.monotonic()` seconds."""

    start_s: float
    end_s: float

    @property
    def share(self) -> float:
        """Share of the span that is over, in [0, 1]."""
        return min(max((time.monotonic() - self.start_s) / max(self.end_s - self.start_s, 1e-3), 0.0), 1.0)

    @property
    def over(self) -> bool:
        """Whether the span has ended."""
        return time.monotonic() >= self.end_s

    @property
    def elapsed_s(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self.start_s

    def part(self, share: float) -> "Clock":
        """From now until `share` of this span."""
        return Clock(time.monotonic(), self.start_s + share * (self.end_s - self.start_s))


def cosine(share: float, floor: float) -> float:
    """From 1 to `floor` along a cosine."""
    return floor + (1 - floor) * (0.5 + 0.5 * math.cos(math.pi * share))
