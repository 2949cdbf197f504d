import numpy as np

from engine.motion.features import GroundPath, path_of
from engine.motion.pose import Poses
from engine.motion.trajectory import LAG_MAX_M, WAY_COUNT, lag_after, seen_from, way_of, wished_way


def test_the_way_of_a_steady_walk_lies_straight_ahead(walk: Poses) -> None:
    way = way_of(path_of(walk, 30.0))
    assert way.shape == (90, WAY_COUNT)
    assert np.allclose(way[:, 1:6:2], np.array((0.4, 0.8, 1.2)), atol=0.02)
    assert np.allclose(way[:, 7::2], 1, atol=0.01)


def test_the_way_goes_on_beyond_the_end_of_a_clip(walk: Poses) -> None:
    assert np.allclose(way_of(path_of(walk, 30.0))[-1], way_of(path_of(walk, 30.0))[40], atol=0.02)


def test_a_wish_that_is_fulfilled_already_leads_where_the_movement_leads() -> None:
    path = GroundPath(np.zeros((1, 2), np.float32), np.array([0.5], np.float32))
    movement = np.array([[0, 1.2, 0]], np.float32)
    velocity = 1.2 * np.array([[np.sin(0.5), np.cos(0.5)]], np.float32)
    way = wished_way(path, movement, velocity, np.array([0.5], np.float32))
    assert np.allclose(way[0, :6], (0, 0.4, 0, 0.8, 0, 1.2), atol=1e-5)
    assert np.allclose(way[0, 6:], (0, 1, 0, 1, 0, 1), atol=1e-6)


def test_wishes_turn_the_short_way_round() -> None:
    path = GroundPath(np.zeros((2, 2), np.float32), np.array([3.0, -3.0], np.float32))
    way = wished_way(
        path, np.zeros((2, 3), np.float32), np.zeros((2, 2), np.float32), np.array([-3.0, 3.0], np.float32)
    )
    assert way[0, 10] > 0
    assert way[1, 10] < 0


def test_a_way_seen_from_another_heading_and_back_is_the_same(walk: Poses) -> None:
    way = way_of(path_of(walk, 30.0))
    turn = np.linspace(-2, 2, len(way)).astype(np.float32)
    assert np.allclose(seen_from(seen_from(way, turn), -turn), way, atol=1e-5)
    left = seen_from(way[:1], np.array([np.pi / 2], np.float32))
    assert left[0, 0] < -0.3  # what was ahead lies to the right of somebody who turned left


def test_who_lags_behind_is_asked_to_make_up_for_it() -> None:
    path = GroundPath(np.zeros((1, 2), np.float32), np.zeros(1, np.float32))
    told = np.array([[0, 1.0]], np.float32), np.zeros(1, np.float32)
    movement = np.array([[0, 1.0, 0]], np.float32)
    behind = wished_way(path, movement, *told, np.array([[0, 0.2]]))
    assert np.allclose(behind[0, 1:6:2] - wished_way(path, movement, *told)[0, 1:6:2], 0.2, atol=1e-5)


def test_a_lag_grows_up_to_a_limit_and_is_forgiven_where_nobody_is_to_go() -> None:
    lag = np.zeros((1, 2))
    for _ in range(100):
        lag = lag_after(lag, np.array([[0, 1.0]], np.float32), np.zeros((1, 2)))
    assert np.allclose(lag, (0, LAG_MAX_M))
    assert np.abs(lag_after(lag, np.zeros((1, 2), np.float32), np.zeros((1, 2)))).max() < 1e-9
