"""The command that makes smaller weights."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from engine.errors import WeightsError
from engine.nets.terragen.network import Decoder, DecoderConfig
from engine.nets.terragen.weights_file import TerraGenHeader, load_terragen, save_terragen
from engine.training.terrain.distillation.__main__ import DETAILS, LANDFORMS, distil
from engine.training.terrain.train import VERSION


def test_student_has_the_teachers_styles_and_a_size_of_its_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    configs = DecoderConfig(32, LANDFORMS.depth, 2), DecoderConfig(24, DETAILS.depth, 2)
    styles = torch.tensor([[0.5, 0.25]])
    with torch.random.fork_rng():
        torch.manual_seed(1)
        landforms, details = (Decoder(config) for config in configs)
    header = TerraGenHeader("0", "S", *configs, ("own",))
    save_terragen(tmp_path / "teacher.safetensors", header, landforms, details, styles)
    distil(tmp_path / "teacher.safetensors", tmp_path / "student.safetensors", 0.0002)
    student = load_terragen(tmp_path / "student.safetensors")
    assert (student.header.version, student.header.licences) == (VERSION, ("own",))
    assert student.header.landforms == replace(configs[0], width=LANDFORMS.width)
    assert student.header.details == replace(configs[1], width=DETAILS.width)
    assert torch.equal(student.styles, styles)
    assert capsys.readouterr().out.count("error") == 2


def test_teacher_that_is_none_is_named(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"nothing\.safetensors"):
        distil(tmp_path / "nothing.safetensors", tmp_path / "student.safetensors")
