"""A call that came through the web port, as servicers see calls.

A servicer writes when it has something; the protocol's side asks for the next message. They meet without a buffer in
between: a write returns when the transport has taken the message, which is what holds a servicer back whose client is
slow.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from typing import Any, NoReturn

import grpc

from engine.server.callers import Metadata
from engine.server.status import Pairs


class AbortedError(Exception):
    """A call has ended with a status."""

    def __init__(self, code: grpc.StatusCode, text: str, trailing_metadata: Pairs) -> None:
        super().__init__(text)
        self.code = code
        self.text = text
        self.trailing_metadata = trailing_metadata


class WebCall:
    """One call.

    client_address  "HOST:PORT"; None if the transport does not know
    timeout_s       what the client gives it; None: as long as it takes
    serialize       of messages that are not bytes yet
    """

    def __init__(
        self,
        client_address: str | None,
        metadata: Sequence[tuple[str, str]],
        timeout_s: float | None,
        serialize: Callable[[Any], bytes] | None,
    ) -> None:
        self._client_address = client_address
        self._metadata = metadata
        self._due_at_s = None if timeout_s is None else time.monotonic() + timeout_s
        self._serialize = serialize
        self._message: bytes | None = None
        self._taken: asyncio.Future[None] | None = None
        self._wanted: asyncio.Future[None] | None = None

    def invocation_metadata(self) -> Metadata:
        """The request's headers."""
        return self._metadata

    def peer(self) -> str:
        """The other end of the connection, in gRPC's way."""
        if self._client_address is None:
            return "unknown"
        host, _, port = self._client_address.rpartition(":")
        return f"ipv6:%5B{host}%5D:{port}" if ":" in host else f"ipv4:{host}:{port}"

    def time_remaining(self) -> float | None:
        """Seconds until the client's deadline."""
        return None if self._due_at_s is None else self._due_at_s - time.monotonic()

    async def read(self) -> object:
        """No further message: the only one has been handed over with the call."""
        return grpc.aio.EOF  # type: ignore[attr-defined]  # missing in its types

    async def send_initial_metadata(self, _metadata: Pairs, /) -> None:
        """Nothing: headers go with the first message, or with the status, whichever comes."""

    async def write(self, message: Any, /) -> None:
        """Hand a message over; returns when the transport has taken it."""
        assert self._message is None, "one task writes"
        self._message = message if self._serialize is None else self._serialize(message)
        self._taken = asyncio.get_running_loop().create_future()
        self._wake()
        await self._taken

    async def abort(self, code: grpc.StatusCode, details: str = "", trailing_metadata: Pairs = (), /) -> NoReturn:
        """End the call. Raises AbortedError."""
        raise AbortedError(code, details, trailing_metadata)

    async def messages(self, handling: "asyncio.Task[Any]") -> AsyncGenerator[bytes]:
        """What is written, until `handling`, the servicer's task, has ended. Raises what it raises."""
        handling.add_done_callback(lambda _: self._wake())
        while True:
            if self._message is None and not handling.done():
                self._wanted = asyncio.get_running_loop().create_future()
                await self._wanted
            if self._message is None:
                handling.result()
                return
            message, self._message = self._message, None
            yield message
            if self._taken is not None and not self._taken.done():
                self._taken.set_result(None)

    def _wake(self) -> None:
        if self._wanted is not None and not self._wanted.done():
            self._wanted.set_result(None)
