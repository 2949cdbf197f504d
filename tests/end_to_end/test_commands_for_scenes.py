"""`morphogen scene` and `morphogen level` in processes of their own, here and from a server."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.codecs.gltf.reader.scene import read_glb_provenance
from workers.demo import running_server

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.mark.timeout(240)
def test_scene_has_the_same_bytes_here_and_from_a_server(run: Run, tmp_path: Path) -> None:
    scene = ["scene", "--seed", 3, "--extent-m", 64, "--set", "prop_limit=20", "--set", "texture_px=256"]
    here = run(*scene, "--out", tmp_path / "here" / "scene.glb")
    assert (here.returncode, here.stderr) == (0, "")
    provenance, _ = read_glb_provenance((tmp_path / "here" / "scene.glb").read_bytes())
    with running_server("bf16" if "-bf16-" in provenance["KernelClass"] else "fp32") as address:
        there = run(*scene, "--out", tmp_path / "there" / "scene.glb", "--server", address, "--json")
        level = run("level", "--size", 16, "--lock", "4,4=start", "--out", tmp_path / "level.json", "--server", address)
    assert (there.returncode, there.stderr) == (0, "")
    assert json.loads(there.stdout)
    here_files = {path.name: path.read_bytes() for path in (tmp_path / "here").iterdir()}
    assert here_files == {path.name: path.read_bytes() for path in (tmp_path / "there").iterdir()}
    assert set(here_files) == {"scene.glb", "scene_preview.png"}
    assert (level.returncode, level.stderr) == (0, "")
