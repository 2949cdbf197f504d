"""`morphogen train` and `evaluate` for terrain: from a folder of tiles to weights to findings."""

import json
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from engine.terrain.fractal import fractal

Run = Callable[..., tuple[int, str, str]]
TILES = {"N00E001": 60.0, "N00E002": 300.0, "N47E011": 150.0}
EDGE_PX = 448


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    """Three made-up tiles, of which the last is held out, and a plan of a few steps."""
    (tmp_path / "data").mkdir()
    entries = []
    for number, (name, spread_m) in enumerate(TILES.items()):
        height_m = 2000.0 + spread_m * fractal(EDGE_PX, number, ridged=True)
        cv2.imwrite(str(tmp_path / "data" / f"{name}.png"), np.rint(height_m + 500.0).astype(np.uint16))
        entries.append({"name": name, "file": f"{name}.png", "metres_per_pixel_ns": 92.61})
    (tmp_path / "data" / "manifest.json").write_text(json.dumps({"tiles": entries}))
    path = tmp_path / "plan.yaml"
    path.write_text(
        f"data: {tmp_path / 'data'}\nheld_out: [N47E011]\nname: tiny\noutput: {tmp_path / 'run'}\ndevice: cpu\n"
        "landforms: {width: 8, depth: 1}\ndetails: {width: 8, depth: 1}\n"
        "stages: {evidence: 1, score: 1, descent: 1}\nbatch_size: 1\nwindow_px: 32\n"
    )
    return path


def test_trained_weights_can_be_evaluated(plan: Path, morphogen: Run, tmp_path: Path) -> None:
    code, out, err = morphogen("train", "terrain", plan, "--json")
    assert (code, err) == (0, "")
    weights = Path(json.loads(out)["weights"])
    assert weights == tmp_path / "run" / "tiny.safetensors"
    report = tmp_path / "report.json"
    options = ["--weights", weights, "--count", 16, "--precision", "fp32", "--report", report]
    options += ["--sheet", tmp_path / "sheets" / "sheet.png"]
    code, out, _ = morphogen("evaluate", "terrain", plan, *options, "--json")
    findings = json.loads(out)
    assert findings == json.loads(report.read_text())
    assert findings["outcome"] == {0: "pass", 1: "fail", 3: "inconclusive"}[code]
    assert {"reals", "generator", "fractal", "ridged_eroded", "memorised"} <= set(findings["sets"])
    assert findings["conditions"]["crops"] == 16
    assert findings["conditions"]["chunk_ms"] > 0.0
    assert (tmp_path / "sheets" / "sheet.png").stat().st_size > 100_000


def test_finished_run_is_not_trained_again(plan: Path, morphogen: Run) -> None:
    first = morphogen("train", "terrain", plan)
    assert first == morphogen("train", "terrain", plan)
    assert "weights in" in first[1]


@pytest.mark.parametrize(
    ("line", "message"),
    [("steps: 3", "steps: unknown key"), ("batch_size: 0", "batch_size: 0 is outside"), ("data: nowhere", "manifest")],
)
def test_a_mistake_in_the_plan_is_one_clear_line(plan: Path, morphogen: Run, line: str, message: str) -> None:
    name = line.partition(":")[0]
    lines = [each for each in plan.read_text().splitlines() if not each.startswith(f"{name}:")]
    plan.write_text("\n".join([*lines, line]))
    code, out, err = morphogen("train", "terrain", plan)
    assert code in (1, 2)
    assert (out, len(err.splitlines())) == ("", 1)
    assert message in err


def test_foreign_weights_are_refused(plan: Path, morphogen: Run, tmp_path: Path) -> None:
    (tmp_path / "other.safetensors").write_bytes(b"no weights")
    code, _, err = morphogen("evaluate", "terrain", plan, "--weights", tmp_path / "other.safetensors")
    assert (code, len(err.splitlines())) == (1, 1)
    assert "other.safetensors" in err
