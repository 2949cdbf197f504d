import numpy as np
import pytest
import torch

from engine.errors import DataError
from engine.motion.actions import ACTIONS
from engine.training.motion.corpus import Take
from engine.training.motion.data import network_for, tensors_of


def test_states_are_normalized_and_come_back(takes: list[Take]) -> None:
    network = network_for(takes)
    frames = tensors_of(takes, network, 8, torch.device("cpu"))
    features = np.concatenate([take.features for take in takes])
    assert np.allclose(network.restored(frames.state).numpy(), features, atol=1e-4)
    assert float(frames.state.mean(0).abs().max()) < 1e-3
    assert network.deviation.min() >= 0.02


def test_windows_stay_within_their_takes_and_scarce_actions_are_drawn_often(takes: list[Take]) -> None:
    frames = tensors_of(takes, network_for(takes), 8, torch.device("cpu"))
    ends = np.cumsum([len(take.action) for take in takes])
    starts = frames.drawn(np.random.default_rng(1), 4000)
    take_of_start = np.searchsorted(ends, starts.numpy(), side="right")
    assert np.array_equal(take_of_start, np.searchsorted(ends, starts.numpy() + 8, side="right"))
    jumps = float((frames.action[starts] == ACTIONS.index("jump")).float().mean())
    assert jumps > 60 / ends[-1]


def test_takes_shorter_than_a_window_are_refused(takes: list[Take]) -> None:
    with pytest.raises(DataError, match="500"):
        tensors_of(takes, network_for(takes), 500, torch.device("cpu"))
