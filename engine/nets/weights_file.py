"""The weights file: safetensors with the network's configuration, its classes and its provenance as JSON metadata.

Nothing is unpickled. Tensors are stored as float16 and used as float32.
"""

import hashlib
import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import safetensors
import safetensors.torch
import torch

from engine.configuration import build
from engine.errors import SettingsError, WeightsError
from engine.nets.blocks import channels_last
from engine.nets.texgen import TexGen, TexGenConfig

FORMAT = "morphogen-texgen-1"
SIZE_MAX_BYTES = 16 * 1024 * 1024
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
    """Write atomically. Raises WeightsError above SIZE_MAX_BYTES."""
    tensors = {NETWORK_PREFIX + name: value.half().contiguous() for name, value in network.state_dict().items()}
    tensors |= {
        BANK_PREFIX + name: (value.half() if value.is_floating_point() else value).contiguous()
        for name, value in bank.items()
    }
    data = safetensors.torch.save(tensors, {"format": FORMAT, "header": json.dumps(asdict(header), sort_keys=True)})
    if len(data) > SIZE_MAX_BYTES:
        raise WeightsError(f"{path}: would be {len(data)} bytes, at most {SIZE_MAX_BYTES} are allowed")
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink()
        raise


def load_weights(path: Path, expected_sha256: str | None = None) -> TexGenWeights:
    """Read a file. Raises WeightsError naming the path for anything that is not exactly what TexGen expects."""
    try:
        if path.stat().st_size > SIZE_MAX_BYTES:
            raise WeightsError(f"{path}: has {path.stat().st_size} bytes, at most {SIZE_MAX_BYTES} are allowed")
        data = path.read_bytes()
    except OSError as error:
        raise WeightsError(f"{path}: cannot be read: {error.strerror}") from error
    digest = hashlib.sha256(data).hexdigest()
    if expected_sha256 is not None and digest != expected_sha256:
        raise WeightsError(f"{path}: SHA-256 is {digest}, expected {expected_sha256}; the file is damaged or foreign")
    header, tensors = _parse(path, data)
    network = channels_last(TexGen(header.network))
    _fill(path, network, tensors)
    bank = {name.removeprefix(BANK_PREFIX): value for name, value in tensors.items() if name.startswith(BANK_PREFIX)}
    bank = {name: value.float() if value.is_floating_point() else value for name, value in bank.items()}
    return TexGenWeights(header, network.eval().requires_grad_(False), bank, digest)


def _parse(path: Path, data: bytes) -> tuple[TexGenHeader, dict[str, torch.Tensor]]:
    try:
        tensors = safetensors.torch.load(data)
        header_size = int.from_bytes(data[:8], "little")
        metadata = json.loads(data[8 : 8 + header_size]).get("__metadata__", {})
    except (safetensors.SafetensorError, ValueError) as error:
        raise WeightsError(f"{path}: is not a safetensors file (pickled checkpoints are never loaded)") from error
    if metadata.get("format") != FORMAT:
        raise WeightsError(f"{path}: format is {metadata.get('format')!r}, expected {FORMAT!r}")
    try:
        return build(TexGenHeader, json.loads(metadata["header"]), "header"), tensors
    except (SettingsError, KeyError, ValueError) as error:
        raise WeightsError(f"{path}: the header is not valid: {error}") from error


def _fill(path: Path, network: TexGen, tensors: Mapping[str, torch.Tensor]) -> None:
    given = {name.removeprefix(NETWORK_PREFIX): t for name, t in tensors.items() if name.startswith(NETWORK_PREFIX)}
    for name, parameter in network.state_dict().items():
        if name not in given:
            raise WeightsError(f"{path}: tensor {name!r} is missing")
        if given[name].shape != parameter.shape:
            raise WeightsError(
                f"{path}: tensor {name!r} has shape {list(given[name].shape)}, expected {list(parameter.shape)}"
            )
        if not torch.isfinite(given[name]).all():
            raise WeightsError(f"{path}: tensor {name!r} holds values that are not finite")
    network.load_state_dict({name: given[name].float() for name in network.state_dict()})
