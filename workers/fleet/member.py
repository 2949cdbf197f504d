"""One worker of a fleet as the gateway sees it: its link, and the sessions that it runs."""

import contextlib
from collections.abc import Callable
from contextlib import AbstractContextManager

from engine.errors import MorphogenError
from engine.runtime.messages import Cancel, Command, Event, Failed, Open
from workers.fleet.scaling import Load
from workers.link.client import WorkerLink
from workers.stream import WorkerStream


class Member:
    """A worker that is attached. A `WorkerPort` for its streams.

    forgotten  called with the ticket of every stream that has been closed
    """

    def __init__(self, name: str, address: str, forgotten: Callable[[int], None]) -> None:
        self.name = name
        self.address = address
        self._forgotten = forgotten
        self._link: WorkerLink | None = None
        self._streams: dict[int, WorkerStream] = {}

    @property
    def link(self) -> WorkerLink:
        """The link; there is one from `attach` on."""
        assert self._link is not None
        return self._link

    @property
    def session_count(self) -> int:
        """Sessions that it runs for this gateway."""
        return len(self._streams)

    @property
    def undelivered_part_count(self) -> int:
        """Parts that wait here for their readers."""
        return sum(stream.undelivered_part_count for stream in self._streams.values())

    async def attach(self, secret: bytes) -> None:
        """Connect. Raises UnavailableError."""
        self._link = await WorkerLink.attach(self.address, secret, self._take)

    def identities(self) -> frozenset[str]:
        """Which generators it has, exactly."""
        return frozenset(info.identity() for info in self.link.infos)

    def load(self) -> Load:
        """How it stands."""
        stats = self.link.stats
        return Load(self.name, self.session_count, stats.ready_count, stats.queue_s)

    def opened(self, command: Open) -> WorkerStream:
        """Begin a session; the caller waits until it has begun, and closes it."""
        stream = WorkerStream(self, command.ticket)
        self._streams[command.ticket] = stream
        self.link.submit(command)
        return stream

    def submit(self, command: Command) -> None:
        """Send a command."""
        self.link.submit(command)

    def grant(self, ticket: int, part_count: int) -> None:
        """Send credit, together with more if there is some."""
        self.link.grant(ticket, part_count)

    def waiting(self) -> AbstractContextManager[None]:
        """Nothing to do: events come by themselves."""
        return contextlib.nullcontext()

    def forget(self, ticket: int) -> None:
        """The stream has been closed."""
        self._streams.pop(ticket, None)
        self._forgotten(ticket)

    def give_up(self, error: MorphogenError) -> None:
        """End every session here with `error`."""
        for stream in list(self._streams.values()):
            self.link.submit(Cancel(stream.ticket))
            stream.receive(Failed(stream.ticket, error))

    def _take(self, event: Event) -> None:
        stream = self._streams.get(event.ticket)
        if stream is not None:
            stream.receive(event)
