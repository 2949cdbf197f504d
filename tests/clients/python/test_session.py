"""Which failures are tried again, and how long is waited."""

import pytest

from morphogen_client import CancelledError, MorphogenError, OverloadedError, RetryPolicy, UnavailableError

POLICY = RetryPolicy(attempt_count=4, first_delay_s=1.0, longest_delay_s=3.0)


@pytest.mark.parametrize(("failed_count", "longest_s"), [(1, 1.0), (2, 2.0), (3, 3.0)])
def test_waits_double_up_to_the_longest_and_are_jittered(failed_count: int, longest_s: float) -> None:
    waits = [POLICY.delay_s(failed_count, UnavailableError("gone"), remaining_s=60.0) for _ in range(200)]
    assert all(wait is not None and longest_s / 2 <= wait <= longest_s for wait in waits)
    assert len(set(waits)) > 100


def test_suggested_wait_is_not_cut_short() -> None:
    assert POLICY.delay_s(1, OverloadedError("full", retry_after_s=7.0), remaining_s=60.0) == 7.0


@pytest.mark.parametrize(
    ("failed_count", "error", "remaining_s"),
    [
        (4, UnavailableError("last attempt"), 60.0),
        (1, UnavailableError("no time left"), 0.1),
        (1, OverloadedError("no wait suggested", None), 60.0),
        (1, OverloadedError("wait longer than the call", 90.0), 60.0),
        (1, CancelledError("on purpose"), 60.0),
    ],
)
def test_final_failures_are_not_tried_again(failed_count: int, error: MorphogenError, remaining_s: float) -> None:
    assert POLICY.delay_s(failed_count, error, remaining_s) is None
