import numpy as np
import pytest

from engine.generators.motion.anchors import DRAWN_MAX, drawn, measured, radius_of, spread_rows
from engine.motion.features import FEATURE_COUNT

RANDOM = np.random.default_rng(1)


def test_near_captured_moments_nothing_is_touched() -> None:
    states, followers = RANDOM.normal(size=(2, 5, FEATURE_COUNT)).astype(np.float32)
    radius = np.full(5, 3.0, np.float32)
    assert np.array_equal(drawn(states, followers, radius * np.float32(0.9), radius), states)


def test_far_from_them_a_state_is_drawn_to_what_followed_but_goes_where_it_goes() -> None:
    states, followers = RANDOM.normal(size=(2, 5, FEATURE_COUNT)).astype(np.float32)
    radius = np.full(5, 3.0, np.float32)
    far = drawn(states, followers, radius * np.float32(9), radius)
    assert np.allclose(far[:, 3:], states[:, 3:] + DRAWN_MAX * (followers - states)[:, 3:], atol=1e-6)
    assert np.array_equal(far[:, :3], states[:, :3])


def test_actions_without_moments_are_not_held() -> None:
    states, followers = RANDOM.normal(size=(2, 5, FEATURE_COUNT)).astype(np.float32)
    nowhere = np.full(5, np.inf, np.float32)
    assert np.array_equal(drawn(states, followers, nowhere, np.ones(5, np.float32)), states)


def test_chosen_rows_lie_well_apart() -> None:
    line = np.linspace(0, 1, 101, dtype=np.float32)[:, None]
    assert sorted(line[spread_rows(line, 3)].ravel().tolist()) == pytest.approx([0, 0.5, 1])
    assert len(spread_rows(line, 500)) == 101


def test_a_radius_reaches_most_of_the_others() -> None:
    rows = RANDOM.normal(size=(500, 10)).astype(np.float32) * 3
    chosen = rows[spread_rows(rows, 40)]
    distance = np.linalg.norm(rows[:, None] - chosen[None], axis=-1).min(1)
    assert (distance <= radius_of(chosen, rows) + 1e-3).mean() == pytest.approx(0.9, abs=0.02)


def test_states_and_ways_are_compared() -> None:
    assert measured(np.zeros((2, FEATURE_COUNT), np.float32), np.ones((2, 12), np.float32)).shape == (2, 126)
