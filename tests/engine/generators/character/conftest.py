"""Small networks that know nothing but are shaped like the real ones, and the generators of characters over them."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from engine.assets import AssetRequest
from engine.catalog import character_generators
from engine.generators.protocol import Generator
from engine.motion.actions import ACTIONS, STYLES
from engine.motion.features import FEATURE_COUNT, POSITION, ROTATION, features_of, path_of
from engine.motion.pose import rest_poses
from engine.motion.trajectory import WAY_COUNT
from engine.nets.framegen.encoder import FrameEncoder
from engine.nets.framegen.network import FrameGen, FrameGenConfig
from engine.nets.framegen.weights_file import FrameGenHeader, FrameGenWeights
from engine.nets.motiongen.network import MotionGen, MotionGenConfig
from engine.nets.motiongen.weights_file import Codebook, MotionGenHeader, MotionGenWeights
from engine.nets.precision import KernelClass

Generators = dict[type[AssetRequest], Generator[Any, Any]]


@pytest.fixture(scope="session")
def motion_weights() -> MotionGenWeights:
    """Of people who stand about and twitch."""
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
    codebook = Codebook(
        beginnings,
        torch.zeros(1, 57 + 57 + WAY_COUNT),
        torch.zeros(1, FEATURE_COUNT),
        torch.full((1,), 1e4),
        torch.zeros(1, 2, dtype=torch.int64),
    )
    header = MotionGenHeader("1", "S", config, ("CC0-1.0",))
    return MotionGenWeights(header, network.eval().requires_grad_(False), codebook, "0" * 64)


@pytest.fixture(scope="session")
def frame_weights() -> FrameGenWeights:
    """Of a painter of 128 pixels that has never seen a character."""
    config = FrameGenConfig(size_px=128, widths=(16, 16, 16, 16), code_width=16, part_width=4)
    with torch.random.fork_rng():
        torch.manual_seed(6)
        network, encoder = FrameGen(config), FrameEncoder(config.code_width)
    for part in (network, encoder):
        part.eval().requires_grad_(False)
    return FrameGenWeights(FrameGenHeader("1", "S", config, ("own",)), network, encoder, "1" * 64)


@pytest.fixture(scope="session")
def generators_with(motion_weights: MotionGenWeights) -> Callable[[dict[int, FrameGenWeights]], Generators]:
    """The generators of characters, with these painters."""
    kernel = KernelClass("cpu", torch.float32, torch.get_num_threads())
    return lambda frames: character_generators(motion_weights, frames, kernel, "# Card")


@pytest.fixture(scope="session")
def generators(
    generators_with: Callable[[dict[int, FrameGenWeights]], Generators], frame_weights: FrameGenWeights
) -> Generators:
    """With a painter of 128 pixels."""
    return generators_with({128: frame_weights})
