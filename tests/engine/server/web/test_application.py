"""Paths, methods and media types: what is answered, and what is refused how."""

import socket
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.message import Message

from engine.settings.sections import ServerSettings, TokenSettings, WebSettings
from morphogen.v1 import diagnostics_pb2

TOKEN = "correct-horse-battery"  # noqa: S105 (made up for this test)
PROBE = "/morphogen.v1.DiagnosticsService/StreamProbe"


def framed(message: Message) -> bytes:
    data = message.SerializeToString()
    return b"\0" + len(data).to_bytes(4, "big") + data


async def test_health_and_readiness_are_told(serve_web: Any) -> None:
    site = await serve_web()
    for path in ("/healthz", "/readyz"):
        response = await site.client.get(path)
        assert response.status_code == 200
        assert (await site.client.head(path)).status_code == 200
    await site.serving.pool.drain()


async def test_server_that_cannot_run_a_step_is_alive_and_not_ready(serve_web: Any) -> None:
    site = await serve_web()
    for _ in range(4):  # the thread is replaced three times
        await site.serving.failure(site.serving.texture("fatal"))
    while (ready := await site.client.get("/readyz")).status_code == 200:
        pass
    assert (ready.status_code, ready.text) == (503, "no step can run\n")
    assert (await site.client.get("/healthz")).status_code == 200


async def test_metrics_are_those_of_the_server(serve_web: Any) -> None:
    site = await serve_web()
    response = await site.client.get("/metrics")
    assert response.headers["content-type"].startswith("text/plain; version=")
    assert "morphogen_workers 1.0" in response.text


async def test_metrics_take_a_token_where_calls_do(serve_web: Any, tmp_path: Path) -> None:
    (tmp_path / "tokens").write_text(f"{TOKEN}\n", encoding="ascii")
    site = await serve_web(server=ServerSettings(port=0, tokens=TokenSettings(file=tmp_path / "tokens")))
    refused = await site.client.get("/metrics")
    assert (refused.status_code, refused.headers["www-authenticate"]) == (401, "Bearer")
    allowed = await site.client.get("/metrics", headers={"authorization": f"Bearer {TOKEN}"})
    assert allowed.status_code == 200
    assert (await site.client.get("/readyz")).status_code == 200


async def test_paths_that_do_not_exist_are_not_found(serve_web: Any) -> None:
    site = await serve_web()
    missing = await site.client.get("/<script>")
    assert (missing.status_code, missing.headers["x-content-type-options"]) == (404, "nosniff")
    response = await site.client.post("/morphogen.v1.TextureService/Nothing", json={})
    assert (response.status_code, response.json()["code"]) == (404, "unimplemented")
    assert (await site.client.post("/", json={})).status_code == 404


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
async def test_methods_are_called_by_post_only(serve_web: Any, method: str) -> None:
    site = await serve_web()
    response = await site.client.request(method, f"{PROBE}?message=x&encoding=json&connect=v1")
    assert (response.status_code, response.headers["allow"]) == (405, "POST")


@pytest.mark.parametrize(
    "media_type",
    ["", "text/plain", "application/x-www-form-urlencoded", "application/grpc", "application/grpc+proto",
     "application/grpc-web-text", "application/grpc-web+thrift", "application/connect+xml", "multipart/form-data"],
)  # fmt: skip
async def test_unknown_media_type_is_refused(serve_web: Any, media_type: str) -> None:
    site = await serve_web()
    body = framed(diagnostics_pb2.StreamProbeRequest(part_size_bytes=1, part_count=1))
    response = await site.client.post(PROBE, content=body, headers={"content-type": media_type})
    assert response.status_code == 415


async def test_web_socket_is_no_way_in(serve_web: Any) -> None:
    site = await serve_web()
    upgrade = {"connection": "upgrade", "upgrade": "websocket", "sec-websocket-key": "x", "sec-websocket-version": "13"}
    assert (await site.client.get(PROBE, headers=upgrade)).status_code == 405


@pytest.mark.parametrize(
    "request_text",
    [
        b"nonsense\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nhost: localhost\r\nx: \xff\xfe\r\n\r\n",
        b"POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n",
        b"POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1\r\ntransfer-encoding: chunked, x\r\n\r\n",
        b"GET / HTTP/1.1\r\nhost: localhost\r\nx: " + b"y" * 5_000_000 + b"\r\n\r\n",
    ],
    ids=["nonsense", "no host", "no text", "two lengths", "unknown coding", "endless header"],
)
async def test_request_that_is_no_http_is_refused(serve_web: Any, request_text: bytes) -> None:
    site = await serve_web()
    async with site.connected() as (reader, writer):
        writer.write(request_text)
        try:
            assert (await reader.readline()).split()[1] in (b"400", b"431", b"501")
        except ConnectionResetError:  # hung up on while it was still sending
            assert len(request_text) > 50_000
    assert (await site.client.get("/healthz")).status_code == 200


async def test_more_connections_than_allowed_are_told_to_come_back(serve_web: Any) -> None:
    site = await serve_web(web=WebSettings(port=0, max_connections=3))
    host, port = site.url.removeprefix("http://").split(":")
    idle = [socket.create_connection((host, int(port))) for _ in range(3)]
    response = await site.client.get("/healthz")
    assert response.status_code == 503
    for each in idle:
        each.close()
    for _ in range(100):
        if (await site.client.get("/healthz")).status_code == 200:
            return
    raise AssertionError("the port did not recover")
