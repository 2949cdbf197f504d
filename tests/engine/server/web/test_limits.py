"""Clients that stall, trickle or leave, at a real port."""

import asyncio
import contextlib
import gc
import socket
import time
import tracemalloc
from typing import Any

import pytest
from google.protobuf.message import Message

from engine.server.web import limits
from engine.settings.sections import SessionSettings
from morphogen.v1 import diagnostics_pb2

GRPC_WEB, CONNECT = PROTOCOLS = ("application/grpc-web+proto", "application/connect+proto")
PROBE = "DiagnosticsService/StreamProbe"
PART_BYTES = 200_000


def probe(part_count: int, **fields: Any) -> diagnostics_pb2.StreamProbeRequest:
    fields = {"part_size_bytes": PART_BYTES, **fields}
    return diagnostics_pb2.StreamProbeRequest(part_count=part_count, **fields)


def posted(message: Message, protocol: str = GRPC_WEB, announced_bytes: int | None = None) -> bytes:
    """The bytes of a whole request."""
    data = message.SerializeToString()
    body = b"\0" + len(data).to_bytes(4, "big") + data
    size_bytes = len(body) if announced_bytes is None else announced_bytes
    head = f"POST /morphogen.v1.{PROBE} HTTP/1.1\r\nhost: localhost\r\ncontent-type: {protocol}\r\n"
    return f"{head}content-length: {size_bytes}\r\n\r\n".encode() + body


def narrow_socket() -> socket.socket:
    """A connection whose receiver buffers little."""
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    made.setblocking(False)
    return made


async def connect(site: Any, made: socket.socket) -> None:
    host, port = site.url.partition("//")[2].split(":")
    await asyncio.get_running_loop().sock_connect(made, (host, int(port)))


@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_page_that_does_not_read_holds_the_work_and_no_memory(serve_web: Any, protocol: str) -> None:
    site = await serve_web()
    event_loop = asyncio.get_running_loop()
    with narrow_socket() as stalled:
        await connect(site, stalled)
        await event_loop.sock_sendall(stalled, posted(probe(1_000_000), protocol))
        await site.serving.until(lambda: site.serving.step_count() > 0)
        await asyncio.sleep(0.3)
        steps = site.serving.step_count()
        assert steps < 60  # what the kernel's buffers and a credit of 4 hold
        tracemalloc.start()
        gc.collect()
        before, _ = tracemalloc.get_traced_memory()
        await asyncio.sleep(1.0)
        gc.collect()
        after, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert site.serving.step_count() == steps
        assert after - before < PART_BYTES
        received = await event_loop.sock_recv(stalled, 65536)
        assert received.startswith(b"HTTP/1.1 200")
        while site.serving.step_count() == steps:  # reading sets it going again
            await event_loop.sock_recv(stalled, 65536)
    await site.serving.until(lambda: site.serving.session_count() == 0)


@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_closed_page_stops_the_work_within_a_step(serve_web: Any, protocol: str) -> None:
    site = await serve_web()
    async with site.reading(protocol, PROBE, probe(100_000, step_ms=30, part_size_bytes=10)) as bits:
        await anext(bits)
    await site.serving.until(lambda: site.serving.session_count() == 0)
    steps = site.serving.step_count()
    await asyncio.sleep(0.2)
    assert site.serving.step_count() <= steps + 1
    assert 'outcome="CANCELLED"} 1.0' in (await site.client.get("/metrics")).text


@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_connection_that_breaks_while_nothing_is_sent_is_noticed(serve_web: Any, protocol: str) -> None:
    site = await serve_web()
    async with site.connected() as (reader, writer):
        writer.write(posted(probe(10, step_ms=1000, part_size_bytes=10), protocol))
        await reader.readuntil(b"\r\n\r\n")
        assert site.serving.session_count() == 1
        writer.transport.abort()
    started_at_s = time.perf_counter()
    await site.serving.until(lambda: site.serving.gateway.sessions.running_count == 0)
    assert time.perf_counter() - started_at_s < 1.5


async def test_stalled_client_loses_its_connection(serve_web: Any) -> None:
    site = await serve_web(sessions=SessionSettings(idle_timeout_s=1.0))
    event_loop = asyncio.get_running_loop()
    with narrow_socket() as stalled:
        await connect(site, stalled)
        await event_loop.sock_sendall(stalled, posted(probe(1_000_000)))
        started_at_s = time.perf_counter()
        await site.serving.until(lambda: site.serving.session_count() == 1)
        await site.serving.until(lambda: site.serving.session_count() == 0)
        assert 0.9 < time.perf_counter() - started_at_s < 3.0
        assert 'outcome="DEADLINE_EXCEEDED"} 1.0' in (await site.client.get("/metrics")).text
        await asyncio.sleep(1.2)
        received = b""
        with contextlib.suppress(ConnectionResetError):
            while bits := await event_loop.sock_recv(stalled, 1 << 20):
                received = bits
        assert b"grpc-status" not in received  # it did not end as a call does


async def test_request_that_trickles_in_is_given_up(serve_web: Any) -> None:
    site = await serve_web(sessions=SessionSettings(idle_timeout_s=1.0))
    async with site.connected() as (reader, writer):
        writer.write(posted(probe(1), announced_bytes=1000))
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 3)
        assert b"200" in head
        assert b"grpc-status: 4" in await asyncio.wait_for(reader.readuntil(b"0\r\n\r\n"), 3)


async def test_headers_are_not_waited_for_without_end(serve_web: Any) -> None:
    site = await serve_web()
    connections = []
    for begun in (b"", b"POST / HTTP/1.1\r\nhost:"):
        connection = site.connected()
        reader, writer = await connection.__aenter__()
        connections.append((connection, reader))
        writer.write(begun)
    started_at_s = time.perf_counter()
    for _, reader in connections:
        with contextlib.suppress(ConnectionResetError):
            assert await reader.read() == b""
    assert abs(time.perf_counter() - started_at_s - limits.HEAD_TIMEOUT_S) < 2
    for connection, _ in connections:
        await connection.__aexit__(None, None, None)


async def test_many_pages_that_leave_at_random_leak_nothing(serve_web: Any) -> None:
    site = await serve_web(sessions=SessionSettings(max_running=4, queue_limit=500))

    async def visit(number: int) -> None:
        message = probe(1 + number % 9, step_ms=0.2 * (number % 3), part_size_bytes=20_000)
        async with site.reading(PROTOCOLS[number % 2], PROBE, message) as bits:
            for _ in range(number % 5):
                if await anext(bits, None) is None:
                    return

    for batch in range(4):
        await asyncio.gather(*(visit(number) for number in range(batch, batch + 40)))
    sessions = site.serving.gateway.sessions
    await site.serving.until(
        lambda: sessions.running_count == sessions.waiting_count == site.serving.session_count() == 0
    )
    assert (await site.call(CONNECT, PROBE, probe(3))).code == "ok"
