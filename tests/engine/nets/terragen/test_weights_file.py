"""TerraGen's weights file."""

from pathlib import Path

import pytest
import torch

from engine.errors import WeightsError
from engine.nets.tensor_file import save_tensors
from engine.nets.terragen.network import Decoder, DecoderConfig
from engine.nets.terragen.weights_file import FORMAT, TerraGenHeader, load_terragen, save_terragen

LANDFORMS, DETAILS = DecoderConfig(16, 2, 2), DecoderConfig(8, 1, 2)
HEADER = TerraGenHeader("1", "S", LANDFORMS, DETAILS, ("CC0-1.0",))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    with torch.random.fork_rng():
        torch.manual_seed(1)
        file = tmp_path / "weights.safetensors"
        save_terragen(file, HEADER, Decoder(LANDFORMS), Decoder(DETAILS), torch.rand(5, 2))
    return file


def test_what_was_saved_is_loaded(path: Path) -> None:
    weights = load_terragen(path)
    assert weights.header == HEADER
    assert weights.styles.shape == (5, 2)
    assert not any(parameter.requires_grad for parameter in weights.landforms.parameters())
    save_terragen(path, weights.header, weights.landforms, weights.details, weights.styles)
    assert load_terragen(path).sha256 == weights.sha256


def test_decoders_can_compute_in_another_format(path: Path) -> None:
    weights = load_terragen(path).in_format(torch.bfloat16)
    assert {parameter.dtype for parameter in weights.details.parameters()} == {torch.bfloat16}


def test_wrong_digest_is_refused(path: Path) -> None:
    with pytest.raises(WeightsError, match="SHA-256 is"):
        load_terragen(path, "00" * 32)


def test_missing_or_foreign_tensors_are_refused(tmp_path: Path) -> None:
    other = tmp_path / "other.safetensors"
    tensors = {f"landforms.{name}": value for name, value in Decoder(LANDFORMS).state_dict().items()}
    save_tensors(other, FORMAT, HEADER, tensors)
    with pytest.raises(WeightsError, match=r"other\.safetensors"):
        load_terragen(other)
    tensors |= {f"details.{name}": value for name, value in Decoder(DETAILS).state_dict().items()}
    for styles in ({}, {"styles": torch.zeros(3, 5)}, {"styles": torch.zeros(0, 2)}):
        save_tensors(other, FORMAT, HEADER, tensors | styles)
        with pytest.raises(WeightsError, match="styles"):
            load_terragen(other)
    save_tensors(other, "morphogen-terragen-1", HEADER, tensors)
    with pytest.raises(WeightsError):
        load_terragen(other)
