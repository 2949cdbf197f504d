"""A TCP proxy in front of one server that does to its connections what a case says.

A fault is a JSON object of any of these; nothing in it: bytes pass as they are.

    dead               true: nobody listens
    silent             true: connections are taken, and nothing is ever answered
    refuseConnections  so many connections are reset as soon as they are there
    answer             instead of the server's, to each request: this text, and the connection ends
    cutAfterBytes      [n, ...]: the connection that has brought n bytes from the server is reset; each is used once
    closeAfterBytes    likewise, but the connection ends in order, as if the server had said everything
    silenceAfterBytes  after so many bytes of a connection nothing comes any more, and it stays open
    garbageAfterBytes  after so many bytes of a connection noise comes, and it ends
    bytesPerSecond     no faster than that towards the client
    fragmentBytes      in pieces of that size towards the client, each in a packet of its own
"""

import asyncio
import random
import socket
import struct
from collections.abc import Mapping
from typing import Any

PIECE_BYTES = 64 * 1024
RESET = struct.pack("ii", 1, 0)
READ_FIRST_S = 0.05
"""A reset throws away what the other end has not read yet: it gets so long to do so."""

Fault = Mapping[str, Any]
Address = tuple[str, int]


class Proxy:
    """Listens from `start` to `close`.

    bytes_down        bytes that clients have been sent
    connection_count  connections that clients have made
    """

    def __init__(self, upstream: Address, fault: Fault) -> None:
        self._upstream = upstream
        self._fault = fault
        self._cuts = list(fault.get("cutAfterBytes", ()))
        self._closes = list(fault.get("closeAfterBytes", ()))
        self._refusals = int(fault.get("refuseConnections", 0))
        self._server: asyncio.Server | None = None
        self._bound: socket.socket | None = None
        self._relays: set[asyncio.Task[None]] = set()
        self.bytes_down = 0
        self.connection_count = 0

    async def start(self) -> Address:
        """Listen; where."""
        if self._fault.get("dead"):
            self._bound = socket.socket()
            self._bound.bind(("127.0.0.1", 0))  # and never listens: connections are refused, and nobody else gets it
            return "127.0.0.1", int(self._bound.getsockname()[1])
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0, limit=PIECE_BYTES)
        return "127.0.0.1", int(self._server.sockets[0].getsockname()[1])

    async def close(self) -> None:
        """Drop all connections."""
        if self._bound is not None:
            self._bound.close()
        if self._server is not None:
            self._server.close()
        for relay in self._relays:
            relay.cancel()
        await asyncio.gather(*self._relays, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._relays.add(task)
        self.connection_count += 1
        try:
            await self._serve(reader, writer)
        except (OSError, asyncio.CancelledError):
            pass  # one of the ends has gone, or the proxy closes
        finally:
            self._relays.discard(task)
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._refusals:
            self._refusals -= 1
            _reset(writer)
        elif self._fault.get("silent"):
            while await reader.read(PIECE_BYTES):
                pass
        elif "answer" in self._fault:
            await reader.read(PIECE_BYTES)
            await self._send(writer, str(self._fault["answer"]).encode())
            await _close(writer)
        else:
            await self._relay(reader, writer)

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        up_reader, up_writer = await asyncio.open_connection(*self._upstream, limit=PIECE_BYTES)
        for end in (writer, up_writer):
            end.transport.set_write_buffer_limits(high=PIECE_BYTES)
        up = asyncio.create_task(_copy(reader, up_writer))
        down = asyncio.create_task(self._answer(up_reader, writer))
        try:
            await asyncio.wait((up, down), return_when=asyncio.FIRST_COMPLETED)
            if up.done() and not down.done() and up.exception() is None:
                up_writer.transport.abort()  # the client has gone: no half-closed connections in HTTP
        finally:
            up_writer.transport.abort()
            for task in (up, down):
                task.cancel()
            await asyncio.gather(up, down, return_exceptions=True)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Everything from the server, until the connection's end or a fault that ends it."""
        passed = 0
        silent_at = self._fault.get("silenceAfterBytes")
        noisy_at = self._fault.get("garbageAfterBytes")
        while data := await reader.read(PIECE_BYTES):
            ends = [at for at in (silent_at, noisy_at, *self._cuts[:1], *self._closes[:1]) if at is not None]
            room = max(0, min(ends) - passed) if ends else len(data)
            await self._send(writer, data[:room])
            passed += len(data)
            if not ends or passed < min(ends):
                continue
            if noisy_at is not None:
                await self._send(writer, random.Random(7).randbytes(4096))
            elif silent_at is not None:
                await asyncio.Event().wait()
            elif self._cuts:
                self._cuts.pop(0)
                await asyncio.sleep(READ_FIRST_S)
                _reset(writer)
                return
            else:
                self._closes.pop(0)
            break
        await _close(writer)

    async def _send(self, writer: asyncio.StreamWriter, data: bytes) -> None:
        fragment_bytes = self._fault.get("fragmentBytes", PIECE_BYTES)
        bytes_per_second = self._fault.get("bytesPerSecond")
        for start in range(0, len(data), fragment_bytes):
            piece = data[start : start + fragment_bytes]
            writer.write(piece)
            await writer.drain()
            self.bytes_down += len(piece)
            if bytes_per_second is not None:
                await asyncio.sleep(len(piece) / bytes_per_second)
            elif fragment_bytes < PIECE_BYTES:
                await asyncio.sleep(0)


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(PIECE_BYTES):
        writer.write(data)
        await writer.drain()


async def _close(writer: asyncio.StreamWriter) -> None:
    """End it in order: what was written arrives."""
    writer.close()
    await writer.wait_closed()


def _reset(writer: asyncio.StreamWriter) -> None:
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    writer.transport.abort()
