"""The asynchronous face: the same verbs as `client.py`, for one event loop."""

import asyncio
import math
import time
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from types import TracebackType
from typing import Self, TypeVar, Unpack

import grpc
from grpc import aio
from grpc_health.v1 import health_pb2

from morphogen.v1 import catalog_pb2, workers_pb2
from morphogen_client.catalog import Generator, generator_from
from morphogen_client.characters.async_verbs import AsyncCharacterVerbs
from morphogen_client.connection import DEFAULT_SERVER, Connection, Services, Tls, limited
from morphogen_client.errors import BrokenStreamError, UnavailableError, error_from_rpc
from morphogen_client.material import MaterialReader, TextureResult, TextureUpdate
from morphogen_client.options import StreamOptions
from morphogen_client.probe import (
    Arrival,
    ArrivalReader,
    ProbeOptions,
    ProbeResult,
    SteerOptions,
    probe_request,
)
from morphogen_client.results.files import FileUpdate
from morphogen_client.results.level import LevelReader, LevelResult, LevelUpdate
from morphogen_client.results.scene import SceneResult, scene_reader
from morphogen_client.results.world import ChunkResult, WorldResult, chunk_reader, world_reader
from morphogen_client.scenes.landscape import Landscape
from morphogen_client.scenes.level import LevelStreamOptions, level_stream_request
from morphogen_client.scenes.scene import SceneStreamOptions, scene_stream_request
from morphogen_client.streams.result_stream import AsyncMessageCall, AsyncResultStream
from morphogen_client.streams.session import NO_RETRY, Result, RetryPolicy, StreamSession, Update
from morphogen_client.streams.steering import PROBE_DIALECT, AsyncSteeredProbe, steer_session
from morphogen_client.texture import TextureOptions, TextureStreamOptions, prefetch_request, texture_stream_request
from morphogen_client.workers import Replacement, Worker, replacement_from, worker_from
from morphogen_client.worlds.exploration import Exploration
from morphogen_client.worlds.explorer import AsyncWorldExplorer, new_async_box
from morphogen_client.worlds.requests import (
    ChunkStreamOptions,
    ExploreOptions,
    chunk_stream_request,
    explore_start,
    world_stream_request,
)

UnaryRequest = TypeVar("UnaryRequest")
UnaryResponse = TypeVar("UnaryResponse")


