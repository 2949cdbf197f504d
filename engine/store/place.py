"""What the store asks of a slow place, and what it counts about every place."""

from dataclasses import dataclass
from typing import Protocol

from engine.store.record import StoredAsset


class Place(Protocol):
    """Where records lie outside this process. Its methods block and are called from several threads at once."""

    def read(self, asset_id: str) -> StoredAsset | None:
        """The asset, verified; None if it is not there.

        Raises CorruptEntryError after removing an entry that is damaged, and whatever the place itself raises.
        """

    def write(self, asset: StoredAsset) -> bool:
        """Keep the asset: readers see all of it or nothing. False if it is too large to be kept.

        Raises whatever the place itself raises.
        """


@dataclass(frozen=True, slots=True)
class PlaceCounters:
    """What happened in one place since the start.

    skipped_write_count  assets not written because too much was waiting, the place had been hanging, or too large
    """

    hit_count: int = 0
    write_count: int = 0
    read_failure_count: int = 0
    write_failure_count: int = 0
    skipped_write_count: int = 0
    corrupt_entry_count: int = 0
