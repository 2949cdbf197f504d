"""The synchronous face. Safe to share between threads; each stream belongs to the one that iterates it."""

import threading
import time
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Generic, Protocol, Self, TypeVar, Unpack

import grpc
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
    """What is needed of a running `grpc` call."""

    def __iter__(self) -> Iterator[StreamMessage]:
        """The messages as they come."""
        ...

    def cancel(self) -> bool:
        """Stop it; whether it still ran."""
        ...


class ResultStream(Generic[Update, Result]):
    """A running generation: iterate it for updates, then ask for its `result()`.

    The call starts with the iteration. Leaving the loop early, `close()` (from any thread) and leaving a `with`
    block cancel it, and the server stops its work within one step. Can be iterated once.
    """

    def __init__(
        self, open_stream: Callable[[float], MessageCall], session: StreamSession[Update, Result], timeout_s: float
    ) -> None:
        self._open_stream = open_stream
        self._session = session
        self._timeout_s = timeout_s
        self._closed = threading.Event()
        self._started = False
        self._call: MessageCall | None = None

    def __iter__(self) -> Iterator[Update]:
        """The updates. Raises a MorphogenError when the stream fails for good."""
        if self._started:
            raise MorphogenError("a stream can be iterated once; ask the client for another one")
        self._started = True
        return self._updates()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def result(self) -> Result:
        """What the stream made; receives what is still to come. Raises CancelledError if it was left early."""
        if not self._started:
            for _ in self:
                pass
        if self._session.result is None:
            raise CancelledError("the stream was left before its end, so it has no result")
        return self._session.result

    def close(self) -> None:
        """Cancel the call if it still runs. Harmless when repeated."""
        self._closed.set()
        if self._call is not None:
            self._call.cancel()

    def _updates(self) -> Iterator[Update]:
        ends_at_s = time.monotonic() + self._timeout_s
        delay_s: float | None = 0.0
        while self._session.result is None:
            if self._closed.wait(delay_s):
                raise CancelledError("the stream was closed")
            call = self._call = self._open_stream(ends_at_s - time.monotonic())
            try:
                for message in call:
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


class Client:
    """A connection to a Morphogen server.

    server     HOST:PORT
    tls        encrypts the connection; needed for servers beyond this machine that want a token
    token      sent as a bearer token with every call
    retry      when failed calls are tried again; probes never are
    timeout_s  time a call may take, its retries included, unless the call says otherwise

    Use it as a context manager or `close()` it. Connects with the first call.
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
            self._channel = grpc.insecure_channel(server, connection.options())
        else:
            self._channel = grpc.secure_channel(server, tls.credentials(), connection.options())
        self._textures = texture_pb2_grpc.TextureServiceStub(self._channel)
        self._catalog = catalog_pb2_grpc.CatalogServiceStub(self._channel)
        self._diagnostics = diagnostics_pb2_grpc.DiagnosticsServiceStub(self._channel)
        self._health = health_pb2_grpc.HealthStub(self._channel)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Cancel what runs and disconnect."""
        self._channel.close()

    def generate_texture(
        self, texture_class: str, *, timeout_s: float | None = None, **options: Unpack[TextureOptions]
    ) -> ResultStream[TextureUpdate, TextureResult]:
        """Make a texture; iterate the answer for one update per level of detail, coarse to fine.

        Raises InvalidRequestError at once for an option that no request can carry; everything else is raised by the
        iteration.
        """
        request = texture_request(texture_class, options)
        return ResultStream(
            lambda remaining_s: self._textures.GenerateTexture(request, timeout=remaining_s, metadata=self._metadata),
            StreamSession(MaterialReader(), self._retry),
            self._timeout_s if timeout_s is None else timeout_s,
        )

    def texture(
        self, texture_class: str, *, timeout_s: float | None = None, **options: Unpack[TextureOptions]
    ) -> TextureResult:
        """Make a texture and wait for it."""
        return self.generate_texture(texture_class, timeout_s=timeout_s, **options).result()

    def probe(
        self, *, part_size_bytes: int = 48 * 1024, part_count: int = 100, step_ms: float = 0.0
    ) -> ResultStream[Arrival, ProbeResult]:
        """Receive synthetic parts through the server's real scheduler, worker and link, to measure the path."""
        request = probe_request(part_size_bytes, part_count, step_ms)
        return ResultStream(
            lambda remaining_s: self._diagnostics.StreamProbe(request, timeout=remaining_s, metadata=self._metadata),
            StreamSession(ArrivalReader(time.perf_counter()), NO_RETRY),
            self._timeout_s,
        )

    def catalog(self, asset_kind: str = "") -> tuple[Generator, ...]:
        """Every generator of that kind ("" for all), without model cards."""
        request = catalog_pb2.ListGeneratorsRequest(asset_kind=asset_kind)
        response = self._unary(self._catalog.ListGenerators, request)
        return tuple(map(generator_from, response.generators))

    def generator(self, name: str) -> Generator:
        """One generator with its model card. Raises NotFoundError."""
        response = self._unary(self._catalog.GetGenerator, catalog_pb2.GetGeneratorRequest(name=name))
        return generator_from(response.generator)

    def healthy(self, timeout_s: float = 5.0) -> bool:
        """Whether the server can be reached and serves. Never retries."""
        try:
            response = self._health.Check(health_pb2.HealthCheckRequest(), timeout=timeout_s, metadata=self._metadata)
        except grpc.RpcError as failure:
            if isinstance(error := error_from_rpc(failure), UnavailableError):
                return False
            raise error from failure
        return bool(response.status == health_pb2.HealthCheckResponse.SERVING)

    def _unary(
        self, method: "grpc.UnaryUnaryMultiCallable[UnaryRequest, UnaryResponse]", request: UnaryRequest
    ) -> UnaryResponse:
        ends_at_s = time.monotonic() + self._timeout_s
        failed_count = 0
        while True:
            try:
                return method(request, timeout=ends_at_s - time.monotonic(), metadata=self._metadata)
            except grpc.RpcError as failure:
                failed_count += 1
                error = error_from_rpc(failure)
                delay_s = self._retry.delay_s(failed_count, error, ends_at_s - time.monotonic())
                if delay_s is None:
                    raise error from failure
            time.sleep(delay_s)
