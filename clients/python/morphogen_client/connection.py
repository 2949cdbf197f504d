"""Where the server is and how to get in: address, TLS, token, message sizes."""

import re
from dataclasses import dataclass

import grpc

from morphogen_client.errors import InvalidRequestError

DEFAULT_SERVER = "127.0.0.1:50051"
"""Address that a server listens on unless it is configured otherwise."""

RECEIVE_MAX_BYTES = 1024 * 1024
"""Largest accepted message. A chunk carries at most 256 KiB; a catalog with its model card stays far below this."""

SEND_MAX_BYTES = 5 * 1024 * 1024
"""Largest sent message: a mask of 4 MiB and the rest of a request."""

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
        """What every call carries."""
        return () if self.token is None else (("authorization", f"Bearer {self.token}"),)

    def options(self) -> tuple[tuple[str, int], ...]:
        """Channel options. gRPC's own retries are off: they would multiply with those of this package."""
        return (
            ("grpc.max_receive_message_length", RECEIVE_MAX_BYTES),
            ("grpc.max_send_message_length", SEND_MAX_BYTES),
            ("grpc.enable_retries", 0),
        )
