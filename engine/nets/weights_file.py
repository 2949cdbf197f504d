"""The weights file: safetensors with the network's configuration, its classes and its provenance as JSON metadata.

Nothing is unpickled. Tensors are stored as float16 and used as float32.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import safetensors
import safetensors.torch
import torch

from engine.configuration import build
from engine.errors import OutputError, SettingsError, WeightsError
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
    """Write atomically; equal arguments give equal bytes.

    Raises WeightsError above SIZE_MAX_BYTES and OutputError where the file cannot be written.
    """
    tensors = {NETWORK_PREFIX + name: value.half().contiguous() for name, value in network.state_dict().items()}
    tensors |= {
        BANK_PREFIX + name: (value.half() if value.is_floating_point() else value).contiguous()
        for name, value in bank.items()
    }
    metadata = {"format": FORMAT, "header": json.dumps(asdict(header), sort_keys=True)}
    data = _with_sorted_metadata(safetensors.torch.save(tensors, metadata))
    if len(data) > SIZE_MAX_BYTES:
        raise WeightsError(f"{path}: would be {len(data)} bytes, at most {SIZE_MAX_BYTES} are allowed")
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_bytes(data)
        temporary.replace(path)
    except OSError as error:
        raise OutputError(f"{path}: cannot be written: {error.strerror}") from error
    finally:
        with suppress(OSError):
            temporary.unlink()


def _with_sorted_metadata(data: bytes) -> bytes:
    """The same safetensors file with its metadata in a fixed order: the library's own changes from call to call."""
    end = 8 + int.from_bytes(data[:8], "little")
    document = json.loads(data[8:end])
    document["__metadata__"] = dict(sorted(document["__metadata__"].items()))
    text = json.dumps(document, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)  # the format keeps tensors aligned
    return len(text).to_bytes(8, "little") + text + data[end:]


def load_weights(path: Path, expected_sha256: str | None = None) -> TexGenWeights:
    """Read a file. Raises WeightsError naming the path for anything that is not exactly what TexGen expects."""
    try:
        with path.open("rb") as file:
            data = file.read(SIZE_MAX_BYTES + 1)
    except OSError as error:
        raise WeightsError(f"{path}: cannot be read: {error.strerror}") from error
    if len(data) > SIZE_MAX_BYTES:
        raise WeightsError(f"{path}: has more than the {SIZE_MAX_BYTES} bytes that are allowed")
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
        metadata = json.loads(data[8 : 8 + header_size]).get("__metadata__") or {}
    except (safetensors.SafetensorError, ValueError) as error:
        raise WeightsError(f"{path}: is not a safetensors file (pickled checkpoints are never loaded)") from error
    if metadata.get("format") != FORMAT:
        raise WeightsError(f"{path}: format is {metadata.get('format')!r}, expected {FORMAT!r}")
    try:
        header = build(TexGenHeader, json.loads(metadata["header"]), "header")
    except (SettingsError, KeyError, ValueError) as error:
        raise WeightsError(f"{path}: the header is not valid: {error}") from error
    names = {entry.name for entry in header.classes}
    if not len(names) == len(header.classes) == header.network.class_count:
        raise WeightsError(
            f"{path}: the header names {len(names)} classes, the network has {header.network.class_count}"
        )
    return header, tensors


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
