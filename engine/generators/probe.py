"""The synthetic generator: parts of a given size, count and step time, for measuring the path to a client."""

import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass

from engine.assets import GeneratorInfo, Part, ProbeRequest

BLOCK_BYTES = 64 * 1024
"""Length of the pattern that a payload repeats."""


@dataclass(slots=True)
class ProbeState:
    """How far one synthetic session is."""

    payload: bytes
    payload_sha256: bytes
    part_count: int
    step_ms: float
    made_count: int = 0

    @property
    def finished(self) -> bool:
        """Whether every part has been made."""
        return self.made_count >= self.part_count


class ProbeGenerator:
    """Makes one part per step and session.

    All parts of a session share one payload: incompressible bytes that depend on the size alone. Sessions of equal part
    size share it too, so that many of them do not push each other out of the processor's cache. Its checksum is worked
    out once: what is measured is the path.
    """

    def __init__(self) -> None:
        self._info = GeneratorInfo(
            asset_kind="probe", name="probe", version="1", tier="S", weights_sha256="", kernel_class="none"
        )
        self._block = hashlib.shake_256(b"morphogen probe").digest(BLOCK_BYTES)
        self._last_payload = b""
        self._last_sha256 = b""

    @property
    def info(self) -> GeneratorInfo:
        """The catalog entry."""
        return self._info

    def begin(self, request: ProbeRequest) -> ProbeState:
        """Open a session for `request`."""
        if len(self._last_payload) != request.part_bytes:
            repeats, rest = divmod(request.part_bytes, BLOCK_BYTES)
            self._last_payload = self._block * repeats + self._block[:rest]
            self._last_sha256 = hashlib.sha256(self._last_payload).digest()
        return ProbeState(self._last_payload, self._last_sha256, request.part_count, request.step_ms)

    def step(self, states: Sequence[ProbeState]) -> list[tuple[Part, ...]]:
        """Sleep for the longest step time asked for, then return one part per state."""
        sleep_ms = max(state.step_ms for state in states)
        if sleep_ms > 0:
            time.sleep(sleep_ms / 1e3)
        return [(self._next_part(state),) for state in states]

    def _next_part(self, state: ProbeState) -> Part:
        part = Part(state.made_count, "probe", 0, "application/octet-stream", state.payload, state.payload_sha256)
        state.made_count += 1
        return part
