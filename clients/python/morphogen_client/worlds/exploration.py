"""One exploration across several calls: what is held, where the viewer is, what may still be sent.

No network and no clock: the faces (`explorer.py`) do the waiting and the I/O. A further call tells which chunks are
held, so that none is sent twice. The reader's thread takes the messages; any thread may move and grant.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Generic, Protocol, TypeVar

import grpc

from morphogen.v1 import world_pb2
from morphogen_client.errors import (
    BrokenStreamError,
    CancelledError,
    DeadlineExceededError,
    IncompleteStreamError,
    error_from_rpc,
)
from morphogen_client.options import uint32
from morphogen_client.results.document import parsed
from morphogen_client.results.world import WORLD_FIELDS
from morphogen_client.streams.outbox import ended_error
from morphogen_client.streams.session import RetryPolicy
from morphogen_client.worlds.chunk import Chunk, Key
from morphogen_client.worlds.events import (
    ChunkArrived,
    ChunkAssembler,
    ChunksEvicted,
    ExploreEvent,
    WorldOpened,
    WorldSettled,
)
from morphogen_client.worlds.requests import Viewer, viewer_from, viewer_message

Message = world_pb2.ExploreWorldRequest
CREDIT_MAX = 64


class Outlet(Protocol):
    """An outbox, as far as it is used here."""

    def put_now(self, message: Message) -> None:
        """Send it. Raises CancelledError once nobody takes messages any more."""
        ...

    def finish(self) -> None:
        """What waits is sent, and nothing after it."""
        ...

    def end(self) -> None:
        """Nobody takes messages any more."""
        ...


Box = TypeVar("Box", bound=Outlet)


class Exploration(Generic[Box]):
    """What is known of one exploration.

    start     the message of the first call; later ones differ in viewer, credit and held chunks
    held      chunks that the caller has already
    make_box  makes the outbox of a call
    """

    def __init__(
        self, start: world_pb2.ExploreStart, held: Iterable[Chunk], retry: RetryPolicy, make_box: Callable[[], Box]
    ) -> None:
        self._start = start
        self._retry = retry
        self._make_box = make_box
        self._lock = threading.Lock()
        self._held = {chunk.key: chunk for chunk in held}
        self._room = start.credit
        self._overdrawn = 0
        self._box: Box | None = None
        self._assembler = ChunkAssembler()
        self._opened: WorldOpened | None = None
        self._answered = self._finishing = self._ended = self._finished = False
        self._failed_count = 0

    @property
    def finished(self) -> bool:
        """Whether it ended well."""
        return self._finished

    @property
    def opened(self) -> WorldOpened | None:
        """The first event, once it has come."""
        return self._opened

    @property
    def held(self) -> dict[Key, Chunk]:
        """The chunks that are held now, by row and column."""
        with self._lock:
            return dict(self._held)

    def move(self, viewer: Viewer) -> None:
        """The viewer is there now. Raises CancelledError after the end."""
        with self._lock:
            message = viewer_message(viewer)
            self._start.viewer.CopyFrom(message)
            self._send(Message(viewer=message))

    def grant(self, chunk_count: int) -> None:
        """There is room for more chunks. Raises CancelledError after the end, InvalidRequestError for none."""
        granted = uint32("chunk_count", chunk_count, minimum=1)
        with self._lock:
            repaid = min(granted, self._overdrawn)
            self._overdrawn -= repaid
            self._room += granted - repaid
            if granted > repaid:
                self._send(Message(credit=world_pb2.ExploreCredit(chunk_count=granted - repaid)))

    def finish_sending(self) -> None:
        """Nothing is said any more: the server ends once all that can be sent has been sent."""
        with self._lock:
            self._finishing = True
            if self._box is not None:
                self._box.finish()

    def end(self) -> None:
        """Nobody listens any more. Harmless when repeated."""
        with self._lock:
            self._ended = True
            self._close_box()

    def begin_attempt(self) -> tuple[Box, Message]:
        """Get ready for the next call: its outbox, and the message that starts it."""
        with self._lock:
            self._close_box()
            self._box = box = self._make_box()
            if self._finishing:
                box.finish()
            if self._ended:
                box.end()
            self._assembler, self._answered = ChunkAssembler(), False
            # A call cannot start without credit: the one chunk more is counted against the next grant.
            self._overdrawn += max(0, 1 - self._room)
            self._room = max(1, self._room)
            start = world_pb2.ExploreStart()
            start.CopyFrom(self._start)
            start.credit = min(self._room, CREDIT_MAX) if self._opened is not None else self._room
            start.held.extend(
                world_pb2.HeldChunk(row=chunk.row, column=chunk.column, vertices=chunk.vertices)
                for chunk in self._held.values()
            )
            return box, Message(start=start)

    def receive(self, message: world_pb2.ExploreWorldResponse) -> ExploreEvent | None:
        """Take the next message; the event that it completes, if it does. Raises BrokenStreamError."""
        kind = message.WhichOneof("payload")
        if (kind == "opened") is self._answered or kind is None:
            raise BrokenStreamError(f"the stream sent {kind or 'nothing'} where another message was due")
        if self._assembler.begun and kind != "part":
            raise BrokenStreamError(f"the stream sent {kind} in the middle of a chunk")
        match kind:
            case "opened":
                self._answered = True
                return self._open(message.opened)
            case "part":
                chunk = self._assembler.receive(message.part)
                return None if chunk is None else self._take(chunk)
            case "evicted":
                return self._drop({(each.row, each.column): each.vertices for each in message.evicted.chunks})
            case _:
                return self._settle(message.settled.chunk_count)

    def finish(self) -> None:
        """The call ended well. Raises IncompleteStreamError if nobody asked it to end."""
        if not self._finishing or not self._answered or self._assembler.begun:
            raise IncompleteStreamError("the server ended the exploration, although the client did not")
        self._finished = True

    def retry_delay_s(self, failure: grpc.RpcError, remaining_s: float) -> float:
        """The call failed: seconds to wait before the next one. Raises what the caller shall see if it is final."""
        with self._lock:
            self._close_box()
        error = error_from_rpc(failure)
        if isinstance(error, DeadlineExceededError) and self._answered and remaining_s > 0.0:
            return 0.0  # not this client's deadline: servers end every call some time, and the next one goes on
        self._failed_count += 1
        delay_s = self._retry.delay_s(self._failed_count, error, remaining_s)
        if delay_s is None:
            raise error from failure
        return delay_s

    def _send(self, message: Message) -> None:
        """Hand it to the call that runs; without one, the next call's start says the same."""
        if self._ended or self._finishing:
            raise ended_error()
        if self._box is not None:
            with suppress(CancelledError):  # the call has failed a moment ago
                self._box.put_now(message)

    def _close_box(self) -> None:
        if self._box is not None:
            self._box.end()
            self._box = None

    def _open(self, message: world_pb2.WorldOpened) -> WorldOpened | None:
        world = parsed("world", message.world_json, WORLD_FIELDS)
        if self._opened is not None:
            if world != self._opened.world:
                raise BrokenStreamError("the server makes another world of the same request than it did before the cut")
            return None
        self._opened = WorldOpened(viewer_from(message.viewer), message.chunk_m, message.view_distance_m, world)
        return self._opened

    def _take(self, chunk: Chunk) -> ChunkArrived:
        self._failed_count = 0
        with self._lock:
            coarser = self._held.get(chunk.key)
            if coarser is not None and coarser.vertices >= chunk.vertices:
                raise BrokenStreamError(
                    f"chunk {chunk.key} came with {chunk.vertices} vertices, and is held with {coarser.vertices}"
                )
            self._room -= 1
            self._held[chunk.key] = chunk
        return ChunkArrived(chunk, refines=coarser is not None)

    def _drop(self, chunks: Mapping[Key, int]) -> ChunksEvicted:
        with self._lock:
            for key, vertices in chunks.items():
                if key not in self._held or self._held[key].vertices != vertices:
                    raise BrokenStreamError(f"chunk {key} with {vertices} vertices is evicted, but not held")
            return ChunksEvicted({key: self._held.pop(key) for key in chunks})

    def _settle(self, chunk_count: int) -> WorldSettled:
        with self._lock:
            if chunk_count != len(self._held):
                raise BrokenStreamError(f"{len(self._held)} chunks are held, the server counts {chunk_count}")
        return WorldSettled(chunk_count)


def joined(waiting: deque[Message], message: Message) -> bool:
    """Make one message of a new one and one that waits: of viewers the newest counts, credit adds up."""
    kind = message.WhichOneof("payload")
    for other in waiting:
        if other.WhichOneof("payload") == kind:
            if kind == "viewer":
                other.viewer.CopyFrom(message.viewer)
            else:
                other.credit.chunk_count += message.credit.chunk_count
            return True
    return False
