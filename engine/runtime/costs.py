"""What steps cost on this device, as measured: how long one takes, and how large a batch pays."""

from bisect import bisect_left, insort
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from engine.generators.protocol import StepKinds

KEYS_MAX = 1024
"""Batch keys that are remembered; the one that was measured longest ago is forgotten first."""

GAIN_MIN = 1.1
"""A batch is worth doubling when it makes at least so many times the parts per second."""

DOUBT_RECORDS = 256
"""After so many measurements of a key the batch sizes around its cap have to prove themselves again."""

CONFIRMING_RECORDS = 2
"""Measurements that a verdict on a batch size needs: the first one may be a warm-up."""

WEIGHT = 0.2
"""Weight of a new measurement in its moving average."""

OUTLIER_RATIO = 2.0
"""A measurement counts as at most so many times the average: a lone outlier moves it by a fifth."""

STALE_RECORDS = 32
"""An average that is older than so many measurements of its key follows those that are measured."""

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
        as all of them need in the time in which the fastest needs one.
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
            batch_size = int(sum(rates_hz) / max(rates_hz) + 1e-9)
            used += sum(rates_hz) * (self.part_s(key, batch_size) or 0.0)
        return used

    def work_s(self, sessions: Sequence[StepKinds]) -> list[float]:
        """Device seconds that each session's steps take if those with equal keys share them."""
        sharers = Counter(key for steps in sessions for key in {key for key, _ in steps})
        return [sum(count * (self.part_s(key, sharers[key]) or 0.0) for key, count in steps) for steps in sessions]


class _Estimate:
    """Moving average of the step time at one batch size; robust against a warm-up and against lone outliers."""

    __slots__ = ("count", "recorded_at", "step_s")

    def __init__(self) -> None:
        self.step_s = 0.0
        self.count = 0  # measurements since it was last doubted
        self.recorded_at = 0  # number of the latest one among those of its key

    def record(self, step_s: float, number: int) -> float:
        """The ratio by which the average moves; 1 as long as it is not confirmed."""
        before_s = self.step_s
        if self.count == 0:
            self.step_s = before_s = step_s
        elif self.count < CONFIRMING_RECORDS:
            self.step_s = before_s = min(before_s, step_s)
        else:
            self.step_s += WEIGHT * (min(step_s, OUTLIER_RATIO * before_s) - before_s)
        self.count += 1
        self.recorded_at = number
        return self.step_s / before_s


class _Curve:
    """Step time over batch size for one key."""

    __slots__ = ("_estimates", "_level", "_levels", "_record_count", "_sizes", "cap")

    def __init__(self, batch_size_max: int) -> None:
        doublings = [1 << exponent for exponent in range((batch_size_max - 1).bit_length())]
        self._levels = [0, *doublings, batch_size_max]  # the caps that can be, behind a 0 for what lies below the first
        self._level = 1
        self._sizes: list[int] = []  # measured ones, ascending
        self._estimates: dict[int, _Estimate] = {}
        self._record_count = 0
        self.cap = 1

    def record(self, batch_size: int, step_s: float) -> None:
        estimate = self._estimates.get(batch_size)
        if estimate is None:
            estimate = self._estimates[batch_size] = _Estimate()
            insort(self._sizes, batch_size)
        self._record_count += 1
        drift = estimate.record(step_s, self._record_count)
        # A device that others slow down is slower at every size. Without this, a size that runs now would look bad
        # beside those that ran before, the cap would fall, and throughput with it when it is needed most.
        for other in self._estimates.values():
            if other.recorded_at < self._record_count - STALE_RECORDS:
                other.step_s *= drift
        if self._record_count % DOUBT_RECORDS == 0:
            self._doubt()
        # Averages move slowly: only a fresh one can change the verdict at once.
        if estimate.count <= CONFIRMING_RECORDS or self._record_count % 16 == 0:
            self._judge()

    def step_s(self, batch_size: int) -> float:
        """Linear between measured sizes, proportional beyond the largest, constant below the smallest."""
        sizes, estimates = self._sizes, self._estimates
        index = bisect_left(sizes, batch_size)
        if index == len(sizes):
            return estimates[sizes[-1]].step_s * batch_size / sizes[-1]
        upper = sizes[index]
        if upper == batch_size or index == 0:
            return estimates[upper].step_s
        lower = sizes[index - 1]
        fraction = (batch_size - lower) / (upper - lower)
        return estimates[lower].step_s + fraction * (estimates[upper].step_s - estimates[lower].step_s)

    def _judge(self) -> None:
        """Raise the cap from 1 as long as it pays. A size that is not confirmed yet is tried, and nothing beyond it."""
        level = 1
        while level + 1 < len(self._levels) and self._confirmed(level):
            size, larger = self._levels[level], self._levels[level + 1]
            gain = (larger / self.step_s(larger)) / (size / self.step_s(size))
            if self._confirmed(level + 1) and gain < GAIN_MIN:
                break
            level += 1
        self._level, self.cap = level, self._levels[level]

    def _confirmed(self, level: int) -> bool:
        return sum(estimate.count for estimate in self._at(level)) >= CONFIRMING_RECORDS

    def _doubt(self) -> None:
        """Have the sizes next to the cap measured anew, so that a noisy verdict heals, in either direction."""
        for estimate in (*self._at(self._level - 1), *self._at(self._level + 1)):
            estimate.count = 0

    def _at(self, level: int) -> list[_Estimate]:
        """Estimates of the measured batch sizes that fit into the cap of `level` and not into the one below."""
        if not 0 < level < len(self._levels):
            return []
        lower, upper = self._levels[level - 1], self._levels[level]
        return [self._estimates[size] for size in self._sizes if lower < size <= upper]
