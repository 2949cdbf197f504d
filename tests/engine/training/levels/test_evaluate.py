"""The panel, with a network that knows nothing and sets of levels that it must tell apart."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from engine.errors import DataError
from engine.generators.level import LevelGenerator
from engine.levels.corpus.maker import make_level
from engine.levels.decoding.conditions import CLASS_COUNTS
from engine.levels.decoding.hiding import INPUT_COUNT, TILE_COUNT
from engine.nets.levelgen.network import LevelGen, LevelGenConfig
from engine.nets.levelgen.weights_file import LevelGenHeader, LevelGenWeights
from engine.nets.precision import KernelClass
from engine.training.levels.data import SizedCorpus, make_corpus, read_corpus
from engine.training.levels.evaluate import Panel, SetFigures, evaluate_levels, request_like, told_apart


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> dict[int, SizedCorpus]:
    """Sixty levels of 16 x 16."""
    path: Path = tmp_path_factory.mktemp("corpus") / "corpus.npz"
    list(make_corpus(path, {16: 60}))
    return read_corpus(path)


@pytest.fixture(scope="module")
def generator(corpus: dict[int, SizedCorpus]) -> LevelGenerator:
    """Around an untrained network."""
    config = LevelGenConfig(TILE_COUNT, INPUT_COUNT, CLASS_COUNTS, width=32, depth=1)
    with torch.random.fork_rng():
        torch.manual_seed(1)
        network = LevelGen(config).eval()
    bank = torch.from_numpy(corpus[16].conditions.astype(np.uint8))
    weights = LevelGenWeights(LevelGenHeader("0", "S", config, ()), network, bank, "")
    return LevelGenerator(weights, KernelClass("cpu", torch.float32, 1))


@pytest.fixture(scope="module")
def panel(generator: LevelGenerator, corpus: dict[int, SizedCorpus]) -> Panel:
    """Twelve levels."""
    return evaluate_levels(generator, corpus, sizes=(16,), levels_per_size=12, compared_size=16)


def test_untrained_network_fails_where_repair_cannot_help(panel: Panel) -> None:
    (row,) = panel.sizes
    assert row.solvable_after == 1.0
    assert row.obeyed["enemies"] == row.obeyed["loot"] == 1.0
    assert row.unguided_solvable < 0.5
    assert panel.outcome != "pass"
    assert any("at size 16" in name for name in panel.missed)


def test_sets_are_what_they_are_called(panel: Panel) -> None:
    assert panel.sets["held out"].solvable == panel.sets["bsp"].solvable == 1.0
    assert panel.sets["repeated"].spread == 0.0
    assert panel.sets["copied"].novelty == 0.0
    assert panel.sets["shuffled"].divergence > 2 * panel.sets["held out"].divergence
    assert "markov" in panel.sets


def test_every_set_and_the_outcome_are_printed(panel: Panel) -> None:
    text = "\n".join(panel.lines())
    assert all(name in text for name in panel.sets)
    assert f"outcome: {panel.outcome}" in text


def test_control_that_looks_like_a_level_makes_the_outcome_inconclusive(panel: Panel) -> None:
    assert replace(panel, missed=(), blind_to=("shuffled",)).outcome == "inconclusive"
    assert replace(panel, missed=(), blind_to=()).outcome == "pass"


@pytest.mark.parametrize(
    "spoiled",
    [
        SetFigures(0.5, 1.0, 0.2, 0.2, 0.0),
        SetFigures(1.0, 2.0, 0.2, 0.2, 0.0),
        SetFigures(1.0, 1.0, 0.0, 0.2, 0.0),
        SetFigures(1.0, 1.0, 0.2, 0.0, 0.0),
    ],
)
def test_each_figure_can_tell_a_spoiled_set(spoiled: SetFigures) -> None:
    ceiling = SetFigures(1.0, 1.0, 0.2, 0.2, 0.0)
    assert told_apart(spoiled, ceiling)
    assert not told_apart(ceiling, ceiling)


def test_requests_ask_for_the_counts_of_a_level() -> None:
    level = make_level(3, 16)
    request = request_like(level, 9)
    assert (request.rooms, request.keys, request.seed) == (level.attributes.rooms, level.attributes.keys, 9)
    assert request.openness is None


def test_size_without_levels_is_refused(generator: LevelGenerator, corpus: dict[int, SizedCorpus]) -> None:
    with pytest.raises(DataError, match="compared_size"):
        evaluate_levels(generator, corpus, compared_size=24)
