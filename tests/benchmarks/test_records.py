import shutil
from pathlib import Path

import pytest

from benchmarks import records
from benchmarks.records import Claim


@pytest.mark.parametrize(
    ("claim", "goal", "holds"),
    [
        (Claim("speed", at_least=2.0), ">= 2", True),
        (Claim("speed", at_least=4.0), ">= 4", False),
        (Claim("speed", at_most=2.0), "<= 2", False),
        (Claim("speed", at_most=4.0), "<= 4", True),
        (Claim("speed"), "none", True),
    ],
)
def test_measurement_is_held_against_its_goal(claim: Claim, goal: str, holds: bool) -> None:
    assert claim.measured(3, {"runs": 5}) == {
        "name": "speed",
        "value": 3,
        "goal": goal,
        "holds": holds,
        "conditions": {"runs": 5},
    }


@pytest.mark.parametrize("value", [None, "fast", float("nan")])
def test_what_is_no_number_reaches_no_goal(value: object) -> None:
    assert Claim("speed", at_least=0.0).measured(value, {})["holds"] is False


def test_failed_run_does_not_hold_and_keeps_its_goal() -> None:
    found = Claim("speed", at_least=2.0).failed("its driver ended with 1")
    assert (found["value"], found["goal"], found["holds"]) == (None, ">= 2", False)
    assert found["conditions"] == {"reason": "its driver ended with 1"}


def test_what_was_not_measured_neither_holds_nor_does_not() -> None:
    found = Claim("speed", at_most=2.0).not_measured("no Chromium")
    assert (found["value"], found["goal"], found["holds"]) == (None, "<= 2", None)


def test_machine_says_which_commit_was_measured() -> None:
    if shutil.which("git") is None or not (Path(records.__file__).parents[1] / ".git").exists():
        pytest.skip("no checkout")
    commit, _, state = str(records.machine()["commit"]).partition(", ")
    assert len(commit) == 40
    assert state in ("", "dirty")
