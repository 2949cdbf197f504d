import subprocess
import sys
from pathlib import Path

import pytest

from workers.demo import COMMANDS, OFFLINE, STREAMED_CLASS, STREAMED_SEED, listening_address, morphogen


def process(script: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, "-c", script])


def test_address_is_read_as_soon_as_the_server_listens(tmp_path: Path) -> None:
    ready_file = tmp_path / "address"
    server = process(
        f"import pathlib, time; pathlib.Path({str(ready_file)!r}).write_text('127.0.0.1:9'); time.sleep(60)"
    )
    try:
        assert listening_address(server, ready_file) == "127.0.0.1:9"
    finally:
        server.kill()
        server.wait()


def test_server_that_ends_at_once_is_reported_with_its_exit_code(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="exit code 3"):
        listening_address(process("raise SystemExit(3)"), tmp_path / "address")


def test_streamed_material_is_also_made_offline() -> None:
    assert COMMANDS[OFFLINE].split() == ["texture", STREAMED_CLASS, "--seed", str(STREAMED_SEED)]


def test_commands_run_in_the_environment_of_the_demo() -> None:
    command = morphogen("texture stone")
    assert (Path(command[0]).parent, command[1:]) == (Path(sys.executable).parent, ["texture", "stone"])
