"""Attributes as classes, and what a request leaves open."""

import numpy as np

from engine.levels.corpus.maker import make_level
from engine.levels.decoding.conditions import ABSENT, CLASS_COUNTS, NAMES, Wishes, complete, conditions_of
from engine.levels.grid import from_rows
from engine.requests.level import LevelStyle, Symmetry


def small_bank() -> np.ndarray:
    """Condition classes of forty levels."""
    made = [make_level(seed, (16, 24)[seed % 2]) for seed in range(40)]
    rows = [conditions_of(level.grid.shape[0], level.attributes, level.style) for level in made]
    return np.stack(rows).astype(np.uint8)


def test_classes_stay_within_their_counts() -> None:
    rows = small_bank()
    assert (rows < np.array(CLASS_COUNTS)).all()
    most = Wishes(64, 99, 99, 99, 99, 99, 9, Symmetry.BOTH, 2.0, 2.0, LevelStyle.MAZE).conditions()
    assert (most == ABSENT - 1).all()


def test_open_attributes_have_a_class_of_their_own() -> None:
    conditions = Wishes(16, rooms=3).conditions()
    asked = {name for name, value, absent in zip(NAMES, conditions, ABSENT, strict=True) if value != absent}
    assert asked == {"size", "rooms"}


def test_completion_keeps_what_was_asked_and_fills_in_the_rest() -> None:
    bank = small_bank()
    asked = Wishes(16, rooms=4, symmetry=Symmetry.Y, difficulty=0.25)
    for seed in range(10):
        filled = complete(asked, bank, np.random.Generator(np.random.Philox(key=seed)))
        assert (filled.size, filled.rooms, filled.symmetry, filled.difficulty) == (16, 4, Symmetry.Y, 0.25)
        assert None not in (filled.loops, filled.enemies, filled.loot, filled.keys, filled.openness, filled.style)


def test_completion_depends_on_the_seed_alone() -> None:
    bank = small_bank()
    drawn = [complete(Wishes(16), bank, np.random.Generator(np.random.Philox(key=seed))) for seed in (1, 1, 2, 3, 4, 5)]
    assert drawn[0] == drawn[1]
    assert len({str(wishes) for wishes in drawn}) > 2


def test_wishes_never_ask_for_less_than_is_fixed() -> None:
    grid = from_rows(("eee", "$$R", "b.."))
    wishes = Wishes(3, enemies=1, loot=5, keys=0).at_least(grid)
    assert (wishes.enemies, wishes.loot, wishes.keys) == (3, 5, 2)
    assert Wishes(3).at_least(grid).enemies is None