class AsyncClient(AsyncCharacterVerbs):
    """A connection to a Morphogen server, for one event loop.

    server     HOST:PORT
    tls        encrypts the connection; needed for servers beyond this machine that want a token
    token      sent as a bearer token with every call
    retry      when failed calls are tried again; probes only if they ask for resume tokens, and what changes the
               server's workers never
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
        self._connection = Connection(server, tls, token)
        self._retry = retry or RetryPolicy()
        self._timeout_s = timeout_s
        if tls is None:
            self._channel = aio.insecure_channel(server, self._connection.options())
        else:
            self._channel = aio.secure_channel(server, tls.credentials(), self._connection.options())
        self._services = Services(self._channel)

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
        self, texture_class: str, *, timeout_s: float | None = None, **options: Unpack[TextureStreamOptions]
    ) -> AsyncResultStream[TextureUpdate, TextureResult]:
        """Make a texture; iterate the answer for one update per level of detail, coarse to fine.

        The server knows `timeout_s`, and refuses at once what it cannot make in that time if it is less than 60 s:
        OverloadedError with `retry_after_s`. Raises InvalidRequestError at once for an option that no request can
        carry; everything else is raised by the iteration.
        """
        request = texture_stream_request(texture_class, options)
        session = StreamSession(request, MaterialReader(), self._retry)
        return self._stream(self._services.textures.GenerateTexture, session, timeout_s)

    async def texture(
        self, texture_class: str, *, timeout_s: float | None = None, **options: Unpack[TextureStreamOptions]
    ) -> TextureResult:
        """Make a texture and wait for it, as `generate_texture` does."""
        return await self.generate_texture(texture_class, timeout_s=timeout_s, **options).result()

    async def prefetch_textures(self, textures: Iterable[tuple[str, TextureOptions]]) -> tuple[str, ...]:
        """Say which textures will probably be asked for next, the most urgent one last; their asset ids.

        At most 64 pairs of a class and its options. The server makes and keeps them while it has nothing else to do, so
        that the real request is answered sooner; it may drop any of them. Does not wait for that.
        """
        response = await self._unary(self._services.textures.PrefetchTextures, prefetch_request(textures))
        return tuple(response.asset_ids)

    def generate_level(
        self, *, timeout_s: float | None = None, **options: Unpack[LevelStreamOptions]
    ) -> AsyncResultStream[LevelUpdate, LevelResult]:
        """Make a level; iterate the answer for one update per step. Deadlines and errors as in `generate_texture`."""
        session = StreamSession(level_stream_request(options), LevelReader(), self._retry)
        return self._stream(self._services.scenes.GenerateLevel, session, timeout_s)

    async def level(self, *, timeout_s: float | None = None, **options: Unpack[LevelStreamOptions]) -> LevelResult:
        """Make a level and wait for it, as `generate_level` does."""
        return await self.generate_level(timeout_s=timeout_s, **options).result()

    def generate_scene(
        self,
        landscape: Landscape | None = None,
        *,
        timeout_s: float | None = None,
        **options: Unpack[SceneStreamOptions],
    ) -> AsyncResultStream[FileUpdate, SceneResult]:
        """Make a scene; iterate the answer for its files as they are made. Without a landscape it is one of grass.

        Deadlines and errors as in `generate_texture`.
        """
        session = StreamSession(scene_stream_request(landscape, options), scene_reader(), self._retry)
        return self._stream(self._services.scenes.GenerateScene, session, timeout_s)

    async def scene(
        self,
        landscape: Landscape | None = None,
        *,
        timeout_s: float | None = None,
        **options: Unpack[SceneStreamOptions],
    ) -> SceneResult:
        """Make a scene and wait for it, as `generate_scene` does."""
        return await self.generate_scene(landscape, timeout_s=timeout_s, **options).result()

    def generate_world(
        self,
        landscape: Landscape | None = None,
        *,
        timeout_s: float | None = None,
        **options: Unpack[StreamOptions],
    ) -> AsyncResultStream[FileUpdate, WorldResult]:
        """Make what is needed once to show any part of a world; iterate the answer for its files as they are made.

        Deadlines and errors as in `generate_texture`.
        """
        session = StreamSession(world_stream_request(landscape, options), world_reader(), self._retry)
        return self._stream(self._services.worlds.GenerateWorld, session, timeout_s)

    async def world(
        self,
        landscape: Landscape | None = None,
        *,
        timeout_s: float | None = None,
        **options: Unpack[StreamOptions],
    ) -> WorldResult:
        """Make what is needed once and wait for it, as `generate_world` does."""
        return await self.generate_world(landscape, timeout_s=timeout_s, **options).result()

    def generate_chunk(
        self,
        landscape: Landscape | None = None,
        *,
        row: int = 0,
        column: int = 0,
        timeout_s: float | None = None,
        **options: Unpack[ChunkStreamOptions],
    ) -> AsyncResultStream[FileUpdate, ChunkResult]:
        """Make one chunk of a world; iterate the answer for its files.

        Deadlines and errors as in `generate_texture`.
        """
        request = chunk_stream_request(landscape, row, column, options)
        session = StreamSession(request, chunk_reader(), self._retry)
        return self._stream(self._services.worlds.GenerateChunk, session, timeout_s)

    async def chunk(
        self,
        landscape: Landscape | None = None,
        *,
        row: int = 0,
        column: int = 0,
        timeout_s: float | None = None,
        **options: Unpack[ChunkStreamOptions],
    ) -> ChunkResult:
        """Make one chunk and wait for it, as `generate_chunk` does."""
        stream = self.generate_chunk(landscape, row=row, column=column, timeout_s=timeout_s, **options)
        return await stream.result()

    def explore_world(
        self,
        landscape: Landscape | None = None,
        *,
        auto_grant: bool = True,
        timeout_s: float = math.inf,
        **options: Unpack[ExploreOptions],
    ) -> AsyncWorldExplorer:
        """Receive the chunks around a viewer that moves; iterate the answer for events. Lasts until you leave it.

        Raises InvalidRequestError at once for an option that no request can carry; everything else is raised by the
        iteration. A broken connection is made again as `retry` says, and goes on with what is held.
        """
        return AsyncWorldExplorer(
            lambda messages, remaining_s: self._services.worlds.ExploreWorld(
                messages,
                timeout=limited(remaining_s),
                metadata=self._connection.metadata(),
            ),
            Exploration(explore_start(landscape, options), options.get("held", ()), self._retry, new_async_box),
            timeout_s,
            auto_grant=auto_grant,
        )

    def probe(
        self, *, timeout_s: float | None = None, **options: Unpack[ProbeOptions]
    ) -> AsyncResultStream[Arrival, ProbeResult]:
        """Receive synthetic parts through the server's real scheduler, worker and link, to measure the path."""
        retry = self._retry if options.get("resume_tokens") else NO_RETRY
        session = StreamSession(probe_request(options), ArrivalReader(time.perf_counter()), retry)
        return self._stream(self._services.diagnostics.StreamProbe, session, timeout_s)

    def steer_probe(
        self, *, auto_grant: bool = True, timeout_s: float | None = None, **options: Unpack[SteerOptions]
    ) -> AsyncSteeredProbe:
        """Receive synthetic parts while steering them with credit and controls. Never retried.

        Raises InvalidRequestError at once for an option that no request can carry; everything else is raised by the
        iteration.
        """
        return AsyncSteeredProbe(
            lambda messages, remaining_s: self._services.diagnostics.SteerProbe(
                messages, timeout=remaining_s, metadata=self._connection.metadata()
            ),
            steer_session(options),
            self._timeout_s if timeout_s is None else timeout_s,
            PROBE_DIALECT,
            auto_grant=auto_grant,
        )

    async def catalog(self, asset_kind: str = "") -> tuple[Generator, ...]:
        """Every generator of that kind ("" for all), without model cards."""
        request = catalog_pb2.ListGeneratorsRequest(asset_kind=asset_kind)
        response = await self._unary(self._services.catalog.ListGenerators, request)
        return tuple(map(generator_from, response.generators))

    async def generator(self, name: str) -> Generator:
        """One generator with its model card. Raises NotFoundError."""
        response = await self._unary(self._services.catalog.GetGenerator, catalog_pb2.GetGeneratorRequest(name=name))
        return generator_from(response.generator)

    async def healthy(self, timeout_s: float = 5.0) -> bool:
        """Whether the server can be reached and serves. Never retries."""
        try:
            response = await self._services.health.Check(
                health_pb2.HealthCheckRequest(), timeout=timeout_s, metadata=self._connection.metadata()
            )
        except grpc.RpcError as failure:
            if isinstance(error := error_from_rpc(failure), UnavailableError):
                return False
            raise error from failure
        return bool(response.status == health_pb2.HealthCheckResponse.SERVING)

    async def workers(self) -> tuple[Worker, ...]:
        """The server's workers by name. For operators, as are the next two."""
        response = await self._unary(self._services.workers.ListWorkers, workers_pb2.ListWorkersRequest())
        return tuple(map(worker_from, response.workers))

    async def drain_worker(self, name: str) -> int:
        """Move every session of a worker to others and stop it; the number of sessions.

        Streams lose and repeat nothing. Raises NotFoundError, and UnsupportedError without worker processes.
        """
        request = workers_pb2.DrainWorkerRequest(name=name)
        response = await self._unary(self._services.workers.DrainWorker, request, NO_RETRY)
        return int(response.moved_count)

    async def replace_workers(self, names: Sequence[str] = ()) -> AsyncGenerator[Replacement, None]:
        """Replace workers, all if none is named, one after the other; each one when it has been replaced.

        Starts with the iteration; leaving it cancels what is still to be done. Raises what `drain_worker` raises, and
        UnavailableError if a new worker does not start: the old ones stay.
        """
        call = self._services.workers.ReplaceWorkers(
            workers_pb2.ReplaceWorkersRequest(names=names),
            timeout=self._timeout_s,
            metadata=self._connection.metadata(),
        )
        try:
            async for message in call:
                yield replacement_from(message)
        except grpc.RpcError as failure:
            raise error_from_rpc(failure) from failure
        finally:
            call.cancel()

    def _stream(
        self, method: Callable[..., AsyncMessageCall], session: StreamSession[Update, Result], timeout_s: float | None
    ) -> AsyncResultStream[Update, Result]:
        return AsyncResultStream(
            lambda request, remaining_s: method(
                request, timeout=limited(remaining_s), metadata=self._connection.metadata()
            ),
            session,
            self._timeout_s if timeout_s is None else timeout_s,
        )

    async def _unary(
        self,
        method: "aio.UnaryUnaryMultiCallable[UnaryRequest, UnaryResponse]",
        request: UnaryRequest,
        retry: RetryPolicy | None = None,
    ) -> UnaryResponse:
        ends_at_s = time.monotonic() + self._timeout_s
        failed_count = 0
        while True:
            try:
                response: UnaryResponse | None = await method(
                    request, timeout=ends_at_s - time.monotonic(), metadata=self._connection.metadata()
                )
            except grpc.RpcError as failure:
                failed_count += 1
                error = error_from_rpc(failure)
                delay_s = (retry or self._retry).delay_s(failed_count, error, ends_at_s - time.monotonic())
                if delay_s is None:
                    raise error from failure
            else:
                if response is None:  # grpc.aio says so of bytes that its parser refused
                    raise BrokenStreamError("the server's answer cannot be read")
                return response
            await asyncio.sleep(delay_s)
