"""What the network sees in training."""

import numpy as np

from engine.levels.corpus.maker import make_level
from engine.levels.decoding.hiding import DOORWAY, GROUP_OF_TILE, HIDDEN, OPEN, seen
from engine.training.levels.masks import CONTENT_STAGES, hide


def test_what_is_shown_is_true() -> None:
    random = np.random.Generator(np.random.Philox(key=2))
    kinds = set()
    for seed in range(60):
        grid = make_level(seed, 16).grid
        tokens, grouped = hide(random, grid)
        truth = seen(grid)
        shown = tokens < HIDDEN
        assert (tokens == truth)[shown].all()
        assert (grouped == (tokens == HIDDEN)).all()
        assert (GROUP_OF_TILE[truth][tokens == OPEN] == 2).all()
        assert (GROUP_OF_TILE[truth][tokens == DOORWAY] == 3).all()
        kinds.add((bool(grouped.any()), bool((tokens == OPEN).any())))
    assert kinds >= {(True, True), (False, True), (True, False)}


def test_every_content_has_its_stage() -> None:
    tiles = [tile for stage in CONTENT_STAGES for tile in stage]
    assert len(tiles) == len(set(tiles)) == 10
