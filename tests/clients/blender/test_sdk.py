"""The Blender extension: its package, and its own tests inside of Blender where that is installed."""

import importlib.util
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from types import ModuleType

import pytest

FOLDER = Path(__file__).parents[3] / "clients" / "blender"
BLENDER = FOLDER / ".venv" / "bin" / "python"


@pytest.fixture
def packing() -> ModuleType:
    """build.py as a module."""
    spec = importlib.util.spec_from_file_location("blender_build", FOLDER / "build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(("python", "limits"), [("3.11", ("4.2.0", "5.1.0")), ("3.13", ("5.1.0", None))])
def test_manifest_names_wheels_and_the_blenders_that_they_fit(
    packing: ModuleType, python: str, limits: tuple[str, str | None]
) -> None:
    manifest = tomllib.loads(packing.manifest("windows-x64", python, ["grpcio-1-cp311-cp311-win_amd64.whl"]))
    assert (manifest["blender_version_min"], manifest.get("blender_version_max")) == limits
    assert manifest["platforms"] == ["windows-x64"]
    assert manifest["wheels"] == ["./wheels/grpcio-1-cp311-cp311-win_amd64.whl"]
    assert manifest["permissions"].keys() == {"network", "files"}


def test_version_is_the_projects() -> None:
    manifest = tomllib.loads((FOLDER / "extension" / "blender_manifest.toml").read_text())
    project = tomllib.loads((FOLDER.parent.parent / "pyproject.toml").read_text())["project"]
    assert manifest["version"] == project["version"]


def test_package_holds_every_wheel_that_the_client_needs(packing: ModuleType) -> None:
    wanted = tomllib.loads((FOLDER.parent / "python" / "pyproject.toml").read_text())["project"]["dependencies"]
    names = {re.split(r"[\[><=]", requirement)[0] for requirement in wanted}
    assert names - set(packing.WHEELS) == {"numpy", "opencv-python-headless"}  # Blender's own, and not needed there


@pytest.mark.skipif(not BLENDER.exists(), reason="Blender is not installed: make -C clients/blender setup")
@pytest.mark.timeout(400)
def test_everything_is_made_inside_of_blender() -> None:
    command = ["make", "--no-print-directory", "-C", str(FOLDER), "test", f"PYTHON={sys.executable}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-4000:]
