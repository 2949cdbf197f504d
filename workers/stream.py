"""A session of a worker as the event loop sees it: what has come from the worker and waits for the reader."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager
from typing import Protocol

from engine.assets import GeneratorInfo
from engine.runtime.messages import (
    AssetSummary,
    Cancel,
    Command,
    Event,
    Failed,
    Finished,
    Made,
    Opened,
    Priority,
    Promote,
    SealedPart,
    Steer,
)


class WorkerPort(Protocol):
    """The way to the worker that runs a session."""

    def submit(self, command: Command) -> None:
        """Send a command."""
        ...

    def grant(self, ticket: int, part_count: int) -> None:
        """Send credit, now or together with more."""
        ...

    def waiting(self) -> AbstractContextManager[None]:
        """Around a stream's wait for its next event."""
        ...

    def forget(self, ticket: int) -> None:
        """The stream has been closed; no event of it is wanted."""
        ...


class WorkerStream:
    """One session. A `PartStream`; whoever holds it closes it."""

    def __init__(self, port: WorkerPort, ticket: int) -> None:
        self.ticket = ticket
        self._port = port
        self._opened: Opened | None = None
        self._parts: deque[SealedPart] = deque()
        self._end: Finished | Failed | None = None
        self._closed = False
        self._waiter: asyncio.Future[None] | None = None

    @property
    def info(self) -> GeneratorInfo:
        """The generator that answers."""
        assert self._opened is not None
        return self._opened.info

    @property
    def part_count(self) -> int:
        """Number of parts the whole asset has."""
        assert self._opened is not None
        return self._opened.part_count

    @property
    def undelivered_part_count(self) -> int:
        """Number of parts that wait for the reader."""
        return len(self._parts)

    async def opened(self) -> None:
        """Wait until the worker has begun the session; raises its error if it refused."""
        while self._opened is None:
            if isinstance(self._end, Failed):
                raise self._end.error
            await self._news()

    def __aiter__(self) -> AsyncIterator[SealedPart]:
        return self

    async def __anext__(self) -> SealedPart:
        """The next part."""
        while not self._parts:
            if isinstance(self._end, Failed):
                raise self._end.error
            if self._end is not None:
                raise StopAsyncIteration
            await self._news()
        return self._parts.popleft()

    def grant(self, part_count: int) -> None:
        """The reader has room for `part_count` more parts."""
        if self._end is None:
            self._port.grant(self.ticket, part_count)
            # A reader that waits already begins to wait anew, and that sends the credit: nothing else might, ever.
            self._wake()

    def steer(self, number: int, control: bytes) -> None:
        """Control number `number`; the next step takes it."""
        if self._end is None:
            self._port.submit(Steer(self.ticket, number, control))

    def promote(self, priority: Priority) -> None:
        """Make the session more urgent."""
        if self._end is None:
            self._port.submit(Promote(self.ticket, priority))

    def summary(self) -> AssetSummary:
        """The account of the session, once every part has been taken."""
        assert isinstance(self._end, Finished)
        return self._end.summary

    def close(self) -> None:
        """Stop the work within one step and release the session."""
        if self._closed:
            return
        self._closed = True
        if self._end is None:
            self._port.submit(Cancel(self.ticket))
        self._port.forget(self.ticket)

    def receive(self, event: Event) -> None:
        """Take an event of this session; called on the event loop. Nothing follows the end."""
        if self._end is not None:
            return
        match event:
            case Made(_, sealed):
                self._parts.append(sealed)
            case Opened():
                self._opened = event
            case Finished() | Failed():
                self._end = event
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def _news(self) -> None:
        """Wait for the next event, unless one lies ready."""
        self._waiter = asyncio.get_running_loop().create_future()
        try:
            with self._port.waiting():
                if not self._waiter.done():
                    await self._waiter
        finally:
            self._waiter = None
