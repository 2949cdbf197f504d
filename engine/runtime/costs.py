"""What steps cost on this device, as measured: how long one takes, and how large a batch pays."""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from itertools import pairwise
from math import log2, sqrt

from engine.generators.protocol import StepKinds

KEYS_MAX = 1024
"""Batch keys that are remembered; the one that was measured longest ago is forgotten first."""

GAIN_MIN = 1.1
GAIN_KEPT = 1.05
"""A batch is worth doubling when it makes at least GAIN_MIN times the parts per second; then it stays so down to
GAIN_KEPT."""

DOUBT_RECORDS, DOUBT_RECORDS_MAX = 256, 4096
"""After so many measurements of a key the batch sizes around its cap have to prove themselves again: soon at first, and
half as often each time that they do."""

CONFIRMING_RECORDS = 2
"""Measurements that a verdict on a batch size needs: the first one may be a warm-up."""

TURN_RECORDS = 7
"""Measurements after which the other size has its turn while two are compared. Steps may have a rhythm, like poses that
need the network every third time: turns in the same rhythm would give all the dear ones to one size."""

SETTLED_RECORDS = 16
"""Measurements that a mean is over: of fewer as long as there are fewer, then of the latest ones, roughly."""

DECIDING_RECORDS = 32
"""After so many measurements of both sizes the means decide, however unsure."""

SPREAD_FIRST = 0.5
"""Mean deviation that is expected of steps, as a share of their mean, before they have shown it."""

OUTLIER_SPREADS = 8.0
"""A measurement counts as at most so many mean deviations above the mean, or as twice the mean. What comes more often
than every seventh time widens the deviation until it counts in full; lone outliers never do."""

SURE_ERRORS = 1.5
"""A verdict is sure if it holds even where both means are off by so many standard errors."""

YOUNG_RECORDS = 32
YOUNG_SHARE_MIN = 0.5
"""Of fewer measurements of a key, utilisation counts the least that they leave possible, or this part of the mean."""

STEP_MIN_S = 1e-6
"""Shorter steps count as this long, so that rates stay finite."""


class CostTable:
    """Step times by batch key and batch size.

    batch_size_max  largest batch that may be tried, 1 or more
    """

    def __init__(self, batch_size_max: int) -> None:
        self._batch_size_max = batch_size_max
        self._curves: dict[str, _Curve] = {}
        self._last_key: str | None = None

    def record(self, key: str, batch_size: int, step_s: float) -> None:
        """A step of `key` with a batch of `batch_size` took `step_s` seconds."""
        if key != self._last_key:
            curve = self._curves.pop(key, None) or _Curve(self._batch_size_max)
            self._curves[key] = curve  # at the end: the dictionary is in order of use
            self._last_key = key
            if len(self._curves) > KEYS_MAX:
                del self._curves[next(iter(self._curves))]
        curve = self._curves[key]
        curve.record(batch_size, max(step_s, STEP_MIN_S))

    def step_s(self, key: str, batch_size: int) -> float | None:
        """Seconds that a step of `batch_size` takes; None where `key` was never measured."""
        curve = self._curves.get(key)
        return None if curve is None else curve.step_s(batch_size)

    def batch_cap(self, key: str) -> int:
        """The largest batch that pays, as far as is known; 1 for a new key."""
        curve = self._curves.get(key)
        return 1 if curve is None else curve.cap

    def part_s(self, key: str, batch_size: int | None = None) -> float | None:
        """Device seconds that one session's step takes in a batch of `batch_size`, by default (and at most) the cap.

        None where `key` was never measured.
        """
        curve = self._curves.get(key)
        if curve is None:
            return None
        batch_size = curve.cap if batch_size is None else min(batch_size, curve.cap)
        return curve.step_s(batch_size) / batch_size

    def path_s(self, steps: StepKinds) -> float:
        """Seconds from the first to the end of the last of `steps` on a busy device that does nothing in between.

        What was never measured counts as 0, here and below.
        """
        return sum(count * (self.step_s(key, self.batch_cap(key)) or 0.0) for key, count in steps)

    def utilisation(self, paced: Iterable[tuple[StepKinds, float]]) -> float:
        """Device seconds per second that paced sessions take, each given by its steps and their rate in 1/s.

        Sessions share steps, but each step moves a session on only once: the batch that they can form has as many parts
        as all of them need in the time in which the fastest needs one. A few measurements count for the least that they
        leave possible: the first part of a stream may be its dearest, and who is refused cannot show what others take,
        nor that steps can be shared.
        """
        rates_by_key: defaultdict[str, list[float]] = defaultdict(list)
        for steps, rate_hz in paced:
            counts: Counter[str] = Counter()
            for key, count in steps:
                counts[key] += count
            for key, count in counts.items():
                if count:
                    rates_by_key[key].append(rate_hz * count / counts.total())
        used = 0.0
        for key, rates_hz in rates_by_key.items():
            curve = self._curves.get(key)
            if curve is not None:
                shared = min(int(sum(rates_hz) / max(rates_hz) + 1e-9), curve.hoped_cap)
                batch_size = min(shared, curve.cap)
                used += sum(rates_hz) * curve.step_s(batch_size) * curve.least_share(batch_size) / shared
        return used

    def work_s(self, sessions: Sequence[StepKinds]) -> list[float]:
        """Device seconds that each session's steps take if those with equal keys share them."""
        sharers = Counter(key for steps in sessions for key in {key for key, _ in steps})
        return [sum(count * (self.part_s(key, sharers[key]) or 0.0) for key, count in steps) for steps in sessions]


