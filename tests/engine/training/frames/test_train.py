"""Training FrameGen for a moment."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from engine.errors import SettingsError, WeightsError
from engine.nets.framegen.weights_file import load_framegen
from engine.training.frames.evaluate import FramePanel, PanelSize, evaluate_frames, told_apart
from engine.training.frames.losses import judged
from engine.training.frames.metrics import FrameFigures, frame_figures
from engine.training.frames.plan import FramePlan
from engine.training.frames.poses import made_up_poses
from engine.training.frames.rivals import SpriteLibrary, projected
from engine.training.frames.studio import FIRST_TRAINING_SEED, Studio, model_cast, training_identity
from engine.training.frames.train import TrainingRun, rate_at, train
from engine.training.plan_file import read_plan

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> FramePlan:
    """Four steps of the small tier, the last two with judges."""
    return FramePlan(
        tiers=("s",), seconds=600, steps=4, batch=3, identities=2, processes=1, device="cpu", adversarial_share=0.4,
        output=tmp_path_factory.mktemp("frames"),
    )  # fmt: skip


@pytest.fixture(scope="module")
def studio() -> Studio:
    """Two characters and some poses."""
    return Studio(model_cast(2, 1, 0.0), made_up_poses(16), CPU)


def quiet(_what: str, _share: float) -> None:
    """No news."""


def test_run_writes_weights_that_paint(plan: FramePlan) -> None:
    (path,) = train(plan, quiet)
    loaded = load_framegen(path)
    assert loaded.header.tier == "S"
    assert "own" in loaded.header.licences[0]
    log = (plan.output / "log.jsonl").read_text()
    assert "held_out_psnr" in log
    assert "before_judges_psnr" in log
    poses = made_up_poses(16)
    panel = evaluate_frames(loaded.network, loaded.encoder, poses, CPU, PanelSize(identities=2, threes=2, sprites=3))
    assert panel.still
    assert panel.sets["ceiling"].psnr_db > panel.sets["nearest-pose warp"].psnr_db > panel.sets["framegen"].psnr_db
    assert panel.outcome != "pass"
    assert len(panel.lines()) > 8


def test_interrupted_run_goes_on_from_its_checkpoint(plan: FramePlan, tmp_path: Path) -> None:
    own = replace(plan, output=tmp_path)
    first = TrainingRun(own, 0.0, quiet)
    first.step(0)
    first.save(1)
    second = TrainingRun(own, 0.0, quiet)
    assert second.restore(tmp_path / "checkpoint.safetensors") == 1
    for name, value in first.painters[0].parts.state_dict().items():
        assert torch.equal(value, second.painters[0].parts.state_dict()[name])
    with pytest.raises(WeightsError, match="belongs to a plan of seed 7"):
        TrainingRun(replace(own, seed=8), 0.0, quiet).restore(tmp_path / "checkpoint.safetensors")


def test_training_characters_are_never_those_that_are_measured() -> None:
    assert training_identity(0).seed >= FIRST_TRAINING_SEED
    assert training_identity(1).seed >= FIRST_TRAINING_SEED
    assert training_identity(5) == training_identity(5)


def test_threes_are_one_character_in_motion(studio: Studio) -> None:
    shots = studio.shots(torch.Generator().manual_seed(1), 6, threes=True)
    assert shots.who[:3].unique().numel() == 1
    moved = (shots.joints.place[1] - shots.joints.place[0]).norm(dim=-1)
    assert 0 < float(moved.mean()) < 0.3
    assert torch.equal(shots.views.axes[0], shots.views.axes[2])


def test_same_generator_gives_the_same_frames(studio: Studio) -> None:
    first, again = (studio.shots(torch.Generator().manual_seed(2), 2).draw(64).rgba for _ in range(2))
    assert torch.equal(first, again)


def test_sprite_of_the_wanted_pose_comes_back_nearly_unchanged(studio: Studio) -> None:
    library = SpriteLibrary(studio, torch.Generator().manual_seed(3), 2, 64)
    warped = library.warped(torch.tensor([1]), library.joints[1, 1][None])
    assert float((warped - library.frames[1, 1][None]).abs().mean()) < 0.004
    shots = studio.shots(torch.Generator().manual_seed(4), 1)
    assert projected(shots).shape == (1, 19, 3)


def test_figures_know_right_from_wrong() -> None:
    frames = torch.zeros(6, 4, 64, 64)
    for index in range(6):
        frames[index, :, 20:40, 10 + 4 * index : 30 + 4 * index] = 0.8
    right, moved = frame_figures(frames, frames), frame_figures(frames.roll(3, -1), frames)
    still = frame_figures(frames[[0, 0, 0, 3, 3, 3]], frames)
    assert right.psnr_db > 80
    assert right.alpha_iou == pytest.approx(1.0)
    assert right.edge_ssim == pytest.approx(1.0, abs=1e-3)
    assert right.motion_error == pytest.approx(0.0)
    assert still.motion_error == pytest.approx(1.0)
    assert moved.alpha_iou < 0.8
    assert moved.psnr_db < right.psnr_db


def test_panel_says_what_was_missed_and_what_it_cannot_see() -> None:
    good, bad = FrameFigures(30, 25, 0.96, 0.9, 0.3), FrameFigures(22, 17, 0.85, 0.5, 0.9)
    sets = dict.fromkeys(("other character", "other pose", "blurred", "nearest-pose warp"), bad) | {"framegen": good}
    assert FramePanel(sets, still=True).outcome == "pass"
    assert FramePanel(sets, still=False).missed == ("the same bytes for a still pose",)
    assert FramePanel(sets | {"blurred": good}, still=True).outcome == "inconclusive"
    assert told_apart(bad, good)


def test_judges_pull_in_opposite_directions() -> None:
    real, made = torch.tensor([2.0]), torch.tensor([-1.0])
    assert float(judged(real, made)) < float(judged(made, real))


def test_rate_rises_and_falls() -> None:
    assert rate_at(0, 0.0) < 0.02
    assert rate_at(500, 0.0) == pytest.approx(1.0)
    assert rate_at(500, 1.0) == pytest.approx(0.02)


def test_plans_are_read_and_checked(tmp_path: Path) -> None:
    file = tmp_path / "plan.yaml"
    file.write_text("steps: 5\nbatch: 4\n")
    with pytest.raises(SettingsError, match="batch: 4 is not a multiple of 3"):
        read_plan(FramePlan, file)
    file.write_text("tiers: [xl]\n")
    with pytest.raises(SettingsError, match="tiers"):
        read_plan(FramePlan, file)
    file.write_text("stepz: 5\n")
    with pytest.raises(SettingsError, match="stepz"):
        read_plan(FramePlan, file)
    assert read_plan(FramePlan, Path("configs/frames.yaml")).poses is None
