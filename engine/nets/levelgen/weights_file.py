"""LevelGen's weights file: its network, and the attributes of real levels that fill in what a request leaves open."""

from dataclasses import dataclass
from pathlib import Path

import torch

from engine.errors import WeightsError
from engine.nets.levelgen.network import LevelGen, LevelGenConfig
from engine.nets.tensor_file import fill, load_tensors, save_tensors, with_prefix

FORMAT = "morphogen-levelgen-1"
NETWORK_PREFIX = "network."
BANK = "bank"


@dataclass(frozen=True, slots=True)
class LevelGenHeader:
    """What a weights file says about itself.

    version    of the generator that the weights belong to
    tier       size and quality class
    licences   of the training data, without repetition
    """

    version: str
    tier: str
    network: LevelGenConfig
    licences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LevelGenWeights:
    """A loaded file: header, network in evaluation mode, attribute examples uint8 [row, attribute], SHA-256."""

    header: LevelGenHeader
    network: LevelGen
    bank: torch.Tensor
    sha256: str


def save_levelgen(path: Path, header: LevelGenHeader, network: LevelGen, bank: torch.Tensor) -> None:
    """Write atomically; errors as in `save_tensors`."""
    tensors = {NETWORK_PREFIX + name: value for name, value in network.state_dict().items()}
    save_tensors(path, FORMAT, header, tensors | {BANK: bank})


def load_levelgen(path: Path, expected_sha256: str | None = None) -> LevelGenWeights:
    """Read a file. Raises WeightsError naming the path for anything that is not exactly what LevelGen expects."""
    file = load_tensors(path, FORMAT, LevelGenHeader, expected_sha256)
    network = LevelGen(file.header.network)
    fill(path, network, with_prefix(file.tensors, NETWORK_PREFIX))
    bank = file.tensors.get(BANK)
    if bank is None or bank.dtype != torch.uint8 or bank.shape[1:] != (len(file.header.network.condition_counts),):
        raise WeightsError(f"{path}: tensor {BANK!r} is missing or has an unusable shape or type")
    return LevelGenWeights(file.header, network.eval().requires_grad_(False), bank, file.sha256)
