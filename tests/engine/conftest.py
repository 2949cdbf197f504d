"""Other people's readers of what the engine writes."""

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

CONFORMANCE = Path(__file__).parents[1] / "conformance"


def run_node(script: str, data: bytes, folder: Path) -> dict[str, Any]:
    """What a script of the conformance folder prints about a file; the packages are installed on first use."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("Node.js with npm is not installed, so no other reader of glTF can run")
    if not all((CONFORMANCE / "node_modules" / name).is_dir() for name in ("gltf-validator", "three")):
        subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=CONFORMANCE, check=True, capture_output=True)
    path = folder / "file.glb"
    path.write_bytes(data)
    done = subprocess.run(["node", CONFORMANCE / script, path], check=True, capture_output=True, text=True)
    report: dict[str, Any] = json.loads(done.stdout)
    return report


@pytest.fixture
def khronos_issues(tmp_path: Path) -> Callable[[bytes], list[dict[str, Any]]]:
    """The errors and warnings that the Khronos validator has about a file."""

    def issues(data: bytes) -> list[dict[str, Any]]:
        report = run_node("validate_gltf.mjs", data, tmp_path)
        return [message for message in report["issues"]["messages"] if message["severity"] < 2]

    return issues


@pytest.fixture
def load_in_three(tmp_path: Path) -> Callable[[bytes], dict[str, Any]]:
    """What three.js finds in a file; see load_gltf.mjs."""
    return lambda data: run_node("load_gltf.mjs", data, tmp_path)
