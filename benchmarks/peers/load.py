"""The clients that put load on servers: one for everything that speaks gRPC, one for HTTP.

The gRPC client neither makes nor parses messages while it measures: what it costs is the same for every server.
"""

import asyncio
import json
import struct
import subprocess
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import Protocol

import grpc

from benchmarks.peers.environments import ROOT
from benchmarks.serving.servers import PART_BYTES
from engine.runtime.messages import CREDIT_MAX
from morphogen.v1 import common_pb2, diagnostics_pb2

_HTTP_BUFFER_BYTES = 1024 * 1024
_LENGTH_BYTES = 4
_TRITON_LOAD = struct.Struct("<3d")


@dataclass(frozen=True, slots=True)
class Load:
    """One synthetic stream."""

    part_count: int
    step_ms: float = 0.0
    part_bytes: int = PART_BYTES


class StreamError(Exception):
    """A stream ended with an error: its code as the client sees it, and the length of the text that came with it."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(f"{code}: {text}")
        self.code = code
        self.text_length = len(text)


class Client(Protocol):
    """A connection to a server."""

    def stream(self, load: Load) -> AsyncGenerator[None, None]:
        """Open a stream and yield once per part as it arrives; closing this cancels it. Raises StreamError."""
        ...


Connect = Callable[[], AbstractAsyncContextManager[Client]]
"""Opens a new connection to one server."""


@dataclass(frozen=True, slots=True)
class Method:
    """A gRPC method that streams: its path, its request, and whether a message that is no part reports an error."""

    path: str
    request: Callable[[Load], bytes]
    reports_error: Callable[[bytes], bool] = lambda _message: False


@dataclass(frozen=True, slots=True)
class GrpcClient:
    """Streams of any method over one channel."""

    channel: grpc.aio.Channel
    method: Method

    async def stream(self, load: Load) -> AsyncGenerator[None, None]:
        """See Client. A message shorter than a part is a header, a trailer or an error."""

        async def requests() -> AsyncIterator[bytes]:
            yield request

        request = self.method.request(load)
        call = self.channel.stream_stream(self.method.path, None, None)(requests())
        try:
            async for message in call:
                if len(message) >= load.part_bytes:
                    yield
                elif self.method.reports_error(message):
                    raise StreamError("error message", repr(message[2:]))
        except grpc.aio.AioRpcError as error:
            raise StreamError(error.code().name, error.details() or "") from error
        finally:
            call.cancel()


@dataclass(frozen=True, slots=True)
class HttpClient:
    """Streams of a chunked HTTP response whose body is parts, each with its length in front; one connection each."""

    port: int

    async def stream(self, load: Load) -> AsyncGenerator[None, None]:
        """See Client."""
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port, limit=_HTTP_BUFFER_BYTES)
        except OSError as error:
            raise StreamError("not connected", str(error)) from error
        try:
            writer.write(_http_request(load))
            status = (await reader.readuntil(b"\r\n\r\n")).split(b"\r\n")[0].decode()
            if " 200 " not in f"{status} ":
                raise StreamError(status, "")
            received_bytes = 0
            while chunk_bytes := int(await reader.readline() or b"0", 16):
                await reader.readexactly(chunk_bytes + 2)
                received_bytes += chunk_bytes
                while received_bytes >= load.part_bytes + _LENGTH_BYTES:
                    received_bytes -= load.part_bytes + _LENGTH_BYTES
                    yield
        except (OSError, EOFError) as error:
            raise StreamError("connection lost", str(error)) from error
        finally:
            writer.close()


def grpc_connect(address: str, method: Method) -> Connect:
    """Connections to a gRPC server."""

    @asynccontextmanager
    async def connect() -> AsyncIterator[Client]:
        async with grpc.aio.insecure_channel(address) as channel:
            yield GrpcClient(channel, method)

    return connect


def http_connect(port: int) -> Connect:
    """Connections to an HTTP server on this machine."""

    @asynccontextmanager
    async def connect() -> AsyncIterator[Client]:
        yield HttpClient(port)

    return connect


def stream_probe() -> Method:
    """DiagnosticsService.StreamProbe, which plain grpc.aio, Ray Serve and Morphogen serve alike."""
    return Method("/morphogen.v1.DiagnosticsService/StreamProbe", _probe_request)


def triton_stream(python: str, model: str) -> Method:
    """Triton's ModelStreamInfer; `python` has Triton's messages. Field 1 of a response is an error message."""
    command = [python, "-m", "benchmarks.peers.triton.message", model]
    printed = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT).stdout
    without_numbers = bytes.fromhex(printed)[: -_TRITON_LOAD.size]

    def request(load: Load) -> bytes:
        # The tensor is the message's last field, and its three numbers are the last bytes.
        return without_numbers + _TRITON_LOAD.pack(load.part_bytes, load.part_count, load.step_ms)

    return Method("/inference.GRPCInferenceService/ModelStreamInfer", request, lambda message: message[:1] == b"\x0a")


async def receive(client: Client, load: Load) -> int:
    """Number of parts that a whole stream brought. Raises StreamError."""
    received_count = 0
    async with aclosing(client.stream(load)) as parts:
        async for _ in parts:
            received_count += 1
    return received_count


def _probe_request(load: Load) -> bytes:
    request = diagnostics_pb2.StreamProbeRequest(
        part_size_bytes=load.part_bytes,
        part_count=load.part_count,
        step_ms=load.step_ms,
        options=common_pb2.StreamOptions(credit=CREDIT_MAX),  # Morphogen alone knows of it
    )
    return request.SerializeToString()


def _http_request(load: Load) -> bytes:
    body = json.dumps({"part_bytes": load.part_bytes, "part_count": load.part_count, "step_ms": load.step_ms})
    head = "POST /predict HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nConnection: close\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode()
