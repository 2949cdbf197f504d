"""Smaller weights, made of larger ones."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from engine.errors import InvalidRequestError, WeightsError
from engine.nets.terragen.network import Decoder, DecoderConfig
from engine.nets.terragen.weights_file import TerraGenHeader, load_terragen, save_terragen
from engine.training.terrain import train
from engine.training.terrain.distillation.distil import DETAILS, LANDFORMS, VERSION, distil

STYLES = torch.tensor([[0.5, 0.25]])


def save_teacher(path: Path, landforms_depth: int) -> TerraGenHeader:
    configs = DecoderConfig(32, landforms_depth, 2), DecoderConfig(24, DETAILS.depth, 2)
    header = TerraGenHeader("0", "S", *configs, ("own",))
    with torch.random.fork_rng():
        torch.manual_seed(1)
        landforms, details = (Decoder(config) for config in configs)
    save_terragen(path, header, landforms, details, STYLES)
    return header


def test_student_has_the_teachers_styles_and_a_size_of_its_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    teacher = save_teacher(tmp_path / "teacher.safetensors", LANDFORMS.depth)
    distil(tmp_path / "teacher.safetensors", tmp_path / "student.safetensors", 0.0002)
    student = load_terragen(tmp_path / "student.safetensors")
    assert (student.header.version, student.header.licences) == (VERSION, ("own",))
    assert VERSION != train.VERSION
    assert student.header.landforms == replace(teacher.landforms, width=LANDFORMS.width)
    assert student.header.details == replace(teacher.details, width=DETAILS.width)
    assert torch.equal(student.styles, STYLES)
    assert capsys.readouterr().out.count("error") == 2


def test_teacher_that_is_none_or_too_shallow_is_named(tmp_path: Path) -> None:
    student = tmp_path / "student.safetensors"
    with pytest.raises(WeightsError, match=r"nothing\.safetensors"):
        distil(tmp_path / "nothing.safetensors", student)
    save_teacher(tmp_path / "shallow.safetensors", LANDFORMS.depth - 1)
    with pytest.raises(WeightsError, match=r"shallow\.safetensors: 3 convolutions where the student has 4"):
        distil(tmp_path / "shallow.safetensors", student)
    assert not student.exists()


@pytest.mark.parametrize("share", [0.0, -0.5, 1.01, float("inf"), float("nan")])
def test_shares_of_nothing_or_more_than_all_are_refused(tmp_path: Path, share: float) -> None:
    with pytest.raises(InvalidRequestError, match=r"share: .* is not allowed; allowed: above 0, at most 1"):
        distil(tmp_path / "teacher.safetensors", tmp_path / "student.safetensors", share)


def test_command_names_the_option_that_is_out_of_range(tmp_path: Path) -> None:
    files = (str(tmp_path / name) for name in ("teacher.safetensors", "student.safetensors"))
    command = [sys.executable, "-m", "engine.training.terrain.distillation", *files, "--share", "nan"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "morphogen: share: nan is not allowed; allowed: above 0, at most 1\n"
