from dataclasses import replace
from pathlib import Path

import pytest
import torch

from engine.errors import WeightsError
from engine.nets.motiongen.network import MotionGen, MotionGenConfig
from engine.nets.motiongen.weights_file import Codebook, MotionGenHeader, load_motiongen, save_motiongen

CONFIG = MotionGenConfig(20, 12, ("idle", "walk"), ("mocap", "stylized"), latent_count=6, width=32, gate_width=16)
HEADER = MotionGenHeader("1", "S", CONFIG, ("CC0-1.0",))


CODEBOOK = Codebook(
    torch.ones(2, 3, 20),
    torch.ones(4, 30),
    torch.ones(4, 20),
    torch.ones(4),
    torch.tensor([[0, 0], [1, 0], [0, 1], [1, 1]]),
)


def saved(path: Path, codebook: Codebook = CODEBOOK) -> MotionGen:
    network = MotionGen(CONFIG)
    network.mean.fill_(0.25)
    save_motiongen(path, HEADER, network, codebook)
    return network


def test_a_file_comes_back_with_its_normalization_and_configuration(tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    network = saved(path)
    read = load_motiongen(path)
    assert read.header == HEADER
    assert read.network.mean.tolist() == [0.25] * 20
    assert read.codebook.beginnings.shape == (2, 3, 20)
    assert torch.equal(read.codebook.kinds, CODEBOOK.kinds)
    assert torch.allclose(read.network.first.linear.weight, network.first.linear.weight, atol=1e-3)
    assert not read.network.training


def test_equal_weights_give_equal_files(tmp_path: Path) -> None:
    network = MotionGen(CONFIG)
    for name in ("a", "b"):
        save_motiongen(tmp_path / name, HEADER, network, CODEBOOK)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("beginnings", torch.ones(3, 3, 20)),
        ("beginnings", torch.ones(2, 0, 20)),
        ("beginnings", torch.ones(2)),
        ("followers", torch.ones(4, 7)),
        ("radii", torch.ones(3)),
        ("kinds", torch.tensor([[0, 0], [9, 0], [0, 1], [1, 1]])),
    ],
)
def test_a_codebook_that_does_not_fit_is_refused(tmp_path: Path, name: str, value: torch.Tensor) -> None:
    saved(tmp_path / "w.safetensors", replace(CODEBOOK, **{name: value}))
    with pytest.raises(WeightsError, match="unusable"):
        load_motiongen(tmp_path / "w.safetensors")


def test_another_sha256_is_refused(tmp_path: Path) -> None:
    saved(tmp_path / "w.safetensors")
    with pytest.raises(WeightsError, match="SHA-256"):
        load_motiongen(tmp_path / "w.safetensors", "0" * 64)
