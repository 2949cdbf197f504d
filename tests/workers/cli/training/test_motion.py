import json
from pathlib import Path

import numpy as np
import pytest

from engine.motion import quaternions
from engine.motion.clip import Clip
from engine.motion.library import write_clips
from engine.motion.pose import Poses, rest_poses
from engine.motion.skeleton import SKELETON
from engine.nets.motiongen.weights_file import load_motiongen
from workers.cli import main


@pytest.fixture
def plan_file(tmp_path: Path) -> Path:
    walk = rest_poses(60)
    phase = np.arange(60, dtype=np.float32) * np.float32(0.2)
    walk.rotation[:, SKELETON.index("l_hip")] = quaternions.about_axis(0, -0.4 * np.sin(phase))
    walk.root_m[:, 2] = np.arange(60) * 0.04
    sway = rest_poses(120)
    breath = np.arange(120, dtype=np.float32) * np.float32(0.13)
    sway.rotation[:, SKELETON.index("spine")] = quaternions.about_axis(0, np.float32(0.1) * np.sin(breath))
    clips = [
        Clip("stand", sway, 30.0, "idle"),
        Clip("walk", Poses(walk.root_m, walk.rotation, walk.contact), 30.0, "walk"),
    ]
    write_clips(tmp_path / "clips.npz", clips)
    path = tmp_path / "plan.yaml"
    path.write_text(
        f"clips: [{tmp_path / 'clips.npz'}]\noutput: {tmp_path / 'run'}\ndevice: cpu\nsteps: 2\nbatch: 2\n"
        "rollouts: [2]\nrollout_shares: [1.0]\nstitched_minutes: 0\n"
    )
    return path


def test_a_plan_is_carried_out_and_the_weights_are_named(plan_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "motion", str(plan_file), "--json"]) == 0
    weights = Path(json.loads(capsys.readouterr().out)["weights"])
    assert load_motiongen(weights).header.tier == "S"


def test_a_plan_with_a_mistake_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "plan.yaml").write_text("steps: 0")
    assert main(["train", "motion", str(tmp_path / "plan.yaml")]) == 2
    assert "steps" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["motion", "frames", "texture", "terrain", "level"])
def test_place_of_the_report_is_looked_at_first(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "taken").write_text("mine")
    assert main(["evaluate", command, "no plan.yaml", "--report", str(tmp_path / "taken" / "report.json")]) == 1
    assert f"{tmp_path / 'taken'}: cannot be a folder: a file of this name is in the way" in capsys.readouterr().err


@pytest.mark.parametrize("minutes", ["0", "-1", "nan", "1e9"])
def test_minutes_out_of_range_are_refused(minutes: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", "motion", "no plan.yaml", "--minutes", minutes]) == 2
    assert "--minutes" in capsys.readouterr().err


def test_evaluating_weights_that_are_not_there_fails_by_name(
    plan_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", "motion", str(plan_file), "--weights", "nothing.safetensors"]) == 1
    assert "nothing.safetensors" in capsys.readouterr().err
