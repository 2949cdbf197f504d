"""Checksums of a stream: one per part, and a running one over all payloads."""

import hashlib

from engine.assets import Part
from engine.runtime.pool import SealedPart

_SHA256_BYTES = 32


class RepeatedPayload:
    """A payload that is sent again and again, with the SHA-256 over every number of repetitions worked out so far.

    Synthetic streams of one part size differ in length only: what one of them has hashed, the next need not hash
    again. Costs 32 bytes of memory per repetition.
    """

    def __init__(self, payload: bytes) -> None:
        self.payload = payload
        self.sha256 = hashlib.sha256(payload).digest()
        self._running = hashlib.sha256()
        self._digests = bytearray(self._running.digest())

    def digest(self, count: int) -> bytes:
        """SHA-256 over `count` repetitions."""
        while len(self._digests) <= count * _SHA256_BYTES:
            self._running.update(self.payload)
            self._digests += self._running.digest()
        return bytes(self._digests[count * _SHA256_BYTES : (count + 1) * _SHA256_BYTES])


class Sealer:
    """Makes seals that share what they know of the payload that began the latest session."""

    def __init__(self) -> None:
        self._latest = RepeatedPayload(b"")

    def repeated(self, payload: bytes) -> RepeatedPayload:
        """The shared knowledge of `payload`; the very object counts, not its value."""
        if self._latest.payload is not payload:
            self._latest = RepeatedPayload(payload)
        return self._latest


class Seal:
    """Takes the parts of one session in order: `stamp` before a part is handed on, `absorb` after it."""

    def __init__(self, sealer: Sealer) -> None:
        self.part_count = 0
        self.size_bytes = 0
        self._sealer = sealer
        self._repeated: RepeatedPayload | None = None
        """Set while all payloads are one and the same object."""
        self._running = hashlib.sha256()
        """Used from the first other payload on."""

    def stamp(self, part: Part) -> SealedPart:
        """`part` with its own SHA-256."""
        if self.part_count == 0:
            self._repeated = self._sealer.repeated(part.payload)
        elif self._repeated is not None and self._repeated.payload is not part.payload:
            for _ in range(self.part_count):
                self._running.update(self._repeated.payload)
            self._repeated = None
        sha256 = hashlib.sha256(part.payload).digest() if self._repeated is None else self._repeated.sha256
        return SealedPart(part, sha256)

    def absorb(self, part: Part) -> None:
        """Count the part that was stamped last into the running checksum."""
        self.part_count += 1
        self.size_bytes += len(part.payload)
        if self._repeated is None:
            self._running.update(part.payload)
        else:
            self._repeated.digest(self.part_count)

    def digest(self) -> bytes:
        """SHA-256 (32 bytes) over all payloads so far."""
        return self._running.digest() if self._repeated is None else self._repeated.digest(self.part_count)
