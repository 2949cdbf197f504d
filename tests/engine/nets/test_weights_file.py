"""Weights files: a round trip, and a clear refusal of everything that is not exactly one."""

import hashlib
import json
import pickle
from pathlib import Path

import pytest
import safetensors.torch
import torch

from engine.errors import OutputError, WeightsError
from engine.nets.texgen import TexGen, TexGenConfig
from engine.nets.weights_file import FORMAT, ClassEntry, TexGenHeader, load_weights, save_weights

CONFIG = TexGenConfig(2, style_width=4, code_width=16, widths=(8, 8, 8, 8, 8))
HEADER = TexGenHeader("1", "S", CONFIG, (ClassEntry("stone", "noise"), ClassEntry("brick", "brick")), ("CC0-1.0",))


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    torch.manual_seed(0)
    path = tmp_path / "weights.safetensors"
    save_weights(path, HEADER, TexGen(CONFIG), {"class_index": torch.tensor([0, 1]), "style": torch.randn(2, 4)})
    return path


def rewrite(path: Path, changes: dict[str, torch.Tensor | None], header: str | None = None) -> None:
    tensors = safetensors.torch.load(path.read_bytes())
    data = path.read_bytes()
    metadata = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])["__metadata__"]
    for name, tensor in changes.items():
        if tensor is None:
            del tensors[name]
        else:
            tensors[name] = tensor
    if header is not None:
        metadata["header"] = header
    path.write_bytes(safetensors.torch.save(tensors, metadata))


def test_round_trip_keeps_header_and_tensors(saved: Path) -> None:
    loaded = load_weights(saved)
    assert loaded.header == HEADER
    assert loaded.sha256 == hashlib.sha256(saved.read_bytes()).hexdigest()
    torch.manual_seed(0)
    for name, value in TexGen(CONFIG).state_dict().items():
        assert torch.allclose(loaded.network.state_dict()[name], value, atol=2e-3), name
    assert loaded.bank["class_index"].tolist() == [0, 1]


def test_equal_weights_give_equal_files(saved: Path, tmp_path: Path) -> None:
    loaded = load_weights(saved)
    written = set()
    for number in range(8):
        save_weights(tmp_path / f"{number}.safetensors", loaded.header, loaded.network, loaded.bank)
        written.add((tmp_path / f"{number}.safetensors").read_bytes())
    assert written == {saved.read_bytes()}


def test_unwritable_place_is_named_and_nothing_is_left(saved: Path, tmp_path: Path) -> None:
    loaded = load_weights(saved)
    with pytest.raises(OutputError, match=r"inside\.safetensors: cannot be written: "):
        save_weights(saved / "inside.safetensors", loaded.header, loaded.network, loaded.bank)
    (tmp_path / "folder").mkdir()
    with pytest.raises(OutputError, match="folder: cannot be written: "):
        save_weights(tmp_path / "folder", loaded.header, loaded.network, loaded.bank)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["folder", saved.name]


def test_wrong_checksum_is_named(saved: Path) -> None:
    with pytest.raises(WeightsError, match="expected 0000"):
        load_weights(saved, "0" * 64)


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"absent\.safetensors: cannot be read"):
        load_weights(tmp_path / "absent.safetensors")


def test_endless_file_is_refused() -> None:
    with pytest.raises(WeightsError, match="/dev/zero: has more than"):
        load_weights(Path("/dev/zero"))


def test_pickled_file_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.pt"
    path.write_bytes(pickle.dumps({"weights": [1, 2, 3]}))
    with pytest.raises(WeightsError, match="never loaded"):
        load_weights(path)


def test_torn_file_is_refused(saved: Path) -> None:
    saved.write_bytes(saved.read_bytes()[:-100])
    with pytest.raises(WeightsError, match="not a safetensors file"):
        load_weights(saved)


def test_foreign_format_is_named(tmp_path: Path) -> None:
    path = tmp_path / "other.safetensors"
    path.write_bytes(safetensors.torch.save({"a": torch.zeros(2)}, {"format": "pt"}))
    with pytest.raises(WeightsError, match=FORMAT):
        load_weights(path)


def test_missing_tensor_wrong_shape_and_nan_are_named(saved: Path) -> None:
    original = saved.read_bytes()
    rewrite(saved, {"network.heads.0.bias": None})
    with pytest.raises(WeightsError, match=r"heads\.0\.bias' is missing"):
        load_weights(saved)
    saved.write_bytes(original)
    rewrite(saved, {"network.heads.0.bias": torch.zeros(3)})
    with pytest.raises(WeightsError, match=r"shape \[3\], expected \[8\]"):
        load_weights(saved)
    saved.write_bytes(original)
    rewrite(saved, {"network.heads.0.bias": torch.full((8,), float("nan"))})
    with pytest.raises(WeightsError, match="not finite"):
        load_weights(saved)


def test_unknown_key_in_the_header_is_named(saved: Path) -> None:
    rewrite(saved, {}, header=json.dumps({"version": "1", "surprise": 1}))
    with pytest.raises(WeightsError, match="surprise"):
        load_weights(saved)


def test_too_large_a_network_leaves_no_file(tmp_path: Path) -> None:
    path = tmp_path / "large.safetensors"
    large = TexGenConfig(1, widths=(512, 512, 512, 512, 512))
    header = TexGenHeader("1", "L", large, (ClassEntry("stone", "noise"),), ())
    with pytest.raises(WeightsError, match="at most"):
        save_weights(path, header, TexGen(large), {})
    assert list(tmp_path.iterdir()) == []
