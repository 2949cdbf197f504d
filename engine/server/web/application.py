"""What the web port answers, by path: methods, health, metrics, files."""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import structlog
from connectrpc.errors import ConnectError
from prometheus_client import CollectorRegistry, make_asgi_app
from starlette.exceptions import HTTPException

from engine.server.interceptors import BearerTokens
from engine.server.status import UnauthenticatedError, status_of
from engine.server.web.endpoints import RpcApplication
from engine.server.web.files import FolderFiles
from engine.server.web.limits import ABORT, Message, Receive, Send, StalledError, patient, punctual
from engine.server.web.origins import HeaderList, Origins

NATIVE_MEDIA_TYPES = ("application/grpc", "application/grpc+")
"""Native gRPC needs HTTP/2."""

Scope = Any

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Routes:
    """What there is to answer with.

    rpc        the methods
    ready      whether the server can make assets now
    registry   metrics
    tokens     who may read metrics; None: everybody
    files      None: there are none
    """

    rpc: RpcApplication
    ready: Callable[[], Awaitable[bool]]
    registry: CollectorRegistry
    tokens: BearerTokens | None
    files: FolderFiles | None


class WebApplication:
    """The ASGI application of the web port.

    idle_timeout_s  a client that takes nothing for so long, or whose request takes so long to arrive, is let go
    """

    def __init__(self, routes: Routes, origins: Origins, idle_timeout_s: float) -> None:
        self._routes = routes
        self._origins = origins
        self._idle_timeout_s = idle_timeout_s
        self._metrics = make_asgi_app(routes.registry)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        try:
            headers = {name.decode("ascii"): value.decode() for name, value in scope["headers"]}
        except UnicodeDecodeError:
            await _say(send, 400, "headers are UTF-8")
            return
        # A second longer than a stream's own limit, which ends the call with a status and not only the connection.
        send = patient(send, scope["state"][ABORT], self._idle_timeout_s + 1.0)
        answer = _Answer(send, self._origins.response_headers(headers))
        try:
            await self._route(scope, headers, punctual(receive, self._idle_timeout_s), answer)
        except HTTPException as error:
            await _say(answer, error.status_code, error.detail, headers=error.headers)
        except (StalledError, ConnectError):
            scope["state"][ABORT]()  # there was nobody to tell, or no way left to tell it
        except Exception as error:  # noqa: BLE001 (told by its incident's number, as everywhere)
            text = status_of(error).details
            if answer.started:
                scope["state"][ABORT]()
            else:
                await _say(answer, 500, text)

    async def _route(self, scope: Scope, headers: Mapping[str, str], receive: Receive, send: "_Answer") -> None:
        path, method = scope["path"], scope["method"]
        if not self._origins.knows_host(headers):
            host = headers.get("host", "")
            await _say(send, 421, f"this server is not called {host}; add its origin to web.origins if it is")
        elif method == "OPTIONS":
            await self._preflight(headers, send)
        elif path in ("/healthz", "/readyz", "/metrics") and method in ("GET", "HEAD"):
            await self._observe(path, scope, receive, send)
        elif method == "POST" or path in self._routes.rpc.endpoints:
            await self._call(scope, headers, receive, send)
        elif self._routes.files is not None:
            await self._routes.files(scope, receive, send)
        else:
            await _say(send, 404, f"nothing is at {path}")

    async def _call(self, scope: Scope, headers: Mapping[str, str], receive: Receive, send: "_Answer") -> None:
        if not self._origins.allows(headers):
            await _refuse(send, 403, "permission_denied", f"{headers['origin']} is not in web.origins")
        elif scope["path"] not in self._routes.rpc.endpoints:
            await _refuse(send, 404, "unimplemented", f"there is no method {scope['path']}")
        elif _is_native(headers.get("content-type", "")):
            await _say(send, 415, "native gRPC takes HTTP/2, at server.port; here are gRPC-Web and Connect")
        else:
            await self._routes.rpc(scope, receive, send)

    async def _preflight(self, headers: Mapping[str, str], send: "_Answer") -> None:
        if "origin" not in headers or not self._origins.allows(headers):
            await _say(send, 403, f"{headers.get('origin', 'no origin')} is not in web.origins")
        else:
            await _respond(send, 204, b"", self._origins.preflight_headers(headers))

    async def _observe(self, path: str, scope: Scope, receive: Receive, send: "_Answer") -> None:
        if path == "/healthz":
            await _say(send, 200, "ok")
        elif path == "/readyz":
            ready = await self._routes.ready()
            await _say(send, 200 if ready else 503, "ready" if ready else "no step can run")
        elif self._may_read_metrics(scope):
            await self._metrics(scope, receive, send)
        else:
            await _say(send, 401, "metrics take a bearer token", headers={"www-authenticate": "Bearer"})

    def _may_read_metrics(self, scope: Scope) -> bool:
        if self._routes.tokens is None:
            return True
        try:
            self._routes.tokens.check([(name.decode(), value.decode()) for name, value in scope["headers"]])
        except UnauthenticatedError:
            return False
        return True


class _Answer:
    """`send` that adds headers, and knows whether the response has begun."""

    def __init__(self, send: Send, headers: HeaderList) -> None:
        self._send = send
        self._headers = headers
        self.started = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            message = {**message, "headers": [*message.get("headers", ()), *self._headers]}
        await self._send(message)


def _is_native(content_type: str) -> bool:
    named, prefix = NATIVE_MEDIA_TYPES
    kind = content_type.partition(";")[0].strip().lower()
    return kind == named or kind.startswith(prefix)


async def _say(send: Send, status: int, text: str, headers: Mapping[str, str] | None = None) -> None:
    """A line of text."""
    listed = [(name.lower().encode(), value.encode()) for name, value in (headers or {}).items()]
    await _respond(send, status, f"{text}\n".encode(), [(b"content-type", b"text/plain; charset=utf-8"), *listed])


async def _refuse(send: Send, status: int, code: str, text: str) -> None:
    """An error as Connect's clients read it; those of gRPC-Web go by the status."""
    body = json.dumps({"code": code, "message": text}).encode()
    await _respond(send, status, body, [(b"content-type", b"application/json")])


async def _respond(send: Send, status: int, body: bytes, headers: HeaderList) -> None:
    told = [(b"x-content-type-options", b"nosniff")]  # some of it repeats what was asked for
    if status != 204:
        told.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": [*headers, *told]})
    await send({"type": "http.response.body", "body": body})
