import json
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from rich.console import Console

from engine.errors import GenerationError, InvalidRequestError
from engine.training.evaluate import PanelSettings, Sample, evaluate_texture, run
from engine.training.panel.material import MaterialArrays
from engine.training.panel.report import PanelReport
from engine.training.panel.rivals import CONTROLS, blurred, memorised
from engine.training.panel.verdict import Outcome

Pictures = NDArray[np.float32]
Draw = Callable[[int, int], tuple[Pictures, list[str]]]
WriteFolder = Callable[[Path, int, int], Path]

CLASSES = ("cloud", "blob", "grain", "check")
CLASS_OF = {name: name for name in CLASSES}
SETTINGS = PanelSettings(count=80, size_px=64)


def sampler(pictures: Pictures, labels: list[str]) -> Sample:
    """Hands out the pictures of each class in turn."""
    stock = {
        name: [picture for picture, label in zip(pictures, labels, strict=True) if label == name] for name in CLASSES
    }

    def sample(texture_class: str, seed: int) -> MaterialArrays:
        return MaterialArrays(stock[texture_class][seed % len(stock[texture_class])])

    return sample


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, write_textures: WriteFolder) -> Path:
    return write_textures(tmp_path_factory.mktemp("reals") / "data", 160, 1)


@pytest.fixture(scope="module")
def fresh(draw_textures: Draw) -> tuple[Pictures, list[str]]:
    return draw_textures(320, 2)


@pytest.fixture(scope="module")
def fresh_report(folder: Path, fresh: tuple[Pictures, list[str]]) -> PanelReport:
    return evaluate_texture(folder, sampler(*fresh), CLASSES, CLASS_OF, SETTINGS)


@pytest.mark.parametrize("control", CONTROLS)
def test_every_negative_control_is_caught(fresh_report: PanelReport, control: str) -> None:
    assert fresh_report.flags[control]


def test_a_generator_as_good_as_fresh_reals_passes_without_a_flag(fresh_report: PanelReport) -> None:
    failed = [criterion for criterion in fresh_report.criteria if criterion.holds is False]
    assert (fresh_report.outcome, failed, fresh_report.flags["generator"]) == (Outcome.PASS, [], ())


def test_a_generator_that_blurs_fails(folder: Path, fresh: tuple[Pictures, list[str]]) -> None:
    pictures, labels = fresh
    report = evaluate_texture(folder, sampler(blurred(pictures, 0), labels), CLASSES, CLASS_OF, SETTINGS)
    assert report.outcome is Outcome.FAIL
    assert "sliced_hi" in report.flags["generator"]


def test_a_generator_that_copies_its_training_data_fails(folder: Path, draw_textures: Draw) -> None:
    pictures, labels = draw_textures(160, 1)  # the very textures of the data folder
    report = evaluate_texture(folder, sampler(memorised(pictures, 9), labels), CLASSES, CLASS_OF, SETTINGS)
    assert report.outcome is Outcome.FAIL
    assert "nearest_ratio" in report.flags["generator"]


def test_a_control_that_is_no_fault_makes_the_run_inconclusive(
    folder: Path, fresh: tuple[Pictures, list[str]], tmp_path: Path
) -> None:
    broken = PanelSettings(count=80, size_px=64, controls={**CONTROLS, "blurred": lambda exemplars, _: exemplars})
    output = StringIO()
    exit_code = run(folder, sampler(*fresh), CLASSES, CLASS_OF, broken, tmp_path / "r.json", Console(file=output))
    assert exit_code == 3
    assert json.loads((tmp_path / "r.json").read_text())["outcome"] == "inconclusive"
    assert "control blurred is caught: by no metric" in output.getvalue()


def test_the_same_run_gives_the_same_numbers(
    fresh_report: PanelReport, folder: Path, fresh: tuple[Pictures, list[str]]
) -> None:
    again = evaluate_texture(folder, sampler(*fresh), CLASSES, CLASS_OF, SETTINGS)
    assert again.sets["generator"]["sliced_hi"].value == pytest.approx(
        fresh_report.sets["generator"]["sliced_hi"].value, rel=1e-4
    )
    assert again.conditions["data_sha256"] == fresh_report.conditions["data_sha256"]


def test_a_sample_of_the_wrong_size_is_named(folder: Path) -> None:
    def sample(_: str, __: int) -> MaterialArrays:
        return MaterialArrays(np.zeros((3, 32, 32), np.float32))

    with pytest.raises(GenerationError, match=r"seed 0: albedo is \[3, 32, 32\], expected \[3, 64, 64\]"):
        evaluate_texture(folder, sample, CLASSES, CLASS_OF, SETTINGS)


@pytest.mark.parametrize(("field", "value"), [("count", 3), ("size_px", 100), ("seed", -1)])
def test_settings_outside_their_range_are_refused(field: str, value: int) -> None:
    with pytest.raises(InvalidRequestError, match=field):
        PanelSettings(**{field: value})  # type: ignore[arg-type]
