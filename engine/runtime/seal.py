"""Checksums of a stream: one per part, and one over those of all parts."""

import hashlib

from engine.assets import Part
from engine.runtime.pool import SealedPart


class Seal:
    """Takes the parts of one session in order.

    The whole is named by the SHA-256 over its parts' SHA-256, so that every payload is hashed once.
    """

    def __init__(self) -> None:
        self.part_count = 0
        self.size_bytes = 0
        self._sha256 = hashlib.sha256()

    def add(self, part: Part) -> SealedPart:
        """Count the next part; `part` with its own SHA-256."""
        sha256 = part.sha256 or hashlib.sha256(part.payload).digest()
        self._sha256.update(sha256)
        self.part_count += 1
        self.size_bytes += len(part.payload)
        return SealedPart(part, sha256)

    def digest(self) -> bytes:
        """SHA-256 (32 bytes) over the SHA-256 of all parts so far."""
        return self._sha256.digest()
