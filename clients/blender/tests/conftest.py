"""Blender as a module with the packed extension installed by its own extension system, and a real server."""

import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).resolve().parent.parent
USER_FOLDER = tempfile.TemporaryDirectory(prefix="morphogen_blender_")
os.environ["BLENDER_USER_RESOURCES"] = USER_FOLDER.name  # before Blender starts: nobody's own settings are touched

import bpy  # noqa: E402

MODULE = "bl_ext.user_default.morphogen"
TOKEN = "a token of these tests"
PACKAGE = next((FOLDER / "dist").glob("morphogen-*-linux-x64.zip"))

# Before the tests are read: they import the client, which comes with the extension's wheels.
bpy.ops.extensions.package_install_files(filepath=str(PACKAGE), repo="user_default", enable_on_install=True)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--server-command", required=True, help="path of `morphogen`")
    parser.addoption("--pictures", type=Path, default=None, help="a folder that keeps the rendered pictures")


@pytest.fixture(scope="session")
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """HOST:PORT of a server with a token."""
    folder = tmp_path_factory.mktemp("server")
    ready, config, tokens = folder / "ready", folder / "serve.yaml", folder / "tokens"
    tokens.write_text(f"{TOKEN}\n")
    config.write_text(f"server: {{port: 0, ready_file: {ready}, tokens: {{file: {tokens}}}}}\nlog: {{level: error}}\n")
    command = [request.config.getoption("--server-command"), "serve", str(config)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        try:
            while not ready.exists():
                assert process.poll() is None, "the server has ended"
                time.sleep(0.05)
            yield ready.read_text().strip()
        finally:
            process.terminate()
            process.wait(30)


@pytest.fixture
def extension() -> Any:
    """The extension's preferences."""
    return bpy.context.preferences.addons[MODULE].preferences


@pytest.fixture
def settings(server: str, extension: Any) -> Any:
    """Settings of an empty scene, whose server is there."""
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=False, load_ui=False)
    extension.server, extension.token = server, TOKEN
    return bpy.context.scene.morphogen


@pytest.fixture(scope="session")
def pictures(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pictures are rendered to."""
    folder = request.config.getoption("--pictures") or tmp_path_factory.mktemp("pictures")
    folder.mkdir(parents=True, exist_ok=True)
    return Path(folder)
