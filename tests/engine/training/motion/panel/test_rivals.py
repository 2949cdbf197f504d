import numpy as np

from engine.motion.actions import ACTIONS
from engine.motion.clip import Clip
from engine.motion.pose import joint_positions
from engine.training.motion.corpus import Take
from engine.training.motion.matching.matcher import Wish
from engine.training.motion.panel.measures import soundness_of
from engine.training.motion.panel.rivals import ClipPlayer, blurred, few_modes, jittered, shuffled


def test_spoiled_sets_are_as_long_as_the_sound_one(clips: list[Clip]) -> None:
    poses = [clip.poses for clip in clips]
    for spoiled in (blurred(poses), few_modes(poses), shuffled(poses, 1), jittered(poses, 1)):
        assert len(spoiled) == len(poses)
    assert few_modes(poses)[5] is poses[1]


def test_blur_calms_and_jitter_excites(clips: list[Clip]) -> None:
    walk = [clips[1].poses]
    jerk = soundness_of(walk).jerk
    assert soundness_of(blurred(walk)).jerk < 0.9 * jerk
    assert soundness_of(jittered(walk, 1)).jerk > 2 * jerk
    assert soundness_of(shuffled(walk, 1)).jerk > 2 * jerk


def test_clip_playback_blends_into_the_wished_action_and_turns_to_the_wish(takes: list[Take]) -> None:
    player = ClipPlayer(takes, 1, 3)
    velocity, heading = np.zeros((1, 2), np.float32), np.array([1.0], np.float32)
    frames = []
    for name, count in (("idle", 40), ("walk", 60)):
        wish = Wish(velocity, heading, np.array([ACTIONS.index(name)]), np.zeros(1, np.int64))
        frames += [player.step(wish) for _ in range(count)]
    place = np.stack([poses.root_m[0] for poses in frames])
    assert np.linalg.norm(place[38] - place[15]) < 0.1
    assert np.linalg.norm(place[-1] - place[45]) > 0.5
    assert abs(float(frames[-1].heading_rad()[0]) - 1.0) < 0.1
    steps = np.diff(np.stack([joint_positions(poses)[0] - poses.root_m for poses in frames]), axis=0)
    assert np.linalg.norm(steps, axis=-1)[12:].max() < 0.25
