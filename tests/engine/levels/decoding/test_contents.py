"""Placing contents: exact numbers, and only where the game allows them."""

import numpy as np
import pytest

from engine.levels.corpus.maker import make_level
from engine.levels.decoding.conditions import Wishes
from engine.levels.decoding.contents import ContentsDecoder
from engine.levels.decoding.hiding import layout_only, seen
from engine.levels.grid import KEYS, LOCKED_DOORS
from engine.levels.solver import solve
from engine.requests.level import LevelStyle, Tile


def filled(seed: int, style: LevelStyle, wishes: Wishes) -> np.ndarray:
    """A corpus layout with contents placed by meaningless logits."""
    random = np.random.Generator(np.random.Philox(key=seed))
    tokens = layout_only(seen(make_level(seed, wishes.size, style).grid))
    decoder = ContentsDecoder(tokens, wishes, random)
    for place in (
        decoder.place_start, decoder.place_exit, decoder.place_locks, decoder.place_keys, decoder.place_enemies,
        decoder.place_loot,
    ):  # fmt: skip
        place(random.normal(size=(*tokens.shape, len(Tile))).astype(np.float32))
    return decoder.tokens


@pytest.mark.parametrize("style", list(LevelStyle))
@pytest.mark.parametrize("keys", [0, 1, 3])
def test_levels_with_a_sound_layout_can_be_won_without_repair(style: LevelStyle, keys: int) -> None:
    for seed in range(6):
        wishes = Wishes(24, enemies=6, loot=4, keys=keys)
        grid = filled(seed, style, wishes)
        assert solve(grid).solvable
        counts = np.bincount(grid.ravel(), minlength=len(Tile))
        assert (counts[Tile.ENEMY], counts[Tile.LOOT]) == (6, 4)
        assert counts[list(KEYS)].sum() <= keys
        assert [counts[key] for key in KEYS] == [counts[door] for door in LOCKED_DOORS]
        assert len(counts) == len(Tile)


def test_wished_difficulty_moves_enemies_to_the_way() -> None:
    shares = []
    for difficulty in (0.2, 0.7):
        near_the_way = []
        for seed in range(8):
            grid = filled(seed, LevelStyle.CAVES, Wishes(24, enemies=8, keys=0, difficulty=difficulty))
            path = np.array(solve(grid).path)
            enemies = np.argwhere(grid == Tile.ENEMY)[:, ::-1]
            near_the_way += [np.abs(path - enemy).max(1).min() <= 2 for enemy in enemies]
        shares.append(np.mean(near_the_way))
    assert shares[0] + 0.3 < shares[1]
