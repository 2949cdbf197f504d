import json
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from engine.errors import OutputError
from engine.training.panel.metrics.estimate import Estimate
from engine.training.panel.report import PanelReport, print_report, write_report
from engine.training.panel.verdict import Criterion, Outcome

REPORT = PanelReport(
    Outcome.FAIL,
    (Criterion("is good", False, "1, limit 2"), Criterion("is whole", None, "not given")),
    {"reals": {"recall": Estimate(1.0, (1.0,) * 10)}, "generator": {"recall": Estimate(0.25, (0.2, 0.3) * 5)}},
    {"generator": ("recall",)},
    {"seed": 7},
)


def test_json_holds_outcome_criteria_scores_and_conditions(tmp_path: Path) -> None:
    path = tmp_path / "new" / "report.json"
    write_report(REPORT, path)
    document = json.loads(path.read_text())
    assert document["outcome"] == "fail"
    assert document["criteria"][1] == {"name": "is whole", "holds": None, "detail": "not given"}
    assert document["sets"]["generator"]["recall"]["value"] == 0.25
    assert document["conditions"] == {"seed": 7}
    assert [item.name for item in path.parent.iterdir()] == ["report.json"]


def test_an_unwritable_path_is_named_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    with pytest.raises(OutputError, match="taken"):
        write_report(REPORT, tmp_path / "taken")
    assert [item.name for item in tmp_path.iterdir()] == ["taken"]


def test_table_shows_flags_criteria_and_outcome() -> None:
    output = StringIO()
    print_report(REPORT, Console(file=output, width=100))
    text = output.getvalue()
    assert "0.25*" in text
    assert "fail  is good: 1, limit 2" in text
    assert "not measured  is whole" in text
    assert "outcome: fail" in text


@pytest.mark.parametrize(("outcome", "code"), [(Outcome.PASS, 0), (Outcome.FAIL, 1), (Outcome.INCONCLUSIVE, 3)])
def test_exit_codes_tell_outcomes_apart(outcome: Outcome, code: int) -> None:
    assert PanelReport(outcome, (), {}, {}, {}).exit_code == code
