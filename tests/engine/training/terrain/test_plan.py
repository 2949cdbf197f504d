"""Plans of training runs of TerraGen."""

from pathlib import Path
from typing import Any

import pytest

from engine.errors import SettingsError
from engine.training.plan_file import read_plan
from engine.training.terrain.plan import CriticPlan, DecoderPlan, TerrainPlan, TerrainStages


@pytest.mark.parametrize(
    ("values", "path"),
    [
        ({"batch_size": 0}, "batch_size: 0 is outside"),
        ({"window_px": 40}, "window_px: 40 is not a multiple of 16"),
        ({"learning_rate": 0.0}, "learning_rate"),
        ({"budget_s": 0.1}, "budget_s"),
        ({"device": "tpu"}, "device: 'tpu' is not one of auto, cpu, cuda"),
        ({"name": "a/b"}, "name"),
        ({"stages": TerrainStages(0, 0, 0)}, "stages: at least one"),
        ({"landforms": DecoderPlan(4, 3)}, "landforms.width"),
        ({"details": DecoderPlan(16, 0)}, "details.depth"),
        ({"critic": CriticPlan(gap_low=2.0, gap_high=1.0)}, "critic.gap_low"),
        ({"critic": CriticPlan(penalty_interval=0)}, "critic.penalty_interval"),
    ],
)
def test_values_out_of_range_are_refused_by_name(values: dict[str, Any], path: str) -> None:
    with pytest.raises(SettingsError, match=path):
        TerrainPlan(Path("data"), **values)


def test_shipped_plan_is_a_plan(pytestconfig: pytest.Config) -> None:
    plan = read_plan(TerrainPlan, pytestconfig.rootpath / "configs" / "terrain.yaml")
    assert (plan.name, plan.output) == ("terragen-s-teacher", Path("runs/terrain"))


def test_unknown_key_is_named(tmp_path: Path) -> None:
    (tmp_path / "plan.yaml").write_text("data: x\ncritic: {gama: 1}\n")
    with pytest.raises(SettingsError, match=r"critic\.gama: unknown key"):
        read_plan(TerrainPlan, tmp_path / "plan.yaml")
