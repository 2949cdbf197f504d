"""A call as servicers and interceptors see it, whichever port it came through.

This is all that they know of a transport: gRPC's own context fits, and so does the web port's
(`engine/server/web/call.py`).
"""

from collections.abc import Iterable, Sequence
from typing import NoReturn, Protocol

import grpc

Pairs = Sequence[tuple[str, str | bytes]]
Metadata = Iterable[tuple[str, str | bytes]]


class Context(Protocol):
    """One call."""

    def invocation_metadata(self) -> Metadata | None:
        """What came with the call; names in lower case."""

    def peer(self) -> str:
        """Who calls, in gRPC's way, e.g. `ipv4:127.0.0.1:50000`."""

    def time_remaining(self) -> float | None:
        """Seconds until the caller's deadline; None without one."""

    async def read(self) -> object:
        """The client's next message, as bytes; something else after its last."""

    async def write(self, message: bytes, /) -> None:
        """Send a message, and wait until the transport has taken it."""

    async def abort(self, code: grpc.StatusCode, details: str, trailing_metadata: Pairs, /) -> NoReturn:
        """End the call; raises."""
