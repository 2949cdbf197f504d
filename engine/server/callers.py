"""Who calls, and with what terms: read from a call's metadata, peer and deadline."""

import hashlib
from urllib.parse import unquote

import grpc

from engine.runtime.messages import Terms
from engine.server.telemetry.tracing import TRACE

Context = grpc.aio.ServicerContext[bytes, bytes]

DEADLINE_MAX_S = 3600.0
"""Deadlines beyond this say nothing about when an asset is wanted."""


def terms_of(context: Context) -> Terms:
    """The terms that a call brings by itself: its tenant, its deadline, its trace (inside `Tracing.call`)."""
    remaining_s = context.time_remaining()
    due_in_s = remaining_s if remaining_s is not None and remaining_s < DEADLINE_MAX_S else None
    return Terms(tenant=tenant_of(context), due_in_s=due_in_s, trace=TRACE.get())


def tenant_of(context: Context) -> str:
    """Who pays: callers with one token are one tenant, and without tokens those of one address."""
    authorization = _metadata(context, "authorization")
    if authorization:
        return hashlib.sha256(authorization.encode()).hexdigest()[:16]
    return host_of(context.peer())


def bearer_token(context: Context) -> str:
    """The token that a call brings; empty if none."""
    return _metadata(context, "authorization").removeprefix("Bearer ")


def traceparent_of(context: Context) -> str:
    """The client's trace, W3C; empty if it has none."""
    return _metadata(context, "traceparent")


def host_of(peer: str) -> str:
    """The address in gRPC's name of a peer, e.g. `ipv4:127.0.0.1:50000` or `ipv6:%5B::1%5D:50000`."""
    family, _, address = unquote(peer).partition(":")
    return address.rpartition(":")[0].strip("[]") if family in ("ipv4", "ipv6") else family


def _metadata(context: Context, name: str) -> str:
    for key, value in context.invocation_metadata() or ():
        if key == name:
            return value if isinstance(value, str) else value.decode("ascii", errors="replace")
    return ""
