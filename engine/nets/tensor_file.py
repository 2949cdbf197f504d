"""What all weights files share: safetensors with the network's configuration and its provenance as JSON metadata.

Nothing is unpickled. Floating-point tensors are stored as float16 and used as float32.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

import safetensors
import safetensors.torch
import torch
from torch import nn

from engine.configuration import build
from engine.errors import OutputError, SettingsError, WeightsError

SIZE_MAX_BYTES = 16 * 1024 * 1024
Header = TypeVar("Header")


@dataclass(frozen=True, slots=True)
class TensorFile(Generic[Header]):
    """A file as it was read: header, tensors by name (floating-point ones as float32), SHA-256 in hexadecimal."""

    header: Header
    tensors: Mapping[str, torch.Tensor]
    sha256: str


def save_tensors(path: Path, file_format: str, header: Any, tensors: Mapping[str, torch.Tensor]) -> None:
    """Write atomically; equal arguments give equal bytes.

    header  a dataclass of JSON values

    Raises WeightsError above SIZE_MAX_BYTES and OutputError where the file cannot be written.
    """
    stored = {
        name: (value.half() if value.is_floating_point() else value).contiguous() for name, value in tensors.items()
    }
    metadata = {"format": file_format, "header": json.dumps(asdict(header), sort_keys=True)}
    data = _with_sorted_metadata(safetensors.torch.save(stored, metadata))
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


def load_tensors(
    path: Path, file_format: str, header: type[Header], expected_sha256: str | None = None
) -> TensorFile[Header]:
    """Read a file. Raises WeightsError naming the path for anything but a sound file of this format."""
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
    try:
        tensors = safetensors.torch.load(data)
        header_size = int.from_bytes(data[:8], "little")
        metadata = json.loads(data[8 : 8 + header_size]).get("__metadata__") or {}
    except (safetensors.SafetensorError, ValueError) as error:
        raise WeightsError(f"{path}: is not a safetensors file (pickled checkpoints are never loaded)") from error
    if metadata.get("format") != file_format:
        raise WeightsError(f"{path}: format is {metadata.get('format')!r}, expected {file_format!r}")
    try:
        read = build(header, json.loads(metadata["header"]), "header")
    except (SettingsError, KeyError, ValueError) as error:
        raise WeightsError(f"{path}: the header is not valid: {error}") from error
    floats = {name: value.float() if value.is_floating_point() else value for name, value in tensors.items()}
    return TensorFile(read, floats, digest)


def with_prefix(tensors: Mapping[str, torch.Tensor], prefix: str) -> dict[str, torch.Tensor]:
    """The tensors whose names start with `prefix`, without it."""
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}


def fill(path: Path, network: nn.Module, tensors: Mapping[str, torch.Tensor]) -> None:
    """Give `network` its parameters. Raises WeightsError for a missing one, another shape or values not finite."""
    for name, parameter in network.state_dict().items():
        if name not in tensors:
            raise WeightsError(f"{path}: tensor {name!r} is missing")
        if tensors[name].shape != parameter.shape:
            raise WeightsError(
                f"{path}: tensor {name!r} has shape {list(tensors[name].shape)}, expected {list(parameter.shape)}"
            )
        if not torch.isfinite(tensors[name]).all():
            raise WeightsError(f"{path}: tensor {name!r} holds values that are not finite")
    network.load_state_dict({name: tensors[name] for name in network.state_dict()})


def _with_sorted_metadata(data: bytes) -> bytes:
    """The same safetensors file with its metadata in a fixed order: the library's own changes from call to call."""
    end = 8 + int.from_bytes(data[:8], "little")
    document = json.loads(data[8:end])
    document["__metadata__"] = dict(sorted(document["__metadata__"].items()))
    text = json.dumps(document, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)  # the format keeps tensors aligned
    return len(text).to_bytes(8, "little") + text + data[end:]
