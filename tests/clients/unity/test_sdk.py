"""The Unity SDK's own checks, where Mono is there: assemblies, tests, components against a real server."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "clients" / "unity"
PACKAGE = FOLDER / "com.morphogen.client"

needs_mono = pytest.mark.skipif(
    any(shutil.which(tool) is None for tool in ("mcs", "mono", "make")),
    reason="Mono's compiler (mcs) or runtime is missing",
)


def make(*arguments: str, environment: dict[str, str] | None = None) -> str:
    command = ["make", "--no-print-directory", "-C", str(FOLDER), *arguments]
    variables = os.environ | {"PYTHON": sys.executable} | (environment or {})
    done = subprocess.run(command, env=variables, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    return done.stdout


@needs_mono
def test_assemblies_compile_as_csharp_7() -> None:
    make("build")


@needs_mono
def test_tests_of_the_package_pass() -> None:
    assert " 0 failed" in make("test")


@needs_mono
@pytest.mark.timeout(600)
def test_components_pass_against_a_real_server(server_url: str) -> None:
    output = make("live", environment={"MORPHOGEN_URL": server_url})
    assert " 0 failed" in output
    assert "passed WorldStreamerTests" in output


def test_every_asset_has_its_meta_file() -> None:
    done = subprocess.run(
        [sys.executable, str(FOLDER / "metas.py"), "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
    guids = [re.findall(r"^guid: (\w{32})$", path.read_text(), re.MULTILINE) for path in PACKAGE.rglob("*.meta")]
    assert all(len(found) == 1 for found in guids)
    assert len({found[0] for found in guids}) == len(guids)


def test_package_has_the_projects_version() -> None:
    package = json.loads((PACKAGE / "package.json").read_text())
    assert f'version = "{package["version"]}"' in (ROOT / "pyproject.toml").read_text()
    assert f"[{package['version']}]" in (PACKAGE / "CHANGELOG.md").read_text()


def test_the_core_knows_no_engine() -> None:
    core = PACKAGE / "Runtime" / "Client"
    assert json.loads((core / "Morphogen.Client.asmdef").read_text())["noEngineReferences"] is True
    assert [str(path) for path in core.rglob("*.cs") if "UnityEngine" in re.sub(r"//.*", "", path.read_text())] == []


def test_samples_that_the_package_names_are_there() -> None:
    for sample in json.loads((PACKAGE / "package.json").read_text())["samples"]:
        assert list((PACKAGE / sample["path"]).glob("*.cs"))
