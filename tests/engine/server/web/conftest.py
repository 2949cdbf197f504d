"""A gateway with a web port, and a client that speaks its protocols by hand."""

import asyncio
import base64
import json
import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import Any

import grpc
import httpx
import pytest
from google.protobuf.message import Message
from google.rpc import error_details_pb2, status_pb2  # type: ignore[import-untyped]  # ships no types

from engine.settings.sections import ServerSettings, Settings, WebSettings

GRPC_WEB = "application/grpc-web+proto"
CONNECT = "application/connect+proto"
NO_TRUST = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Made once: reading the system's authorities takes longer than a test."""

TRAILERS, END = 0x80, 0x02
"""The flags of the last frame, in gRPC-Web and in Connect."""

CODES = {
    "0": "ok",
    "1": "canceled",
    "3": "invalid_argument",
    "4": "deadline_exceeded",
    "5": "not_found",
    "7": "permission_denied",
    "8": "resource_exhausted",
    "12": "unimplemented",
    "13": "internal",
    "14": "unavailable",
    "16": "unauthenticated",
}


def framed(data: bytes, flags: int = 0) -> bytes:
    """One frame, as both protocols have them."""
    return bytes([flags]) + len(data).to_bytes(4, "big") + data


def frames_of(body: bytes) -> list[tuple[int, bytes]]:
    """Flags and content of every frame; all of `body` is frames."""
    found = []
    while body:
        size = int.from_bytes(body[1:5], "big")
        assert len(body) >= 5 + size
        found.append((body[0], body[5 : 5 + size]))
        body = body[5 + size :]
    return found


@dataclass
class Outcome:
    """What a call came to: messages, a code in Connect's words, a text, and google.rpc details by their name."""

    messages: list[bytes]
    code: str
    text: str = ""
    details: dict[str, Any] = field(default_factory=dict)


def outcome_of(content_type: str, body: bytes) -> Outcome:
    """The outcome in a streaming response, or in a unary one of gRPC-Web."""
    frames = frames_of(body)
    messages = [data for flags, data in frames[:-1]]
    assert all(flags == 0 for flags, _ in frames[:-1])
    flags, last = frames[-1]
    if content_type == CONNECT:
        assert flags == END
        return replace(failure_of(json.loads(last).get("error")), messages=messages)
    assert flags == TRAILERS
    trailers = dict(line.split(": ", 1) for line in last.decode().split("\r\n") if line)
    packed = base64.b64decode(trailers.get("grpc-status-details-bin", "") + "===")
    rich = status_pb2.Status.FromString(packed)
    details = {each.TypeName(): each.value for each in rich.details}
    return Outcome(messages, CODES[trailers["grpc-status"]], rich.message, unpacked(details))


def failure_of(error: Mapping[str, Any] | None) -> Outcome:
    """The outcome that one of Connect's error objects tells; None: there is none."""
    if error is None:
        return Outcome([], "ok")
    details = {each["type"]: base64.b64decode(each["value"] + "===") for each in error.get("details", ())}
    return Outcome([], error["code"], error["message"], unpacked(details))


def unpacked(details: Mapping[str, bytes]) -> dict[str, Any]:
    """Details by the last part of their type's name."""
    found = {}
    for name, data in details.items():
        short = name.rpartition(".")[2]
        found[short] = getattr(error_details_pb2, short).FromString(data)
    return found


@dataclass
class Site:
    """A gateway with a web port, and a browser's view of it."""

    serving: Any
    url: str
    client: httpx.AsyncClient
    framed = staticmethod(framed)
    failure_of = staticmethod(failure_of)
    outcome_of = staticmethod(outcome_of)

    async def call(self, content_type: str, method: str, message: Message, **headers: str) -> Outcome:
        """A call with one request, as a stream or one of gRPC-Web's unary ones, to its end."""
        response = await self.post(content_type, method, framed(message.SerializeToString()), **headers)
        assert response.status_code == 200, response.text
        assert response.headers["content-type"] == content_type
        return outcome_of(content_type, response.content)

    async def post(self, content_type: str, method: str, body: bytes, **headers: str) -> httpx.Response:
        """The response to a body."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.client.post(
            f"/morphogen.v1.{method}", content=body, headers={"content-type": content_type, **named}
        )

    @asynccontextmanager
    async def connected(self, **options: Any) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        """A bare connection."""
        host, port = self.url.partition("//")[2].split(":")
        reader, writer = await asyncio.open_connection(host, int(port), **options)
        try:
            yield reader, writer
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    @asynccontextmanager
    async def reading(self, content_type: str, method: str, message: Message) -> AsyncIterator[AsyncIterator[bytes]]:
        """A call whose response is read bit by bit; leaving closes its connection."""
        async with httpx.AsyncClient(base_url=self.url, timeout=10, verify=NO_TRUST) as client:
            request = client.stream(
                "POST",
                f"/morphogen.v1.{method}",
                content=framed(message.SerializeToString()),
                headers={"content-type": content_type},
            )
            async with request as response:
                yield response.aiter_raw()


ServeWeb = Callable[..., Any]


@pytest.fixture
async def serve_web(serve: Any) -> AsyncIterator[ServeWeb]:
    """Start gateways with a web port and the given sections of settings; they are closed after the test."""
    async with AsyncExitStack() as stack:

        async def start(
            verify: Any = True, connect: Any = grpc.aio.insecure_channel, frames: Any = None, **sections: Any
        ) -> Site:
            free = {"server": ServerSettings(port=0), "web": WebSettings(port=0)}
            serving = await serve(Settings(**{**free, **sections}), connect, frames=frames)
            url = serving.gateway.web_url
            client = await stack.enter_async_context(httpx.AsyncClient(base_url=url, timeout=10, verify=verify))
            return Site(serving, url, client)

        yield start