class _Estimate:
    """Mean step time of neighbouring batch sizes, and how sure it is: robust against a warm-up and lone outliers.

    The mean deviation is kept beside the mean, as TCP does it for round trips (Jacobson, "Congestion Avoidance and
    Control", SIGCOMM 1988, appendix A): steps of one kind need not take one time. Of poses at 90 Hz every third needs
    the network, and takes ten times as long as the others.
    """

    __slots__ = ("_spread", "count", "known", "recorded_at", "size", "step_s")

    def __init__(self) -> None:
        self.size = 0.0  # mean as well
        self.step_s = 0.0
        self._spread = SPREAD_FIRST  # mean deviation, as a share of the mean
        self.count = 0  # measurements since it was last doubted
        self.known = False  # whether so many have been made that the spread is known
        self.recorded_at = 0  # number of the latest among the measurements of its key

    @property
    def error(self) -> float:
        """Standard error of the mean, as a share of it."""
        return self._spread / sqrt(min(self.count, SETTLED_RECORDS))

    @property
    def turn_count(self) -> int:
        """Turns that it has had."""
        return self.count // TURN_RECORDS

    def record(self, batch_size: int, step_s: float) -> None:
        self.count += 1
        self.known |= self.count >= SETTLED_RECORDS
        if self.count == 1 or (self.count == CONFIRMING_RECORDS and step_s < self.step_s):
            self.size, self.step_s = batch_size, step_s
            return
        weight = 1.0 / min(self.count, SETTLED_RECORDS)
        off = min(step_s / self.step_s - 1.0, max(1.0, OUTLIER_SPREADS * self._spread))
        self._spread += (1.0 / SETTLED_RECORDS if self.known else weight) * (abs(off) - self._spread)
        if self.count > CONFIRMING_RECORDS:
            self.step_s *= 1.0 + weight * off
            self.size += weight * (batch_size - self.size)


