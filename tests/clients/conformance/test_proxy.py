"""The proxy does to a connection what a case says, and nothing else."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest

from conformance_kit.proxy import Proxy

ANSWER = bytes(range(256)) * 100


@asynccontextmanager
async def proxied(fault: Mapping[str, Any]) -> AsyncIterator[tuple[Proxy, tuple[str, int]]]:
    """A proxy before a server that answers each line with ANSWER and ends the connection."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.write(ANSWER)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    proxy = Proxy(server.sockets[0].getsockname()[:2], fault)
    try:
        yield proxy, await proxy.start()
    finally:
        await proxy.close()
        server.close()


async def asked(address: tuple[str, int], limit_s: float = 5.0) -> bytes:
    """What comes until the connection ends. Raises OSError if it breaks, TimeoutError if it does not end."""
    reader, writer = await asyncio.open_connection(*address)
    try:
        writer.write(b"well?\n")
        return await asyncio.wait_for(reader.read(-1), limit_s)
    finally:
        writer.close()


@pytest.mark.parametrize("fault", [{}, {"fragmentBytes": 100}, {"bytesPerSecond": 200_000}])
async def test_bytes_pass_whole(fault: Mapping[str, Any]) -> None:
    async with proxied(fault) as (proxy, address):
        assert await asked(address) == ANSWER
        assert (proxy.bytes_down, proxy.connection_count) == (len(ANSWER), 1)


async def test_each_cut_is_used_once() -> None:
    async with proxied({"cutAfterBytes": [500, 700]}) as (proxy, address):
        for _ in range(2):
            with pytest.raises(ConnectionError):
                await asked(address)
        assert proxy.bytes_down == 1200
        assert await asked(address) == ANSWER


async def test_connection_ends_in_order_with_or_without_noise() -> None:
    async with proxied({"closeAfterBytes": [500]}) as (_, address):
        assert await asked(address) == ANSWER[:500]
    async with proxied({"garbageAfterBytes": 500}) as (_, address):
        noisy = await asked(address)
        assert noisy.startswith(ANSWER[:500])
        assert not ANSWER.startswith(noisy)


@pytest.mark.parametrize("fault", [{"silent": True}, {"silenceAfterBytes": 500}])
async def test_silence_does_not_end(fault: Mapping[str, Any]) -> None:
    async with proxied(fault) as (_, address):
        with pytest.raises(TimeoutError):
            await asked(address, 0.3)


async def test_nobody_listens_at_a_dead_port() -> None:
    async with proxied({"dead": True}) as (_, address):
        for _ in range(3):
            with pytest.raises(ConnectionRefusedError):
                await asked(address)


async def test_refused_connections_come_first() -> None:
    async with proxied({"refuseConnections": 1}) as (_, address):
        with pytest.raises(ConnectionError):
            await asked(address)
        assert await asked(address) == ANSWER


async def test_something_else_answers() -> None:
    async with proxied({"answer": "220 mail\r\n"}) as (_, address):
        assert await asked(address) == b"220 mail\r\n"
