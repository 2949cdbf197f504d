import time

import pytest

from engine.training.timed.clock import Clock, cosine


def test_share_runs_from_nothing_to_everything_and_stays_there() -> None:
    now = time.monotonic()
    assert Clock(now + 10, now + 20).share == 0
    assert Clock(now - 10, now + 10).share == pytest.approx(0.5, abs=0.05)
    past = Clock(now - 20, now - 10)
    assert (past.share, past.over) == (1, True)
    assert past.elapsed_s == pytest.approx(20, abs=1)


def test_part_ends_where_the_whole_has_gone_so_far() -> None:
    now = time.monotonic()
    part = Clock(now - 10, now + 90).part(0.3)
    assert part.end_s == pytest.approx(now + 20)
    assert part.start_s == pytest.approx(now, abs=1)


def test_cosine_falls_from_one_to_its_floor() -> None:
    values = [cosine(share / 10, 0.1) for share in range(11)]
    assert values == sorted(values, reverse=True)
    assert values[0] == pytest.approx(1)
    assert values[-1] == pytest.approx(0.1)
