"""A call as servicers and interceptors see it; who calls, and with what terms.

`Context` is all that they know of a transport: gRPC's own context fits, and so does the web port's
(`engine/server/web/call.py`).
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import unquote

from engine.runtime.messages import Terms
from engine.server.status import Abortable, Pairs, UnauthenticatedError
from engine.server.telemetry.tracing import TRACE

DEADLINE_MAX_S = 60.0
"""Deadlines beyond this are a precaution and say nothing about when an asset is wanted."""

Metadata = Iterable[tuple[str, str | bytes]]


class Context(Abortable, Protocol):
    """One call."""

    def invocation_metadata(self) -> Metadata | None:
        """What came with the call; names in lower case."""

    def peer(self) -> str:
        """Who calls, in gRPC's way, e.g. `ipv4:127.0.0.1:50000`."""

    def time_remaining(self) -> float | None:
        """Seconds until the caller's deadline; None without one."""

    async def read(self) -> object:
        """The client's next message, as bytes; something else after its last."""

    async def send_initial_metadata(self, metadata: Pairs, /) -> None:
        """Send the headers now, if they have not gone yet; else they go with the first message."""

    async def write(self, message: bytes, /) -> None:
        """Send a message, and wait until the transport has taken it."""


@dataclass(frozen=True, slots=True)
class Callers:
    """Tells callers apart.

    by_token  whether the server takes tokens, so that the one in a call has been checked; otherwise anybody could be
              anybody by writing one
    """

    by_token: bool = False

    def terms_of(self, context: Context) -> Terms:
        """The terms that a call brings by itself: its tenant, its deadline, its trace (inside `Tracing.call`)."""
        remaining_s = context.time_remaining()
        due_in_s = remaining_s if remaining_s is not None and remaining_s < DEADLINE_MAX_S else None
        return Terms(tenant=self.tenant_of(context), due_in_s=due_in_s, trace=TRACE.get())

    def tenant_of(self, context: Context) -> str:
        """Who pays: callers with one token are one tenant, and without tokens those of one address."""
        if self.by_token:
            return hashlib.sha256(authorization_of(context.invocation_metadata() or ())).hexdigest()[:16]
        return host_of(context.peer())


def authorization_of(metadata: Metadata) -> bytes:
    """What a call proves itself with; empty if nothing. Raises UnauthenticatedError if it says so more than once: two
    readers might believe different ones.
    """
    given = [value for key, value in metadata if key == "authorization"]
    if len(given) > 1:
        raise UnauthenticatedError("a call takes one bearer token, not several")
    return b"".join(value.encode() if isinstance(value, str) else value for value in given)


def bearer_token(context: Context) -> str:
    """The token that a call brings; empty if none. Raises UnauthenticatedError for several."""
    authorization = authorization_of(context.invocation_metadata() or ())
    return authorization.decode("ascii", errors="replace").removeprefix("Bearer ")


def traceparent_of(context: Context) -> str:
    """The client's trace, W3C; empty if it has none."""
    for key, value in context.invocation_metadata() or ():
        if key == "traceparent":
            return value if isinstance(value, str) else value.decode("ascii", errors="replace")
    return ""


def host_of(peer: str) -> str:
    """The address in gRPC's name of a peer, e.g. `ipv4:127.0.0.1:50000` or `ipv6:%5B::1%5D:50000`."""
    family, _, address = unquote(peer).partition(":")
    return address.rpartition(":")[0].strip("[]") if family in ("ipv4", "ipv6") else family
