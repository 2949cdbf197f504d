"""Clients that forge, dawdle, say nothing or never stop: they get nothing, and everybody else is served as ever."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, ExitStack, asynccontextmanager
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from engine.runtime.pool import WorkerPool
from engine.server.gateway import Gateway
from engine.settings.sections import LogSettings, ServerSettings, SessionSettings, Settings
from morphogen.v1 import diagnostics_pb2, diagnostics_pb2_grpc
from workers.local import LocalPool

GatewayOver = Callable[..., AbstractAsyncContextManager[tuple[Gateway, str]]]
PoolOf = Callable[..., WorkerPool]

SERVER, LOG = ServerSettings(port=0), LogSettings(level="error")
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY = 0, 1, 3, 4, 6, 7
END_STREAM, END_HEADERS, ACK = 1, 4, 1
CANCEL = 8
RESET_COUNT, RESETS_PER_CONNECTION, BURST_COUNT = 6400, 640, 64
SILENT_COUNT = 300
DAWDLER_COUNT = 20


# --- HTTP/2 as no client library would speak it ------------------------------------------------------------------


def frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    """An HTTP/2 frame (RFC 9113, 4.1)."""
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


def call_frames(stream: int, request: diagnostics_pb2.StreamProbeRequest) -> bytes:
    """A whole StreamProbe call on stream `stream`. Headers are literals (RFC 7541, 6.2.2)."""
    fields = {
        ":method": "POST",
        ":scheme": "http",
        ":path": "/morphogen.v1.DiagnosticsService/StreamProbe",
        ":authority": "localhost",
        "te": "trailers",
        "content-type": "application/grpc",
    }
    block = b"".join(
        b"\0" + bytes([len(name)]) + name.encode() + bytes([len(text)]) + text.encode() for name, text in fields.items()
    )
    data = request.SerializeToString()
    message = b"\0" + struct.pack(">I", len(data)) + data
    return frame(HEADERS, END_HEADERS, stream, block) + frame(DATA, END_STREAM, stream, message)


class RawConnection:
    """An HTTP/2 connection that does nothing by itself, but for answering pings while it is read."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self.gone_away = False
        writer.write(PREFACE + frame(SETTINGS, 0, 0))

    async def read_all(self) -> None:
        """Read until the server ends the connection."""
        try:
            while True:
                head = await self.reader.readexactly(9)
                payload = await self.reader.readexactly(int.from_bytes(head[:3], "big"))
                if head[3] == PING and not head[4] & ACK:
                    self.writer.write(frame(PING, ACK, 0, payload))
                self.gone_away = self.gone_away or head[3] == GOAWAY
        except (asyncio.IncompleteReadError, ConnectionError):
            self.gone_away = True


@asynccontextmanager
async def raw_connection(address: str) -> AsyncIterator[RawConnection]:
    host, port = address.split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        yield RawConnection(reader, writer)
    finally:
        writer.transport.abort()


# --- what must hold whatever they do -----------------------------------------------------------------------------


async def probe(channel: grpc.aio.Channel, part_count: int = 5, **options: Any) -> list[Any]:
    """All messages of a stream."""
    request = diagnostics_pb2.StreamProbeRequest(part_size_bytes=100, part_count=part_count, options=options)
    call: Any = diagnostics_pb2_grpc.DiagnosticsServiceStub(channel).StreamProbe(request)
    return [message async for message in call]


async def served_within(address: str, limit_s: float) -> None:
    """A client that has not been here before is served, and soon."""
    async with asyncio.timeout(limit_s), grpc.aio.insecure_channel(address) as channel:
        assert len(await probe(channel)) == 7
        health: Any = health_pb2_grpc.HealthStub(channel)
        answer = await health.Check(health_pb2.HealthCheckRequest())
        assert answer.status == health_pb2.HealthCheckResponse.SERVING


async def nothing_left(gateway: Gateway, pool: WorkerPool, within_s: float = 10.0) -> None:
    async with asyncio.timeout(within_s):
        while gateway.sessions.running_count or gateway.sessions.waiting_count or pool.stats().session_count:  # noqa: ASYNC110 (nobody announces it)
            await asyncio.sleep(0.02)


# --- resume tokens -----------------------------------------------------------------------------------------------


async def refusal(channel: grpc.aio.Channel, token: bytes, part_count: int = 5) -> str:
    """Why a token is refused."""
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await probe(channel, part_count, resume_token=token)
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    details = str(refused.value.details())
    assert details.startswith("resume_token: ")
    return details


def spoiled(token: bytes) -> Iterator[bytes]:
    """Everything but the token: cut, extended, one bit of every byte turned."""
    for length in range(1, len(token)):
        yield token[:length]
        yield token[length:]
    yield token + b"\0"
    yield token + token
    for at in range(len(token)):
        yield token[:at] + bytes([token[at] ^ (1 << at % 8)]) + token[at + 1 :]


