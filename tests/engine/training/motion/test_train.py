import json
from dataclasses import replace

import pytest
import torch

from engine.errors import DataError, OutputError, SettingsError, WeightsError
from engine.nets.motiongen.weights_file import load_motiongen
from engine.training.motion.plan import MotionPlan
from engine.training.motion.train import rate_at, stage_of, train


def quiet(what: str, done: int, total: int) -> None:
    """No progress."""


def test_a_run_writes_weights_a_log_and_a_checkpoint(plan: MotionPlan) -> None:
    told: list[str] = []
    path = train(plan, lambda what, _done, _total: told.append(what))
    weights = load_motiongen(path)
    assert weights.header.tier == "S"
    assert told
    entries = [json.loads(line) for line in (plan.output / "log.jsonl").read_text().splitlines()]
    assert [entry["step"] for entry in entries] == [2, 4]
    assert {"divergence", "feet", "rollout", "alarm"} <= set(entries[0])


def test_an_interrupted_run_ends_with_the_same_weights(plan: MotionPlan) -> None:
    whole = train(plan, quiet).read_bytes()
    other = replace(plan, output=plan.output.with_name("again"))

    class Stop(Exception):  # noqa: N818 - not an error
        pass

    def stop(_what: str, done: int, _total: int) -> None:
        if done == 2:
            raise Stop

    with pytest.raises(Stop):
        train(replace(other, save_every_s=1e-9), stop)
    assert (other.output / "checkpoint.safetensors").exists()
    assert train(other, quiet).read_bytes() == whole


def test_a_checkpoint_of_another_plan_is_refused(plan: MotionPlan) -> None:
    train(plan, quiet)
    with pytest.raises(WeightsError, match="seed 11"):
        train(replace(plan, seed=12), quiet)
    train(replace(plan, seed=12), quiet, resume=False)


def test_a_budget_of_seconds_ends_a_run(plan: MotionPlan) -> None:
    path = train(replace(plan, steps=10**6, seconds=0.5, stitched_minutes=0.0), quiet)
    assert load_motiongen(path).network.mean.shape == (205,)


def test_training_overfits_a_few_windows(plan: MotionPlan) -> None:
    train(
        replace(plan, steps=60, batch=16, rollouts=(4,), rollout_shares=(1.0,), log_every=10, learning_rate=0.01), quiet
    )
    entries = [json.loads(line) for line in (plan.output / "log.jsonl").read_text().splitlines()]
    assert entries[-1]["features"] < 0.7 * entries[0]["features"]


def test_the_alarm_against_collapse_lowers_the_weight(plan: MotionPlan) -> None:
    train(replace(plan, divergence_min=10.0, steps=8), quiet)
    entries = [json.loads(line) for line in (plan.output / "log.jsonl").read_text().splitlines()]
    assert entries[-1]["alarm"]
    assert entries[-1]["divergence_weight"] < entries[0]["divergence_weight"]


def test_impossible_plans_are_refused(plan: MotionPlan) -> None:
    if not torch.cuda.is_available():
        with pytest.raises(SettingsError, match="cuda"):
            train(replace(plan, device="cuda"), quiet)
    with pytest.raises(DataError):
        train(replace(plan, clips=(plan.output / "nothing.npz",)), quiet)
    plan.output.parent.joinpath("file").write_text("")
    with pytest.raises(OutputError):
        train(replace(plan, output=plan.output.parent / "file" / "run"), quiet)


def test_stages_follow_their_shares(plan: MotionPlan) -> None:
    assert stage_of(plan, 0.0) == (2, 0.0)
    assert stage_of(plan, 0.25) == (2, 0.5)
    assert stage_of(plan, 0.75) == (4, 0.5)
    assert stage_of(plan, 1.0) == (4, 1.0)


def test_the_learning_rate_rises_and_falls() -> None:
    assert rate_at(0, 0.0) < 0.01
    assert rate_at(1000, 0.1) > 0.9
    assert rate_at(1000, 1.0) == pytest.approx(0.02)
