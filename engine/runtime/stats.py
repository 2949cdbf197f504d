"""What a worker counts, and the sum over several workers."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace


@dataclass(frozen=True, slots=True)
class WorkerStats:
    """A worker's counts since its start, and how it stands now.

    batch_sizes      steps by the number of sessions in them
    busy_s           time spent in steps
    uptime_s         time since the loop started
    on_time_count    steps of paced sessions and of sessions with a deadline that met it; `late_count` did not
    dropped_count    parts of LIVE sessions that a newer one replaced
    queue_s          how long the sessions opened of late waited for their first step (moving average)
    session_count    open sessions; `ready_count` of them could be stepped, `stalled_count` wait for their readers
    """

    batch_sizes: Mapping[int, int] = field(default_factory=dict)
    busy_s: float = 0.0
    uptime_s: float = 0.0
    on_time_count: int = 0
    late_count: int = 0
    dropped_count: int = 0
    queue_s: float = 0.0
    session_count: int = 0
    ready_count: int = 0
    stalled_count: int = 0

    @property
    def step_count(self) -> int:
        """Steps run."""
        return sum(self.batch_sizes.values())

    def counted(self) -> "WorkerStats":
        """What stays of a worker that is gone: its counts, not how it stood."""
        return replace(self, queue_s=0.0, session_count=0, ready_count=0, stalled_count=0)


def total(stats: Iterable[WorkerStats]) -> WorkerStats:
    """The sums over workers; of `queue_s` the largest."""
    batch_sizes: Counter[int] = Counter()
    everything = list(stats)
    for one in everything:
        batch_sizes.update(one.batch_sizes)
    return WorkerStats(
        batch_sizes=batch_sizes,
        busy_s=sum(one.busy_s for one in everything),
        uptime_s=sum(one.uptime_s for one in everything),
        on_time_count=sum(one.on_time_count for one in everything),
        late_count=sum(one.late_count for one in everything),
        dropped_count=sum(one.dropped_count for one in everything),
        queue_s=max((one.queue_s for one in everything), default=0.0),
        session_count=sum(one.session_count for one in everything),
        ready_count=sum(one.ready_count for one in everything),
        stalled_count=sum(one.stalled_count for one in everything),
    )


def total_of_lanes(stats: Iterable[WorkerStats]) -> WorkerStats:
    """The sums over the lanes of one worker, which run at the same time; of `uptime_s` and `queue_s` the largest."""
    lanes = list(stats)
    return replace(total(lanes), uptime_s=max((lane.uptime_s for lane in lanes), default=0.0))
