"""MotionGen's weights file: its network with the normalization of its features, and poses to begin with."""

from dataclasses import dataclass
from pathlib import Path

import torch

from engine.errors import WeightsError
from engine.nets.motiongen.network import MotionGen, MotionGenConfig
from engine.nets.tensor_file import fill, load_tensors, save_tensors, with_prefix

FORMAT = "morphogen-motiongen-1"
NETWORK_PREFIX = "network."
BEGINNINGS = "beginnings"


@dataclass(frozen=True, slots=True)
class MotionGenHeader:
    """What a weights file says about itself.

    version    of the generator that the weights belong to
    tier       size and quality class
    licences   of the training data, without repetition
    """

    version: str
    tier: str
    network: MotionGenConfig
    licences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MotionGenWeights:
    """A loaded file: header, network in evaluation mode, SHA-256, and states to begin with.

    beginnings  float32 [style, choice, feature], normalized: people who stand
    """

    header: MotionGenHeader
    network: MotionGen
    beginnings: torch.Tensor
    sha256: str


def save_motiongen(path: Path, header: MotionGenHeader, network: MotionGen, beginnings: torch.Tensor) -> None:
    """Write atomically; errors as in `save_tensors`."""
    tensors = {NETWORK_PREFIX + name: value for name, value in network.state_dict().items()}
    save_tensors(path, FORMAT, header, tensors | {BEGINNINGS: beginnings})


def load_motiongen(path: Path, expected_sha256: str | None = None) -> MotionGenWeights:
    """Read a file. Raises WeightsError naming the path for anything that is not exactly what MotionGen expects."""
    file = load_tensors(path, FORMAT, MotionGenHeader, expected_sha256)
    config = file.header.network
    network = MotionGen(config)
    fill(path, network, with_prefix(file.tensors, NETWORK_PREFIX))
    beginnings = file.tensors.get(BEGINNINGS)
    shape = None if beginnings is None else beginnings.shape
    if beginnings is None or not beginnings.is_floating_point() or len(beginnings.shape) != 3:
        raise WeightsError(f"{path}: tensor {BEGINNINGS!r} is missing or has an unusable type")
    if shape is None or (shape[0], shape[2]) != (len(config.styles), config.feature_count) or not shape[1]:
        raise WeightsError(f"{path}: tensor {BEGINNINGS!r} has an unusable shape")
    return MotionGenWeights(file.header, network.eval().requires_grad_(False), beginnings, file.sha256)
