"""Plans of training runs of LevelGen."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from engine.configuration import build
from engine.errors import SettingsError
from engine.training.levels.plan import LevelPlan


@pytest.mark.parametrize(
    "values",
    [{"steps": 0}, {"width": 33}, {"learning_rate": 0.0}, {"average_share": 1.5}, {"bank_rows": 0}, {"save_every": 0}],
)
def test_values_out_of_range_are_refused_by_name(values: dict[str, Any]) -> None:
    with pytest.raises(SettingsError, match=next(iter(values))):
        LevelPlan(**values)


def test_shipped_plan_is_a_plan(pytestconfig: pytest.Config) -> None:
    document = yaml.safe_load((pytestconfig.rootpath / "configs" / "level.yaml").read_text())
    plan = build(LevelPlan, document, "")
    assert plan.name == "levelgen-s"
    assert plan.output == Path("runs/level")
