"""The programs of the C++ SDK's tests."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
SDK = ROOT / "clients" / "cpp"
TOOLS = ("cmake", "g++", "pkg-config", "protoc", "curl-config")


def missing_tools() -> str:
    """What the SDK's tests need and this machine does not have; empty if nothing."""
    tools = [tool for tool in TOOLS if shutil.which(tool) is None]
    return ", ".join(tools + ([] if Path("/usr/include/grpcpp/grpcpp.h").exists() else ["grpc++"]))


@pytest.fixture(scope="session")
def programs() -> Path:
    """Where examples and tests lie, built. Skips where what that takes is missing."""
    if missing := missing_tools():
        (pytest.fail if os.environ.get("CI") else pytest.skip)(f"missing: {missing}")
    done = subprocess.run(["make", "-C", SDK, "build"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return SDK / "build"
