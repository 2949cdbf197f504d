"""A level in the making, with a predictor that knows nothing."""

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.levels.attributes import measure
from engine.levels.decoding.conditions import Conditions, Wishes
from engine.levels.decoding.hiding import HIDDEN, INPUT_COUNT, seen
from engine.levels.decoding.refinement import Refinement, candidate_count, step_count
from engine.levels.grid import walkable
from engine.levels.topology import regions
from engine.requests.level import Symmetry, Tile


def guess(tokens: NDArray[np.uint8], conditions: Conditions) -> NDArray[np.float32]:
    """Logits that depend on the tokens and say nothing."""
    assert tokens.shape[1] % 2 == 0
    assert tokens.max() < INPUT_COUNT
    mixed = (tokens[..., None] * 31 + np.arange(len(Tile)) * 17 + int(conditions.sum())) % 23
    return (mixed / 8.0).astype(np.float32)


def finished(refinement: Refinement) -> Refinement:
    """Every step taken."""
    for _ in range(refinement.step_count):
        refinement.advance()
    return refinement


@pytest.mark.parametrize("size", [16, 17, 33])
def test_even_a_guess_ends_in_a_level(size: int) -> None:
    wishes = Wishes(size, enemies=5, loot=3, keys=2, symmetry=Symmetry.X)
    repaired = finished(Refinement(3, wishes, {}, guess)).finish()
    assert repaired.grid.shape == (size, size)
    attributes = measure(repaired.grid, repaired.solution.path)
    assert (attributes.enemies, attributes.loot) == (5, 3)
    assert attributes.path_length > 0


def test_fixed_cells_are_known_from_the_first_step_on() -> None:
    fixed = {(3, 4): Tile.LOOT, (8, 8): Tile.WALL, (5, 5): Tile.VOID, (9, 3): Tile.RED_DOOR}
    refinement = Refinement(1, Wishes(16, keys=1), fixed, guess)
    for _ in range(refinement.step_count):
        tokens = refinement.advance().tokens
        assert (tokens[4, 3], tokens[8, 8], tokens[3, 9]) == (Tile.LOOT, Tile.WALL, Tile.RED_DOOR)
    grid = refinement.finish().grid
    assert {cell: grid[cell[1], cell[0]] for cell in fixed} == fixed


def test_hidden_cells_only_get_fewer() -> None:
    refinement = Refinement(1, Wishes(16), {}, guess)
    hidden = [refinement.advance().hidden_cells for _ in range(refinement.layout_steps - 1)]
    assert hidden == sorted(hidden, reverse=True)
    assert refinement.advance().hidden_cells == 0
    assert not (refinement.tokens == HIDDEN).any()


def test_seed_decides() -> None:
    grids = [finished(Refinement(seed, Wishes(16, keys=1), {}, guess)).finish().grid for seed in (1, 1, 2)]
    assert (grids[0] == grids[1]).all()
    assert (grids[0] != grids[2]).any()


def test_large_levels_take_more_steps_and_fewer_candidates() -> None:
    assert 8 + 4 == step_count(16) < step_count(32) < step_count(64)
    assert candidate_count(16) > candidate_count(64) >= 1


def test_first_step_asks_once_for_all_candidates_and_later_ones_ask_for_each() -> None:
    batches: list[int] = []

    def counted(tokens: NDArray[np.uint8], conditions: Conditions) -> NDArray[np.float32]:
        batches.append(len(tokens))
        return guess(tokens, conditions)

    refinement = Refinement(1, Wishes(16), {}, counted)
    for _ in range(refinement.layout_steps):
        refinement.advance()
    assert batches == [1, *[candidate_count(16)] * (refinement.layout_steps - 1)]


def test_level_with_everything_fixed_is_left_alone() -> None:
    grid = np.full((16, 16), Tile.WALL, np.uint8)
    grid[1:15, 1:15] = Tile.FLOOR
    grid[1, 1], grid[14, 14] = Tile.START, Tile.EXIT
    fixed = {(x, y): Tile(grid[y, x]) for y in range(16) for x in range(16)}
    repaired = finished(Refinement(1, Wishes(16), fixed, guess)).finish()
    assert (repaired.grid == grid).all()
    assert repaired.edited_cells == 0


def test_contents_reach_every_part_of_a_mended_layout() -> None:
    refinement = Refinement(5, Wishes(24, enemies=9, keys=0), {}, guess)
    for _ in range(refinement.step_count):
        refinement.advance()
    assert regions(walkable(refinement.decoded()))[0] == 1
    assert finished(Refinement(5, Wishes(24), {}, guess, mends_layout=False)).finish().solution.solvable


def test_edits_of_the_layout_are_counted() -> None:
    wall = {(12, y): Tile.WALL for y in range(1, 22)} | {(3, 22): Tile.WALL}
    refinement = finished(Refinement(5, Wishes(24, loops=3, keys=0), wall, guess))
    as_decoded = refinement.decoded()
    repaired = refinement.finish()
    assert repaired.edited_cells > (seen(repaired.grid) != seen(as_decoded)).sum()
