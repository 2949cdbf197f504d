"""A real server for the native SDKs' tests, and their programs."""

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
SDK = ROOT / "clients" / "cpp"
TOOLS = ("cmake", "g++", "pkg-config", "protoc", "curl-config")
SERVE = "from workers.serve import serve; serve(None)"


@dataclass(frozen=True, slots=True)
class Server:
    """Where it listens: HOST:PORT of the native port, URL of the web port."""

    target: str
    url: str


def missing_tools() -> str:
    """What the SDK's tests need and this machine does not have; empty if nothing."""
    tools = [tool for tool in TOOLS if shutil.which(tool) is None]
    return ", ".join(tools + ([] if Path("/usr/include/grpcpp/grpcpp.h").exists() else ["grpc++"]))


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    settings = {
        "MORPHOGEN__SERVER__PORT": "0",
        "MORPHOGEN__WEB__PORT": "0",
        "MORPHOGEN__LOG__LEVEL": "error",
        "OMP_NUM_THREADS": "1",
    }
    with subprocess.Popen(
        [sys.executable, "-c", SERVE], cwd=ROOT, env=os.environ | settings, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        target, url = (re.sub(r".*listening on ", "", process.stdout.readline()).strip() for _ in range(2))
        yield Server(target, url)
        process.send_signal(signal.SIGTERM)
        process.send_signal(signal.SIGTERM)  # the second one does not wait for streams
        process.wait(timeout=30)


@pytest.fixture(scope="session")
def programs() -> Path:
    """Where examples and tests lie, built. Skips where what that takes is missing."""
    if missing := missing_tools():
        (pytest.fail if os.environ.get("CI") else pytest.skip)(f"missing: {missing}")
    done = subprocess.run(["make", "-C", SDK, "build"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return SDK / "build"
