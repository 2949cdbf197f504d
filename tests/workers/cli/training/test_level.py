"""`morphogen train` and `evaluate` for levels."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.training.levels.data import make_corpus

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    """Sixty levels and a plan of two steps."""
    list(make_corpus(tmp_path / "corpus.npz", {16: 60}))
    path = tmp_path / "plan.yaml"
    path.write_text(
        f"name: tiny\ncorpus: {tmp_path / 'corpus.npz'}\noutput: {tmp_path / 'run'}\n"
        "steps: 2\npatches_per_step: 128\nwidth: 32\ndepth: 1\nsave_every: 1\nbank_rows: 8\n"
    )
    return path


def test_trained_weights_can_be_evaluated(plan: Path, morphogen: Run, tmp_path: Path) -> None:
    code, out, err = morphogen("train", "level", plan, "--json")
    assert (code, err) == (0, "")
    weights = Path(json.loads(out)["weights"])
    assert weights == tmp_path / "run" / "tiny.safetensors"
    report = tmp_path / "report.json"
    options = ["--weights", weights, "--count", 4, "--sizes", "16", "--compared-size", 16, "--report", report]
    code, out, _ = morphogen("evaluate", "level", plan, *options, "--json")
    findings = json.loads(out)
    assert findings == json.loads(report.read_text())
    assert findings["outcome"] == {0: "pass", 1: "fail", 3: "inconclusive"}[code]
    assert findings["sizes"][0]["solvable_after"] == 1.0
    code, out, _ = morphogen("evaluate", "level", plan, *options)
    assert f"outcome: {findings['outcome']}" in out


def test_place_of_the_report_is_looked_at_before_anything_is_measured(
    plan: Path, morphogen: Run, tmp_path: Path
) -> None:
    (tmp_path / "corpus.npz").unlink()
    code, _, err = morphogen("evaluate", "level", plan, "--report", tmp_path)
    assert (code, err) == (1, f"morphogen: {tmp_path}: cannot be written: a folder of this name is in the way\n")


def test_evaluation_needs_the_corpus(plan: Path, morphogen: Run, tmp_path: Path) -> None:
    (tmp_path / "corpus.npz").unlink()
    code, _, err = morphogen("evaluate", "level", plan)
    assert (code, len(err.splitlines())) == (1, 1)
    assert "corpus.npz: there is no corpus; `morphogen train level" in err


@pytest.mark.parametrize("sizes", ["8", "16,x", "65", ""])
def test_edge_lengths_out_of_range_are_refused(plan: Path, morphogen: Run, sizes: str) -> None:
    code, _, err = morphogen("evaluate", "level", plan, "--sizes", sizes)
    assert code == 2
    assert "no list of edge lengths from 16 to 64" in err


def test_a_mistake_in_the_plan_is_one_clear_line(plan: Path, morphogen: Run) -> None:
    plan.write_text(plan.read_text() + "depht: 3\n")
    code, out, err = morphogen("train", "level", plan)
    assert (code, out, len(err.splitlines())) == (2, "", 1)
    assert "depht: unknown key" in err
