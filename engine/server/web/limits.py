"""How long a client may take: to send its request, and to take what it is sent."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

from engine.server.status import DeadlineError
from engine.server.web.errors import refusal

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

HEAD_TIMEOUT_S = 5.0
"""For a request's first line and headers."""

ABORT = "morphogen.abort"
"""Where a scope's state keeps what drops its connection at once."""


class StalledError(Exception):
    """The client has not taken what it was sent; the connection is gone."""


class Connection(H11Protocol):
    """uvicorn's connection that does not wait for headers without end, and that an application can drop."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client has connected."""
        super().connection_made(transport)
        self.app_state = {**self.app_state, ABORT: transport.abort}
        self._head_timer: asyncio.TimerHandle | None = None
        self._watch_head()

    def data_received(self, data: bytes) -> None:
        """Something has come."""
        super().data_received(data)
        self._watch_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """The client is gone."""
        if self._head_timer is not None:
            self._head_timer.cancel()
        super().connection_lost(exc)

    def abort(self) -> None:
        """Drop the connection."""
        self.transport.abort()

    def _watch_head(self) -> None:
        waiting = self.cycle is None or self.cycle.response_complete
        if not waiting and self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None
        elif waiting and self._head_timer is None:
            self._head_timer = self.loop.call_later(HEAD_TIMEOUT_S, self._end_head)

    def _end_head(self) -> None:
        self._head_timer = None
        if self.cycle is None or self.cycle.response_complete:
            self.transport.abort()


def patient(send: Send, abort: Callable[[], None], limit_s: float) -> Send:
    """`send`, but a client that takes nothing for `limit_s` loses its connection: then it raises StalledError.

    Waiting any longer would hold what is to be sent in memory for as long as the client likes.
    """

    async def limited(message: Message) -> None:
        try:
            async with asyncio.timeout(limit_s):
                await send(message)
        except TimeoutError:
            abort()
            raise StalledError(f"the client took nothing for {limit_s:g} s") from None

    return limited


def punctual(receive: Receive, limit_s: float) -> Receive:
    """`receive`, but the request's body has to be there within `limit_s`: else it raises a ConnectError."""
    event_loop = asyncio.get_running_loop()
    due_at_s = event_loop.time() + limit_s
    complete = False

    async def limited() -> Message:
        nonlocal complete
        if complete:
            return await receive()  # now it waits for the client to go
        try:
            async with asyncio.timeout_at(due_at_s):
                message = await receive()
        except TimeoutError:
            raise refusal(DeadlineError(f"the request took longer than {limit_s:g} s to arrive")) from None
        complete = not message.get("more_body", False)
        return message

    return limited
