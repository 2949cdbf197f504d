"""What a client sends while it receives: gRPC takes it from an outbox, so that nobody else ever writes to the call."""

import asyncio
import threading
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Generic, TypeVar

from morphogen_client.errors import CancelledError

OUTBOX_MAX = 64
"""Messages that may wait for the transport; whoever wants to send another one waits too."""

Message = TypeVar("Message")

Join = Callable[[deque[Message], Message], bool]
"""Makes one message of a new one and one that waits, where that says the same; whether it did."""


def joins_nothing(_waiting: deque[Message], _message: Message) -> bool:
    """Every message is sent by itself."""
    return False


class Outbox(Generic[Message]):
    """What the client sends, in order; filled by any thread. Whoever waits for room gets it in turn."""

    def __init__(self, join: Join[Message] = joins_nothing) -> None:
        self._join = join
        self._waiting: deque[Message] = deque()
        self._turns: deque[object] = deque()
        self._changed = threading.Condition()
        self._ended = self._finished = False

    def put(self, message: Message) -> None:
        """Send it after all others. Raises CancelledError once nobody takes messages any more."""
        turn = object()
        with self._changed:
            self._turns.append(turn)
            try:
                self._changed.wait_for(lambda: self._ended or self._finished or self._has_room_for(turn))
                self.put_now(message)
            finally:
                self._turns.remove(turn)
                self._changed.notify_all()

    def put_now(self, message: Message) -> None:
        """As `put`, for messages that join others: then there are never many, and nobody has to wait."""
        with self._changed:
            if self._ended or self._finished:
                raise ended_error()
            if not self._join(self._waiting, message):
                self._waiting.append(message)
            self._changed.notify_all()

    def finish(self) -> None:
        """What waits is sent, and nothing after it."""
        with self._changed:
            self._finished = True
            self._changed.notify_all()

    def end(self) -> None:
        """Nobody takes messages any more. Harmless when repeated."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def messages(self, start: Message) -> Iterator[Message]:
        """First `start`, then what has been put, as long as it has not ended."""
        yield start
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._ended or self._finished or self._waiting)
                if self._ended or not self._waiting:
                    return
                message = self._waiting.popleft()
                self._changed.notify_all()
            yield message

    def _has_room_for(self, turn: object) -> bool:
        return self._turns[0] is turn and len(self._waiting) < OUTBOX_MAX


class AsyncOutbox(Generic[Message]):
    """What the client sends, in order; for one event loop. Whoever waits for room gets it in turn."""

    def __init__(self, join: Join[Message] = joins_nothing) -> None:
        self._join = join
        self._waiting: deque[Message] = deque()
        self._changed = asyncio.Event()
        self._room = asyncio.Semaphore(OUTBOX_MAX)
        self._ended = self._finished = False

    async def put(self, message: Message) -> None:
        """Send it after all others. Raises CancelledError once nobody takes messages any more."""
        await self._room.acquire()
        try:
            self.put_now(message)
        except CancelledError:
            self._room.release()  # to the next one who waits for room in vain
            raise

    def put_now(self, message: Message) -> None:
        """As `put`, for messages that join others: then there are never many, and nobody has to wait."""
        if self._ended or self._finished:
            raise ended_error()
        if not self._join(self._waiting, message):
            self._waiting.append(message)
        self._changed.set()

    def finish(self) -> None:
        """What waits is sent, and nothing after it."""
        self._finished = True
        self._changed.set()

    def end(self) -> None:
        """Nobody takes messages any more. Harmless when repeated."""
        if not self._ended:
            self._ended = True
            self._changed.set()
            self._room.release()

    async def messages(self, start: Message) -> AsyncIterator[Message]:
        """First `start`, then what has been put, as long as it has not ended."""
        try:
            yield start
            while True:
                while not (self._ended or self._finished or self._waiting):
                    self._changed.clear()
                    await self._changed.wait()
                if self._ended or not self._waiting:
                    return
                yield self._waiting.popleft()
                self._room.release()
        finally:
            self.end()


def ended_error() -> CancelledError:
    """What is raised when nothing can be sent any more."""
    return CancelledError("the stream has ended; nothing can be sent any more")
