import numpy as np
import pytest

from engine.errors import InvalidRequestError
from engine.motion.clip import Clip, between, mirrored, repeated, resampled
from engine.motion.pose import Poses, joint_positions, rest_poses
from engine.motion.skeleton import SKELETON


def test_mirroring_twice_is_the_same_clip_bit_for_bit(walk_clip: Clip) -> None:
    twice = mirrored(mirrored(walk_clip))
    assert np.array_equal(twice.poses.root_m, walk_clip.poses.root_m)
    assert np.array_equal(twice.poses.rotation, walk_clip.poses.rotation)
    assert np.array_equal(twice.poses.contact, walk_clip.poses.contact)


def test_mirroring_exchanges_left_and_right_in_space(walk_clip: Clip) -> None:
    there = joint_positions(walk_clip.poses)[:, list(SKELETON.mirrored)] * np.array((-1, 1, 1))
    assert np.allclose(joint_positions(mirrored(walk_clip).poses), there, atol=1e-5)


def test_resampling_up_and_down_again_gives_the_same_frames(walk_clip: Clip) -> None:
    again = resampled(resampled(walk_clip, 90.0), 30.0)
    assert again.frame_count == walk_clip.frame_count
    assert np.allclose(joint_positions(again.poses), joint_positions(walk_clip.poses), atol=1e-3)


@pytest.mark.parametrize("rate", [24.0, 60.0, 72.0, 90.0])
def test_resampling_keeps_the_duration(walk_clip: Clip, rate: float) -> None:
    assert resampled(walk_clip, rate).duration_s == pytest.approx(walk_clip.duration_s, abs=1 / rate)


def test_twice_as_fast_lasts_half_as_long(walk_clip: Clip) -> None:
    assert resampled(walk_clip, 30.0, 2.0).duration_s == pytest.approx(walk_clip.duration_s / 2, abs=1 / 30)


@pytest.mark.parametrize(("rate", "speed", "field"), [(0.0, 1.0, "rate_hz"), (30.0, 0.0, "speed"), (1e9, 1, "rate_hz")])
def test_impossible_rates_and_speeds_are_refused(walk_clip: Clip, rate: float, speed: float, field: str) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        resampled(walk_clip, rate, speed)
    assert refused.value.field == field


def test_a_clip_without_frames_is_refused() -> None:
    with pytest.raises(InvalidRequestError, match="frames"):
        Clip("none", rest_poses(0), 30.0)


def test_both_ends_of_the_way_between_poses_are_exact(walk: Poses) -> None:
    first, second = walk[:40], walk[40:80]
    assert np.array_equal(between(first, second, np.zeros(40)).rotation, first.rotation)
    assert np.array_equal(between(first, second, np.ones(40)).rotation, second.rotation)
    assert np.array_equal(between(first, second, np.ones(40)).root_m, second.root_m)


def test_a_repeated_cycle_goes_on_from_where_it_ended(walk_clip: Clip) -> None:
    thrice = repeated(walk_clip, 3)
    assert thrice.frame_count == 3 * 89 + 1
    steps = np.diff(thrice.poses.root_m[:, 2])
    assert np.allclose(steps, steps[0], atol=1e-4)
    assert repeated(walk_clip, 1).frame_count == walk_clip.frame_count
    with pytest.raises(InvalidRequestError, match="repeat"):
        repeated(walk_clip, 0)
