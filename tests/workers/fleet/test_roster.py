"""Which workers there should be, on a clock that the tests turn."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.fleet.roster import RETRY_MAX_S, RETRY_MIN_S, STABLE_S, Roster, Stage


def start_missing(roster: Roster, now_s: float) -> list[str]:
    """Start whatever is missing."""
    return [roster.added() for _ in range(roster.missing_count(now_s))]


def running(count: int, now_s: float = 0.0) -> Roster:
    """A roster whose workers are all ready."""
    roster = Roster(count)
    for name in start_missing(roster, now_s):
        roster.ready(name, now_s)
    return roster


def test_all_workers_start_at_once_under_names_of_their_own() -> None:
    roster = Roster(3)
    assert start_missing(roster, 0.0) == ["worker-1", "worker-2", "worker-3"]
    assert roster.missing_count(0.0) == 0
    assert roster.names(Stage.STARTING) == ["worker-1", "worker-2", "worker-3"]
    roster.ready("worker-2", 1.0)
    assert roster.names(Stage.READY) == ["worker-2"]
    assert roster.names(Stage.STARTING, Stage.READY) == ["worker-1", "worker-2", "worker-3"]
    assert roster.missing_count(1.0) == 0


def test_worker_that_proved_itself_is_replaced_at_once() -> None:
    roster = running(2)
    roster.ended("worker-1", "killed", STABLE_S)
    assert roster.failure_count == 0
    assert roster.last_failure == "killed"
    assert start_missing(roster, STABLE_S) == ["worker-3"]


def test_first_end_soon_after_becoming_ready_costs_no_time_and_the_next_one_does() -> None:
    roster = running(2)
    roster.ended("worker-1", "killed", 1.0)
    assert roster.retry_in_s(1.0) is None
    roster.ready(start_missing(roster, 1.0)[0], 1.5)
    roster.ended("worker-3", "killed", 2.0)
    assert roster.missing_count(2.0) == 0
    assert roster.retry_in_s(2.0) == pytest.approx(2 * RETRY_MIN_S)
    assert roster.missing_count(2.0 + 2.01 * RETRY_MIN_S) == 1


def test_failures_to_start_are_retried_one_at_a_time_after_delays_that_double() -> None:
    roster = Roster(4)
    now_s, delays_s = 0.0, []
    for name in start_missing(roster, now_s):
        roster.ended(name, "out of memory", now_s)
    for _ in range(10):
        delay_s = roster.retry_in_s(now_s)
        assert delay_s is not None
        assert roster.missing_count(now_s + 0.99 * delay_s) == 0
        delays_s.append(delay_s)
        now_s += 1.001 * delay_s
        (name,) = start_missing(roster, now_s)
        assert roster.missing_count(now_s) == 0
        roster.ended(name, "out of memory", now_s)
    assert all(later == pytest.approx(min(2 * earlier, RETRY_MAX_S)) for earlier, later in pairwise(delays_s))
    assert delays_s[-1] == pytest.approx(RETRY_MAX_S)


def test_worker_that_proves_itself_makes_failures_forgotten() -> None:
    roster = Roster(3)
    for name in start_missing(roster, 0.0):
        roster.ended(name, "no memory", 0.0)
    (name,) = start_missing(roster, 100.0)
    roster.ready(name, 101.0)
    roster.settled(101.0 + 0.9 * STABLE_S)
    assert roster.missing_count(101.0 + 0.9 * STABLE_S) == 1
    roster.settled(101.0 + STABLE_S)
    assert roster.failure_count == 0
    assert roster.missing_count(101.0 + STABLE_S) == 2


def test_draining_worker_has_a_successor_and_its_end_is_no_failure() -> None:
    roster = running(1)
    roster.draining("worker-1")
    assert start_missing(roster, 1.0) == ["worker-2"]
    roster.ended("worker-1", "drained", 2.0)
    assert (roster.failure_count, roster.last_failure) == (0, "")
    assert roster.missing_count(2.0) == 0


def test_smaller_target_starts_nothing_and_larger_one_the_difference() -> None:
    roster = running(3)
    roster.target_count = 2
    assert roster.missing_count(0.0) == 0
    roster.draining("worker-3")
    assert roster.missing_count(0.0) == 0
    roster.target_count = 5
    assert roster.missing_count(0.0) == 3


def test_end_of_an_unknown_worker_is_ignored() -> None:
    roster = running(1)
    roster.ended("worker-9", "who?", 1.0)
    assert (roster.failure_count, roster.missing_count(1.0)) == (0, 0)


@given(
    st.lists(st.tuples(st.sampled_from(("start", "ready", "fail", "drain", "wait")), st.integers(0, 7)), max_size=60)
)
def test_there_are_never_more_workers_than_asked_for_besides_draining_ones(events: list[tuple[str, int]]) -> None:
    roster, now_s = Roster(4), 0.0
    for kind, choice in events:
        names = list(roster.entries)
        name = names[choice % len(names)] if names else ""
        match kind:
            case "start":
                start_missing(roster, now_s)
            case "ready" if name in roster.names(Stage.STARTING):
                roster.ready(name, now_s)
            case "fail" if name:
                roster.ended(name, "failed", now_s)
            case "drain" if name in roster.names(Stage.READY):
                roster.draining(name)
            case "wait":
                now_s += 0.1 * choice
                roster.settled(now_s)
        assert len(roster.names(Stage.STARTING, Stage.READY)) <= 4
        retry_in_s = roster.retry_in_s(now_s)
        assert retry_in_s is None or 0 < retry_in_s <= 1.001 * RETRY_MAX_S
    now_s += 1.001 * RETRY_MAX_S
    assert roster.missing_count(now_s) > 0 or roster.names(Stage.STARTING) or len(roster.names(Stage.READY)) == 4
