"""Where the server is and how to get in: address, TLS, token, message sizes; what every call carries."""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass

import grpc
from grpc import aio
from grpc_health.v1 import health_pb2_grpc

from morphogen.v1 import (
    catalog_pb2_grpc,
    character_pb2_grpc,
    diagnostics_pb2_grpc,
    scene_pb2_grpc,
    texture_pb2_grpc,
    workers_pb2_grpc,
    world_pb2_grpc,
)
from morphogen_client.errors import InvalidRequestError

_write_trace_context: Callable[[dict[str, str]], None] | None = None
try:
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
except ImportError:
    pass  # whoever traces calls has it
else:
    _write_trace_context = TraceContextTextMapPropagator().inject

DEFAULT_SERVER = "127.0.0.1:50051"
"""Address that a server listens on unless it is configured otherwise."""

RECEIVE_MAX_BYTES = 1024 * 1024
"""Largest accepted message. A chunk carries at most 256 KiB; a catalog with its model card stays far below this."""

SEND_MAX_BYTES = 7 * 1024 * 1024
"""Largest sent message: a server takes 8 MiB unless it is configured otherwise. Masks and sketches have 4 MiB."""

KEEPALIVE_TIME_S, KEEPALIVE_TIMEOUT_S = 30.0, 10.0
"""A connection without traffic is asked for a sign of life after the one, and one that does not answer given up after
the other: a cable that was pulled out says nothing by itself.
"""

RECONNECT_FIRST_S, RECONNECT_LONGEST_S = 0.1, 5.0
"""gRPC's own waits between connects. Its first one, a second, is longer than several attempts of this package."""

_LOOPBACK = re.compile(r"(ipv4:)?127(\.\d{1,3}){3}(:\d+)?|localhost(:\d+)?|(ipv6:)?\[::1\](:\d+)?|unix:.*")
"""Whole addresses: "127.0.0.1.example.org" and "localhost.example.org" are other machines."""


@dataclass(frozen=True, slots=True)
class Tls:
    """Encrypts the connection. All fields are PEM bytes.

    root_certificates   whom to trust; None takes the roots that gRPC brings along
    client_key          with `client_certificate`: proves who the client is, where the server asks for it
    """

    root_certificates: bytes | None = None
    client_key: bytes | None = None
    client_certificate: bytes | None = None

    def __post_init__(self) -> None:
        if (self.client_key is None) != (self.client_certificate is None):
            raise InvalidRequestError("tls", "half a pair", "client_key and client_certificate together, or neither")

    def credentials(self) -> grpc.ChannelCredentials:
        """What gRPC wants to see."""
        return grpc.ssl_channel_credentials(self.root_certificates, self.client_key, self.client_certificate)


@dataclass(frozen=True, slots=True)
class Connection:
    """A server and how to reach it.

    Raises InvalidRequestError for a token that would travel unencrypted beyond this machine.
    """

    server: str = DEFAULT_SERVER
    tls: Tls | None = None
    token: str | None = None

    def __post_init__(self) -> None:
        if not self.server:
            raise InvalidRequestError("server", self.server, "HOST:PORT")
        if self.token is not None and self.tls is None and not _LOOPBACK.fullmatch(self.server):
            raise InvalidRequestError(
                "token", "a token without TLS", f"TLS towards {self.server}, or a loopback server"
            )

    def metadata(self) -> tuple[tuple[str, str], ...]:
        """What a call carries that starts now."""
        token = () if self.token is None else (("authorization", f"Bearer {self.token}"),)
        return token + trace_context()

    def options(self) -> tuple[tuple[str, int], ...]:
        """Channel options. gRPC's own retries are off: they would multiply with those of this package."""
        return (
            ("grpc.max_receive_message_length", RECEIVE_MAX_BYTES),
            ("grpc.max_send_message_length", SEND_MAX_BYTES),
            ("grpc.enable_retries", 0),
            ("grpc.keepalive_time_ms", round(1e3 * KEEPALIVE_TIME_S)),
            ("grpc.keepalive_timeout_ms", round(1e3 * KEEPALIVE_TIMEOUT_S)),
            ("grpc.http2.ping_timeout_ms", round(1e3 * KEEPALIVE_TIMEOUT_S)),  # of pings that measure bandwidth too
            ("grpc.initial_reconnect_backoff_ms", round(1e3 * RECONNECT_FIRST_S)),
            ("grpc.max_reconnect_backoff_ms", round(1e3 * RECONNECT_LONGEST_S)),
        )


def limited(remaining_s: float) -> float | None:
    """A call's time limit as gRPC takes it."""
    return None if remaining_s == math.inf else remaining_s


class Services:
    """The services of a server, over a channel of `grpc` or `grpc.aio`."""

    def __init__(self, channel: grpc.Channel | aio.Channel) -> None:
        self.textures = texture_pb2_grpc.TextureServiceStub(channel)
        self.scenes = scene_pb2_grpc.SceneServiceStub(channel)
        self.characters = character_pb2_grpc.CharacterServiceStub(channel)
        self.worlds = world_pb2_grpc.WorldServiceStub(channel)
        self.catalog = catalog_pb2_grpc.CatalogServiceStub(channel)
        self.diagnostics = diagnostics_pb2_grpc.DiagnosticsServiceStub(channel)
        self.workers = workers_pb2_grpc.WorkerServiceStub(channel)
        self.health = health_pb2_grpc.HealthStub(channel)


def trace_context() -> tuple[tuple[str, str], ...]:
    """W3C `traceparent` (and `tracestate`) of the current OpenTelemetry span; empty without one."""
    carrier: dict[str, str] = {}
    if _write_trace_context is not None:
        _write_trace_context(carrier)
    return tuple(carrier.items())
