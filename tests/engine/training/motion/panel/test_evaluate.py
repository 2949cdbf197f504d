from dataclasses import replace

import numpy as np
import pytest

from engine.motion.actions import ACTIONS
from engine.motion.clip import Clip
from engine.training.motion.matching.matcher import Wish
from engine.training.motion.panel.evaluate import evaluate_motion, halves, matched, shares_of, told_apart
from engine.training.motion.panel.measures import Soundness
from engine.training.motion.panel.report import PanelSize, SetFigures
from engine.training.motion.plan import MotionPlan
from engine.training.motion.train import train

REAL = SetFigures(Soundness(3.0, 0.1, 200.0, 0.1, 0.0), 5.0, 0.01, 0.01, 8.0, 3.0)


@pytest.mark.parametrize(
    "spoiled",
    [
        replace(REAL, sound=replace(REAL.sound, jerk=80.0)),
        replace(REAL, sound=replace(REAL.sound, jerk=900.0)),
        replace(REAL, sound=replace(REAL.sound, skate_cm_s=9.0)),
        replace(REAL, kernel=1.0),
        replace(REAL, spread=2.0),
        replace(REAL, nearest=0.2),
    ],
)
def test_each_figure_alone_tells_a_spoiled_set(spoiled: SetFigures) -> None:
    assert told_apart(spoiled, REAL)
    assert not told_apart(REAL, REAL)


def test_halves_share_no_clip_and_both_have_every_action_that_has_two(clips: list[Clip]) -> None:
    first, second = halves(clips, 1)
    names = {clip.name for clip in first}, {clip.name for clip in second}
    assert not names[0] & names[1]
    assert names[0] | names[1] == {clip.name for clip in clips}
    assert {clip.label for clip in first if clip.style == "mocap"} >= {"walk"}


def test_captured_motion_is_matched_to_the_wishes(clips: list[Clip]) -> None:
    walk, turn = ACTIONS.index("walk"), ACTIONS.index("turn")
    wish = Wish(np.zeros((2, 2), np.float32), np.zeros(2, np.float32), np.array([walk, turn]), np.zeros(2, np.int64))
    shares = shares_of([wish])
    assert shares["walk", "mocap"] == shares["idle", "mocap"] == 0.5
    chosen = matched(clips, shares, 20.0)
    assert sum(poses.shape[0] for poses in chosen) == pytest.approx(600, abs=10)


def test_an_untrained_network_fails_the_panel_and_says_where(plan: MotionPlan) -> None:
    small = replace(plan, steps=2)
    weights = train(small, lambda *_: None)
    told: list[str] = []
    panel = evaluate_motion(small, weights, lambda what, *_: told.append(what), PanelSize(0, 3, 4.0, 0.03))
    assert panel.outcome in ("fail", "inconclusive")
    assert "velocity error" in panel.missed or "foot skate" in panel.missed
    assert {"captured", "motiongen", "motion matching", "clip playback", "shuffled"} <= set(panel.sets)
    assert panel.lines()[-1] == f"outcome: {panel.outcome}"
    assert panel.document()["outcome"] == panel.outcome
    assert set(told) == {"sets", "long rollouts"}