async def test_only_the_token_itself_continues_a_stream(
    local_pool: Callable[..., LocalPool], gateway_over: GatewayOver
) -> None:
    pool = local_pool("dot_generators:dots")
    async with gateway_over(pool, Settings(server=SERVER, log=LOG)) as (gateway, address):
        async with grpc.aio.insecure_channel(address) as channel:
            token = (await probe(channel, resume_tokens=True))[2].part.resume_token
            step_count = pool.stats().step_count
            for other in spoiled(token):
                await refusal(channel, other)
            assert "a token for asset" in await refusal(channel, token, part_count=6)
            assert pool.stats().step_count == step_count
            assert [message.WhichOneof("payload") for message in await probe(channel, resume_token=token)] == [
                "header",
                *3 * ["part"],
                "trailer",
            ]
        await nothing_left(gateway, pool)


async def test_token_that_is_too_old_is_refused(
    local_pool: Callable[..., LocalPool], gateway_over: GatewayOver
) -> None:
    settings = Settings(server=SERVER, sessions=SessionSettings(resume_lifetime_s=1.0), log=LOG)
    pool = local_pool("dot_generators:dots")
    async with gateway_over(pool, settings) as (_, address), grpc.aio.insecure_channel(address) as channel:
        token = (await probe(channel, resume_tokens=True))[2].part.resume_token
        await asyncio.sleep(2.1)
        assert "s old" in await refusal(channel, token)


# --- those who take up room --------------------------------------------------------------------------------------


async def test_clients_that_never_read_are_let_go_and_hold_up_nobody(
    pool_of: PoolOf, gateway_over: GatewayOver
) -> None:
    limits = SessionSettings(max_running=DAWDLER_COUNT + 2, idle_timeout_s=2.0)
    pool = pool_of("dot_generators:dots")
    async with gateway_over(pool, Settings(server=SERVER, sessions=limits, log=LOG)) as (gateway, address):
        request = diagnostics_pb2.StreamProbeRequest(part_size_bytes=100_000, part_count=1_000_000)
        async with AsyncExitStack() as connections:
            for _ in range(DAWDLER_COUNT):
                dawdler = await connections.enter_async_context(raw_connection(address))
                dawdler.writer.write(call_frames(1, request))
            async with asyncio.timeout(5):
                while gateway.sessions.running_count < DAWDLER_COUNT:  # noqa: ASYNC110 (nobody announces it)
                    await asyncio.sleep(0.01)
            for _ in range(5):
                await served_within(address, 1.0)
            assert gateway.sessions.running_count == DAWDLER_COUNT
            await nothing_left(gateway, pool)  # although all of them are still connected
            await served_within(address, 1.0)


async def test_connections_that_say_nothing_or_half_of_it_hold_up_nobody(
    local_pool: Callable[..., LocalPool], gateway_over: GatewayOver
) -> None:
    async with gateway_over(local_pool("dot_generators:dots"), Settings(server=SERVER, log=LOG)) as (_, address):
        host, port = address.split(":")
        openings = (b"", PREFACE[:10], PREFACE, PREFACE + frame(SETTINGS, 0, 0)[:5], b"\x16\x03\x01", bytes(64))
        with ExitStack() as sockets:
            for number in range(SILENT_COUNT):
                silent = sockets.enter_context(socket.create_connection((host, int(port))))
                silent.sendall(openings[number % len(openings)])
            for _ in range(5):
                await served_within(address, 2.0)
        await served_within(address, 2.0)


@pytest.mark.parametrize("pause_s", [0.0, 0.02], ids=["at once", "once they run"])
async def test_calls_that_are_reset_as_fast_as_they_are_made_hold_up_nobody(
    pool_of: PoolOf, gateway_over: GatewayOver, pause_s: float
) -> None:
    pool = pool_of("dot_generators:dots")
    async with gateway_over(pool, Settings(server=SERVER, log=LOG)) as (gateway, address):
        for _ in range(RESET_COUNT // RESETS_PER_CONNECTION):
            async with raw_connection(address) as attacker:
                reading = asyncio.create_task(attacker.read_all())
                await make_and_reset(attacker, pause_s)
                await served_within(address, 5.0)
            await reading
        await nothing_left(gateway, pool)
        await served_within(address, 1.0)


async def make_and_reset(attacker: RawConnection, pause_s: float) -> None:
    """Make calls, a burst at a time, and reset them after `pause_s`."""
    request = diagnostics_pb2.StreamProbeRequest(part_size_bytes=1000, part_count=1000)
    streams = range(1, 2 * RESETS_PER_CONNECTION, 2)
    for first in range(0, len(streams), BURST_COUNT):
        burst = streams[first : first + BURST_COUNT]
        attacker.writer.write(b"".join(call_frames(stream, request) for stream in burst))
        await asyncio.sleep(pause_s)
        cancel = struct.pack(">I", CANCEL)
        attacker.writer.write(b"".join(frame(RST_STREAM, 0, stream, cancel) for stream in burst))
        if attacker.gone_away:
            return
