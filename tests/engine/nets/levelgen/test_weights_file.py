"""LevelGen's weights file."""

import json
from pathlib import Path

import pytest
import safetensors.torch
import torch

from engine.errors import WeightsError
from engine.nets.levelgen.network import LevelGen, LevelGenConfig
from engine.nets.levelgen.weights_file import FORMAT, LevelGenHeader, load_levelgen, save_levelgen

CONFIG = LevelGenConfig(5, 7, (4, 3), size_max=16, width=32, depth=1)
HEADER = LevelGenHeader("1", "S", CONFIG, ("CC0-1.0",))
BANK = torch.tensor([[1, 2], [3, 0]], dtype=torch.uint8)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file of an untrained network."""
    torch.manual_seed(1)
    weights = tmp_path / "weights.safetensors"
    save_levelgen(weights, HEADER, LevelGen(CONFIG), BANK)
    return weights


def test_file_gives_back_what_was_saved(path: Path) -> None:
    weights = load_levelgen(path)
    assert weights.header == HEADER
    assert torch.equal(weights.bank, BANK)
    torch.manual_seed(1)
    network = LevelGen(CONFIG)
    for name, value in weights.network.state_dict().items():
        assert torch.equal(value, network.state_dict()[name].half().float()), name
    assert not any(parameter.requires_grad for parameter in weights.network.parameters())


def test_equal_networks_give_equal_bytes(path: Path, tmp_path: Path) -> None:
    torch.manual_seed(1)
    save_levelgen(tmp_path / "again.safetensors", HEADER, LevelGen(CONFIG), BANK)
    assert path.read_bytes() == (tmp_path / "again.safetensors").read_bytes()


@pytest.mark.parametrize("kept_bytes", [0, 4, 100, -1])
def test_damaged_file_is_refused(path: Path, kept_bytes: int) -> None:
    path.write_bytes(path.read_bytes()[:kept_bytes])
    with pytest.raises(WeightsError, match=str(path)):
        load_levelgen(path)


def test_foreign_hash_format_and_tensors_are_refused(path: Path) -> None:
    with pytest.raises(WeightsError, match="damaged or foreign"):
        load_levelgen(path, "0" * 64)
    tensors = safetensors.torch.load(path.read_bytes())
    header = json.dumps({"version": "1", "tier": "S", "licences": [], "network": {"tile_count": 5}})
    path.write_bytes(safetensors.torch.save(tensors, {"format": "another", "header": header}))
    with pytest.raises(WeightsError, match="format is 'another'"):
        load_levelgen(path)
    path.write_bytes(safetensors.torch.save(tensors, {"format": FORMAT, "header": header}))
    with pytest.raises(WeightsError, match="header is not valid"):
        load_levelgen(path)


@pytest.mark.parametrize("damage", ["missing", "shape", "nan", "bank"])
def test_unusable_tensors_are_refused_by_name(path: Path, damage: str) -> None:
    data = path.read_bytes()
    tensors = safetensors.torch.load(data)
    metadata = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])["__metadata__"]
    name = "bank" if damage == "bank" else "network.norm.weight"
    if damage in ("missing", "bank"):
        del tensors[name]
    elif damage == "shape":
        tensors[name] = torch.ones(3)
    else:
        tensors[name] = torch.full_like(tensors[name], float("nan"))
    path.write_bytes(safetensors.torch.save(tensors, metadata))
    with pytest.raises(WeightsError, match=repr(name.removeprefix("network."))):
        load_levelgen(path)
