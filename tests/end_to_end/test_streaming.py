"""A client in this process and a server in another one: refinement, cancelling, refusing, stopping."""

import json
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from contextlib import AbstractContextManager
from ctypes.util import find_library
from importlib.util import find_spec
from pathlib import Path

import pytest

from morphogen_client import Client, InvalidRequestError, NotFoundError, UnavailableError

Run = Callable[..., subprocess.CompletedProcess[str]]
Serving = Callable[[], AbstractContextManager[tuple[str, str, "subprocess.Popen[str]"]]]
EXAMPLES = Path(__file__).resolve().parents[2] / "clients" / "python" / "examples"
COMMAND = str(Path(sys.executable).with_name("morphogen"))


def step_count(metrics: str) -> int:
    with urllib.request.urlopen(metrics) as response:  # noqa: S310 - the test's own server
        found = re.search(r"^morphogen_steps_total (\S+)$", response.read().decode(), re.MULTILINE)
    assert found is not None
    return int(float(found.group(1)))


def test_levels_of_detail_arrive_coarse_to_fine_with_all_maps(server: tuple[str, str]) -> None:
    with Client(server[0]) as client:
        stream = client.generate_texture("brick", size_px=256)
        updates = list(stream)
        result = stream.result()
    assert [update.lod_px for update in updates] == [64, 128, 256]
    for update in updates:
        assert len(update.maps) == 6
        assert {pixels.shape[:2] for pixels in update.maps.values()} == {(update.lod_px, update.lod_px)}
    assert result.maps["height"].dtype == "uint16"
    assert result.header.generator.name == "texgen"
    assert 0 < result.timings.first_part_ms < result.timings.total_ms


def test_only_the_asked_maps_come(server: tuple[str, str]) -> None:
    with Client(server[0]) as client:
        assert sorted(client.texture("stone", size_px=64, maps=["height", "albedo"]).png) == ["albedo", "height"]


def test_at_most_one_step_runs_after_a_cancel(server: tuple[str, str]) -> None:
    address, metrics = server
    with Client(address) as client:
        for arrival in client.probe(part_count=1000, part_size_bytes=1000, step_ms=30.0):
            if arrival.sequence == 5:
                break
        steps_at_cancel = step_count(metrics)
        time.sleep(1.0)
        assert step_count(metrics) - steps_at_cancel <= 1


def test_at_most_one_step_runs_after_the_client_disappears(server: tuple[str, str]) -> None:
    address, metrics = server
    arguments = [COMMAND, "probe", "--server", address, "--parts", "1000", "--step-ms", "30"]
    before = step_count(metrics)
    with subprocess.Popen(arguments, stdout=subprocess.DEVNULL) as process:
        while step_count(metrics) < before + 5:
            time.sleep(0.02)
        process.kill()
    steps_at_kill = step_count(metrics)
    time.sleep(1.0)
    assert step_count(metrics) - steps_at_kill <= 1


def test_interrupted_command_stops_the_server_and_writes_nothing(server: tuple[str, str], tmp_path: Path) -> None:
    address, metrics = server
    arguments = [COMMAND, "texture", "stone", "--size", "2048", "--count", "50", "--server", address]
    before = step_count(metrics)
    with subprocess.Popen(
        [*arguments, "--out", str(tmp_path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        while step_count(metrics) == before:
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (130, "")
    assert [path for path in tmp_path.rglob("*") if "morphogen" in path.name or path.suffix == ".partial"] == []


def test_refusal_names_field_value_and_what_is_allowed(server: tuple[str, str]) -> None:
    with Client(server[0]) as client:
        with pytest.raises(InvalidRequestError, match="texture_class: 'ston' is not allowed") as caught:
            client.texture("ston")
        assert (caught.value.field, caught.value.value) == ("texture_class", "ston")
        assert "stone, brick, wood" in caught.value.allowed
        with pytest.raises(InvalidRequestError, match=r"attributes\.roughness: 2\.0 is not allowed; allowed: 0 to 1"):
            client.texture("stone", attributes={"roughness": 2.0})
        with pytest.raises(InvalidRequestError, match="size_px: 100 is not allowed"):
            client.texture("stone", size_px=100)
        with pytest.raises(NotFoundError, match="nothing"):
            client.generator("nothing")


def test_catalog_is_the_same_with_and_without_a_server(server: tuple[str, str], weights: Path, run: Run) -> None:
    streamed = json.loads(run("catalog", "--json", "--server", server[0]).stdout)
    assert streamed == json.loads(run("catalog", "--json", "--weights", weights).stdout)


def test_stopping_server_lets_a_running_stream_finish(serving: Serving) -> None:
    with serving() as (address, _, process), Client(address) as client:
        assert client.healthy()
        stream = client.probe(part_count=40, part_size_bytes=1000, step_ms=30.0)
        arrivals = iter(stream)
        next(arrivals)
        process.terminate()
        assert len(list(arrivals)) == 39
        assert stream.result().part_count == 40
        assert process.wait(30) == 0
        with pytest.raises(UnavailableError):
            client.texture("stone", timeout_s=1.0)


@pytest.mark.parametrize("example", sorted(path.name for path in EXAMPLES.glob("*.py")))
def test_example_runs(server: tuple[str, str], tmp_path: Path, example: str) -> None:
    if "panda3d" in example and (find_spec("panda3d") is None or find_library("EGL") is None):
        pytest.skip("Panda3D, or EGL with a driver to draw without a window, is not installed")
    command = [sys.executable, str(EXAMPLES / example), server[0]]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=100, check=False)
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout
