"""The native port's servicers, behind gRPC-Web and Connect.

Their handlers take bytes and a context; what they write to one of gRPC's, they write to a `WebCall` here. Methods and
their message types are those of the protos, so a new servicer needs nothing in this package.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from typing import Any

import grpc
from connectrpc.method import IdempotencyLevel, MethodInfo, StreamType
from connectrpc.request import RequestContext
from connectrpc.server import ConnectASGIApplication, Endpoint
from google.protobuf import descriptor_pool, message_factory
from google.protobuf.descriptor import MethodDescriptor

from engine.server.interceptors import HEALTH_METHODS, BearerTokens, CallGuard
from engine.server.status import UnauthenticatedError, UnsupportedError
from engine.server.web.call import AbortedError, WebCall
from engine.server.web.codecs import Answer, BinaryCodec, JsonCodec
from engine.server.web.errors import connect_error, refusal

ACCEPTED_ENCODINGS = (b"accept-encoding", b"connect-accept-encoding", b"grpc-accept-encoding")

Request = RequestContext[Any, Any]
Handler = Any  # grpc.RpcMethodHandler, whose types lack the asynchronous behaviors


class CallDetails(grpc.HandlerCallDetails):
    """What interceptors know of a call before it begins."""

    def __init__(self, method: str, metadata: tuple[tuple[str, str], ...] = ()) -> None:
        self.method = method
        self.invocation_metadata = metadata


class Authentication:
    """Asks for a token before a request's body is read."""

    def __init__(self, tokens: BearerTokens | None) -> None:
        self._tokens = tokens

    async def on_start(self, request: Request) -> None:
        """Raises a ConnectError without a valid token. Health is told to everybody."""
        method = path_of(request.method.service_name, request.method.name)
        if self._tokens is None or method.startswith(HEALTH_METHODS):
            return
        try:
            self._tokens.check(metadata_of(request))
        except UnauthenticatedError as error:
            raise refusal(error) from None

    async def on_end(self, _token: None, _request: Request, _error: Exception | None, /) -> None:
        """Nothing is left to do."""


class Method:
    """One method of a servicer."""

    def __init__(self, descriptor: MethodDescriptor, handler: Handler, guard: CallGuard) -> None:
        self._descriptor = descriptor
        self._handler = handler
        self._guard = guard
        self._output = message_factory.GetMessageClass(descriptor.output_type)
        self.path = path_of(descriptor.containing_service.full_name, descriptor.name)

    def endpoint(self) -> Any:
        """How connectrpc calls it."""
        streaming = self._descriptor.server_streaming
        information: MethodInfo[Any, Any] = MethodInfo(
            name=self._descriptor.name,
            service_name=self._descriptor.containing_service.full_name,
            input=message_factory.GetMessageClass(self._descriptor.input_type),
            output=self._output,
            idempotency_level=IdempotencyLevel.UNKNOWN,  # POST only: a page of any site can have a browser GET
            stream_type=StreamType.SERVER_STREAM if streaming else StreamType.UNARY,
        )
        if self._descriptor.client_streaming:
            return Endpoint.bidi_stream(information, self._refuse)
        return (
            Endpoint.server_stream(information, self._stream)
            if streaming
            else Endpoint.unary(information, self._answer)
        )

    async def _refuse(self, _requests: AsyncIterator[bytes], _request: Request) -> AsyncGenerator[Answer]:
        text = f"{self._descriptor.name} streams both ways, which takes the native port (server.port)"
        raise refusal(UnsupportedError(text))
        yield  # a generator, as its like are

    async def _answer(self, data: bytes, request: Request) -> Answer:
        try:
            response = await (await self._begin(data, request))(self._call(request))
        except AbortedError as error:
            raise connect_error(error.code, error.text, error.trailing_metadata) from None
        serialize = self._handler.response_serializer
        return self._output, response if serialize is None else serialize(response)

    async def _stream(self, data: bytes, request: Request) -> AsyncGenerator[Answer]:
        call = self._call(request)
        handling: asyncio.Task[Any] = asyncio.ensure_future((await self._begin(data, request))(call))
        try:
            async with aclosing(call.messages(handling)) as messages:
                async for message in messages:
                    yield self._output, message
        except AbortedError as error:
            raise connect_error(error.code, error.text, error.trailing_metadata) from None
        finally:
            handling.cancel()
            await asyncio.gather(handling, return_exceptions=True)

    async def _begin(self, data: bytes, request: Request) -> Callable[[WebCall], Awaitable[Any]]:
        """The servicer's work on a request, with the guard around it."""

        async def continuation(_details: grpc.HandlerCallDetails) -> Handler:
            return self._handler

        handler: Handler = await self._guard.intercept_service(
            continuation, CallDetails(self.path, metadata_of(request))
        )
        behavior = handler.unary_stream or handler.unary_unary
        deserialize = handler.request_deserializer
        return lambda call: behavior(data if deserialize is None else deserialize(data), call)

    def _call(self, request: Request) -> WebCall:
        timeout_s = None if request.timeout_ms is None else request.timeout_ms / 1e3
        return WebCall(request.client_address, metadata_of(request), timeout_s, self._handler.response_serializer)


class RpcApplication(ConnectASGIApplication[Mapping[str, Any]]):
    """All methods of `handlers` as an ASGI application.

    guard              around each call of Morphogen's own methods
    tokens             None: everybody may call
    max_receive_bytes  largest request
    """

    def __init__(
        self,
        handlers: Sequence[Any],
        guard: CallGuard,
        tokens: BearerTokens | None,
        max_receive_bytes: int,
    ) -> None:
        found = (method for handler in handlers for method in methods_of(handler, guard))
        self.endpoints = {method.path: method.endpoint() for method in found}
        super().__init__(
            service=self.endpoints,
            endpoints=lambda endpoints: endpoints,
            interceptors=[Authentication(tokens)],
            read_max_bytes=max_receive_bytes,
            codecs=(BinaryCodec(), JsonCodec()),
        )

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request. It may be compressed, the response is not: most of it is files, which are already."""
        headers = [pair for pair in scope["headers"] if pair[0] not in ACCEPTED_ENCODINGS]
        await super().__call__({**scope, "headers": headers}, receive, send)

    @property
    def path(self) -> str:
        """Where it is mounted."""
        return "/"


def methods_of(handler: Any, guard: CallGuard) -> list[Method]:
    """The methods of a service that `handler` (a grpc.ServiceRpcHandler) has."""
    service = descriptor_pool.Default().FindServiceByName(handler.service_name())
    methods = []
    for descriptor in service.methods:
        path = path_of(service.full_name, descriptor.name)
        found = handler.service(CallDetails(path))
        if found is not None:
            methods.append(Method(descriptor, found, guard))
    return methods


def path_of(service_name: str, method_name: str) -> str:
    """The path of a method's URL."""
    return f"/{service_name}/{method_name}"


def metadata_of(request: Request) -> tuple[tuple[str, str], ...]:
    """A request's headers, repeated ones included."""
    return tuple(request.request_headers.allitems())
