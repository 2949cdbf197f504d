import numpy as np
import pytest
import torch

from engine.generators.motion.codebook import DRAWN_MAX, SEARCHED, Nearest, drawn, fitting_rows, measured, shares_of
from engine.motion.actions import ACTIONS
from engine.motion.features import FEATURE_COUNT

RANDOM = np.random.default_rng(1)


def test_near_the_centroids_nothing_is_touched() -> None:
    states, followers = RANDOM.normal(size=(2, 5, FEATURE_COUNT)).astype(np.float32)
    radius = np.full(5, 3.0, np.float32)
    assert np.array_equal(drawn(states, followers, radius * np.float32(0.9), radius), states)


def test_far_from_them_a_state_is_drawn_to_what_followed_but_goes_where_it_goes() -> None:
    states, followers = RANDOM.normal(size=(2, 5, FEATURE_COUNT)).astype(np.float32)
    radius = np.full(5, 3.0, np.float32)
    far = drawn(states, followers, radius * np.float32(9), radius)
    assert np.allclose(far[:, 3:], states[:, 3:] + DRAWN_MAX * (followers - states)[:, 3:], atol=1e-6)
    assert np.array_equal(far[:, :3], states[:, :3])


def test_actions_without_centroids_are_not_held() -> None:
    states, followers = RANDOM.normal(size=(2, 5, FEATURE_COUNT)).astype(np.float32)
    nowhere = np.full(5, np.inf, np.float32)
    assert np.array_equal(drawn(states, followers, nowhere, np.ones(5, np.float32)), states)


def test_the_nearest_of_those_that_hold_an_action_are_found_nearest_first() -> None:
    walk, run, dance = (ACTIONS.index(name) for name in ("walk", "run", "dance"))
    centroids = torch.tensor([[2.0, 0.0], [0.0, 1.0], [5.0, 5.0], [0.0, -3.0]])
    nearest = Nearest(centroids, torch.tensor([[walk, 0], [walk, 0], [run, 0], [walk, 0]]))
    squared, rows = nearest(np.zeros((3, 2), np.float32), np.array([walk, run, dance]), np.zeros(3, np.int64))
    assert rows[0].tolist() == [1, 0, 3]
    assert squared[0].tolist() == pytest.approx([1, 4, 9])
    assert int(rows[1, 0]) == 2
    assert squared[1].tolist() == [50, np.inf, np.inf]
    assert squared[2].tolist() == [np.inf] * 3


def test_centroids_are_found_alike_alone_and_among_others() -> None:
    kinds = torch.tensor([[number % 4, number % 2] for number in range(200)])
    nearest = Nearest(torch.from_numpy(RANDOM.normal(size=(200, 126)).astype(np.float32)), kinds)
    seen = RANDOM.normal(size=(70, 126)).astype(np.float32)
    action, style = np.full(70, 2), np.zeros(70, np.int64)  # one kind: they fill two blocks and begin a third
    squared, rows = nearest(seen, action, style)
    assert np.isfinite(squared).all()
    for row in (0, SEARCHED - 1, SEARCHED, 69):
        alone = nearest(seen[row : row + 1], action[row : row + 1], style[row : row + 1])
        assert (alone[0].tolist(), alone[1].tolist()) == ([squared[row].tolist()], [rows[row].tolist()])


def test_the_nearest_say_together_what_follows_and_those_of_other_actions_nothing() -> None:
    shares = shares_of(np.array([[1, 2, 4], [9, np.inf, np.inf], [np.inf] * 3], np.float32))
    assert shares[0].tolist() == pytest.approx([4 / 7, 2 / 7, 1 / 7])
    assert shares[1:].tolist() == [[1, 0, 0], [0, 0, 0]]


def test_an_action_is_held_by_its_own_style_where_that_has_centroids() -> None:
    walk, run, dance = (ACTIONS.index(name) for name in ("walk", "run", "dance"))
    fits = fitting_rows(torch.tensor([[walk, 0], [walk, 1], [run, 0]]))
    assert fits[walk, 1].tolist() == [False, True, False]
    assert fits[run, 1].tolist() == [False, False, True]
    assert not fits[dance].any()


def test_states_and_ways_are_compared() -> None:
    assert measured(np.zeros((2, FEATURE_COUNT), np.float32), np.ones((2, 12), np.float32)).shape == (2, 126)
