"""TexGen's weights file: its network, its classes, and the bank of appearances that seeds draw from."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch

from engine.errors import WeightsError
from engine.nets.blocks import channels_last
from engine.nets.tensor_file import fill, load_tensors, save_tensors, with_prefix
from engine.nets.texgen import TexGen, TexGenConfig

FORMAT = "morphogen-texgen-1"
NETWORK_PREFIX = "network."
BANK_PREFIX = "bank."


@dataclass(frozen=True, slots=True)
class ClassEntry:
    """A class the weights know and the pattern its requests get when they name none."""

    name: str
    pattern: str


@dataclass(frozen=True, slots=True)
class TexGenHeader:
    """What a weights file says about itself.

    version    of the generator that the weights belong to
    tier       size and quality class
    licences   of the training data, without repetition
    """

    version: str
    tier: str
    network: TexGenConfig
    classes: tuple[ClassEntry, ...]
    licences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TexGenWeights:
    """A loaded file: header, network in evaluation mode, bank tensors by name, SHA-256 of the file."""

    header: TexGenHeader
    network: TexGen
    bank: Mapping[str, torch.Tensor]
    sha256: str


def save_weights(path: Path, header: TexGenHeader, network: TexGen, bank: Mapping[str, torch.Tensor]) -> None:
    """Write atomically; errors as in `save_tensors`."""
    tensors = {NETWORK_PREFIX + name: value for name, value in network.state_dict().items()}
    save_tensors(path, FORMAT, header, tensors | {BANK_PREFIX + name: value for name, value in bank.items()})


def load_weights(path: Path, expected_sha256: str | None = None) -> TexGenWeights:
    """Read a file. Raises WeightsError naming the path for anything that is not exactly what TexGen expects."""
    file = load_tensors(path, FORMAT, TexGenHeader, expected_sha256)
    header = file.header
    names = {entry.name for entry in header.classes}
    if not len(names) == len(header.classes) == header.network.class_count:
        raise WeightsError(
            f"{path}: the header names {len(names)} classes, the network has {header.network.class_count}"
        )
    network = channels_last(TexGen(header.network))
    fill(path, network, with_prefix(file.tensors, NETWORK_PREFIX))
    bank = with_prefix(file.tensors, BANK_PREFIX)
    return TexGenWeights(header, network.eval().requires_grad_(False), bank, file.sha256)
