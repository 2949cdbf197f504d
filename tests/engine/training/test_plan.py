"""A plan is checked as a whole before anything is read or trained, and names what is wrong by its dotted path."""

from dataclasses import replace
from pathlib import Path

import pytest

from engine.errors import SettingsError
from engine.training.plan import ClassPlan, DataPlan, TexturePlan
from engine.training.plan_file import read_plan

ROOT = Path(__file__).resolve().parents[3]
PLAN = """
data: [{folder: photos, frame_px: 2}]
classes:
  stone: {sources: [rock]}
  brick: {sources: [bricks, wall], pattern: "brick:rows=6..10|flat"}
"""


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "plan.yaml"
    path.write_text(text)
    return path


def test_shipped_plan_is_valid() -> None:
    plan = read_plan(TexturePlan, ROOT / "configs" / "texture.yaml")
    assert plan.network_config().class_count == len(plan.classes) == 20
    assert set(plan.class_of().values()) == set(plan.classes)


def test_defaults_fill_what_a_plan_leaves_out(tmp_path: Path) -> None:
    plan = read_plan(TexturePlan, written(tmp_path, PLAN))
    expected = TexturePlan(
        (DataPlan(Path("photos"), 2),),
        {"stone": ClassPlan(("rock",)), "brick": ClassPlan(("bricks", "wall"), "brick:rows=6..10|flat")},
    )
    assert plan == expected
    assert plan.class_of() == {"rock": "stone", "bricks": "brick", "wall": "brick"}


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("batch_sise: 3", "batch_sise: unknown key; known: .*batch_size"),
        ("network: {style_wdth: 3}", "network.style_wdth: unknown key"),
        ("batch_size: 0", r"batch_size: 0 is outside \[1, 4096\]"),
        ("batch_size: many", "batch_size: expected int, got 'many'"),
        ("crop_px: 65", "crop_px: 65 is not a multiple of 32"),
        ("crop_px: 32", r"crop_px: 32 is outside \[64, 1024\]"),
        ("learning_rate: .nan", "learning_rate: nan is outside"),
        ("learning_rate: true", "learning_rate: expected float, got True"),
        ("seed: -1", r"seed: -1 is outside \[0, 4294967295\]"),
        ("drawn_share: 1.5", r"drawn_share: 1.5 is outside \[0.0, 1.0\]"),
        ("patch_weight: -1", "patch_weight: -1.0 is outside"),
        ("checkpoint_interval: 0", "checkpoint_interval: 0 is outside"),
        ("sheet_interval: 0", "sheet_interval: 0 is outside"),
        ("name: ../up", "name: '../up' is not a file name"),
        ("network: {widths: [8, 8]}", "network.widths: has 2 numbers, expected 5"),
        ("network: {widths: [8, 8, 8, 0, 8]}", r"network.widths\[3\]: 0 is outside \[1, 1024\]"),
        ("network: {style_width: 5000}", "network.style_width: 5000 is outside"),
        ("stages: {reconstruction_steps: -1}", "stages.reconstruction_steps: -1 is outside"),
        ("stages: {reconstruction_steps: 0}", "stages: at least one stage needs steps"),
        ("{stages: {adversarial_steps: 1}, crop_px: 96}", r"crop_px: 96 is outside \[108, 1024\]"),
        ("adversarial: {penalty_interval: 0}", "adversarial.penalty_interval: 0 is outside"),
        ("adversarial: {guard_window: 0}", "adversarial.guard_window: 0 is outside"),
        ("adversarial: {gap_low: 4.0}", "adversarial.gap_low: 4.0 is not below gap_high 3.0"),
    ],
)
def test_value_that_cannot_be_is_named_by_its_path(tmp_path: Path, line: str, message: str) -> None:
    text = PLAN + line.strip("{}").replace("}, ", "}\n") if line.startswith("{") else PLAN + line
    with pytest.raises(SettingsError, match=f"^{message}"):
        read_plan(TexturePlan, written(tmp_path, text))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("frame_px: 2", "frame_px: 17", r"data\[0\].frame_px: 17 is outside \[0, 16\]"),
        ("folder: photos, ", "", r"data\[0\].folder: is required"),
        ("[{folder: photos, frame_px: 2}]", "[]", "data: at least one folder is needed"),
        ("[{folder: photos, frame_px: 2}]", "photos", "data: expected a list, got str"),
        ("sources: [rock]", "sources: rock", "classes.stone.sources: expected a list, got str"),
        ("[bricks, wall]", "[bricks, rock]", "classes.brick.sources: 'rock' already belongs to 'stone'"),
        ("rows=6..10", "rows=6..9000", r"classes.brick.pattern: pattern 'brick:rows=6..9000': pattern.rows: 9000.0 is"),
        ("stone: {", "../stone: {", "classes.../stone: '../stone' is not a file name of letters"),
        ("rows=6..10", "rows", "classes.brick.pattern: pattern 'rows' is not of the form"),
        ("|flat", "|flatt", "classes.brick.pattern: pattern 'flatt': pattern.name: 'flatt' is not allowed"),
    ],
)
def test_mistake_in_data_and_classes_is_named_by_its_path(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in PLAN
    with pytest.raises(SettingsError, match=f"^{message}"):
        read_plan(TexturePlan, written(tmp_path, PLAN.replace(old, new)))


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        ("{shine: [0, 1]}", "classes.stone.limits.shine: is not one of scale, direction"),
        ("{relief: [2, 1]}", r"classes.stone.limits.relief: \[2.0, 1.0\] is not a range within \[0, 8\]"),
        ("{relief: [1]}", r"classes.stone.limits.relief: \[1.0\] is not a range"),
        ("{contrast: [0.1, 7]}", r"classes.stone.limits.contrast: \[0.1, 7.0\] is not a range within \[0, 0.6\]"),
        ("{relief: 1}", "classes.stone.limits.relief: expected a list, got int"),
    ],
)
def test_limit_that_cannot_be_is_named_by_its_path(tmp_path: Path, limits: str, message: str) -> None:
    text = PLAN.replace("sources: [rock]", f"sources: [rock], limits: {limits}")
    with pytest.raises(SettingsError, match=f"^{message}"):
        read_plan(TexturePlan, written(tmp_path, text))


def test_plan_without_classes_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"^classes: at least one class is needed"):
        read_plan(TexturePlan, written(tmp_path, "data: [{folder: photos}]\nclasses: {}"))


def test_missing_file_and_broken_yaml_are_named_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"absent\.yaml: cannot be read: No such file"):
        read_plan(TexturePlan, tmp_path / "absent.yaml")
    for content in (b"data: [", b"\xff\xfe\x00", b"a: b: c", b"name: 2026-13-45", b"[" * 5000):
        (tmp_path / "plan.yaml").write_bytes(content)
        with pytest.raises(SettingsError, match=r"plan\.yaml: is not YAML") as caught:
            read_plan(TexturePlan, tmp_path / "plan.yaml")
        assert "\n" not in str(caught.value)
    with pytest.raises(SettingsError, match="document: expected a mapping, got NoneType"):
        read_plan(TexturePlan, written(tmp_path, ""))


def test_plans_made_in_code_are_checked_too(tiny_plan: TexturePlan) -> None:
    with pytest.raises(SettingsError, match=r"^ema_half_life: 0 is outside"):
        replace(tiny_plan, ema_half_life=0)
