"""What the sessions of a gateway count."""

from dataclasses import dataclass


@dataclass(slots=True)
class SessionCounters:
    """Counts since the start.

    flight_count      shared generations that were begun
    join_count        requests that joined one which ran already
    migration_count   sessions that another worker has continued
    """

    flight_count: int = 0
    join_count: int = 0
    migration_count: int = 0

    def joined(self, *, own: bool) -> None:
        """A request has a seat in a flight: its own, or one that others began."""
        self.flight_count += own
        self.join_count += not own

    def migrated(self) -> None:
        """A session goes on elsewhere."""
        self.migration_count += 1
