"""Every error is one of Morphogen's own, with a reason that machines can read."""

import inspect

import pytest

from engine import errors
from engine.errors import InvalidRequestError, MorphogenError, OverloadedError

CLASSES = [kind for _, kind in inspect.getmembers(errors, inspect.isclass)]
ERRORS = [kind for kind in CLASSES if issubclass(kind, MorphogenError)]


def test_all_errors_are_under_one_root_with_reasons_of_their_own() -> None:
    assert len(ERRORS) == len(CLASSES) >= 9
    reasons = [kind.reason for kind in ERRORS]
    assert len(set(reasons)) == len(reasons)
    assert all(reason.replace("_", "").isalpha() and reason.isupper() for reason in reasons)


def test_invalid_request_says_field_value_and_allowed_range_in_one_line() -> None:
    error = InvalidRequestError("size_px", 100, "64, 128")
    assert str(error) == "size_px: 100 is not allowed; allowed: 64, 128"
    assert (error.field, error.value, error.allowed) == ("size_px", 100, "64, 128")


def test_allowed_range_stays_in_sight_behind_a_long_field_and_value() -> None:
    error = InvalidRequestError("attributes." + "x" * 10_000, "y" * 10_000, "0 to 1")
    assert len(str(error)) < 300
    assert str(error).endswith("... is not allowed; allowed: 0 to 1")
    assert len(str(error.value)) == 10_000


def test_overload_says_when_to_come_back() -> None:
    with pytest.raises(MorphogenError, match="queue is full") as caught:
        raise OverloadedError("the queue is full", 1.5)
    assert isinstance(caught.value, OverloadedError)
    assert caught.value.retry_after_s == 1.5
