"""The asynchronous face: the same verbs as `client.py`, for one event loop."""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from types import TracebackType
from typing import Generic, Protocol, Self, TypeVar, Unpack

import grpc
from grpc import aio
from grpc_health.v1 import health_pb2, health_pb2_grpc

from morphogen.v1 import catalog_pb2, catalog_pb2_grpc, diagnostics_pb2_grpc, texture_pb2_grpc
from morphogen_client.assembly import StreamMessage
from morphogen_client.catalog import Generator, generator_from
from morphogen_client.connection import DEFAULT_SERVER, Connection, Tls
from morphogen_client.errors import CancelledError, MorphogenError, UnavailableError, error_from_rpc
from morphogen_client.material import MaterialReader, TextureResult, TextureUpdate
from morphogen_client.probe import Arrival, ArrivalReader, ProbeResult, probe_request
from morphogen_client.session import NO_RETRY, Result, RetryPolicy, StreamSession, Update
from morphogen_client.texture import TextureOptions, texture_request

UnaryRequest = TypeVar("UnaryRequest")
UnaryResponse = TypeVar("UnaryResponse")


class MessageCall(Protocol):
    """What is needed of a running `grpc.aio` call."""

    def __aiter__(self) -> AsyncIterator[StreamMessage]:
        """The messages as they come."""
        ...

    def cancel(self) -> bool:
        """Stop it; whether it still ran."""
        ...


class AsyncResultStream(Generic[Update, Result]):
    """A running generation: iterate it with `async for`, then ask for its `result()`.

    The call starts with the iteration. Cancelling the task that iterates, `close()` and leaving an `async with`
    block cancel it, and the server stops its work within one step. After a plain `break`, the event loop cancels it
    as soon as it collects the iterator; inside of `async with` this happens at once. Can be iterated once.
    """

    def __init__(
        self, open_stream: Callable[[float], MessageCall], session: StreamSession[Update, Result], timeout_s: float
    ) -> None:
        self._open_stream = open_stream
        self._session = session
        self._timeout_s = timeout_s
        self._closed = asyncio.Event()
        self._started = False
        self._call: MessageCall | None = None

    def __aiter__(self) -> AsyncGenerator[Update, None]:
        """The updates. Raises a MorphogenError when the stream fails for good."""
        if self._started:
            raise MorphogenError("a stream can be iterated once; ask the client for another one")
        self._started = True
        return self._updates()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    async def result(self) -> Result:
        """What the stream made; receives what is still to come. Raises CancelledError if it was left early."""
        if not self._started:
            async with aclosing(aiter(self)) as updates:
                async for _ in updates:
                    pass
        if self._session.result is None:
            raise CancelledError("the stream was left before its end, so it has no result")
        return self._session.result

    def close(self) -> None:
        """Cancel the call if it still runs. Harmless when repeated."""
        self._closed.set()
        if self._call is not None:
            self._call.cancel()

    async def _updates(self) -> AsyncGenerator[Update, None]:
        ends_at_s = time.monotonic() + self._timeout_s
        delay_s: float | None = 0.0
        while self._session.result is None:
            if self._closed.is_set() or await self._closes_within(delay_s):
                raise CancelledError("the stream was closed")
            call = self._call = self._open_stream(ends_at_s - time.monotonic())
            try:
                async for message in call:
                    update = self._session.receive(message)
                    if update is not None:
                        yield update
                self._session.finish()
            except grpc.RpcError as failure:
                error = error_from_rpc(failure)
                delay_s = self._session.restart_delay_s(error, ends_at_s - time.monotonic())
                if delay_s is None:
                    raise error from failure
            finally:
                call.cancel()

    async def _closes_within(self, delay_s: float | None) -> bool:
        try:
            async with asyncio.timeout(delay_s):
                return await self._closed.wait()
        except TimeoutError:
            return False


