"""The process that speaks gRPC: puts services, limits and security on its ports, and takes them down without hurry."""

import asyncio
import os
import socket
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeAlias

import grpc
import structlog
from grpc_health.v1 import health, health_pb2
from grpc_reflection.v1alpha import reflection

from engine.errors import SettingsError
from engine.runtime.pool import WorkerOperations, WorkerPool
from engine.server.callers import Callers
from engine.server.interceptors import BearerTokens, CallGuard
from engine.server.security import bearer_tokens, operator_tokens, resume_keys, server_credentials
from engine.server.servicers.catalog import CatalogService
from engine.server.servicers.characters import CharacterService
from engine.server.servicers.diagnostics import DiagnosticsService
from engine.server.servicers.scenes import SceneService
from engine.server.servicers.textures import TextureService
from engine.server.servicers.workers import WorkerService
from engine.server.servicers.worlds import WorldService
from engine.server.streaming import AssetStreamer
from engine.server.telemetry.metrics import Metrics, MetricsPort
from engine.server.telemetry.tracing import load_tracing
from engine.server.web.application import Routes, WebApplication
from engine.server.web.endpoints import RpcApplication
from engine.server.web.files import folder_files
from engine.server.web.origins import Origins
from engine.server.web.port import WebPort
from engine.sessions.sessions import Sessions
from engine.sessions.tokens import ResumeTokens
from engine.settings.sections import ServerSettings, Settings, TransportSettings
from engine.store.store import AssetStore

CLOSING_GRACE_S = 1.0
"""For calls that have written their last message while the server drains."""

Handlers: TypeAlias = "grpc.GenericRpcHandler[Any, Any]"  # generic to mypy only

_log = structlog.get_logger(__name__)


class Gateway:
    """Serves a pool under `settings`. Start it once, then drain it or close it."""

    def __init__(self, settings: Settings, pool: WorkerPool, operations: WorkerOperations | None = None) -> None:
        self._settings = settings
        self._pool = pool
        self._operations = operations
        store = settings.store
        self._sessions = Sessions(
            pool,
            AssetStore(store.memory_bytes, store.disk_folder, store.disk_bytes, store.shared_url),
            ResumeTokens(resume_keys(settings.sessions), settings.sessions.resume_lifetime_s),
            settings.sessions,
        )
        self._metrics = Metrics(self._sessions, pool)
        self._metrics_port: MetricsPort | None = None
        self._tracing = load_tracing(settings.tracing, "morphogen-gateway")
        self._health = health.aio.HealthServicer()  # type: ignore[attr-defined]  # missing in its types
        self._server: grpc.aio.Server | None = None
        self._web: WebPort | None = None
        self._watch: asyncio.Task[None] | None = None
        self._service_names: tuple[str, ...] = ()

    @property
    def sessions(self) -> Sessions:
        """The running sessions."""
        return self._sessions

    @property
    def metrics_port(self) -> int | None:
        """The port that shows metrics, if one is open."""
        return None if self._metrics_port is None else self._metrics_port.port

    @property
    def web_url(self) -> str | None:
        """Where the web port listens, if it is open."""
        return None if self._web is None else self._web.url

    async def start(self) -> str:
        """Listen, and return the bound address as HOST:PORT.

        Raises SettingsError if a port cannot be bound or a certificate, token or ready file cannot be used; then
        nothing is left running.
        """
        try:
            return await self._start()
        except BaseException:
            await self.close()
            raise

    async def drain(self) -> None:
        """Report NOT_SERVING, refuse new calls, let running streams end within the drain timeout, then close."""
        await self._health.enter_graceful_shutdown()
        _log.info("draining", open=self._sessions.open_count)
        if not await self._sessions.drain(self._settings.server.drain_timeout_s):
            _log.warning("drain timeout; cancelling", open=self._sessions.open_count)
        elif self._server is not None:
            await self._server.stop(CLOSING_GRACE_S)
            if self._web is not None:
                await self._web.stop(CLOSING_GRACE_S)
        await self.close()

    async def close(self) -> None:
        """Stop at once: running streams are cancelled."""
        if self._server is not None:
            await self._server.stop(None)
        if self._web is not None:
            await self._web.stop(0)
            self._web = None
        if self._watch is not None:
            self._watch.cancel()
            await asyncio.gather(self._watch, return_exceptions=True)
        await self._sessions.close()
        await self._pool.close()
        if self._tracing is not None:
            await asyncio.to_thread(self._tracing.close)
        if self._metrics_port is not None:
            self._metrics_port.close()
            self._metrics_port = None
        _remove(self._settings.server.ready_file)

    async def _start(self) -> str:
        settings = self._settings.server
        _remove(settings.ready_file)
        tokens = bearer_tokens(settings.tokens)
        guard = CallGuard(self._metrics, settings.stream_limit_s, self._tracing)
        accepted = BearerTokens(tokens) if tokens else None
        interceptors = [guard] if accepted is None else [accepted, guard]
        server = grpc.aio.server(interceptors=interceptors, options=_options(settings.transport))
        handlers = await self._add_services(server, Callers(by_token=bool(tokens)))
        port = _bind(server, settings)
        if self._settings.web.port is not None:
            application = self._web_application(handlers, guard, accepted)
            self._web = WebPort(application, self._settings.web, settings.tls)
        if self._settings.metrics.port is not None:
            self._metrics_port = MetricsPort(self._metrics, self._settings.metrics)
        await self._pool.start()
        self._watch = asyncio.create_task(self._tell_health())
        await server.start()
        self._server = server
        if self._web is not None:
            await self._web.start()
            _log.info("listening", url=self._web.url)
        address = f"{_bracketed(settings.host)}:{port}"
        _write_ready_file(settings.ready_file, address)
        _log.info("listening", address=address, tls=settings.tls.certificate_file is not None, tokens=len(tokens))
        return address

    def _web_application(
        self, handlers: Sequence[Handlers], guard: CallGuard, tokens: BearerTokens | None
    ) -> WebApplication:
        settings = self._settings
        routes = Routes(
            rpc=RpcApplication(handlers, guard, tokens, settings.server.transport.max_receive_bytes),
            ready=self._ready,
            registry=self._metrics.registry,
            tokens=tokens,
            files=folder_files(settings.web.static_folder),
        )
        origins = Origins(settings.web.origins, any_host=tokens is not None)
        return WebApplication(routes, origins, settings.sessions.idle_timeout_s)

    async def _ready(self) -> bool:
        """Whether steps can run, and the server is not draining."""
        answer = await self._health.Check(health_pb2.HealthCheckRequest(), None)
        return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)

    async def _tell_health(self) -> None:
        """Report NOT_SERVING while no step can run, so that calls go elsewhere and a supervisor knows."""
        while True:
            await self._pool.wait_available(False)
            await self._set_health(health_pb2.HealthCheckResponse.NOT_SERVING)
            _log.error("no worker is left")
            await self._pool.wait_available(True)
            await self._set_health(health_pb2.HealthCheckResponse.SERVING)
            _log.info("workers are back")

    async def _set_health(self, status: health_pb2.HealthCheckResponse.ServingStatus) -> None:
        for name in ("", *self._service_names):
            await self._health.set(name, status)

    async def _add_services(self, server: grpc.aio.Server, callers: Callers) -> list[Handlers]:
        sessions = self._sessions
        streamer = AssetStreamer(sessions, self._metrics, self._settings.sessions.idle_timeout_s)
        services = (
            TextureService(sessions, streamer, callers),
            SceneService(streamer, callers),
            WorldService(sessions, streamer, callers),
            CharacterService(sessions, streamer, callers, gpl_encoders=self._settings.video.gpl_encoders),
            DiagnosticsService(sessions, streamer, callers),
            CatalogService(sessions),
            WorkerService(self._operations, operator_tokens(self._settings.server.tokens)),
        )
        self._service_names = tuple(service.name for service in services)
        handlers = [*(service.handler() for service in services), _health_handler(self._health)]
        server.add_generic_rpc_handlers(handlers)
        for service in services:
            await self._health.set(service.name, health_pb2.HealthCheckResponse.SERVING)
        if self._settings.server.reflection:
            names = (*(service.name for service in services), health.SERVICE_NAME, reflection.SERVICE_NAME)
            reflection.enable_server_reflection(names, server)
        return handlers