class _Curve:
    """Step time over batch size for one key."""

    __slots__ = ("_doubt_after", "_estimates", "_pays", "_proven", "_record_count", "_sizes", "_wanted", "cap")

    def __init__(self, batch_size_max: int) -> None:
        doublings = [1 << exponent for exponent in range((batch_size_max - 1).bit_length())]
        self._sizes = [*doublings, batch_size_max]  # the caps that can be
        self._estimates = [_Estimate() for _ in self._sizes]  # of what fits into a cap and not into the one below
        self._pays: list[bool | None] = [None for _ in doublings]  # whether the cap above does; None: not known
        self._wanted = [GAIN_MIN for _ in doublings]  # gain that a verdict asks for
        self._record_count = 0
        self._proven, self._doubt_after = 0, DOUBT_RECORDS  # the level doubted last, and how long the next one may rest
        self.cap = 1

    def record(self, batch_size: int, step_s: float) -> None:
        self._record_count += 1
        estimate = self._estimates[bisect_left(self._sizes, batch_size)]
        estimate.record(batch_size, step_s)
        estimate.recorded_at = self._record_count
        self._doubt()
        self.cap = self._judged()

    def step_s(self, batch_size: int) -> float:
        """Linear between measured sizes, proportional beyond the largest, constant below the smallest."""
        measured = [estimate for estimate in self._estimates if estimate.step_s]
        if batch_size <= measured[0].size:
            return measured[0].step_s
        for lower, upper in pairwise(measured):
            if batch_size <= upper.size:
                fraction = (batch_size - lower.size) / (upper.size - lower.size)
                return lower.step_s + fraction * (upper.step_s - lower.step_s)
        return measured[-1].step_s * batch_size / measured[-1].size

    @property
    def hoped_cap(self) -> int:
        """The largest batch that may turn out to pay, in the first measurements of a key; then the cap."""
        undecided = None in self._pays[: self._sizes.index(self.cap) + 1]
        return self._sizes[-1] if undecided and self._record_count < DOUBT_RECORDS else self.cap

    def least_share(self, batch_size: int) -> float:
        """The least that the step time may be, as a share of it, in the first measurements of a key; then 1."""
        if self._record_count >= YOUNG_RECORDS:
            return 1.0
        measured = [estimate for estimate in self._estimates if estimate.count]
        estimate = ([each for each in measured if each.size <= batch_size] or measured)[-1]
        return max(YOUNG_SHARE_MIN, 1.0 - SURE_ERRORS * estimate.error)

    def _judged(self) -> int:
        """The cap: raised from 1 as long as that pays.

        A size that is not confirmed yet is tried, and nothing beyond it. A verdict holds until it is doubted: means of
        different times tell how busy others kept the device, and not what batches are worth.
        """
        for level, lower in enumerate(self._estimates[:-1]):
            upper = self._estimates[level + 1]
            if self._pays[level] is None:
                self._forget_old(lower, upper)
                self._pays[level] = _worth(lower, upper, self._wanted[level])
            if self._pays[level] is None:
                lower_first = lower.count < CONFIRMING_RECORDS or lower.turn_count < upper.turn_count
                return self._sizes[level if lower_first else level + 1]
            if not self._pays[level]:
                return self._sizes[level]
        return self._sizes[-1]

    def _forget_old(self, *estimates: _Estimate) -> None:
        """Have what is too old to judge by measured anew."""
        for estimate in estimates:
            if self._record_count - estimate.recorded_at > DOUBT_RECORDS:
                estimate.count = 0

    def _doubt(self) -> None:
        """Have the size that has proved to pay and those next to it measured anew, in turn.

        So a noisy verdict heals, in either direction. As long as batches are smaller, for lack of sessions, nothing is
        unlearned.
        """
        proven = next((level for level, pays in enumerate(self._pays) if not pays), len(self._pays))
        if self._estimates[proven].count < self._doubt_after:
            return
        again = proven == self._proven
        self._doubt_after = min(2 * self._doubt_after, DOUBT_RECORDS_MAX) if again else DOUBT_RECORDS
        self._proven = proven
        for estimate in self._estimates[max(0, proven - 1) : proven + 2]:
            estimate.count = 0
        for boundary in range(max(0, proven - 1), min(proven + 1, len(self._pays))):
            if self._pays[boundary] is not None:
                self._wanted[boundary] = GAIN_KEPT if self._pays[boundary] else GAIN_MIN
            self._pays[boundary] = None


def _worth(lower: _Estimate, upper: _Estimate, gain_min: float) -> bool | None:
    """Whether batches of the upper size pay beside those of the lower one; None as long as that is open.

    They do if that is sure, and do not if that is sure of settled means. What many measurements leave open, the means
    decide as they are: sessions that share steps for nothing wait for each other for nothing.

    gain_min  of a size twice as large
    """
    count = min(lower.count, upper.count)
    if count < CONFIRMING_RECORDS:
        return None
    gain = (upper.size / upper.step_s) / (lower.size / lower.step_s)
    wanted = gain_min ** log2(upper.size / lower.size)
    lower_off, upper_off = SURE_ERRORS * lower.error, SURE_ERRORS * upper.error
    if gain * (1 - upper_off) >= wanted * (1 + lower_off):
        return True
    if count >= SETTLED_RECORDS and gain * (1 + upper_off) < wanted * (1 - lower_off):
        return False
    return gain >= wanted if count >= DECIDING_RECORDS else None
