"""Training TerraGen on a handful of made-up tiles."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from engine.codecs.image import decode_png
from engine.errors import DataError, OutputError, SettingsError, WeightsError
from engine.nets.terragen.weights_file import load_terragen
from engine.training.terrain.data import TerrainSampler, load_tiles
from engine.training.terrain.plan import DecoderPlan, TerrainPlan, TerrainStages
from engine.training.terrain.stages import Stages
from engine.training.terrain.train import TerrainRun, collapsed, train_terrain


def quiet(_what: str, _done: int, _total: int) -> None:
    """No news."""


def run_of(plan: TerrainPlan) -> TerrainRun:
    known = [tile for tile in load_tiles(plan.data) if tile.name.startswith("N0")]
    return TerrainRun(plan, Stages(plan, TerrainSampler(known, 4), torch.device("cpu")), known, quiet)


def test_run_folder_has_weights_log_and_sheet(tiny_terrain_plan: TerrainPlan) -> None:
    told: list[tuple[str, int, int]] = []
    path = train_terrain(tiny_terrain_plan, lambda *news: told.append(news))
    weights = load_terragen(path)
    assert weights.header.landforms == tiny_terrain_plan.landforms.config()
    assert weights.header.licences == ("public domain (NASA / USGS SRTM)",)
    assert weights.styles.shape[1] == 2
    assert len(weights.styles) > 50
    assert told == [("score", 3, 6), ("descent", 6, 6)]
    lines = [json.loads(line) for line in (path.parent / "log.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines] == [3, 6]
    assert {"adversarial", "gap", "gamma", "score"} <= set(lines[-1])
    assert decode_png((path.parent / "sheet.png").read_bytes()).shape[1] > 6 * 256


def test_interrupted_run_ends_with_the_same_bits(tiny_terrain_plan: TerrainPlan, tmp_path: Path) -> None:
    straight = train_terrain(replace(tiny_terrain_plan, output=tmp_path / "straight"), quiet)
    plan = replace(tiny_terrain_plan, output=tmp_path / "resumed")
    for stop in (1, 4):  # in the first stage, and in the last one
        plan.output.mkdir(exist_ok=True)
        run = run_of(plan)
        step = run.restore() if run.path.exists() else 0
        while step < stop:
            step = run.stepped(step, step)
        run.save(step)
    assert train_terrain(plan, quiet).read_bytes() == straight.read_bytes()


def test_checkpoint_of_another_plan_is_refused(tiny_terrain_plan: TerrainPlan) -> None:
    tiny_terrain_plan.output.mkdir()
    run_of(tiny_terrain_plan).save(1)
    with pytest.raises(WeightsError, match="belongs to a plan of seed 7"):
        run_of(replace(tiny_terrain_plan, seed=8)).restore()
    with pytest.raises(WeightsError, match="belongs to another plan; start anew"):
        run_of(replace(tiny_terrain_plan, details=DecoderPlan(16, 1))).restore()


def test_loss_that_is_not_finite_goes_back_and_halves_the_rate(tiny_terrain_plan: TerrainPlan) -> None:
    tiny_terrain_plan.output.mkdir()
    run = run_of(replace(tiny_terrain_plan, checkpoint_interval=1))
    run.save(0)
    for rollbacks in range(1, 6):
        run.stages.model.details.entry.weight.data.fill_(float("nan"))
        assert run.stepped(0, 0) == 0
        assert run.rollbacks == rollbacks
    run.stages.model.details.entry.weight.data.fill_(float("nan"))
    with pytest.raises(SettingsError, match="learning_rate: training diverges even after 5 halvings"):
        run.stepped(0, 0)
    lines = (tiny_terrain_plan.output / "log.jsonl").read_text().splitlines()
    assert "a loss is not finite" in json.loads(lines[0])["alarms"][0]


def test_budget_ends_a_run_in_time(tiny_terrain_plan: TerrainPlan) -> None:
    plan = replace(tiny_terrain_plan, stages=TerrainStages(10**6, 0, 0), budget_s=2.0, checkpoint_interval=10**9)
    path = train_terrain(plan, quiet)
    (line,) = [json.loads(line) for line in (path.parent / "log.jsonl").read_text().splitlines()]
    assert 2.0 <= line["seconds"] < 30.0
    assert line["step"] < 10**5


def test_lost_latents_raise_an_alarm() -> None:
    alive = {"kl/0/0": 0.001, "kl/0/1": 0.2, "evidence": 0.0}
    assert collapsed(alive) == []
    assert collapsed(alive | {"kl/3/0": 0.001, "kl/3/1": 0.002}) == [
        "posterior collapse: no latent of level 3 carries 0.01 nats"
    ]


def test_unusable_folders_are_refused(tiny_terrain_plan: TerrainPlan, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="no folder that can be written to"):
        train_terrain(replace(tiny_terrain_plan, output=tmp_path / "file" / "run"), quiet)
    with pytest.raises(DataError, match="no manifest"):
        train_terrain(replace(tiny_terrain_plan, data=tmp_path), quiet)
