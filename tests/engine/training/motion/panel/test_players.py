import numpy as np
import pytest

from engine.motion.actions import ACTIONS
from engine.motion.pose import Poses, rest_poses
from engine.training.motion.corpus import Take
from engine.training.motion.matching.matcher import MotionMatcher, Wish
from engine.training.motion.panel.players import (
    Played,
    averaged_velocity,
    controls_of,
    obedience_of,
    played_as_clips,
    played_by_matching,
    scripted,
)


def wishes(speeds: list[float]) -> tuple[Wish, ...]:
    action = ACTIONS.index("walk")
    return tuple(
        Wish(np.array([[0, speed]], np.float32), np.zeros(1, np.float32), np.array([action]), np.zeros(1, np.int64))
        for speed in speeds
    )


def moving(speeds: list[float], lateness: int = 0) -> Poses:
    poses = rest_poses(len(speeds))
    late = [speeds[0]] * lateness + speeds[: len(speeds) - lateness]
    poses.root_m[:, 2] = np.cumsum(late) / 30
    return poses


def test_exact_obedience_has_no_error_and_little_latency() -> None:
    speeds = [0.5] * 90 + [1.5] * 120
    figures = obedience_of(Played((moving(speeds),), wishes(speeds)))
    assert figures.velocity_mps < 0.01
    assert figures.heading_rad < 1e-3
    assert figures.latency_s < 0.3


def test_lateness_is_latency_and_wrong_speed_is_an_error() -> None:
    speeds = [0.5] * 90 + [1.5] * 120
    late = obedience_of(Played((moving(speeds, 20),), wishes(speeds)))
    assert late.latency_s == pytest.approx(obedience_of(Played((moving(speeds),), wishes(speeds))).latency_s + 20 / 30)
    slow = obedience_of(Played((moving([0.7 * speed for speed in speeds]),), wishes(speeds)))
    assert slow.velocity_mps > 0.1


def test_velocity_is_averaged_over_half_a_second() -> None:
    assert np.allclose(averaged_velocity(moving([1.2] * 60))[:, 1], 1.2, atol=1e-4)


def test_scripts_are_the_same_for_every_system(takes: list[Take]) -> None:
    matcher = MotionMatcher(takes)
    first = scripted(matcher, 3, 60, 4, only_locomotion=True)
    again = scripted(matcher, 3, 60, 4, only_locomotion=True)
    assert all(np.array_equal(a.velocity_mps, b.velocity_mps) for a, b in zip(first, again, strict=True))
    assert len(controls_of(first[0])) == 3
    for played in (played_by_matching(matcher, first, 1), played_as_clips(takes, first, 1)):
        assert [poses.shape for poses in played.poses] == [(60,)] * 3
        assert np.isfinite(obedience_of(played).velocity_mps)
