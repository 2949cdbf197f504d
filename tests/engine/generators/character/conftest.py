"""The shipped motion, a small painter that has learned nothing, and the generators of characters over them."""

from collections.abc import Callable
from typing import Any

import pytest
import torch

from engine.assets import AssetRequest
from engine.catalog import SHIPPED_MOTION_WEIGHTS, character_generators
from engine.generators.protocol import Generator
from engine.nets.framegen.encoder import FrameEncoder
from engine.nets.framegen.network import FrameGen, FrameGenConfig
from engine.nets.framegen.weights_file import FrameGenHeader, FrameGenWeights
from engine.nets.motiongen.weights_file import MotionGenWeights, load_motiongen
from engine.nets.precision import KernelClass

Generators = dict[type[AssetRequest], Generator[Any, Any]]


@pytest.fixture(scope="session")
def motion_weights() -> MotionGenWeights:
    """The shipped ones."""
    return load_motiongen(SHIPPED_MOTION_WEIGHTS)


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
