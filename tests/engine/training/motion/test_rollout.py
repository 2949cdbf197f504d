import numpy as np
import torch

from engine.motion.trajectory import seen_from as seen_in_numpy
from engine.training.motion.corpus import Take
from engine.training.motion.data import network_for, tensors_of
from engine.training.motion.rollout import rolled_out, seen_from


def test_torch_sees_ways_as_numpy_does(takes: list[Take]) -> None:
    turn = np.linspace(-2, 2, len(takes[1].way)).astype(np.float32)
    ours = seen_from(torch.from_numpy(takes[1].way), torch.from_numpy(turn)).numpy()
    assert np.allclose(ours, seen_in_numpy(takes[1].way, turn), atol=1e-5)


def test_a_rollout_follows_the_truth_or_itself_as_asked(takes: list[Take]) -> None:
    network = network_for(takes)
    frames = tensors_of(takes, network, 6, torch.device("cpu"))
    starts = frames.starts[:5]
    true_first, truth = rolled_out(network, frames, starts, 6, torch.tensor(0.0), 0.0)
    own_first, _ = rolled_out(network, frames, starts, 6, torch.tensor(1.0), 1.0)
    assert true_first.said.shape == truth.shape == (5, 6, 205)
    assert true_first.own.max() == 0
    assert own_first.own.min() == 1
    assert own_first.sampled.tolist() == [1] * 5
    assert torch.equal(truth[:, 0], frames.state[starts + 1])
    assert torch.equal(true_first.begin, frames.state[starts])
