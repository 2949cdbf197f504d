"""Between the runtime's streams and the store's records."""

from collections.abc import AsyncIterator

from engine.assets import GeneratorInfo
from engine.runtime.messages import AssetSummary, Priority, ResumePoint, SealedPart, Tally
from engine.sessions.flights import Flight
from engine.store.record import StoredAsset


def stored_from(flight: Flight) -> StoredAsset:
    """What the store keeps of a finished flight."""
    assert flight.info is not None
    assert flight.summary is not None
    info = flight.info
    parts = tuple(sealed.part.sealed(sealed.sha256) for sealed in flight.parts)
    return StoredAsset(flight.asset_id, f"{info.name} {info.version} {info.tier}", parts, flight.summary.tally.digest)


class StoredStream:
    """A `PartStream` over a stored asset, from part `first_sequence` on. Nothing of it costs a worker anything."""

    def __init__(self, stored: StoredAsset, info: GeneratorInfo, first_sequence: int = 0) -> None:
        self._parts = stored.parts
        self._info = info
        self._next = 0
        self._tally = Tally()
        while self._next < min(first_sequence, len(self._parts)):
            self._advance()

    @property
    def info(self) -> GeneratorInfo:
        """The generator that made it."""
        return self._info

    @property
    def part_count(self) -> int:
        """Number of parts the whole asset has."""
        return len(self._parts)

    def __aiter__(self) -> AsyncIterator[SealedPart]:
        return self

    async def __anext__(self) -> SealedPart:
        """The next part."""
        if self._next == len(self._parts):
            raise StopAsyncIteration
        part = self._parts[self._next]
        self._advance()
        return SealedPart(part, part.sha256, ResumePoint(self._next, self._tally, b"", 0))

    def grant(self, part_count: int) -> None:
        """Nothing: there is no worker that could run ahead."""

    def steer(self, number: int, control: bytes) -> None:
        """Nothing: what has been made cannot be steered."""

    def promote(self, priority: Priority) -> None:
        """Nothing: nobody waits."""

    def summary(self) -> AssetSummary:
        """The account: no queue, no steps."""
        return AssetSummary(self._tally, 0.0, 0.0)

    def close(self) -> None:
        """Nothing to release."""

    def _advance(self) -> None:
        part = self._parts[self._next]
        self._tally = self._tally.plus(part.sha256, len(part.payload))
        self._next += 1
