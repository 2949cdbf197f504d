"""The C++ SDK's own checks, where its tools are there: programs built by CMake, run against a real server."""

import re
import subprocess
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from morphogen_client import Client

SDK = Path(__file__).parents[3] / "clients" / "cpp"
pytestmark = pytest.mark.timeout(1200)  # of which most is compiling, on a small machine
CONSUMER = """
cmake_minimum_required(VERSION 3.20)
project(consumer LANGUAGES CXX)
find_package(morphogen 0.1 REQUIRED)
add_executable(consumer consumer.cpp)
target_link_libraries(consumer PRIVATE morphogen::curl)
"""


def output(*command: str | Path, limit_s: float = 300.0) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=limit_s, check=False)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    return done.stdout


@pytest.mark.parametrize("sanitizer", ["address", "thread"])
def test_the_core_is_right_without_a_network(programs: Path, sanitizer: str) -> None:
    assert "ok     thousands_of_cancelled_streams" in output(programs / "test" / f"core_{sanitizer}")


def test_both_transports_work_against_a_real_server_and_leave_nothing_behind(
    programs: Path, server_address: Any
) -> None:
    assert "ok     hundreds_of_streams" in output(
        programs / "test" / "server_tests", server_address.url, server_address.target
    )
    due_s = time.monotonic() + 5
    while "morphogen_sessions_running 0.0\n" not in metrics(server_address):
        assert time.monotonic() < due_s, "sessions still run"
        time.sleep(0.05)


def metrics(server_address: Any) -> str:
    return httpx.get(f"{server_address.url}/metrics").text


def test_a_material_has_the_bytes_that_the_python_client_gets(
    programs: Path, server_address: Any, tmp_path: Path
) -> None:
    printed = output(programs / "examples" / "01_texture", server_address.url, "brick", tmp_path)
    with Client(server_address.target) as client:
        result = client.texture("brick", size_px=256)
    assert printed.split()[-1] == result.sha256
    assert {path.stem: path.read_bytes() for path in tmp_path.iterdir()} == dict(result.png)


def test_examples_run(programs: Path, server_address: Any) -> None:
    examples = programs / "examples"
    assert re.search(r"\d+ chunks held", output(examples / "02_world", server_address.url))
    assert "frame 75 shows 1 controls" in output(examples / "03_character", server_address.url)
    assert "size_px is 100, and may be: 64, 128" in output(examples / "04_errors", server_address.url)
    assert re.search(r"waves from frame \d+ on", output(examples / "05_native", server_address.target))


def test_an_installed_package_is_found_by_cmake(programs: Path, tmp_path: Path) -> None:
    installed, consumer = tmp_path / "installed", tmp_path / "consumer"
    output("cmake", "--install", programs, "--prefix", installed)
    consumer.mkdir()
    (consumer / "CMakeLists.txt").write_text(CONSUMER)
    (consumer / "consumer.cpp").write_text(
        '#include "morphogen/curl.hpp"\n'
        'int main() { return morphogen::connect("http://127.0.0.1:1").healthy() ? 1 : 0; }\n'
    )
    output("cmake", "-S", consumer, "-B", consumer / "build", f"-DCMAKE_PREFIX_PATH={installed}")
    output("cmake", "--build", consumer / "build")
    output(consumer / "build" / "consumer")


def test_versions_are_the_servers() -> None:
    version = re.search(r'^version = "(.+)"', (SDK.parents[1] / "pyproject.toml").read_text(), re.MULTILINE)
    assert version is not None
    assert f"project(morphogen VERSION {version[1]} " in (SDK / "CMakeLists.txt").read_text()
