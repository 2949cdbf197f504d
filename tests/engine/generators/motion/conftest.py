"""A small network that knows nothing but is shaped like the real one, and people who stand."""

import numpy as np
import pytest
import torch

from engine.generators.motion.director import MotionDirector
from engine.motion.actions import ACTIONS, STYLES
from engine.motion.features import FEATURE_COUNT, POSITION, ROTATION, features_of, path_of
from engine.motion.pose import rest_poses
from engine.motion.trajectory import WAY_COUNT
from engine.nets.motiongen.network import MotionGen, MotionGenConfig
from engine.nets.motiongen.weights_file import Codebook, MotionGenHeader, MotionGenWeights


def made_weights() -> MotionGenWeights:
    config = MotionGenConfig(FEATURE_COUNT, WAY_COUNT, ACTIONS, STYLES, width=64, gate_width=16)
    with torch.random.fork_rng():
        torch.manual_seed(5)
        network = MotionGen(config)
    poses = rest_poses(4)
    features = features_of(poses, path_of(poses, 30.0), 30.0)
    network.mean.copy_(torch.from_numpy(features[0]))
    network.deviation.fill_(0.2)
    network.kept[POSITION] = 1
    network.kept[ROTATION] = 1
    beginnings = torch.zeros(len(STYLES), 4, FEATURE_COUNT)
    beginnings[:, :, POSITION] = torch.from_numpy(np.linspace(0, 0.1, 4, dtype=np.float32))[None, :, None]
    header = MotionGenHeader("1", "S", config, ("CC0-1.0",))
    centroids = torch.zeros(3, 57 + 57 + WAY_COUNT)
    followers = torch.full((3, FEATURE_COUNT), 0.1)
    kinds = torch.tensor([[ACTIONS.index("walk"), 0], [ACTIONS.index("run"), 0], [ACTIONS.index("idle"), 1]])
    codebook = Codebook(beginnings, centroids, followers, torch.full((3,), 2.0), kinds)
    return MotionGenWeights(header, network.eval().requires_grad_(False), codebook, "0" * 64)


@pytest.fixture(scope="session")
def weights() -> MotionGenWeights:
    return made_weights()


@pytest.fixture(scope="session")
def director(weights: MotionGenWeights) -> MotionDirector:
    return MotionDirector(weights)
