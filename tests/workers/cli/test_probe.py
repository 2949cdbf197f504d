"""`morphogen probe` towards a server."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., tuple[int, str, str]]
COMMAND = str(Path(sys.executable).with_name("morphogen"))


def test_probe_adds_up_all_streams(address: str, morphogen: Run) -> None:
    options = ["--part-bytes", 1000, "--parts", 20, "--streams", 3, "--step-ms", 1, "--json"]
    code, out, err = morphogen("probe", "--server", address, *options)
    assert (code, err) == (0, "")
    record = json.loads(out)
    assert (record["stream_count"], record["part_count"], record["size_bytes"]) == (3, 60, 60_000)
    assert [stream["part_count"] for stream in record["streams"]] == [20, 20, 20]
    assert record["parts_per_s"] > 0
    assert record["gap_longest_ms"] >= record["gap_median_ms"] > 0


def test_probe_prints_a_table(address: str, morphogen: Run) -> None:
    code, out, _ = morphogen("probe", "--server", address, "--parts", 3)
    assert (code, "mib_per_s" in out) == (0, True)


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ([], "Missing option '--server'"),
        (["--server", "127.0.0.1:1", "--parts", "0"], "Invalid value for '--parts'"),
        (["--server", "127.0.0.1:1", "--part-bytes", str(2**33)], "part_size_bytes: 8589934592 is not allowed"),
    ],
)
def test_a_mistake_gets_one_clear_line(morphogen: Run, options: list[str], line: str) -> None:
    code, out, err = morphogen("probe", *options)
    assert (code, out, len(err.splitlines()), line in err) == (2, "", 1, True)


def test_number_that_the_server_refuses_is_a_mistake(address: str, morphogen: Run) -> None:
    code, _, err = morphogen("probe", "--server", address, "--part-bytes", 2**25)
    assert (code, "part_size_bytes: 33554432 is not allowed; allowed: 1 to 16777216" in err) == (2, True)


def test_unreachable_server_is_a_failure(morphogen: Run) -> None:
    code, out, err = morphogen("probe", "--server", "127.0.0.1:1", "--streams", 2)
    assert (code, out, err.startswith("morphogen: 127.0.0.1:1 cannot be reached")) == (1, "", True)


def test_interrupt_exits_with_130_and_says_nothing(address: str, tmp_path: Path) -> None:
    arguments = ["probe", "--server", address, "--parts", "1000", "--step-ms", "100"]
    process = subprocess.Popen([COMMAND, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=tmp_path)
    time.sleep(1.5)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    assert (process.returncode, out, err) == (130, b"", b"")
