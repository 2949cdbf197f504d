import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from engine.geometry.props.dice import Dice, hashed, unit_values

WORDS = st.integers(-(2**63), 2**63 - 1)


@given(WORDS, WORDS)
def test_a_value_depends_on_nothing_but_its_words(one: int, two: int) -> None:
    grid = unit_values(one, np.array([[two], [5], [-9]]), np.arange(4))
    assert grid.shape == (3, 4)
    assert grid[0, 3] == unit_values(one, two, 3)[0]
    assert 0.0 <= grid.min() <= grid.max() < 1.0


def test_values_are_spread_evenly_and_neighbours_do_not_agree() -> None:
    values = unit_values(7, np.arange(200)[:, None], np.arange(-100, 100)[None, :])
    counts, _ = np.histogram(values, bins=10, range=(0.0, 1.0))
    assert abs(counts - 4000).max() < 250
    assert abs(np.corrcoef(values[:-1].ravel(), values[1:].ravel())[0, 1]) < 0.02
    assert abs(np.corrcoef(values[:, :-1].ravel(), values[:, 1:].ravel())[0, 1]) < 0.02


def test_hashes_do_not_collide() -> None:
    assert len(np.unique(hashed(1, np.arange(300)[:, None], np.arange(300)[None, :]))) == 300 * 300


def test_names_are_independent_of_the_order_of_asking() -> None:
    dice = Dice(3)
    first, second = dice.between("height", 0.0, 1.0), dice.between("width", 0.0, 1.0)
    assert (dice.between("width", 0.0, 1.0), dice.between("height", 0.0, 1.0)) == (second, first)
    assert first != second != Dice(4).between("width", 0.0, 1.0)


def test_counts_cover_both_ends() -> None:
    assert {Dice(seed).count("n", 2, 4) for seed in range(60)} == {2, 3, 4}


def test_directions_have_length_one_and_no_preference() -> None:
    directions = Dice(1).directions("d", 4000)
    np.testing.assert_allclose(np.linalg.norm(directions, axis=1), 1.0)
    assert abs(directions.mean(axis=0)).max() < 0.05
