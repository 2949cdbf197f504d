"""A run goes from folders to usable weights, can be interrupted anywhere, and recovers from a step that overflows."""

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import cv2
import pytest
import torch

from engine.catalog import load_catalog
from engine.errors import DataError, OutputError, SettingsError, WeightsError
from engine.nets.weights_file import load_weights
from engine.requests.texture import TextureRequest
from engine.training.checkpoint import load_checkpoint
from engine.training.data.preparation import Progress, prepare_materials
from engine.training.data.sampler import Batch, Sampler
from engine.training.model import TextureModel
from engine.training.plan import ClassPlan, StagesPlan, TexturePlan
from engine.training.texture import ROLLBACKS_MAX, TrainingRun, schedule, train_texture

MakeSampler = Callable[[TexturePlan], Sampler]
Told = list[tuple[str, int, int]]


def ignore(stage: str, done: int, total: int) -> None:
    pass


def interruption(at_step: int) -> Progress:
    """Stops a run when a step is done, as Ctrl-C does."""

    def tell(stage: str, done: int, _: int) -> None:
        if stage != "read" and done == at_step:
            raise KeyboardInterrupt

    return tell


class OverflowingSampler(Sampler):
    """Gives a broken batch at some steps, `failure_count` times in all."""

    def __init__(self, sampler: Sampler, at_step: int, failure_count: int) -> None:
        self.sampler, self.at_step, self.failure_count = sampler, at_step, failure_count
        self.stock = sampler.stock

    def batch(self, seed: int, step: int, size: int, zoom: int = 1) -> Batch:
        batch = self.sampler.batch(seed, step, size, zoom)
        if step == self.at_step and self.failure_count > 0:
            self.failure_count -= 1
            return replace(batch, targets=batch.targets * torch.inf)
        return batch


def run_of(plan: TexturePlan, sampler: Sampler, told: Told) -> TrainingRun:
    def tell(stage: str, done: int, total: int) -> None:
        told.append((stage, done, total))

    plan.output.mkdir(exist_ok=True)
    return TrainingRun(plan, TextureModel(plan.network_config(), plan), sampler, tell)


@pytest.fixture(scope="module")
def trained(tiny_plan: TexturePlan, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Told]:
    """A finished run and what it told on its way."""
    told: Told = []
    plan = replace(tiny_plan, output=tmp_path_factory.mktemp("trained"), sheet_interval=1)
    return train_texture(plan, lambda *what: told.append(what)), told


def test_weights_can_be_loaded_and_paint(trained: tuple[Path, Told]) -> None:
    weights, _ = trained
    catalog = load_catalog(precision="fp32", thread_count=1, texture_weights=weights)
    generator = catalog.generator_for(TextureRequest("stone"))
    assert generator.info.classes == ("stone", "brick", "metal")
    assert generator.info.training_licences == ("CC-BY-4.0", "CC0-1.0 (own)")
    for name in generator.info.classes:
        state = generator.begin(TextureRequest(name, size_px=64))
        (parts,) = generator.step([state])
        assert state.finished
        assert len(parts) == state.part_count == 6


def test_run_folder_keeps_checkpoint_sheets_and_scalars(trained: tuple[Path, Told]) -> None:
    weights, _ = trained
    names = {entry.name for entry in weights.parent.iterdir()}
    assert names == {
        "texgen.safetensors",
        "checkpoint.safetensors",
        "sheet_000001.png",
        "sheet_000002.png",
        "scalars",
    }
    assert cv2.imread(str(weights.parent / "sheet_000002.png")) is not None
    assert len(list((weights.parent / "scalars").iterdir())) == 1
    assert load_checkpoint(weights.parent / "checkpoint.safetensors")[1]["step"] == 2


def test_progress_is_told_by_stage(trained: tuple[Path, Told]) -> None:
    _, told = trained
    assert told == [("read", done, 7) for done in range(1, 8)] + [("reconstruction", done, 2) for done in (1, 2)]


def test_finished_run_trains_no_further(trained: tuple[Path, Told], tiny_plan: TexturePlan) -> None:
    weights, _ = trained
    before = weights.read_bytes()
    told: Told = []
    train_texture(replace(tiny_plan, output=weights.parent), lambda *what: told.append(what))
    assert {stage for stage, _, _ in told} == {"read"}
    assert weights.read_bytes() == before


def test_interrupted_run_ends_with_the_same_bytes_as_one_that_was_not(
    tiny_plan: TexturePlan, make_sampler: MakeSampler, tmp_path: Path
) -> None:
    plan = replace(
        tiny_plan, stages=StagesPlan(2, 2), crop_px=128, batch_size=2, checkpoint_interval=2, sheet_interval=100
    )
    sampler = make_sampler(plan)
    straight, parts = (replace(plan, output=tmp_path / name) for name in ("straight", "parts"))
    run_of(straight, sampler, []).advance(resume=True)
    for stop, kept in ((1, 0), (3, 2)):
        interrupted = run_of(parts, sampler, [])
        interrupted.progress = interruption(stop)
        with pytest.raises(KeyboardInterrupt):
            interrupted.advance(resume=True)
        assert load_checkpoint(interrupted.path)[1]["step"] == kept
    told: Told = []
    run_of(parts, sampler, told).advance(resume=True)
    assert told == [("adversarial", 3, 4), ("adversarial", 4, 4)]
    first, second = ((p.output / "checkpoint.safetensors").read_bytes() for p in (straight, parts))
    assert first == second


