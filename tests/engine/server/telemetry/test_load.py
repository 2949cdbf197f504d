"""The families that are read, not recorded, from a pool that only has numbers."""

from typing import Any, cast

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import generate_latest

from engine.runtime.pool import WorkerPool
from engine.runtime.stats import WorkerStats
from engine.server.telemetry.load import LoadCollector
from engine.sessions.sessions import Sessions
from engine.sessions.tokens import ResumeTokens
from engine.settings.sections import SessionSettings
from engine.store.store import AssetStore

STATS = WorkerStats(
    batch_sizes={1: 5, 3: 2, 300: 1},
    busy_s=1.5,
    uptime_s=6.0,
    on_time_count=7,
    late_count=2,
    dropped_count=3,
    queue_s=0.25,
    session_count=4,
    ready_count=2,
    stalled_count=1,
)


class CountedPool:
    """Two workers that have counted STATS."""

    def stats(self) -> WorkerStats:
        return STATS

    def worker_count(self) -> int:
        return 2

    def undelivered_part_count(self) -> int:
        return 9


def shown() -> dict[str, float]:
    """Every line that a scrape of a fresh gateway over CountedPool reads."""
    pool: Any = CountedPool()
    store = AssetStore(1_000, None, 2**20, None)
    sessions = Sessions(cast(WorkerPool, pool), store, ResumeTokens([], 60.0), SessionSettings())
    registry = CollectorRegistry()
    registry.register(LoadCollector(sessions, pool))
    lines = generate_latest(registry).decode().splitlines()
    pairs = (line.rpartition(" ") for line in lines if not line.startswith("#"))
    return {name: float(value) for name, _, value in pairs}


def test_gauges_say_how_the_workers_stand() -> None:
    values = shown()
    assert values["morphogen_workers"] == 2
    assert values["morphogen_parts_undelivered"] == 9
    assert values["morphogen_sessions_ready"] == 2
    assert values["morphogen_sessions_stalled"] == 1
    assert values["morphogen_queue_delay_seconds"] == 0.25


def test_counters_are_those_of_the_workers() -> None:
    values = shown()
    assert values["morphogen_steps_total"] == 8
    assert values["morphogen_busy_seconds_total"] == 1.5
    assert values["morphogen_worker_seconds_total"] == 6
    assert values["morphogen_deadlines_met_total"] == 7
    assert values["morphogen_deadlines_missed_total"] == 2
    assert values["morphogen_parts_dropped_total"] == 3


def test_batch_sizes_are_a_cumulative_histogram() -> None:
    values = shown()
    assert values['morphogen_batch_size_bucket{le="1"}'] == 5
    assert values['morphogen_batch_size_bucket{le="2"}'] == 5
    assert values['morphogen_batch_size_bucket{le="4"}'] == 7
    assert values['morphogen_batch_size_bucket{le="256"}'] == 7
    assert values['morphogen_batch_size_bucket{le="+Inf"}'] == values["morphogen_batch_size_count"] == 8
    assert values["morphogen_batch_size_sum"] == 5 + 6 + 300


def test_store_is_shown_by_place() -> None:
    values = shown()
    assert values['morphogen_store_hits_total{place="memory"}'] == 0
    assert values["morphogen_store_misses_total"] == 0
    assert values['morphogen_store_bytes{place="memory"}'] == 0
