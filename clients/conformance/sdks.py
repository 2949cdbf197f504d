"""The SDKs that take part: one row each."""

import os
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Sdk:
    """How to run the driver of an SDK.

    name        unique
    transports  those that it has: "native", "grpc-web", "connect"; its cases run over each
    command     the driver, from the project's root; the path of the cases is appended
    tools       programs that have to be on PATH
    files       files and folders that have to be there, from the project's root; what makes them is the SDK's business
    build       makes the driver before its first run; empty: there is nothing to make
    reads_ahead_bytes  most that is taken from the network for a reader that pauses
    """

    name: str
    transports: Sequence[str]
    command: Sequence[str]
    tools: Sequence[str] = ()
    files: Sequence[str] = ()
    build: Sequence[str] = ()
    reads_ahead_bytes: int = 32 * 1024 * 1024

    @property
    def missing(self) -> str:
        """What it needs and this machine does not have; empty if nothing."""
        tools = [tool for tool in self.tools if shutil.which(tool) is None]
        files = [name for name in self.files if not (ROOT / name).exists()]
        return ", ".join([*tools, *files])


PYTHON_DRIVER = "clients/python/conformance/driver.py"

WEB_DRIVER = "clients/web/conformance/driver.mjs"
WEB_PACKAGES = "clients/web/node_modules"
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")

SDKS = (
    Sdk("python", ("native",), (sys.executable, PYTHON_DRIVER, "sync")),
    Sdk("python asyncio", ("native",), (sys.executable, PYTHON_DRIVER, "async")),
    Sdk(
        "typescript in node",
        ("connect", "grpc-web"),
        ("node", WEB_DRIVER, "node"),
        tools=("node",),
        files=(WEB_PACKAGES,),
    ),
    Sdk(
        "typescript in chromium",
        ("connect", "grpc-web"),
        ("node", WEB_DRIVER, "chromium"),
        tools=("node", CHROMIUM),
        reads_ahead_bytes=128 * 1024 * 1024,  # browsers do that, and pages cannot keep them from it
        files=(WEB_PACKAGES,),
    ),
    Sdk(
        "c++",
        ("grpc-web", "native"),
        ("clients/cpp/build/conformance/driver",),
        tools=("cmake", "g++", "make", "pkg-config", "protoc", "curl-config"),
        files=("/usr/include/grpcpp/grpcpp.h",),
        build=("make", "-C", "clients/cpp", "driver"),
    ),
    Sdk(
        "godot 3",
        ("grpc-web",),
        ("godot3-server", "--path", "clients/godot/godot3", "--script", "conformance/driver.gd"),
        tools=("godot3-server",),
    ),
    Sdk(
        "unity core on mono",
        ("grpc-web",),
        ("mono", "--debug", "clients/unity/build/driver.exe"),
        tools=("mcs", "mono", "make"),
        build=("make", "-C", "clients/unity", "build"),
    ),
)

NOT_RUN = {
    "godot 4": "no engine here; its scripts are those of Godot 3, and are parsed and linted as Godot 4's",
    "unity editor and players": "not here; the same C# core runs on Mono",
    "unreal engine": "not here, so that the plugin is uncompiled; its core is a copy of C++, which its tests compare",
    "blender": "no driver; the extension talks through the Python client, and has tests of its own in Blender",
}
"""SDKs without a row -> why."""
