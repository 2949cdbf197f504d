from pathlib import Path

import pytest

from engine.errors import SettingsError
from engine.training.motion.plan import MotionPlan
from engine.training.plan_file import read_plan

ROOT = Path(__file__).parents[4]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("stepz: 4", "stepz"),
        ("steps: 0", "steps: 0"),
        ("device: tpu", "device"),
        ("rollouts: [8, 100]", "rollout"),
        ("rollout_shares: [1.0]", "rollout_shares"),
        ("learning_rate: 0", "learning_rate"),
        ("divergence_min: -1", "divergence_min"),
        ("prior_share: 2.0", "prior_share"),
        (": :", "YAML"),
    ],
)
def test_mistakes_in_a_plan_are_named(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "plan.yaml"
    path.write_text(text)
    with pytest.raises(SettingsError, match=said):
        read_plan(MotionPlan, path)


def test_the_shipped_plan_is_sound() -> None:
    assert read_plan(MotionPlan, ROOT / "configs" / "motion.yaml").name == "motiongen-s"


def test_an_empty_plan_is_the_default(tmp_path: Path) -> None:
    (tmp_path / "plan.yaml").write_text("{}")
    assert read_plan(MotionPlan, tmp_path / "plan.yaml") == MotionPlan()
