"""From a folder of materials to weights, to a material, to findings: every step by the command line."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from engine.codecs.image import encode_png

Run = Callable[..., subprocess.CompletedProcess[str]]
CLASSES = {"sand": (200, 170, 120), "moss": (60, 110, 50)}
MATERIAL_COUNT = 36
SIZE_PX = 128


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    """A plan of a few steps over a folder of noisy materials in two colors."""
    random = np.random.default_rng(1)
    entries = []
    for number in range(MATERIAL_COUNT):
        name, data_class = f"material{number:02}", tuple(CLASSES)[number % len(CLASSES)]
        (tmp_path / "data" / name).mkdir(parents=True)
        noise = random.normal(0.0, 20.0, (SIZE_PX, SIZE_PX, 3))
        maps = {"albedo": np.array(CLASSES[data_class]) + noise, "normal": np.array([128, 128, 250]) + noise / 4}
        for kind, values in maps.items():
            png = encode_png(np.clip(values, 0, 255).astype(np.uint8), {})
            (tmp_path / "data" / name / f"{kind}.png").write_bytes(png)
        entries.append({"name": name, "class": data_class, "maps": [*maps], "licence": "CC0-1.0"})
    (tmp_path / "data" / "manifest.json").write_text(json.dumps({"size": SIZE_PX, "materials": entries}))
    path = tmp_path / "plan.yaml"
    path.write_text(
        f"name: tiny\noutput: {tmp_path / 'run'}\ndata: [{{folder: {tmp_path / 'data'}}}]\n"
        "classes: {beach: {sources: [sand]}, forest: {sources: [moss]}}\n"
        "network: {style_width: 8, code_width: 16, widths: [16, 16, 16, 16, 16]}\n"
        "stages: {reconstruction_steps: 2}\nbatch_size: 2\ncrop_px: 64\n"
    )
    return path


def test_trained_weights_make_materials_and_can_be_evaluated(plan: Path, run: Run, tmp_path: Path) -> None:
    trained = run("train", "texture", plan, "--json")
    assert (trained.returncode, trained.stderr) == (0, "")
    weights = Path(json.loads(trained.stdout)["weights"])
    made = run("texture", "forest", "--size", 64, "--weights", weights, "--out", tmp_path / "forest")
    assert (made.returncode, made.stderr) == (0, "")
    report = tmp_path / "report.json"
    options = ["--weights", weights, "--count", 16, "--size", 64, "--report", report]
    evaluated = run("evaluate", "texture", plan, *options, "--json")
    assert evaluated.returncode in (0, 1, 3)
    assert json.loads(evaluated.stdout) == json.loads(report.read_text())
    assert json.loads(evaluated.stdout)["outcome"] == {0: "pass", 1: "fail", 3: "inconclusive"}[evaluated.returncode]


@pytest.mark.parametrize(
    ("old", "new", "line", "code"),
    [
        ("crop_px: 64", "crop_px: 65", "crop_px: 65 is not a multiple of 32", 2),
        ("batch_size", "batch_sise", "batch_sise: unknown key", 2),
    ],
)
def test_mistake_in_the_plan_gets_one_clear_line(
    plan: Path, run: Run, old: str, new: str, line: str, code: int
) -> None:
    plan.write_text(plan.read_text().replace(old, new))
    result = run("train", "texture", plan)
    assert (result.returncode, len(result.stderr.splitlines()), line in result.stderr) == (code, 1, True)


def test_data_folder_with_an_unreadable_image_is_refused_by_name(plan: Path, run: Run) -> None:
    damaged = plan.parent / "data" / "material07" / "albedo.png"
    damaged.write_bytes(damaged.read_bytes()[:100])
    result = run("train", "texture", plan)
    assert (result.returncode, len(result.stderr.splitlines()), str(damaged) in result.stderr) == (1, 1, True)


def test_file_that_holds_no_weights_is_refused_in_one_line(plan: Path, run: Run, tmp_path: Path) -> None:
    result = run("texture", "stone", "--weights", plan, "--out", tmp_path / "out")
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.splitlines() == [
        f"morphogen: {plan}: is not a safetensors file (pickled checkpoints are never loaded)"
    ]
    assert not (tmp_path / "out").exists()
