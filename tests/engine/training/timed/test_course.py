"""A whole way of a tiny network through the time it is given, on the CPU."""

import json
import time
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from engine.nets.weights_file import load_weights
from engine.training.plan import TexturePlan
from engine.training.stages import ReconstructionStage
from engine.training.timed.clock import Clock
from engine.training.timed.course import Course, chosen
from engine.training.timed.provisions import Provisions, provide
from engine.training.timed.record import Record
from engine.training.timed.trials import DEFAULT, TRIALS


@pytest.fixture(scope="module")
def provisions(tiny_plan: TexturePlan) -> Provisions:
    return provide(tiny_plan, 1, drawn_count=2, gallery_seeds=1)


def test_course_trains_finishes_and_leaves_weights_that_load(
    tiny_plan: TexturePlan, provisions: Provisions, tmp_path: Path
) -> None:
    plan = replace(tiny_plan, crop_px=128, device="cpu", batch_size=2)
    now = time.monotonic()
    course = Course(plan, provisions, Record(tmp_path / "a.csv", "a", now), tmp_path, Clock(now, now + 60))
    course.run("reconstruction", ReconstructionStage(course.model), 0.001, Clock(now, time.monotonic() + 1.5))
    assert course.step > 0
    before = course.step
    stage = course.adversarial(TRIALS[1])
    course.run("finishing", stage, 0.0005, Clock(now, time.monotonic() + 1.5))
    assert course.step > before
    path = tmp_path / "own.safetensors"
    course.save(path)
    weights = load_weights(path)
    assert [entry.name for entry in weights.header.classes] == list(plan.classes)


def test_restored_networks_are_those_of_the_copy(
    tiny_plan: TexturePlan, provisions: Provisions, tmp_path: Path
) -> None:
    now = time.monotonic()
    course = Course(tiny_plan, provisions, Record(tmp_path / "a.csv", "a", now), tmp_path, Clock(now, now + 60))
    stage = ReconstructionStage(course.model)
    kept = course.state(stage)
    first = next(course.model.generator.parameters())
    before = first.detach().clone()
    first.data += 1
    course.restore(stage, kept)
    assert first.equal(before)


def test_the_other_runs_choice_is_taken_where_there_is_one(tmp_path: Path) -> None:
    path = tmp_path / "choice.json"
    assert chosen(path, DEFAULT) == DEFAULT
    path.write_text("{")
    assert chosen(path, DEFAULT) == DEFAULT
    path.write_text(json.dumps(asdict(TRIALS[0])))
    assert chosen(path, DEFAULT) == TRIALS[0]