class AsyncClient:
    """A connection to a Morphogen server, for one event loop.

    server     HOST:PORT
    tls        encrypts the connection; needed for servers beyond this machine that want a token
    token      sent as a bearer token with every call
    retry      when failed calls are tried again; probes never are
    timeout_s  time a call may take, its retries included, unless the call says otherwise

    Make it inside of a running event loop. Use it with `async with` or `await close()`. Connects with the first call.
    """

    def __init__(
        self,
        server: str = DEFAULT_SERVER,
        *,
        tls: Tls | None = None,
        token: str | None = None,
        retry: RetryPolicy | None = None,
        timeout_s: float = 300.0,
    ) -> None:
        connection = Connection(server, tls, token)
        self._metadata = connection.metadata()
        self._retry = retry or RetryPolicy()
        self._timeout_s = timeout_s
        if tls is None:
            self._channel = aio.insecure_channel(server, connection.options())
        else:
            self._channel = aio.secure_channel(server, tls.credentials(), connection.options())
        self._textures = texture_pb2_grpc.TextureServiceStub(self._channel)
        self._catalog = catalog_pb2_grpc.CatalogServiceStub(self._channel)
        self._diagnostics = diagnostics_pb2_grpc.DiagnosticsServiceStub(self._channel)
        self._health = health_pb2_grpc.HealthStub(self._channel)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Cancel what runs and disconnect."""
        await self._channel.close(grace=None)

    def generate_texture(
        self, texture_class: str, *, timeout_s: float | None = None, **options: Unpack[TextureOptions]
    ) -> AsyncResultStream[TextureUpdate, TextureResult]:
        """Make a texture; iterate the answer for one update per level of detail, coarse to fine.

        Raises InvalidRequestError at once for an option that no request can carry; everything else is raised by the
        iteration.
        """
        request = texture_request(texture_class, options)
        return AsyncResultStream(
            lambda remaining_s: self._textures.GenerateTexture(request, timeout=remaining_s, metadata=self._metadata),
            StreamSession(MaterialReader(), self._retry),
            self._timeout_s if timeout_s is None else timeout_s,
        )

    async def texture(
        self, texture_class: str, *, timeout_s: float | None = None, **options: Unpack[TextureOptions]
    ) -> TextureResult:
        """Make a texture and wait for it."""
        return await self.generate_texture(texture_class, timeout_s=timeout_s, **options).result()

    def probe(
        self, *, part_size_bytes: int = 48 * 1024, part_count: int = 100, step_ms: float = 0.0
    ) -> AsyncResultStream[Arrival, ProbeResult]:
        """Receive synthetic parts through the server's real scheduler, worker and link, to measure the path."""
        request = probe_request(part_size_bytes, part_count, step_ms)
        return AsyncResultStream(
            lambda remaining_s: self._diagnostics.StreamProbe(request, timeout=remaining_s, metadata=self._metadata),
            StreamSession(ArrivalReader(time.perf_counter()), NO_RETRY),
            self._timeout_s,
        )

    async def catalog(self, asset_kind: str = "") -> tuple[Generator, ...]:
        """Every generator of that kind ("" for all), without model cards."""
        request = catalog_pb2.ListGeneratorsRequest(asset_kind=asset_kind)
        response = await self._unary(self._catalog.ListGenerators, request)
        return tuple(map(generator_from, response.generators))

    async def generator(self, name: str) -> Generator:
        """One generator with its model card. Raises NotFoundError."""
        response = await self._unary(self._catalog.GetGenerator, catalog_pb2.GetGeneratorRequest(name=name))
        return generator_from(response.generator)

    async def healthy(self, timeout_s: float = 5.0) -> bool:
        """Whether the server can be reached and serves. Never retries."""
        try:
            response = await self._health.Check(
                health_pb2.HealthCheckRequest(), timeout=timeout_s, metadata=self._metadata
            )
        except grpc.RpcError as failure:
            if isinstance(error := error_from_rpc(failure), UnavailableError):
                return False
            raise error from failure
        return bool(response.status == health_pb2.HealthCheckResponse.SERVING)

    async def _unary(
        self, method: "aio.UnaryUnaryMultiCallable[UnaryRequest, UnaryResponse]", request: UnaryRequest
    ) -> UnaryResponse:
        ends_at_s = time.monotonic() + self._timeout_s
        failed_count = 0
        while True:
            try:
                return await method(request, timeout=ends_at_s - time.monotonic(), metadata=self._metadata)
            except grpc.RpcError as failure:
                failed_count += 1
                error = error_from_rpc(failure)
                delay_s = self._retry.delay_s(failed_count, error, ends_at_s - time.monotonic())
                if delay_s is None:
                    raise error from failure
            await asyncio.sleep(delay_s)
