import math
from typing import Any

import numpy as np
import pytest

from engine.generators.character.motion import GAITS, DirectedMotion, motion_control
from engine.generators.motion.director import MotionDirector
from engine.generators.whole import steps_of
from engine.motion.actions import OFFERED, STYLES
from engine.requests.character.control import Control, Steering
from engine.requests.character.frames import FramesRequest
from engine.requests.character.identity import IdentityRequest, Who


@pytest.fixture
def motion(motion_weights: Any) -> DirectedMotion:
    return DirectedMotion(MotionDirector(motion_weights))


def test_names_are_those_of_what_works_each_once() -> None:
    names = DirectedMotion.names
    assert sorted((*names["gait"], *names["action"])) == sorted(OFFERED)
    assert names["style"] == STYLES


@pytest.mark.parametrize("rate_hz", [24, 30, 60, 72, 90])
def test_state_goes_on_from_its_bytes(motion: DirectedMotion, rate_hz: int) -> None:
    moving, steering = motion.begin(3, rate_hz), Steering(speed_mps=1.4)
    for _ in range(7):
        motion.step([moving], [steering])
    data = motion.stored(moving)
    assert len(data) <= 3584
    again = motion.restored(data, rate_hz)
    for _ in range(5):
        assert np.array_equal(motion.step([moving], [steering]), motion.step([again], [steering]))


def test_streams_of_different_rates_move_together_as_they_do_alone(motion: DirectedMotion) -> None:
    rates, steering = (90, 30, 60, 30), Steering(speed_mps=2.0, heading_deg=40)
    together = [motion.begin(seed, rate_hz) for seed, rate_hz in enumerate(rates)]
    alone = [motion.begin(seed, rate_hz) for seed, rate_hz in enumerate(rates)]
    for _ in range(6):
        poses = motion.step(together, [steering] * 4)
        expected = [motion.step([each], [steering])[0] for each in alone]
        assert all(np.array_equal(pose, one) for pose, one in zip(poses, expected, strict=True))


@pytest.mark.parametrize("rate_hz", [30, 72, 90])
def test_streams_that_change_while_frames_are_skipped_have_the_same_bytes(generators: Any, rate_hz: int) -> None:
    walk, turned, wave = Control(speed_mps=1.4), Control(heading_deg=120.0), Control(action="wave")
    scripts = ((0, walk), (4, turned), (11, wave)), ((2, walk), (3, wave), (10, turned)), ()
    requests = [
        FramesRequest(Who(IdentityRequest(seed)), rate_hz, 40, script=script) for seed, script in enumerate(scripts)
    ]
    frames = generators[FramesRequest]
    wholes = [[part for parts in steps_of(frames, request) for part in parts] for request in requests]
    states = [frames.begin(request) for request in requests]
    frames.step(states)
    frame = [0, 0, 0]
    for skipped in ((1, 0, 5), (5, 7, 0), (0, 2, 3), (4, 1, 2)):
        frames.skip(states, skipped)
        for index, made in enumerate(frames.step(states)):
            frame[index] += skipped[index] + 1
            assert made == (wholes[index][frame[index]],)


def test_way_is_the_heading_and_what_is_added_to_it() -> None:
    control = motion_control(Steering(speed_mps=2.0, heading_deg=90.0, direction_deg=90.0))
    assert control.heading_rad == math.radians(90.0)
    assert control.velocity_mps == pytest.approx((0.0, -2.0), abs=1e-12)


@pytest.mark.parametrize(
    ("steering", "action"),
    [
        (Steering(), "move"),
        (Steering(speed_mps=1.0), "move"),
        (Steering(speed_mps=1.0, gait="run"), "run"),
        (Steering(gait="run"), "move"),
        (Steering(speed_mps=1.0, gait="walk", action="wave"), "wave"),
    ],
)
def test_gait_counts_while_it_goes_and_an_action_before_it(steering: Steering, action: str) -> None:
    assert motion_control(steering).action == action


@pytest.mark.parametrize(
    ("steering", "style"),
    [
        (Steering(speed_mps=1.0), "mocap"),
        (Steering(speed_mps=1.0, style="stylized"), "stylized"),
        (Steering(action="jump"), "stylized"),
        (Steering(action="turn", style="stylized"), "mocap"),
    ],
)
def test_actions_come_in_a_style_that_they_work_in(steering: Steering, style: str) -> None:
    assert motion_control(steering).style == style


def test_every_gait_and_action_is_taken(motion: DirectedMotion) -> None:
    moving = motion.begin(1, 30)
    for gait in GAITS:
        motion.step([moving], [Steering(speed_mps=1.0, gait=gait, style=STYLES[-1])])
    for action in DirectedMotion.names["action"]:
        poses = motion.step([moving], [Steering(action=action)])
        assert np.isfinite(poses).all()
