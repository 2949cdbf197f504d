import json
from pathlib import Path

import pytest

from engine.codecs.motion.bvh_writer import write_bvh
from engine.motion.library import read_clips
from engine.motion.pose import rest_poses
from workers.cli import main


def test_files_become_clips(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("anna_walk", "idle_3"):
        (tmp_path / f"{name}.bvh").write_text(write_bvh(rest_poses(61), 60.0))
    out = tmp_path / "clips.npz"
    files = [str(tmp_path / "anna_walk.bvh"), str(tmp_path / "idle_3.bvh")]
    assert main(["motion", "import", *files, "--out", str(out), "--licence", "mine"]) == 0
    assert "2 clips" in capsys.readouterr().out
    read = read_clips(out)
    assert [(clip.name, clip.label, clip.frame_count, clip.licence) for clip in read] == [
        ("anna_walk", "walk", 31, "mine"),
        ("idle_3", "idle", 31, "mine"),
    ]


def test_clips_are_told_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "x.bvh").write_text(write_bvh(rest_poses(30), 30.0))
    out = str(tmp_path / "clips.npz")
    assert main(["motion", "import", str(tmp_path / "x.bvh"), "--out", out, "--label", "dance", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["clips"] == [{"name": "x", "label": "dance", "frames": 30, "seconds": 0.967}]


def test_a_mistake_names_file_field_and_what_is_allowed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "x.bvh").write_text(write_bvh(rest_poses(3), 30.0)[:500])
    assert main(["motion", "import", str(tmp_path / "x.bvh"), "--out", str(tmp_path / "o.npz")]) == 2
    said = capsys.readouterr().err
    assert "x.bvh" in said
    assert "allowed" in said
    assert not (tmp_path / "o.npz").exists()
