"""What can be wrong with a plan's file itself."""

from pathlib import Path

import pytest

from engine.errors import SettingsError
from engine.training.levels.plan import LevelPlan
from engine.training.plan_file import read_plan


def test_file_becomes_a_plan(tmp_path: Path) -> None:
    (tmp_path / "plan.yaml").write_text("steps: 3\noutput: there\n")
    assert read_plan(LevelPlan, tmp_path / "plan.yaml") == LevelPlan(steps=3, output=Path("there"))


@pytest.mark.parametrize(
    ("text", "message"), [("steps: [", "is not YAML"), ("- 1", "expected a mapping"), ("step: 1", "step: unknown key")]
)
def test_broken_file_is_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "plan.yaml").write_text(text)
    with pytest.raises(SettingsError, match=message):
        read_plan(LevelPlan, tmp_path / "plan.yaml")


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"nowhere\.yaml: cannot be read"):
        read_plan(LevelPlan, tmp_path / "nowhere.yaml")
