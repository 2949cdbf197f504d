"""The Godot SDK's own checks: its scripts in Godot 3 against a real server, drawn by GLES2, and parsed as Godot 4."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "clients" / "godot"
BIN = Path(sys.executable).parent
TESTS = [
    name
    for path in sorted((FOLDER / "godot4" / "tests").glob("*_test.gd"))
    for name in re.findall(r"^func (test_\w+)", path.read_text(), re.MULTILINE)
]


def needs(*tools: str) -> pytest.MarkDecorator:
    """Skipped where a tool is missing; CI has to have them all."""
    missing = [tool for tool in tools if shutil.which(tool) is None]
    skips = bool(missing) and not os.environ.get("CI")
    return pytest.mark.skipif(skips, reason=f"{', '.join(missing)}: not installed")


needs_engine = needs("godot3-server")
needs_screen = needs("godot3-runner", "xvfb-run")


def godot(command: list[str], url: str, home: Path, **environment: str) -> str:
    """What Godot prints."""
    settings = {"HOME": str(home), "LANG": "C.UTF-8", "MORPHOGEN_URL": url} | environment
    done = subprocess.run(
        [*command[:1], "--path", str(FOLDER / "godot3"), *command[1:]],
        env=os.environ | settings,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=280,
    )
    return done.stdout


@pytest.fixture(scope="module")
def report(server_url: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The output of all tests in Godot."""
    return godot(["godot3-server", "--script", "tests/run.gd"], server_url, tmp_path_factory.mktemp("home"))


@needs_engine
@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", TESTS)
def test_in_godot_3(report: str, name: str) -> None:
    assert f"PASSED {name}\n" in report, report[-6000:]


@needs_engine
@pytest.mark.timeout(300)
def test_no_script_fails_to_compile_or_run(report: str) -> None:
    assert "SCRIPT ERROR" not in report, report[-6000:]


PROBE = """tool
extends EditorPlugin

var frame_count = 0

func _process(_delta):
	frame_count += 1
	var editor = get_editor_interface()
	if frame_count == 21 and not editor.get_resource_filesystem().is_scanning():
		print("DOCK ", editor.get_base_control().find_node("Morphogen", true, false))
		get_tree().quit()
	elif frame_count > 20:
		frame_count = 20
"""
PROBE_CONFIGURATION = '[plugin]\nname="Probe"\ndescription=""\nauthor=""\nversion="0"\nscript="plugin.gd"\n'


@needs_engine
@pytest.mark.timeout(120)
def test_the_editor_opens_with_the_dock_and_knows_the_nodes(tmp_path: Path) -> None:
    project = tmp_path / "project"
    shutil.copytree(FOLDER / "godot3", project)
    (project / "addons" / "probe").mkdir()
    (project / "addons" / "probe" / "plugin.cfg").write_text(PROBE_CONFIGURATION)
    (project / "addons" / "probe" / "plugin.gd").write_text(PROBE)
    settings = project / "project.godot"
    settings.write_text(settings.read_text().replace('"morphogen" )', '"morphogen", "probe" )'))
    command = ["godot3-server", "--editor", "--path", str(project)]
    environment = os.environ | {"HOME": str(tmp_path), "LANG": "C.UTF-8"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=100)
    output = done.stdout + done.stderr
    assert "SCRIPT ERROR" not in output, output[-6000:]
    assert "DOCK [VBoxContainer" in output, output[-6000:]
    for node in ("MorphogenClient", "MorphogenTexture", "MorphogenWorld", "MorphogenCharacter"):
        assert f'"class": "{node}"' in settings.read_text()


@needs_screen
@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("example", "until", "frames", "colors"),
    [
        ("gallery", "finished_count 6", 3, 3000),
        ("world", "settled 1", 5, 3000),
        ("character", "picture_count 8", 2, 300),
    ],
)
def test_examples_draw_what_they_promise(
    server_url: str, tmp_path: Path, example: str, until: str, frames: int, colors: int
) -> None:
    picture = tmp_path / "screen.png"
    runner = ["godot3-runner", "--video-driver", "GLES2", "--audio-driver", "Dummy", "--resolution", "480x270"]
    command = ["xvfb-run", "-a", "-s", "-screen 0 800x600x24", *runner, "--path", str(FOLDER / "godot3")]
    environment = {
        "HOME": str(tmp_path),
        "LANG": "C.UTF-8",
        "MORPHOGEN_URL": server_url,
        "EXAMPLE": example,
        "UNTIL": until,
        "FRAMES": str(frames),
        "OUT": str(picture),
    }
    done = subprocess.run(
        [*command, "res://tests/screenshot.tscn"],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=280,
    )
    output = done.stdout + done.stderr
    assert "DRAWN" in output, output[-4000:]
    assert "SCRIPT ERROR" not in output, output[-4000:]
    pixels = np.asarray(Image.open(picture).convert("RGB"))
    assert len(np.unique(pixels.reshape(-1, 3), axis=0)) > colors
    assert pixels[60:-60, 120:-120].std() > 25, "something with light and shadow stands in the middle"


def run(*command: str | Path) -> None:
    done = subprocess.run(command, cwd=FOLDER, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]


def test_the_scripts_for_godot_3_are_what_those_for_godot_4_say() -> None:
    run(sys.executable, "generate.py", "--check")


def test_the_scripts_parse_as_godot_4() -> None:
    run(BIN / "gdparse", *sorted((FOLDER / "godot4").rglob("*.gd")))


def test_the_scripts_are_written_as_godot_4_users_write_them() -> None:
    run(BIN / "gdlint", "godot4")


def test_both_versions_have_the_same_platform() -> None:
    scripts = [FOLDER / "godot4" / "addons" / "morphogen" / "platform.gd", FOLDER / "platform3.gd"]
    functions = [re.findall(r"^static func ([a-z]\w*)", script.read_text(), re.MULTILINE) for script in scripts]
    assert functions[0] == functions[1]


def test_the_version_is_the_projects() -> None:
    version = re.search(r'^version = "(.*)"', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    assert version is not None
    assert f'version="{version[1]}"' in (FOLDER / "godot4" / "addons" / "morphogen" / "plugin.cfg").read_text()
