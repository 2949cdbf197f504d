"""Training LevelGen on a handful of levels."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from engine.errors import WeightsError
from engine.levels.decoding.hiding import HIDDEN, OPEN
from engine.nets.levelgen.weights_file import load_levelgen
from engine.requests.level import Tile
from engine.training.levels.data import make_corpus, read_corpus
from engine.training.levels.plan import LevelPlan
from engine.training.levels.train import TrainingRun, draw_batch, masked_loss, rate_at, train


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> LevelPlan:
    """Six steps of a small network on twelve levels."""
    folder = tmp_path_factory.mktemp("levels")
    list(make_corpus(folder / "corpus.npz", {16: 8, 20: 4}))
    return LevelPlan(
        steps=6, patches_per_step=256, width=32, depth=1, save_every=3, bank_rows=6, corpus=folder / "corpus.npz",
        output=folder / "run",
    )  # fmt: skip


def quiet(_what: str, _done: int, _total: int) -> None:
    """No news."""


def test_interrupted_run_ends_with_the_same_weights(plan: LevelPlan, tmp_path: Path) -> None:
    straight = train(replace(plan, output=tmp_path / "straight"), quiet)
    run = TrainingRun(plan)
    corpus = read_corpus(plan.corpus)
    for step in range(3):
        run.step(step, corpus)
    (tmp_path / "resumed").mkdir()
    run.save(tmp_path / "resumed" / "checkpoint.safetensors", 3)
    resumed = train(replace(plan, output=tmp_path / "resumed"), quiet)
    assert resumed.read_bytes() == straight.read_bytes()
    weights = load_levelgen(straight)
    assert weights.bank.shape == (6, 11)


def test_checkpoint_of_another_plan_is_refused(plan: LevelPlan, tmp_path: Path) -> None:
    TrainingRun(plan).save(tmp_path / "checkpoint.safetensors", 1)
    with pytest.raises(WeightsError, match="belongs to a plan of 6 steps"):
        TrainingRun(replace(plan, steps=7)).restore(tmp_path / "checkpoint.safetensors")


def test_loss_falls(plan: LevelPlan) -> None:
    run = TrainingRun(replace(plan, steps=60, learning_rate=0.01))
    corpus = read_corpus(plan.corpus)
    losses = [run.step(step, corpus) for step in range(60)]
    assert np.mean(losses[-10:]) < 0.75 * np.mean(losses[:5])


def test_batches_are_of_one_size_and_as_large_as_asked(plan: LevelPlan) -> None:
    corpus = read_corpus(plan.corpus)
    sizes = set()
    for key in range(20):
        tokens, conditions, tiles, grouped = draw_batch(np.random.Generator(np.random.Philox(key=key)), corpus, 256)
        assert tokens.shape == tiles.shape == grouped.shape
        assert tokens.shape[0] == conditions.shape[0] == 256 // (tokens.shape[1] // 2) ** 2
        sizes.add(tokens.shape[1])
    assert sizes == {16, 20}


def test_loss_asks_hidden_cells_for_their_group_and_open_ones_for_their_tile() -> None:
    logits = torch.zeros(1, 2, 2, len(Tile))
    logits[..., Tile.FLOOR] = logits[..., Tile.LOOT] = 20.0
    tiles = torch.full((1, 2, 2), int(Tile.LOOT))
    of_group = masked_loss(logits, torch.full((1, 2, 2), HIDDEN), tiles, torch.ones(1, 2, 2, dtype=torch.bool))
    of_tile = masked_loss(logits, torch.full((1, 2, 2), OPEN), tiles, torch.zeros(1, 2, 2, dtype=torch.bool))
    assert float(of_group) == pytest.approx(0.0, abs=1e-4)
    assert float(of_tile) == pytest.approx(np.log(2), abs=1e-4)


def test_learning_rate_rises_and_falls() -> None:
    rates = [rate_at(step, 1000) for step in range(1000)]
    assert rates[0] < rates[50] < rates[99]
    assert max(rates) > 0.95
    assert rates[-1] < 0.03
