"""A world that is explored, in two faces: `for` and `async for`; what they share comes first."""

import math
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator, Iterator
from contextlib import aclosing, closing, suppress
from typing import Any, Generic, TypeAlias

from grpc import aio

from morphogen.v1 import world_pb2
from morphogen_client.errors import CancelledError
from morphogen_client.streams.outbox import AsyncOutbox, Outbox
from morphogen_client.streams.result_stream import AsyncUpdateStream, MessageCall, UpdateStream
from morphogen_client.streams.settled import SettledCall
from morphogen_client.worlds.chunk import Chunk, Key
from morphogen_client.worlds.events import ChunkArrived, ExploreEvent, WorldOpened
from morphogen_client.worlds.exploration import Box, Exploration, Message, joined
from morphogen_client.worlds.requests import Viewer

# Generic to mypy only.
ExploreCall: TypeAlias = "aio.StreamStreamCall[Message, world_pb2.ExploreWorldResponse]"


class ExplorerHandle(Generic[Box]):
    """What an explorer can be told and asked at any time, whichever face it has. None of it waits."""

    _exploration: Exploration[Box]

    @property
    def held(self) -> dict[Key, Chunk]:
        """The chunks that the viewer has now, by row and column."""
        return self._exploration.held

    def chunk_at(self, x_m: float, z_m: float) -> Chunk | None:
        """The chunk that is held for a place; None if there is none, or the world has not been opened yet."""
        opened: WorldOpened | None = self._exploration.opened
        if opened is None:
            return None
        return self.held.get((math.floor(z_m / opened.chunk_m), math.floor(x_m / opened.chunk_m)))

    def move(self, x_m: float, z_m: float, velocity_x: float = 0.0, velocity_z: float = 0.0) -> None:
        """The viewer is there now, and goes on with that speed in meters per second; only the newest word counts.

        Raises CancelledError after the stream's end; a place outside of the world ends it with InvalidRequestError.
        """
        self._exploration.move(Viewer(x_m, z_m, velocity_x, velocity_z))

    def grant(self, chunk_count: int) -> None:
        """Have room for more chunks; granted and not yet sent may be 64 at most.

        After a reconnect one chunk may come without credit; the next grant is that much smaller. Raises CancelledError
        after the stream's end; credit beyond the limit ends it with InvalidRequestError.
        """
        self._exploration.grant(chunk_count)

    def finish(self) -> None:
        """Say nothing more: the iteration ends once all has come that was in view and had credit."""
        self._exploration.finish_sending()


class WorldExplorer(UpdateStream[ExploreEvent], ExplorerHandle[Outbox[Message]]):
    """A world around a viewer: iterate it for events, and `move` the viewer meanwhile from any thread.

    With `auto_grant` every chunk that the loop is done with makes room for another one; otherwise `grant` does. A call
    that breaks is made again and told what is held: no chunk comes twice. Leaving the loop early, `close()` (from any
    thread) and leaving a `with` block cancel it, and the server stops its work. Can be iterated once.
    """

    def __init__(
        self,
        open_call: Callable[[Iterator[Message], float], MessageCall],
        exploration: Exploration[Outbox[Message]],
        timeout_s: float,
        *,
        auto_grant: bool,
    ) -> None:
        def open_stream(attempt: tuple[Outbox[Message], Message], remaining_s: float) -> MessageCall:
            box, start = attempt
            return open_call(box.messages(start), remaining_s)

        super().__init__(open_stream, exploration, timeout_s)
        self._exploration = exploration
        self._auto_grant = auto_grant

    def close(self) -> None:
        """Cancel the call if it still runs, and send nothing any more. Harmless when repeated."""
        super().close()
        self._exploration.end()

    def _updates(self) -> Generator[ExploreEvent, None, None]:
        try:
            with closing(super()._updates()) as events:
                for event in events:
                    yield event
                    if self._auto_grant and isinstance(event, ChunkArrived):
                        with suppress(CancelledError):  # the iteration tells how the stream ended
                            self.grant(1)
        finally:
            self._exploration.end()


class AsyncWorldExplorer(AsyncUpdateStream[ExploreEvent], ExplorerHandle[AsyncOutbox[Message]]):
    """As `WorldExplorer`, for one event loop: iterate it in one task, `move` the viewer from any other."""

    def __init__(
        self,
        open_call: Callable[[AsyncIterator[Message], float], ExploreCall],
        exploration: Exploration[AsyncOutbox[Message]],
        timeout_s: float,
        *,
        auto_grant: bool,
    ) -> None:
        def open_stream(attempt: tuple[AsyncOutbox[Message], Message], remaining_s: float) -> SettledCall[Any]:
            box, start = attempt
            return SettledCall(open_call(box.messages(start), remaining_s))

        super().__init__(open_stream, exploration, timeout_s)
        self._exploration = exploration
        self._auto_grant = auto_grant

    def close(self) -> None:
        """Cancel the call if it still runs, and send nothing any more. Harmless when repeated."""
        super().close()
        self._exploration.end()

    async def _updates(self) -> AsyncGenerator[ExploreEvent, None]:
        try:
            async with aclosing(super()._updates()) as events:
                async for event in events:
                    yield event
                    if self._auto_grant and isinstance(event, ChunkArrived):
                        with suppress(CancelledError):  # the iteration tells how the stream ended
                            self.grant(1)
        finally:
            self._exploration.end()


def new_box() -> Outbox[Message]:
    """The outbox of one call."""
    return Outbox(joined)


def new_async_box() -> AsyncOutbox[Message]:
    """The same for an event loop."""
    return AsyncOutbox(joined)
