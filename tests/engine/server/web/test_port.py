"""Opening the web port and closing it."""

import asyncio
import socket
import ssl
import subprocess
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import httpx
import pytest

from engine.errors import SettingsError
from engine.settings.sections import ServerSettings, Settings, TlsSettings, TokenSettings, WebSettings
from morphogen.v1 import diagnostics_pb2

GRPC_WEB = "application/grpc-web+proto"
PROBE = "DiagnosticsService/StreamProbe"
HEALTH = "/grpc.health.v1.Health/Check"


def probe(part_count: int, step_ms: float) -> diagnostics_pb2.StreamProbeRequest:
    return diagnostics_pb2.StreamProbeRequest(part_size_bytes=100, part_count=part_count, step_ms=step_ms)


def openssl(*arguments: str) -> None:
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an authority, and a server's and a client's certificate signed by it."""
    folder = tmp_path_factory.mktemp("keys")
    new_key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    authority = ("-x509", "-days", "2", "-subj", "/CN=test authority")
    openssl("req", *new_key, *authority, "-keyout", f"{folder}/ca.key", "-out", f"{folder}/ca.pem")
    names = folder / "names"
    names.write_text("subjectAltName=IP:127.0.0.1,DNS:localhost\n", encoding="ascii")
    for name in ("server", "client"):
        key, request, certificate = (f"{folder}/{name}.{kind}" for kind in ("key", "csr", "pem"))
        openssl("req", *new_key, "-subj", f"/CN={name}", "-keyout", key, "-out", request)
        signing = ("-CA", f"{folder}/ca.pem", "-CAkey", f"{folder}/ca.key", "-CAcreateserial", "-days", "2")
        openssl("x509", "-req", "-in", request, *signing, "-extfile", str(names), "-out", certificate)
    return folder


def trusting(keys: Path, *, certificate: bool = False) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=keys / "ca.pem")
    if certificate:
        context.load_cert_chain(keys / "client.pem", keys / "client.key")
    return context


async def drained(bits: AsyncIterator[bytes]) -> None:
    async for _ in bits:
        pass


async def test_port_is_closed_unless_asked_for(serve: Any) -> None:
    serving = await serve(Settings(server=ServerSettings(port=0)))
    assert serving.gateway.web_url is None


async def test_certificate_and_tokens_of_the_server_hold(serve_web: Any, keys: Path, tmp_path: Path) -> None:
    (tmp_path / "tokens").write_text("correct-horse-battery\n", encoding="ascii")
    tls = TlsSettings(keys / "server.pem", keys / "server.key")
    server = ServerSettings(port=0, tls=tls, tokens=TokenSettings(file=tmp_path / "tokens"))
    site = await serve_web(verify=trusting(keys), server=server)
    assert site.url.startswith("https://")
    assert (await site.client.post(HEALTH, json={})).json() == {"status": "SERVING"}
    assert (await site.call(GRPC_WEB, PROBE, probe(1, 0))).code == "unauthenticated"
    token = {"authorization": "Bearer correct-horse-battery"}
    assert (await site.call(GRPC_WEB, PROBE, probe(1, 0), **token)).code == "ok"
    with pytest.raises(httpx.ConnectError):
        async with httpx.AsyncClient() as stranger:
            await stranger.get(site.url + "/healthz")


async def test_clients_certificate_is_asked_for_where_the_server_asks(serve_web: Any, keys: Path) -> None:
    tls = TlsSettings(keys / "server.pem", keys / "server.key", keys / "ca.pem")
    server = ServerSettings(port=0, tls=tls)
    site = await serve_web(verify=trusting(keys, certificate=True), server=server)
    assert (await site.client.get("/healthz")).status_code == 200
    with pytest.raises(httpx.HTTPError):
        async with httpx.AsyncClient(verify=trusting(keys)) as stranger:
            await stranger.get(site.url + "/healthz")


async def test_port_in_use_is_named_and_nothing_is_left(serve_web: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SettingsError, match=rf"web\.port: cannot listen on 127\.0\.0\.1:{port} \(.*in use"):
            await serve_web(web=WebSettings(port=port))
    assert (await (await serve_web(web=WebSettings(port=port))).client.get("/healthz")).status_code == 200


async def test_draining_lets_running_calls_end_and_refuses_new_ones(serve_web: Any) -> None:
    site = await serve_web()
    running = asyncio.create_task(site.call(GRPC_WEB, PROBE, probe(30, 20)))
    await site.serving.until(lambda: site.serving.session_count() == 1)
    draining = asyncio.create_task(site.serving.gateway.drain())
    await asyncio.sleep(0.05)
    assert (await site.client.get("/readyz")).status_code == 503
    refused = await site.call(GRPC_WEB, PROBE, probe(1, 0))
    assert (refused.code, refused.details["ErrorInfo"].reason) == ("unavailable", "UNAVAILABLE")
    outcome = await running
    assert (outcome.code, len(outcome.messages)) == ("ok", 32)
    await asyncio.wait_for(draining, 5)
    with pytest.raises(httpx.ConnectError):
        async with httpx.AsyncClient() as late:
            await late.get(site.url + "/healthz")


async def test_closing_cuts_calls_and_leaves_no_task_behind(serve_web: Any) -> None:
    site = await serve_web()
    async with site.connected() as (reader, _idle), site.connected():
        async with site.reading(GRPC_WEB, PROBE, probe(1_000_000, 1)) as bits:
            await anext(bits)
            started_at_s = time.perf_counter()
            await site.serving.gateway.close()
            assert time.perf_counter() - started_at_s < 1.5
            with pytest.raises(httpx.HTTPError):
                await drained(bits)
        with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
            await reader.readexactly(1)
    await site.client.aclose()
    await site.serving.channel.close(None)
    await site.serving.until(lambda: asyncio.all_tasks() == {asyncio.current_task()})


async def test_both_ports_serve_at_once(serve_web: Any) -> None:
    site = await serve_web(connect=grpc.aio.insecure_channel)
    calls = [site.call(GRPC_WEB, PROBE, probe(20, 1)) for _ in range(5)]
    native = [site.serving.count(site.serving.probe(20, step_ms=1)) for _ in range(5)]
    outcomes = await asyncio.gather(*calls)
    assert [outcome.code for outcome in outcomes] == ["ok"] * 5
    assert await asyncio.gather(*native) == [22] * 5
