import numpy as np
import pytest

from engine.motion.actions import ACTIONS
from engine.motion.pose import Poses, joint_positions
from engine.training.motion.corpus import Take
from engine.training.motion.matching.matcher import MotionMatcher, Wish


@pytest.fixture(scope="module")
def matcher(takes: list[Take]) -> MotionMatcher:
    return MotionMatcher(takes)


def wish(speed: float, action: str, count: int = 1, heading: float = 0.0) -> Wish:
    velocity = speed * np.array([[np.sin(heading), np.cos(heading)]] * count, np.float32)
    facing = np.full(count, heading, np.float32)
    return Wish(velocity, facing, np.full(count, ACTIONS.index(action)), np.zeros(count, np.int64))


def played(matcher: MotionMatcher, wishes: list[Wish], count: int = 1) -> Poses:
    players = matcher.begin(np.zeros(count, np.int64))
    frames = [matcher.step(players, told, frame) for frame, told in enumerate(wishes)]
    return Poses(*(np.stack([getattr(pose, name)[0] for pose in frames]) for name in ("root_m", "rotation", "contact")))


def test_somebody_who_is_wished_to_walk_walks_and_stops_when_he_is_told(matcher: MotionMatcher) -> None:
    poses = played(matcher, [wish(1.2, "walk")] * 90 + [wish(0, "idle")] * 60)
    speed = np.linalg.norm(np.diff(poses.root_m[:, [0, 2]], axis=0), axis=1) * 30
    assert speed[40:85].mean() == pytest.approx(1.2, abs=0.25)
    assert speed[-20:].mean() < 0.15


def test_jumps_between_takes_do_not_show(matcher: MotionMatcher) -> None:
    poses = played(matcher, [wish(1.2, "walk")] * 40 + [wish(3.0, "run")] * 40 + [wish(0.8, "walk")] * 40)
    position = joint_positions(poses) - poses.root_m[:, None]
    assert np.linalg.norm(np.diff(position, axis=0), axis=-1).max() < 0.35


def test_a_character_does_the_same_alone_and_among_others(matcher: MotionMatcher) -> None:
    wishes = [wish(1.2, "walk", 3)] * 30 + [wish(0, "jump", 3)] * 30
    alone = [wish(1.2, "walk")] * 30 + [wish(0, "jump")] * 30
    assert np.allclose(played(matcher, wishes, 3).rotation, played(matcher, alone).rotation, atol=1e-5)


def test_a_style_without_takes_of_an_action_borrows_the_other_ones(matcher: MotionMatcher) -> None:
    told = Wish(
        *(np.zeros((1, 2), np.float32), np.zeros(1, np.float32)), np.array([ACTIONS.index("jump")]), np.array([1])
    )
    poses = played(matcher, [told] * 40)
    assert poses.root_m[:, 1].max() > poses.root_m[:, 1].min() + 0.1
