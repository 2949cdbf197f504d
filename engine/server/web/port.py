"""The port that browsers reach: uvicorn around the web application, in the gateway's own event loop."""

import asyncio
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn

from engine.errors import SettingsError
from engine.server.web.limits import Connection
from engine.settings.sections import TlsSettings, WebSettings

BACKLOG = 1024
KEEP_ALIVE_S = 15


class WebPort:
    """Serves `application`, an ASGI one, from `start` on. Raises SettingsError if the port cannot be bound."""

    def __init__(self, application: Any, settings: WebSettings, tls: TlsSettings) -> None:
        self._application = application
        self._settings, self._tls = settings, tls
        self._socket = _listening(settings)
        self._server: _Server | None = None
        self._serving: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        """Where it listens, e.g. http://127.0.0.1:8080."""
        scheme = "http" if self._tls.certificate_file is None else "https"
        host = self._settings.host.strip("[]")
        shown = f"[{host}]" if ":" in host else host
        return f"{scheme}://{shown}:{self._socket.getsockname()[1]}"

    async def start(self) -> None:
        """Serve."""
        mutual = self._tls.client_ca_file is not None
        config = uvicorn.Config(
            self._application,
            http=Connection,
            ws="none",
            lifespan="off",
            log_config=None,
            log_level="critical",  # what a client sends must not fill the log; calls are logged where they are guarded
            access_log=False,
            proxy_headers=False,  # anybody can write that they come from elsewhere
            server_header=False,
            limit_concurrency=self._settings.max_connections,
            timeout_keep_alive=KEEP_ALIVE_S,
            ssl_certfile=self._tls.certificate_file,
            ssl_keyfile=self._tls.private_key_file,
            ssl_ca_certs=None if self._tls.client_ca_file is None else str(self._tls.client_ca_file),
            ssl_cert_reqs=ssl.CERT_REQUIRED if mutual else ssl.CERT_NONE,
        )
        self._server = _Server(config)
        self._serving = asyncio.create_task(self._server.serve(sockets=[self._socket]))
        await self._server.up.wait()

    async def stop(self, grace_s: float) -> None:
        """Take no more connections, let responses end within `grace_s`, then drop what is left."""
        if self._server is None or self._serving is None:
            self._socket.close()
            return
        self._server.config.timeout_graceful_shutdown = max(1, round(grace_s))
        if grace_s == 0:
            self._server.drop_connections()
        self._server.should_exit = True
        await asyncio.wait((self._serving,), timeout=grace_s or None)
        self._server.drop_connections()
        await self._serving
        self._server = self._serving = None


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.up = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen."""
        await super().startup(sockets)
        self.up.set()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals are the process's own."""
        yield

    def drop_connections(self) -> None:
        """Cut all connections; that cancels their calls."""
        for connection in list(self.server_state.connections):
            assert isinstance(connection, Connection)
            connection.abort()


def _listening(settings: WebSettings) -> socket.socket:
    host, port = settings.host.strip("[]"), settings.port
    assert port is not None
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        raise SettingsError(f"web.port: cannot listen on {host}:{port} ({error.strerror})") from error
