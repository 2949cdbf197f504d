"""The synthetic generator: parts of a given size, count and step time, for measuring the path to a client."""

import hashlib
import struct
import time
from collections.abc import Sequence
from dataclasses import dataclass

from engine.assets import GeneratorInfo, Part
from engine.errors import InvalidRequestError
from engine.generators.protocol import StepKinds
from engine.requests.probe import ProbeRequest

BLOCK_BYTES = 64 * 1024
"""Length of the pattern that a payload repeats."""

CONTROL_MAX_BYTES = 64
"""Largest control a synthetic session takes; it does nothing but arrive."""

_CHECKPOINT = struct.Struct(">I")
"""Parts made so far."""


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

    def checkpoint(self, state: ProbeState) -> bytes:
        """The number of parts made so far."""
        return _CHECKPOINT.pack(state.made_count)

    def resume(self, request: ProbeRequest, checkpoint: bytes) -> ProbeState:
        """Continue after the parts that `checkpoint` counts."""
        state = self.begin(request)
        if len(checkpoint) != _CHECKPOINT.size:
            raise InvalidRequestError("checkpoint", f"{len(checkpoint)} bytes", f"{_CHECKPOINT.size} bytes")
        (state.made_count,) = _CHECKPOINT.unpack(checkpoint)
        if state.finished:
            raise InvalidRequestError("checkpoint", state.made_count, f"fewer than {request.part_count} parts")
        return state

    def steps_ahead(self, state: ProbeState) -> StepKinds:
        """One step per part that is left. Steps of equal time share batches."""
        return ((f"probe {state.step_ms:g} ms", state.part_count - state.made_count),)

    def steer(self, state: ProbeState, control: bytes) -> None:  # noqa: ARG002 - only its arrival is measured
        """Take any control of at most CONTROL_MAX_BYTES."""
        if len(control) > CONTROL_MAX_BYTES:
            raise InvalidRequestError("control", f"{len(control)} bytes", f"at most {CONTROL_MAX_BYTES} bytes")

    def skip(self, states: Sequence[ProbeState], part_counts: Sequence[int]) -> None:
        """Leave out the next parts."""
        for state, part_count in zip(states, part_counts, strict=True):
            state.made_count += part_count

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