def _health_handler(servicer: Any) -> Handlers:
    request, response = health_pb2.HealthCheckRequest, health_pb2.HealthCheckResponse
    methods = {
        "Check": grpc.unary_unary_rpc_method_handler(servicer.Check, request.FromString, response.SerializeToString),
        "Watch": grpc.unary_stream_rpc_method_handler(servicer.Watch, request.FromString, response.SerializeToString),
    }
    return grpc.method_handlers_generic_handler(health.SERVICE_NAME, methods)


def _options(transport: TransportSettings) -> list[tuple[str, int]]:
    return [
        ("grpc.so_reuseport", 0),  # otherwise a second server on the same port silently takes half of the calls
        ("grpc.max_receive_message_length", transport.max_receive_bytes),
        ("grpc.max_concurrent_streams", transport.max_concurrent_streams),
        ("grpc.keepalive_time_ms", round(1e3 * transport.keepalive_time_s)),
        ("grpc.keepalive_timeout_ms", round(1e3 * transport.keepalive_timeout_s)),
        # Of gRPC's other pings: a keepalive one waits for them, and a dead client would stay for minutes.
        ("grpc.http2.ping_timeout_ms", round(1e3 * transport.keepalive_timeout_s)),
        ("grpc.http2.min_ping_interval_without_data_ms", round(1e3 * transport.min_ping_interval_s)),
        ("grpc.http2.max_ping_strikes", 2),
    ]


def _bind(server: grpc.aio.Server, settings: ServerSettings) -> int:
    credentials = server_credentials(settings.tls)
    address = f"{_bracketed(settings.host)}:{settings.port}"
    try:
        if credentials is None:
            return server.add_insecure_port(address)
        return server.add_secure_port(address, credentials)
    except RuntimeError as error:
        raise SettingsError(f"server.port: cannot listen on {address} ({_bind_failure(settings)})") from error


def _bind_failure(settings: ServerSettings) -> str:
    """Why the address cannot be bound, in the system's words: gRPC only says that it cannot."""
    try:
        for family, kind, protocol, _, address in socket.getaddrinfo(
            settings.host.strip("[]"), settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        ):
            with socket.socket(family, kind, protocol) as attempt:
                attempt.bind(address)
    except OSError as error:
        return error.strerror or "unknown host"
    return "address in use"


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host and not host.startswith("[") else host


def _write_ready_file(path: Path | None, address: str) -> None:
    if path is None:
        return
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        temporary.write_text(f"{address}\n", encoding="ascii")
        temporary.replace(path)
    except OSError as error:
        raise SettingsError(f"server.ready_file: {path} cannot be written ({error.strerror})") from error


def _remove(path: Path | None) -> None:
    if path is not None:
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise SettingsError(f"server.ready_file: {path} cannot be replaced ({error.strerror})") from error
