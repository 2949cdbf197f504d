"""Settling hidden cells, and judging what came out."""

import numpy as np
import pytest

from engine.levels.corpus.maker import make_level
from engine.levels.decoding.conditions import Wishes
from engine.levels.decoding.hiding import DOORWAY, HIDDEN, INPUT_COUNT, OPEN, layout_only, seen
from engine.levels.decoding.layout import as_grid, distance_from, group_chances, settle
from engine.requests.level import Symmetry, Tile


def random_at(key: int) -> np.random.Generator:
    """A generator of its own."""
    return np.random.Generator(np.random.Philox(key=key))


def logits_of(seed: int, size: int) -> np.ndarray:
    """Logits at random [size, size, tile]."""
    return random_at(seed).normal(size=(size, size, len(Tile))).astype(np.float32)


def test_group_chances_are_probabilities() -> None:
    chances = np.exp(group_chances(logits_of(1, 6)))
    assert chances.shape == (6, 6, 4)
    assert np.allclose(chances.sum(-1), 1.0)


def test_known_cells_stay_and_all_are_settled_at_the_end() -> None:
    tokens = np.full((8, 8), HIDDEN, np.uint8)
    tokens[2, 3], tokens[4, 4] = Tile.EXIT, Tile.WALL
    hidden_first = int((tokens == HIDDEN).sum())
    hidden = [hidden_first]
    for step in range(8):
        tokens = settle(tokens, logits_of(step, 8), random_at(step), (step + 1) / 8, hidden_first, Symmetry.NONE)
        hidden.append(int((tokens == HIDDEN).sum()))
        assert tokens[2, 3] == Tile.EXIT
        assert tokens[4, 4] == Tile.WALL
    assert hidden == sorted(hidden, reverse=True)
    assert hidden[-1] == 0
    assert set(np.unique(tokens)) <= {Tile.WALL, Tile.HAZARD, Tile.EXIT, OPEN, DOORWAY}


@pytest.mark.parametrize(("symmetry", "axes"), [(Symmetry.X, (1,)), (Symmetry.Y, (0,)), (Symmetry.BOTH, (0, 1))])
@pytest.mark.parametrize("size", [16, 17])
def test_wished_symmetry_is_exact(symmetry: Symmetry, axes: tuple[int, ...], size: int) -> None:
    tokens = np.full((size, size), HIDDEN, np.uint8)
    for step in range(8):
        tokens = settle(tokens, logits_of(step, size), random_at(step), (step + 1) / 8, size * size, symmetry)
        for axis in axes:
            assert (tokens == np.flip(tokens, axis)).all()


def test_levels_that_are_as_wished_have_no_distance() -> None:
    for seed in range(10):
        level = make_level(seed, 24)
        asked = level.attributes
        wishes = Wishes(24, asked.rooms, asked.room_edge, asked.loops, openness=asked.openness, symmetry=asked.symmetry)
        tokens = layout_only(seen(level.grid))
        assert distance_from(wishes, tokens) == pytest.approx(0.0, abs=1e-9)
        assert distance_from(Wishes(24, rooms=asked.rooms + 3), tokens) == 3.0


def test_ground_that_is_cut_off_counts() -> None:
    tokens = np.full((8, 8), Tile.WALL, np.uint8)
    tokens[1:4, 1:4] = OPEN
    connected = distance_from(Wishes(8), tokens)
    tokens[6, 6] = OPEN
    assert distance_from(Wishes(8), tokens) > connected == 0.0


def test_hidden_in_part_becomes_floor_and_door() -> None:
    tokens = np.array([[HIDDEN, OPEN], [DOORWAY, Tile.LOOT]], np.uint8)
    assert as_grid(tokens).tolist() == [[Tile.WALL, Tile.FLOOR], [Tile.DOOR, Tile.LOOT]]
    assert len(Tile) + 3 == INPUT_COUNT
