"""Counts of several workers add up."""

from engine.runtime.stats import WorkerStats, total, total_of_lanes

FIRST = WorkerStats({1: 5, 4: 2}, 1.5, 10.0, 7, 1, 2, 0.25, 3, 2, 1)
SECOND = WorkerStats({4: 3, 8: 1}, 0.5, 20.0, 1, 0, 4, 0.5, 5, 0, 5)


def test_counts_are_added_and_the_longest_queue_is_told() -> None:
    assert total([FIRST, SECOND]) == WorkerStats({1: 5, 4: 5, 8: 1}, 2.0, 30.0, 8, 1, 6, 0.5, 8, 2, 6)


def test_no_workers_count_nothing() -> None:
    assert total([]) == WorkerStats()
    assert WorkerStats().step_count == 0


def test_steps_are_counted_whatever_their_size() -> None:
    assert FIRST.step_count == 7


def test_lanes_of_one_worker_share_their_time() -> None:
    both = total_of_lanes([FIRST, SECOND])
    assert (both.busy_s, both.uptime_s, both.step_count) == (2.0, 20.0, 11)
    assert total_of_lanes([]) == WorkerStats()


def test_worker_that_is_gone_leaves_its_counts() -> None:
    assert FIRST.counted() == WorkerStats({1: 5, 4: 2}, 1.5, 10.0, 7, 1, 2)
