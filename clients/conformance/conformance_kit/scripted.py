"""The scripted server: runs a case's script behind all three transports.

The web side frames messages by itself, since half of its scripts are about framing.
"""

import asyncio
import base64
import json
import socket
import struct
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any
from urllib.parse import quote

import grpc
import uvicorn

from conformance_kit.proxy import Address
from conformance_kit.scripts import Call, Ended, Http, Output, Raw, Script

CORS = [
    (b"access-control-allow-origin", b"*"),
    (b"access-control-allow-headers", b"*, authorization"),
    (b"access-control-expose-headers", b"*"),
]
UNARY_METHODS = ("ListGenerators", "GetGenerator", "ControlSession", "ControlWorld")
UNARY_STATUS = {
    "INVALID_ARGUMENT": 400,
    "FAILED_PRECONDITION": 400,
    "OUT_OF_RANGE": 400,
    "UNAUTHENTICATED": 401,
    "PERMISSION_DENIED": 403,
    "NOT_FOUND": 404,
    "ALREADY_EXISTS": 409,
    "ABORTED": 409,
    "RESOURCE_EXHAUSTED": 429,
    "CANCELLED": 499,
    "UNIMPLEMENTED": 501,
    "UNAVAILABLE": 503,
    "DEADLINE_EXCEEDED": 504,
}
MESSAGE, END_OF_CONNECT, TRAILERS_OF_GRPC_WEB = 0x00, 0x02, 0x80

Send = Callable[[dict[str, Any]], Any]
Outputs = Callable[[bytes], AsyncIterator[Output]]


class Play:
    """A script and the calls that it has got."""

    def __init__(self, script: Script) -> None:
        self._script = script
        self.call_count = 0

    def outputs(self, method: str, request: bytes) -> AsyncIterator[Output]:
        """What the script does about one more call."""
        self.call_count += 1
        return self._script(Call(method, self.call_count, request))


class NativeScript:
    """A gRPC server that runs one script for every method."""

    def __init__(self, play: Play) -> None:
        self._play = play
        self._server = grpc.aio.server(options=[("grpc.max_send_message_length", -1), ("grpc.so_reuseport", 0)])

    async def start(self) -> Address:
        """Listen; where."""
        self._server.add_generic_rpc_handlers((_AnyMethod(self._play),))
        port = self._server.add_insecure_port("127.0.0.1:0")
        await self._server.start()
        return "127.0.0.1", port

    async def stop(self) -> None:
        """End all calls."""
        await self._server.stop(None)


class _AnyMethod(grpc.GenericRpcHandler):  # type: ignore[type-arg]  # generic to mypy only
    def __init__(self, play: Play) -> None:
        self._play = play

    def service(self, details: grpc.HandlerCallDetails) -> Any:
        """Any method, by its kind."""
        method = details.method.rpartition("/")[2]
        if method in UNARY_METHODS:
            return grpc.unary_unary_rpc_method_handler(partial(self._unary, method))
        return grpc.unary_stream_rpc_method_handler(partial(self._stream, method))

    async def _unary(self, method: str, request: bytes, context: Any) -> bytes:
        async for output in self._stream(method, request, context):
            return output
        return b""

    async def _stream(self, method: str, request: bytes, context: Any) -> AsyncIterator[bytes]:
        try:
            async for output in self._play.outputs(method, request):
                assert isinstance(output, bytes), "raw bytes are for the web port"
                yield output
        except Ended as end:
            trailing = (("grpc-status-details-bin", end.rich),) if end.rich else ()
            await context.abort(end.code, end.text, trailing)


class WebScripts:
    """An HTTP server whose sockets each run a script of their own: `sockets` first, then `start`."""

    def __init__(self) -> None:
        self._plays: dict[int, Play] = {}
        config = uvicorn.Config(
            self._answer, ws="none", lifespan="off", log_config=None, access_log=False, interface="asgi3"
        )
        self._server = _Quiet(config)
        self._sockets: list[socket.socket] = []
        self._serving: asyncio.Task[None] | None = None

    def add(self, play: Play) -> Address:
        """Where this script will be."""
        opened = socket.create_server(("127.0.0.1", 0))
        self._sockets.append(opened)
        port = int(opened.getsockname()[1])
        self._plays[port] = play
        return "127.0.0.1", port

    async def start(self) -> None:
        """Serve all sockets."""
        if self._sockets:
            self._serving = asyncio.create_task(self._server.serve(sockets=self._sockets))

    async def stop(self) -> None:
        """Drop all connections."""
        if self._serving is not None:
            self._server.should_exit = self._server.force_exit = True
            await self._serving

    async def _answer(self, scope: Any, receive: Callable[[], Any], send: Send) -> None:
        if scope["method"] != "POST":
            status = 204 if scope["method"] == "OPTIONS" else 404
            await _respond(send, status, b"", [])
            return
        body = b""
        while True:
            event = await receive()
            body += event.get("body", b"")
            if event["type"] == "http.disconnect" or not event.get("more_body"):
                break
        kind = dict(scope["headers"]).get(b"content-type", b"").decode()
        play = self._plays[scope["server"][1]]
        method = scope["path"].rpartition("/")[2]
        answering = asyncio.create_task(_dialect_of(kind)(partial(play.outputs, method), body, kind, send))
        leaving = asyncio.create_task(receive())  # the next event is that the client goes
        await asyncio.wait((answering, leaving), return_when=asyncio.FIRST_COMPLETED)
        for task in (answering, leaving):
            task.cancel()
        for result in await asyncio.gather(answering, leaving, return_exceptions=True):
            if isinstance(result, Exception) and not isinstance(result, OSError):
                raise result


