import pytest

from benchmarks.character.streaming import Arrivals


def arrivals(times: dict[int, float], frame_count: int = 10) -> Arrivals:
    return Arrivals(10, frame_count, times)


def test_stream_that_keeps_its_rate_misses_nothing() -> None:
    times = {number: 5.0 + number / 10 + 0.01 * (number % 2) for number in range(10)}
    assert arrivals(times).missed_share() == 0.0
    assert max(arrivals(times).jitter_s()) == pytest.approx(0.01)
    assert arrivals(times).rate_kept() == pytest.approx(1.0, abs=0.02)


def test_stall_counts_for_what_it_delays_and_not_for_what_follows() -> None:
    times = {number: number / 10 + (0.25 if number >= 4 else 0.0) for number in range(10)}
    assert arrivals(times).missed_share() == pytest.approx(0.1)


def test_frames_that_never_come_are_missed() -> None:
    times = {number: number / 10 for number in range(10) if number not in (3, 4)}
    assert arrivals(times).missed_share() == pytest.approx(0.2)
    assert len(arrivals(times).jitter_s()) == 6


def test_stream_that_is_always_too_slow_misses_again_and_again() -> None:
    times = {number: number / 5 for number in range(100)}
    assert arrivals(times, 100).missed_share() > 0.4
    assert arrivals(times, 100).rate_kept() == pytest.approx(0.5)