def test_same_plan_gives_the_same_weights_file_and_another_seed_another(
    trained: tuple[Path, Told], tiny_plan: TexturePlan, tmp_path: Path
) -> None:
    weights, _ = trained
    interrupted = replace(tiny_plan, output=tmp_path / "again", checkpoint_interval=1)
    with pytest.raises(KeyboardInterrupt):
        train_texture(interrupted, interruption(2))
    assert train_texture(interrupted, ignore).read_bytes() == weights.read_bytes()
    other = train_texture(replace(tiny_plan, output=tmp_path / "other", seed=4), ignore)
    assert load_weights(other).sha256 != load_weights(weights).sha256


def test_fresh_run_forgets_the_checkpoint(trained: tuple[Path, Told], tiny_plan: TexturePlan) -> None:
    weights, _ = trained
    told: Told = []
    train_texture(replace(tiny_plan, output=weights.parent), lambda *what: told.append(what), resume=False)
    assert [done for stage, done, _ in told if stage == "reconstruction"] == [1, 2]


def test_step_that_overflows_takes_the_run_back_with_half_the_rate(
    tiny_plan: TexturePlan, make_sampler: MakeSampler, tmp_path: Path
) -> None:
    plan = replace(tiny_plan, stages=StagesPlan(5), checkpoint_interval=2, output=tmp_path / "run", batch_size=2)
    told: Told = []
    run = run_of(plan, OverflowingSampler(make_sampler(plan), at_step=3, failure_count=1), told)
    run.advance(resume=True)
    assert [done for _, done, _ in told] == [1, 2, 3, 3, 4, 5]
    assert run.rollbacks == 1
    assert run.reconstruction.optimizer.param_groups[0]["lr"] == plan.learning_rate * schedule(4, 5) / 2
    tensors, numbers = load_checkpoint(run.path)
    assert numbers["rollbacks"] == 1
    assert all(torch.isfinite(tensor).all() for tensor in tensors.values())


def test_overflow_before_the_first_interval_goes_back_to_the_start(
    tiny_plan: TexturePlan, make_sampler: MakeSampler, tmp_path: Path
) -> None:
    plan = replace(tiny_plan, output=tmp_path / "run", batch_size=2)
    told: Told = []
    run_of(plan, OverflowingSampler(make_sampler(plan), at_step=1, failure_count=1), told).advance(resume=True)
    assert [done for _, done, _ in told] == [1, 1, 2]


def test_run_that_keeps_overflowing_gives_up_and_names_the_learning_rate(
    tiny_plan: TexturePlan, make_sampler: MakeSampler, tmp_path: Path
) -> None:
    plan = replace(tiny_plan, output=tmp_path / "run", batch_size=1)
    sampler = OverflowingSampler(make_sampler(plan), at_step=0, failure_count=100)
    with pytest.raises(SettingsError, match=r"^learning_rate: training diverges"):
        run_of(plan, sampler, []).advance(resume=True)
    assert sampler.failure_count == 100 - ROLLBACKS_MAX - 1
    assert load_checkpoint(plan.output / "checkpoint.safetensors")[1]["step"] == 0


def test_checkpoint_of_another_network_is_refused(
    trained: tuple[Path, Told], tiny_plan: TexturePlan, make_sampler: MakeSampler
) -> None:
    weights, _ = trained
    wider = replace(tiny_plan, output=weights.parent, network=replace(tiny_plan.network, code_width=12))
    with pytest.raises(WeightsError, match=r"checkpoint\.safetensors: tensor .* belongs to another plan; start anew"):
        run_of(wider, make_sampler(wider), []).advance(resume=True)


def test_output_that_is_no_folder_is_named(tiny_plan: TexturePlan, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="file: is no folder that can be written to"):
        train_texture(replace(tiny_plan, output=tmp_path / "file"), ignore)


def test_classes_without_a_material_are_named(tiny_plan: TexturePlan) -> None:
    plan = replace(tiny_plan, classes={**tiny_plan.classes, "snow": ClassPlan(("snow",)), "bark": ClassPlan(("bark",))})
    with pytest.raises(DataError, match="no material was found for the classes bark, snow"):
        prepare_materials(plan, ignore)


@pytest.mark.parametrize(("crop_px", "sizes_px"), [(64, [128, 64]), (96, [128]), (128, [128]), (256, [128])])
def test_materials_are_used_at_densities_from_the_crop_up(
    tiny_plan: TexturePlan, crop_px: int, sizes_px: list[int]
) -> None:
    materials, licences = prepare_materials(replace(tiny_plan, crop_px=crop_px), ignore)
    for material in materials:
        assert list(dict.fromkeys(exemplar.targets.shape[-1] for exemplar in material)) == sizes_px
    assert licences == ("CC-BY-4.0", "CC0-1.0 (own)")


def test_schedule_warms_up_and_falls() -> None:
    rates = [schedule(step, 1000) for step in range(1000)]
    assert rates[0] < 0.02
    assert max(rates) > 0.9
    assert all(later < earlier for earlier, later in pairwise(rates[200:]))
    assert rates[-1] == pytest.approx(0.05, abs=0.001)
