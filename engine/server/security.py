"""Certificates and tokens: read from where the settings say, checked before anything listens."""

import os
import ssl
from collections.abc import Mapping
from pathlib import Path

import grpc

from engine.errors import SettingsError
from engine.settings.sections import SessionSettings, TlsSettings, TokenSettings, WorkersSettings

TOKEN_MIN_CHARACTERS = 16


def server_credentials(settings: TlsSettings) -> grpc.ServerCredentials | None:
    """The credentials to listen with; None without TLS. Raises SettingsError for files that do not fit."""
    if settings.certificate_file is None or settings.private_key_file is None:
        return None
    certificate = _read("server.tls.certificate_file", settings.certificate_file)
    private_key = _read("server.tls.private_key_file", settings.private_key_file)
    client_ca = None if settings.client_ca_file is None else _read("server.tls.client_ca_file", settings.client_ca_file)
    # gRPC reports unusable certificates as a port that cannot be bound; Python's ssl says what is wrong.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        # A password: without one OpenSSL asks for an encrypted key's on the terminal, and the server would hang.
        context.load_cert_chain(settings.certificate_file, settings.private_key_file, password="")
    except ssl.SSLError as error:
        raise SettingsError(
            f"server.tls: {settings.certificate_file} and {settings.private_key_file} are not a PEM certificate and "
            f"its unencrypted private key ({error.reason})"
        ) from error
    if client_ca is not None:
        try:
            context.load_verify_locations(settings.client_ca_file)
        except ssl.SSLError as error:
            raise SettingsError(f"server.tls.client_ca_file: {settings.client_ca_file} is not PEM") from error
    return grpc.ssl_server_credentials(
        [(private_key, certificate)], client_ca, require_client_auth=client_ca is not None
    )


def bearer_tokens(settings: TokenSettings, environment: Mapping[str, str] = os.environ) -> tuple[str, ...]:
    """The accepted tokens; () if none are configured. Raises SettingsError if configured ones are missing or short."""
    tokens = [*_lines("server.tokens.file", settings.file), *operator_tokens(settings)]
    if settings.environment is not None:
        token = environment.get(settings.environment, "").strip()
        if not token:
            raise SettingsError(f"server.tokens.environment: the variable {settings.environment} is not set")
        if len(token) < TOKEN_MIN_CHARACTERS or not token.isascii():
            raise SettingsError(
                f"server.tokens.environment: the token has fewer than {TOKEN_MIN_CHARACTERS} ASCII characters"
            )
        tokens.append(token)
    return tuple(tokens)


def operator_tokens(settings: TokenSettings) -> tuple[str, ...]:
    """The tokens that may look after the workers; () if none are configured. Raises SettingsError as above."""
    return _lines("server.tokens.operators_file", settings.operators_file)


def resume_keys(settings: SessionSettings) -> tuple[bytes, ...]:
    """The keys that sign resume tokens, the newest first; () if none are configured. Raises SettingsError."""
    keys = _lines("sessions.resume_keys_file", settings.resume_keys_file)
    return tuple(key.encode() for key in keys)


def cluster_secret(settings: WorkersSettings) -> bytes | None:
    """What gateway and workers prove to each other; None if none is configured. Raises SettingsError."""
    lines = _lines("workers.secret_file", settings.secret_file)
    return lines[0].encode() if lines else None


def _lines(setting: str, path: Path | None) -> tuple[str, ...]:
    """The secrets in a file, one per line; lines that begin with # are comments."""
    if path is None:
        return ()
    lines = [line.strip() for line in _read(setting, path).decode("ascii", errors="replace").splitlines()]
    secrets = tuple(line for line in lines if line and not line.startswith("#"))
    if not secrets:
        raise SettingsError(f"{setting}: {path} is empty")
    if any(len(secret) < TOKEN_MIN_CHARACTERS or not secret.isascii() for secret in secrets):
        raise SettingsError(f"{setting}: a line has fewer than {TOKEN_MIN_CHARACTERS} ASCII characters")
    return secrets


def _read(setting: str, path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise SettingsError(f"{setting}: {path} cannot be read ({error.strerror})") from error
