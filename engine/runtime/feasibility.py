"""Whether one more session can be made in time beside those that run; the scheduler's admission test.

Two conditions, both with measured step times. Sessions with a pace take a part of each second; those parts together
must not exceed the capacity. What is wanted by a certain time must fit, together with everything that is wanted
earlier, into what the paced sessions leave of the device until then (the demand test of earliest deadline first).
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

from engine.generators.protocol import StepKinds
from engine.runtime.costs import CostTable

RETRY_MIN_S = 0.1
RETRY_MAX_S = 30.0
"""Bounds of the suggested delays."""

ROUNDING = 1e-9
"""What rounding may add to a sum of shares or seconds."""


@dataclass(frozen=True, slots=True)
class Commitment:
    """What a session has been promised, or asks for.

    steps        what is left to do
    interval_s   its pace; 0: none
    wanted_at_s  when all of it is due; infinite: whenever
    """

    steps: StepKinds
    interval_s: float
    wanted_at_s: float

    @property
    def binding(self) -> bool:
        """Whether there is anything to keep."""
        return self.interval_s > 0.0 or self.wanted_at_s < inf

    def rate_hz(self, now_s: float) -> float:
        """Steps per second that a paced session needs to keep its pace, and its due time if that lies ahead."""
        left_s = self.wanted_at_s - now_s
        return max(1.0 / self.interval_s, self._step_count() / left_s if left_s > 0.0 else 0.0)

    def duration_s(self) -> float:
        """Time that a paced session still takes."""
        return self._step_count() * self.interval_s

    def _step_count(self) -> int:
        return sum(count for _, count in self.steps)


def retry_delay_s(
    candidate: Commitment, running: Sequence[Commitment], costs: CostTable, capacity: float, now_s: float
) -> float | None:
    """None if `candidate` can be made in time beside `running` with this part of the device's time.

    Otherwise the delay in seconds, 0.1 to 30, after which enough work will have gone, as far as one can tell.
    """
    paced = [each for each in running if each.interval_s]
    with_candidate = [*paced, candidate] if candidate.interval_s else paced
    used = _utilisation(with_candidate, costs, now_s)
    if candidate.interval_s and used > capacity + ROUNDING:
        return _limited(_time_until_fit_s(candidate, paced, costs, capacity, now_s))
    dated = [each for each in running if not each.interval_s and now_s < each.wanted_at_s < inf]
    excess_s, own_excess_s = _excess_s(candidate, dated, costs, capacity - used, now_s)
    if excess_s <= ROUNDING:
        return None
    if own_excess_s > ROUNDING or used >= capacity:
        return RETRY_MAX_S
    return _limited(excess_s / (capacity - used))


def _utilisation(paced: Sequence[Commitment], costs: CostTable, now_s: float) -> float:
    return costs.utilisation((each.steps, each.rate_hz(now_s)) for each in paced)


def _time_until_fit_s(
    candidate: Commitment, paced: Sequence[Commitment], costs: CostTable, capacity: float, now_s: float
) -> float:
    """Seconds until enough of the paced sessions have ended; infinite if it never fits."""
    by_end = sorted(paced, key=Commitment.duration_s)

    def fits(ended_count: int) -> bool:
        return _utilisation([*by_end[ended_count:], candidate], costs, now_s) <= capacity + ROUNDING

    ended_count = bisect_left(range(len(by_end) + 1), True, key=fits)
    return inf if ended_count > len(by_end) else by_end[ended_count - 1].duration_s()


def _excess_s(
    candidate: Commitment, dated: Sequence[Commitment], costs: CostTable, spare: float, now_s: float
) -> tuple[float, float]:
    """Device seconds too many before the worst due time that `candidate` affects, and by its own work alone.

    spare  device seconds per second that paced sessions leave
    """
    by_due = sorted(dated if candidate.interval_s else [*dated, candidate], key=lambda each: each.wanted_at_s)
    total_s = excess_s = own_excess_s = 0.0
    for each, work_s in zip(by_due, costs.work_s([each.steps for each in by_due]), strict=True):
        total_s += work_s
        available_s = spare * (each.wanted_at_s - now_s)
        # A paced candidate takes from everything; another one only from what is due with it or later.
        if candidate.interval_s or each.wanted_at_s >= candidate.wanted_at_s:
            excess_s = max(excess_s, total_s - available_s)
        if each is candidate:
            own_excess_s = work_s - available_s
    return excess_s, own_excess_s


def _limited(delay_s: float) -> float:
    return min(max(delay_s, RETRY_MIN_S), RETRY_MAX_S)
