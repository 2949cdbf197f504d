"""A checkpoint gives back exactly what was saved, and refuses what it does not fit."""

from pathlib import Path

import pytest
import safetensors.torch
import torch
from torch import nn

from engine.errors import OutputError, WeightsError
from engine.training import checkpoint


def trained(seed: int, steps: int) -> tuple[nn.Linear, torch.optim.Optimizer]:
    torch.manual_seed(seed)
    layer = nn.Linear(3, 2)
    optimizer = torch.optim.Adam(layer.parameters(), 0.1)
    for _ in range(steps):
        advance(layer, optimizer)
    return layer, optimizer


def advance(layer: nn.Linear, optimizer: torch.optim.Optimizer) -> None:
    optimizer.zero_grad()
    layer(torch.tensor([1.0, -2.0, 0.5])).square().sum().backward()
    optimizer.step()


def test_restored_training_goes_on_as_if_it_had_not_stopped(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.safetensors"
    layer, optimizer = trained(1, 3)
    tensors = checkpoint.module_tensors("net", layer) | checkpoint.optimizer_tensors("adam", optimizer)
    checkpoint.save_checkpoint(path, tensors, {"step": 3, "gamma": 0.1})
    other, other_optimizer = trained(2, 1)
    loaded, numbers = checkpoint.load_checkpoint(path)
    assert numbers == {"step": 3, "gamma": 0.1}
    checkpoint.restore_module("net", other, loaded)
    checkpoint.restore_optimizer("adam", other_optimizer, loaded)
    advance(layer, optimizer)
    advance(other, other_optimizer)
    assert torch.equal(layer.weight, other.weight)
    assert torch.equal(layer.bias, other.bias)


def test_optimizer_that_has_not_stepped_is_restored_as_such(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.safetensors"
    _, optimizer = trained(1, 0)
    checkpoint.save_checkpoint(path, checkpoint.optimizer_tensors("adam", optimizer) | {"a": torch.zeros(1)}, {})
    _, used = trained(1, 2)
    checkpoint.restore_optimizer("adam", used, checkpoint.load_checkpoint(path)[0])
    assert used.state_dict()["state"] == {}


def test_tensors_of_another_network_are_named_and_change_nothing() -> None:
    layer, _ = trained(1, 0)
    before = layer.weight.clone()
    stored = checkpoint.module_tensors("net", layer)
    for tensors, given in ((stored | {"net/bias": torch.zeros(5)}, r"\[5\]"), ({}, "None")):
        with pytest.raises(WeightsError, match=rf"has shape {given}, expected \[.*\]; it belongs to another plan"):
            checkpoint.restore_module("net", layer, tensors)
    assert torch.equal(layer.weight, before)


@pytest.mark.parametrize("content", [b"", b"not a checkpoint", safetensors.torch.save({"a": torch.zeros(1)})])
def test_file_that_is_no_checkpoint_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "checkpoint.safetensors"
    path.write_bytes(content)
    with pytest.raises(WeightsError, match=r"checkpoint\.safetensors: is not a training checkpoint"):
        checkpoint.load_checkpoint(path)


def test_failed_save_keeps_the_previous_checkpoint_and_leaves_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.safetensors"
    checkpoint.save_checkpoint(path, {"a": torch.zeros(1)}, {"step": 1})
    with pytest.raises(OutputError, match=r"absent/checkpoint\.safetensors: cannot be written: No such file"):
        checkpoint.save_checkpoint(tmp_path / "absent" / path.name, {"a": torch.zeros(1)}, {"step": 2})
    (tmp_path / "taken").mkdir()
    with pytest.raises(OutputError, match="taken: cannot be written"):
        checkpoint.save_checkpoint(tmp_path / "taken", {"a": torch.zeros(1)}, {"step": 2})
    assert checkpoint.load_checkpoint(path)[1] == {"step": 1}
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["checkpoint.safetensors", "taken"]
