"""The corpus on disk, and its turned copies."""

from pathlib import Path

import numpy as np
import pytest

from engine.errors import DataError, OutputError
from engine.levels.attributes import measure
from engine.levels.corpus.maker import make_level
from engine.levels.decoding.conditions import ABSENT, NAMES, conditions_of
from engine.training.levels.data import drop_conditions, make_corpus, read_corpus, turned

DIFFICULTY = NAMES.index("difficulty")


def test_corpus_comes_back_as_it_was_made(tmp_path: Path) -> None:
    path = tmp_path / "corpus.npz"
    assert list(make_corpus(path, {16: 3, 20: 2})) == [(5, 5)]
    corpus = read_corpus(path)
    assert {size: levels.grids.shape for size, levels in corpus.items()} == {16: (3, 16, 16), 20: (2, 20, 20)}
    level = make_level(1, 16)
    assert (corpus[16].grids[1] == level.grid).all()
    assert (corpus[16].conditions[1] == conditions_of(16, level.attributes, level.style)).all()


def test_what_is_no_corpus_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "corpus.npz"
    path.write_bytes(b"no archive")
    with pytest.raises(DataError, match="no corpus"):
        read_corpus(path)
    list(make_corpus(path, {16: 1}))
    path.write_bytes(path.read_bytes()[:-30])  # as an interruption leaves it
    with pytest.raises(DataError, match="no corpus"):
        read_corpus(path)
    np.savez(path, grids_16=np.zeros((2, 16, 15), np.uint8), conditions_16=np.zeros((2, 11), np.uint8))
    with pytest.raises(DataError, match="grids_16 has shape"):
        read_corpus(path)
    with pytest.raises(OutputError, match="cannot be written"):
        list(make_corpus(path / "corpus.npz", {16: 1}))


@pytest.mark.parametrize("turn", range(8))
def test_turned_copy_has_the_conditions_that_are_measured_from_it(turn: int) -> None:
    for seed in range(12):
        level = make_level(seed, 16)
        grid, conditions = turned(level.grid, conditions_of(16, level.attributes, level.style), turn)
        again = measure(np.ascontiguousarray(grid))
        difference = np.abs(conditions - conditions_of(16, again, level.style))
        # Of several shortest ways, another one may be found first, with other enemies near it.
        assert difference[DIFFICULTY] <= 3
        difference[DIFFICULTY] = 0
        assert not difference.any()


def test_dropped_conditions_are_absent_and_size_never_is() -> None:
    random = np.random.Generator(np.random.Philox(key=1))
    rows = np.zeros((400, len(ABSENT)), np.int64)
    dropped = drop_conditions(random, rows)
    assert (dropped[:, 0] == 0).all()
    assert ((dropped == 0) | (dropped == ABSENT)).all()
    share = (dropped[:, 1:] > 0).mean()
    assert 0.1 < share < 0.4
    assert (dropped[:, 1:] > 0).all(1).any()
