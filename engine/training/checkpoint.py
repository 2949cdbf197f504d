"""Checkpoints of a training run: one safetensors file, tensors and a few numbers, nothing pickled; exact resume."""

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import safetensors
import safetensors.torch
import torch
from torch import nn

from engine.errors import OutputError, WeightsError

Tensors = dict[str, torch.Tensor]


def module_tensors(name: str, module: nn.Module) -> Tensors:
    """The module's state under `name/`."""
    return {f"{name}/{key}": value.detach().contiguous() for key, value in module.state_dict().items()}


def optimizer_tensors(name: str, optimizer: torch.optim.Optimizer) -> Tensors:
    """Adam's moments and step counts under `name/`."""
    tensors: Tensors = {}
    for index, state in optimizer.state_dict()["state"].items():
        for key, value in state.items():
            tensors[f"{name}/{index}/{key}"] = torch.as_tensor(value).contiguous()
    return tensors


def restore_module(name: str, module: nn.Module, tensors: Mapping[str, torch.Tensor]) -> None:
    """Load what `module_tensors` gave. Raises WeightsError, and changes nothing, where it was another network's."""
    wanted = {f"{name}/{key}": list(value.shape) for key, value in module.state_dict().items()}
    for full, shape in wanted.items():
        given = list(tensors[full].shape) if full in tensors else None
        if given != shape:
            raise WeightsError(f"tensor {full!r} has shape {given}, expected {shape}; it belongs to another plan")
    module.load_state_dict({full.removeprefix(f"{name}/"): tensors[full] for full in wanted})


def restore_optimizer(name: str, optimizer: torch.optim.Optimizer, tensors: Mapping[str, torch.Tensor]) -> None:
    """Load what `optimizer_tensors` gave."""
    document = optimizer.state_dict()
    states: dict[int, dict[str, torch.Tensor]] = {}
    for full, value in tensors.items():
        owner, _, rest = full.partition("/")
        if owner == name:
            index, _, key = rest.partition("/")
            states.setdefault(int(index), {})[key] = value
    document["state"] = states
    optimizer.load_state_dict(document)


def save_checkpoint(path: Path, tensors: Tensors, numbers: Mapping[str, float]) -> None:
    """Write atomically: a run that is killed while saving keeps its previous checkpoint.

    Raises OutputError where the file cannot be written.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    data = safetensors.torch.save(tensors, {"numbers": json.dumps(numbers)})
    try:
        temporary.write_bytes(data)
        temporary.replace(path)
    except OSError as error:
        raise OutputError(f"{path}: cannot be written: {error.strerror}") from error
    finally:
        with suppress(OSError):
            temporary.unlink()


def load_checkpoint(path: Path) -> tuple[Tensors, dict[str, float]]:
    """Tensors and numbers. Raises WeightsError for a file that is not a checkpoint."""
    try:
        with safetensors.safe_open(path, framework="pt") as file:
            numbers = json.loads((file.metadata() or {})["numbers"])
            return {key: file.get_tensor(key) for key in file.keys()}, numbers  # noqa: SIM118 - the file is not a mapping
    except (OSError, KeyError, ValueError, safetensors.SafetensorError) as error:
        raise WeightsError(f"{path}: is not a training checkpoint") from error
