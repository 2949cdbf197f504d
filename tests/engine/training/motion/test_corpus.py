from dataclasses import replace

import numpy as np
import pytest

from engine.errors import DataError
from engine.motion.actions import ACTIONS
from engine.motion.clip import Clip, resampled
from engine.motion.features import path_of
from engine.motion.pose import joint_positions
from engine.motion.quaternions import about_axis
from engine.training.motion.corpus import SECONDS_MAX, Take, bent, chosen_clips, foot_locked, take_of, turning, variants


def test_clips_with_unknown_labels_or_too_few_frames_are_left_out(clips: list[Clip]) -> None:
    strange = [replace(clips[0], label="swimming"), replace(clips[1], poses=clips[1].poses[:5])]
    assert chosen_clips([*strange, clips[2]])[0].name == "slow walk"
    with pytest.raises(DataError, match="idle"):
        chosen_clips(strange)


def test_labels_become_actions_and_rates_become_one(clips: list[Clip]) -> None:
    fast = replace(resampled(clips[3], 60.0), label="jog")
    (chosen,) = chosen_clips([fast])
    assert (chosen.label, chosen.rate_hz) == ("run", 30.0)


def test_there_is_a_limit_to_what_there_is_enough_of(clips: list[Clip]) -> None:
    many = [clips[0]] * 200
    assert sum(clip.duration_s for clip in chosen_clips(many)) <= SECONDS_MAX["idle"]


def test_a_walk_over_uneven_ground_is_left_out(clips: list[Clip]) -> None:
    poses = replace(clips[1].poses, root_m=clips[1].poses.root_m + np.linspace(0, 0.5, 100)[:, None].astype(np.float32))
    assert len(chosen_clips([clips[0], replace(clips[1], poses=poses)])) == 1


def test_a_bent_walk_turns_and_goes_as_fast(clips: list[Clip]) -> None:
    turned = bent(clips[1], 0.45)
    path = path_of(turned.poses, 30.0)
    assert path.heading_rad[-1] - path.heading_rad[0] == pytest.approx(0.45 * 99 / 30, abs=0.05)
    speed = np.linalg.norm(np.diff(path.place_m, axis=0), axis=1).mean() * 30
    assert speed == pytest.approx(1.2, abs=0.05)


def test_variants_bend_warp_and_mirror_what_goes_somewhere(clips: list[Clip]) -> None:
    assert len(variants([clips[0]])) == 2
    names = [clip.name for clip in variants([clips[1]])]
    assert len(names) == 2 * (1 + 4 + 2)
    assert "walk bent 0.45 mirrored" in names


def test_locked_feet_slide_less(clips: list[Clip]) -> None:
    def slide(clip: Clip) -> float:
        toes = joint_positions(clip.poses)[:, (4, 8)]
        speed = np.linalg.norm(np.diff(toes, axis=0)[..., (0, 2)], axis=-1)
        return float(speed[clip.poses.contact[1:, (1, 3)] > 0.5].mean())

    before = [clips[1], clips[2]]
    for old, new in zip(before, foot_locked(before), strict=True):
        assert slide(new) < 0.75 * slide(old)
        assert new.frame_count == old.frame_count


def test_clips_are_locked_alike_alone_and_together(clips: list[Clip]) -> None:
    together = foot_locked([clips[1], clips[3], clips[4]])[1]
    assert np.array_equal(together.poses.rotation, foot_locked([clips[3]])[0].poses.rotation)


def test_somebody_who_turns_on_the_spot_does_the_action_turn(clips: list[Clip]) -> None:
    poses = clips[0].poses
    rotation = poses.rotation.copy()
    rotation[:, 0] = about_axis(1, np.linspace(0, 6, len(rotation)).astype(np.float32))
    take = take_of(replace(clips[0], poses=replace(poses, rotation=rotation)))
    assert (take.action == ACTIONS.index("turn")).mean() > 0.9
    assert not turning(take_of(clips[0]).features).any()


def test_a_take_has_features_ways_and_an_action_per_frame(takes: list[Take]) -> None:
    for take in takes:
        assert take.features.shape == (len(take.action), 205)
        assert take.way.shape == (len(take.action), 12)
        assert np.isfinite(take.features).all()
