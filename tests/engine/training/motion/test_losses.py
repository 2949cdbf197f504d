from dataclasses import replace

import numpy as np
import torch

from engine.motion.features import PATH, POSITION
from engine.nets.motiongen.network import MotionGen
from engine.training.motion.corpus import Take
from engine.training.motion.data import network_for, tensors_of
from engine.training.motion.kinematics import rest_offsets
from engine.training.motion.losses import Rollout, feature_weights, foot_speeds, losses_of


def perfect(takes: list[Take], network: MotionGen) -> tuple[Rollout, torch.Tensor]:
    frames = tensors_of(takes, network, 6, torch.device("cpu"))
    rows = frames.starts[60:64, None] + torch.arange(1, 7)
    truth = frames.state[rows]
    return Rollout(
        frames.state[rows[:, 0] - 1], truth, torch.ones(4, 6), torch.full((4, 6, 32), 0.5), torch.zeros(4)
    ), truth


def test_the_truth_costs_nothing_but_what_its_own_feet_do(takes: list[Take]) -> None:
    network = network_for(takes)
    rollout, truth = perfect(takes, network)
    weights, offsets = feature_weights(network), rest_offsets(torch.device("cpu"))
    losses = losses_of(network, rollout, truth, weights, offsets, torch.tensor(0.01), 0.1)
    assert losses.features == 0
    assert losses.joints < 1e-6
    assert losses.feet < 0.05
    assert abs(float(losses.divergence) - 0.5) < 1e-6
    assert abs(float(losses.total - losses.feet * 0.6 - losses.joints * 20) - 0.01 * 0.5 * 32) < 1e-5


def test_sliding_feet_and_misplaced_joints_cost(takes: list[Take]) -> None:
    network = network_for(takes)
    rollout, truth = perfect(takes, network)
    weights, offsets = feature_weights(network), rest_offsets(torch.device("cpu"))
    worse = rollout.said.clone()
    worse[..., PATH.start + 1] += 3.0
    worse[..., POSITION.start + 30] += 2.0
    good = losses_of(network, rollout, truth, weights, offsets, torch.tensor(0.0), 0.1)
    bad = losses_of(network, replace(rollout, said=worse), truth, weights, offsets, torch.tensor(0.0), 0.1)
    assert bad.feet > 2 * good.feet + 0.1
    assert bad.joints > good.joints + 1e-5


def test_divergence_below_the_minimum_is_free(takes: list[Take]) -> None:
    network = network_for(takes)
    rollout, truth = perfect(takes, network)
    weights, offsets = feature_weights(network), rest_offsets(torch.device("cpu"))
    totals = [
        losses_of(
            network, replace(rollout, divergence=rollout.divergence * factor), truth, weights, offsets,
            torch.tensor(0.01), 0.6,
        ).total
        for factor in (0.1, 1.0)
    ]  # fmt: skip
    assert totals[0] == totals[1]


def test_feet_that_stand_have_no_speed_however_the_body_moves(takes: list[Take]) -> None:
    walk = torch.from_numpy(takes[1].features)
    joints = walk[:, POSITION].view(-1, 19, 3)
    speed = foot_speeds(walk[1:], joints[1:], joints[:-1]).numpy()
    stands = (takes[1].features[1:, -4:] > 0.5) & (takes[1].features[:-1, -4:] > 0.5)
    assert speed[:, (1, 3)][stands[:, (1, 3)]].mean() < 0.15  # a toe caught above the ground sinks to it
    assert speed.max() > 1
    assert np.isfinite(speed).all()
