"""What Prometheus reads at the moment at which it asks: how the gateway and its workers stand, and what they count."""

from collections.abc import Iterator, Mapping

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from engine.runtime.pool import WorkerPool
from engine.runtime.stats import WorkerStats
from engine.sessions.sessions import Sessions

BATCH_SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256)


class LoadCollector(Collector):
    """The families that nobody has to record."""

    def __init__(self, sessions: Sessions, pool: WorkerPool) -> None:
        self._sessions = sessions
        self._pool = pool

    def collect(self) -> Iterator[Metric]:
        """All of them."""
        stats = self._pool.stats()
        yield from self._gauges(stats)
        yield from self._counters(stats)
        yield _batch_sizes(stats.batch_sizes)
        yield from self._store()

    def _gauges(self, stats: WorkerStats) -> Iterator[Metric]:
        sessions, pool = self._sessions, self._pool
        values = {
            "morphogen_queue_length": ("Requests that wait for admission", sessions.waiting_count),
            "morphogen_sessions_running": ("Admitted sessions", sessions.running_count),
            "morphogen_sessions_stalled": ("Sessions whose worker waits for credit", stats.stalled_count),
            "morphogen_sessions_ready": ("Sessions that could be stepped", stats.ready_count),
            "morphogen_parts_undelivered": ("Parts made and not yet taken", pool.undelivered_part_count()),
            "morphogen_workers": ("Workers that can run steps", pool.worker_count()),
            "morphogen_queue_delay_seconds": ("Wait for the first step, moving average", stats.queue_s),
        }
        for name, (text, value) in values.items():
            yield GaugeMetricFamily(name, text, value=value)

    def _counters(self, stats: WorkerStats) -> Iterator[Metric]:
        counters, hints = self._sessions.counters, self._sessions.prefetch_counters
        values = {
            "morphogen_steps": ("Steps run by the workers", stats.step_count),
            "morphogen_busy_seconds": ("Time the workers spent in steps", stats.busy_s),
            "morphogen_worker_seconds": (
                "Time the workers have been running; busy / this = busy share",
                stats.uptime_s,
            ),
            "morphogen_deadlines_met": ("Steps of paced or dated sessions that were in time", stats.on_time_count),
            "morphogen_deadlines_missed": ("Steps of paced or dated sessions that were late", stats.late_count),
            "morphogen_parts_dropped": (
                "Parts of live sessions that newer ones replaced, made or not",
                stats.dropped_count,
            ),
            "morphogen_flights": ("Shared generations begun", counters.flight_count),
            "morphogen_flight_joins": ("Requests that joined a running generation", counters.join_count),
            "morphogen_migrations": ("Sessions that another worker has continued", counters.migration_count),
            "morphogen_prefetch_hints": ("Hints taken", hints.hint_count),
            "morphogen_prefetch_made": ("Hints followed to the end", hints.made_count),
            "morphogen_prefetch_dropped": ("Hints dropped", hints.dropped_count),
        }
        for name, (text, value) in values.items():
            yield CounterMetricFamily(name, text, value=value)

    def _store(self) -> Iterator[Metric]:
        counters = self._sessions.store_counters
        hits = CounterMetricFamily("morphogen_store_hits", "Assets found", labels=["place"])
        failures = CounterMetricFamily("morphogen_store_failures", "Reads and writes that failed", labels=["place"])
        corrupt = CounterMetricFamily("morphogen_store_corrupt", "Damaged entries thrown away", labels=["place"])
        for name, place in counters.places.items():
            hits.add_metric([name], place.hit_count)
            failures.add_metric([name], place.read_failure_count + place.write_failure_count)
            corrupt.add_metric([name], place.corrupt_entry_count)
        yield from (hits, failures, corrupt)
        yield CounterMetricFamily("morphogen_store_misses", "Assets found nowhere", value=counters.miss_count)
        held = GaugeMetricFamily("morphogen_store_bytes", "Bytes held", labels=["place"])
        held.add_metric(["memory"], counters.memory_bytes)
        held.add_metric(["disk"], counters.disk_bytes)
        yield held


def _batch_sizes(batch_sizes: Mapping[int, int]) -> Metric:
    """Steps by the number of sessions in them, as a histogram."""
    buckets = [(str(limit), sum(n for size, n in batch_sizes.items() if size <= limit)) for limit in BATCH_SIZES]
    total = sum(batch_sizes.values())
    session_count = sum(size * n for size, n in batch_sizes.items())
    return HistogramMetricFamily(
        "morphogen_batch_size", "Sessions per step", buckets=[*buckets, ("+Inf", total)], sum_value=session_count
    )