class _Quiet(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals are the process's own."""
        yield


def _dialect_of(kind: str) -> Callable[[Outputs, bytes, str, Send], Any]:
    if kind.startswith("application/grpc-web"):
        return _grpc_web
    return _connect_stream if kind.startswith("application/connect+proto") else _connect_unary


async def _grpc_web(outputs: Outputs, body: bytes, kind: str, send: Send) -> None:
    await _stream(outputs, body[5:], kind, send, _grpc_web_end)


async def _connect_stream(outputs: Outputs, body: bytes, kind: str, send: Send) -> None:
    await _stream(outputs, body[5:], kind, send, _connect_end)


async def _stream(
    outputs: Outputs, request: bytes, kind: str, send: Send, ending: Callable[[Ended | None], bytes]
) -> None:
    begun = False
    end: Ended | None = None
    try:
        async for output in outputs(request):
            if isinstance(output, Http):
                await _respond(send, output.status, output.body, [(b"content-type", output.content_type.encode())])
                return
            if not begun:
                await _begin(send, kind)
                begun = True
            if isinstance(output, Raw):
                await _write(send, output.data, more=False)
                return
            await _write(send, _frame(MESSAGE, output))
    except Ended as ended:
        end = ended
        if end.in_headers and not begun:
            headers = [(name.encode(), value.encode()) for name, value in _trailers(end)]
            await _respond(send, 200, b"", [(b"content-type", kind.encode()), *headers])
            return
    if not begun:
        await _begin(send, kind)
    await _write(send, ending(end), more=False)


def _grpc_web_end(end: Ended | None) -> bytes:
    text = "".join(f"{name}: {value}\r\n" for name, value in _trailers(end))
    return _frame(TRAILERS_OF_GRPC_WEB, text.encode())


def _connect_end(end: Ended | None) -> bytes:
    document = {} if end is None else {"error": _connect_error(end)}
    return _frame(END_OF_CONNECT, json.dumps(document).encode())


def _trailers(end: Ended | None) -> list[tuple[str, str]]:
    if end is None:
        return [("grpc-status", "0")]
    status = str(end.code.value[0])
    text = quote(end.text, safe=" !\"#$&'()*+,-./:;<=>?@[\\]^_`{|}~")
    rich = base64.b64encode(end.rich).decode().rstrip("=")
    told = [("grpc-status", status), ("grpc-message", text)]
    return [*told, ("grpc-status-details-bin", rich)] if rich else told


async def _connect_unary(outputs: Outputs, body: bytes, kind: str, send: Send) -> None:
    try:
        async for output in outputs(body):
            assert isinstance(output, bytes)
            await _respond(send, 200, output, [(b"content-type", kind.encode())])
            return
    except Ended as end:
        error = json.dumps(_connect_error(end)).encode()
        status = UNARY_STATUS.get(end.code.name, 500)
        await _respond(send, status, error, [(b"content-type", b"application/json")])


def _connect_error(end: Ended) -> dict[str, Any]:
    code = "canceled" if end.code is grpc.StatusCode.CANCELLED else end.code.name.lower()
    details = [
        {
            "type": detail.type_url.rpartition("/")[2],
            "value": base64.b64encode(detail.value).decode().rstrip("="),
        }
        for detail in end.details
    ]
    return {"code": code, "message": end.text, "details": details}


def _frame(flags: int, data: bytes) -> bytes:
    return struct.pack(">BI", flags, len(data)) + data


async def _begin(send: Send, kind: str) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", kind.encode()), *CORS]})


async def _write(send: Send, data: bytes, *, more: bool = True) -> None:
    await send({"type": "http.response.body", "body": data, "more_body": more})


async def _respond(send: Send, status: int, body: bytes, headers: list[tuple[bytes, bytes]]) -> None:
    length = [] if status == 204 else [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": [*headers, *CORS, *length]})
    await _write(send, body, more=False)
