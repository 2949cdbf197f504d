from pathlib import Path

import pytest
import torch

from engine.errors import WeightsError
from engine.nets.motiongen.network import MotionGen, MotionGenConfig
from engine.nets.motiongen.weights_file import MotionGenHeader, load_motiongen, save_motiongen

CONFIG = MotionGenConfig(20, 12, ("idle", "walk"), ("mocap", "stylized"), latent_count=6, width=32, gate_width=16)
HEADER = MotionGenHeader("1", "S", CONFIG, ("CC0-1.0",))


def saved(path: Path, beginnings: torch.Tensor) -> MotionGen:
    network = MotionGen(CONFIG)
    network.mean.fill_(0.25)
    save_motiongen(path, HEADER, network, beginnings)
    return network


def test_a_file_comes_back_with_its_normalization_and_configuration(tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    network = saved(path, torch.ones(2, 3, 20))
    read = load_motiongen(path)
    assert read.header == HEADER
    assert read.network.mean.tolist() == [0.25] * 20
    assert read.beginnings.shape == (2, 3, 20)
    assert torch.allclose(read.network.first.linear.weight, network.first.linear.weight, atol=1e-3)
    assert not read.network.training


def test_equal_weights_give_equal_files(tmp_path: Path) -> None:
    network = MotionGen(CONFIG)
    for name in ("a", "b"):
        save_motiongen(tmp_path / name, HEADER, network, torch.zeros(2, 1, 20))
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@pytest.mark.parametrize("beginnings", [torch.ones(3, 3, 20), torch.ones(2, 3, 7), torch.ones(2, 0, 20), torch.ones(2)])
def test_beginnings_that_do_not_fit_are_refused(tmp_path: Path, beginnings: torch.Tensor) -> None:
    saved(tmp_path / "w.safetensors", beginnings)
    with pytest.raises(WeightsError, match="beginnings"):
        load_motiongen(tmp_path / "w.safetensors")


def test_another_sha256_is_refused(tmp_path: Path) -> None:
    saved(tmp_path / "w.safetensors", torch.ones(2, 3, 20))
    with pytest.raises(WeightsError, match="SHA-256"):
        load_motiongen(tmp_path / "w.safetensors", "0" * 64)
