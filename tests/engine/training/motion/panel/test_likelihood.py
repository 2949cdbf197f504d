import numpy as np

from engine.motion.actions import ACTIONS
from engine.training.motion.corpus import Take
from engine.training.motion.panel.likelihood import fitted_likelihood, likelihoods


def test_captured_poses_are_likely_and_others_are_not(takes: list[Take]) -> None:
    walk = takes[1].features
    likelihood = fitted_likelihood(walk)
    assert (likelihood.surprise(walk) <= likelihood.level).mean() > 0.98
    broken = walk.copy()
    broken[:, 3:60] += np.random.default_rng(1).normal(size=(len(walk), 57)).astype(np.float32) * 0.2
    assert likelihood.surprise(broken).min() > likelihood.level


def test_there_is_one_per_action_and_style_with_enough_frames(takes: list[Take]) -> None:
    features = np.concatenate([take.features for take in takes])
    action = np.concatenate([take.action for take in takes])
    style = np.concatenate([np.full(len(take.action), take.style) for take in takes])
    known = likelihoods(features, action, style)
    assert ("walk", "mocap") in known
    assert ("jump", "mocap") not in known
    assert all(name in ACTIONS for name, _ in known)
