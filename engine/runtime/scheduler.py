"""First come, first served: which sessions the next step moves on.

Pure bookkeeping on tickets (numbers given by the pool): no clock, no thread, no generator. A session is ready while it
has credit, that is, while its reader has room for more parts; the one that has been ready longest goes first, so
sessions take turns. Another policy replaces this class behind the same methods.
"""

from collections import OrderedDict
from dataclasses import dataclass


@dataclass(slots=True)
class _Entry:
    batch_key: str
    credit: int
    in_step: bool = False


class FirstComeScheduler:
    """Orders tickets by the moment they became ready.

    batch_size  largest number of tickets in one batch; only tickets of the same batch key share one
    """

    def __init__(self, batch_size: int) -> None:
        self._batch_size = batch_size
        self._entries: dict[int, _Entry] = {}
        self._ready: OrderedDict[int, str] = OrderedDict()

    def __len__(self) -> int:
        """Number of tickets that have been added and neither finished nor been removed."""
        return len(self._entries)

    @property
    def ready_count(self) -> int:
        """Number of tickets that a step could move on now."""
        return len(self._ready)

    def add(self, ticket: int, batch_key: str, credit: int) -> None:
        """Let `ticket` take part, with room for `credit` parts."""
        self._entries[ticket] = _Entry(batch_key, credit)
        self._settle(ticket)

    def grant(self, ticket: int, part_count: int) -> None:
        """The reader took `part_count` parts. A ticket that has left meanwhile is ignored."""
        if ticket in self._entries:
            self._entries[ticket].credit += part_count
            self._settle(ticket)

    def next_batch(self) -> tuple[int, ...]:
        """Take the next tickets to step, oldest first; () when none is ready.

        Each of them needs `stepped` or `remove` afterwards.
        """
        batch: list[int] = []
        batch_key: str | None = None
        for ticket, key in self._ready.items():
            if batch_key is None or key == batch_key:
                batch_key = key
                batch.append(ticket)
            if len(batch) == self._batch_size:
                break
        for ticket in batch:
            del self._ready[ticket]
            self._entries[ticket].in_step = True
        return tuple(batch)

    def stepped(self, ticket: int, part_count: int) -> None:
        """A step of `ticket` made `part_count` parts; it queues up again as far as its credit reaches.

        A step may make more parts than there is credit for; the ticket then waits until its reader has caught up.
        """
        if ticket in self._entries:
            self._entries[ticket].credit -= part_count
            self._entries[ticket].in_step = False
            self._settle(ticket)

    def remove(self, ticket: int) -> None:
        """Forget `ticket`: finished, failed or cancelled. Unknown tickets are ignored."""
        self._entries.pop(ticket, None)
        self._ready.pop(ticket, None)

    def _settle(self, ticket: int) -> None:
        entry = self._entries[ticket]
        if entry.credit > 0 and not entry.in_step and ticket not in self._ready:
            self._ready[ticket] = entry.batch_key
