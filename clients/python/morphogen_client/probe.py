"""Measuring the path to the workers: what arrives when, and the figures made of it."""

import time
from dataclasses import dataclass

import numpy as np

from morphogen.v1 import diagnostics_pb2
from morphogen_client.assembly import Header, Part, Timings, Trailer
from morphogen_client.texture import uint32


@dataclass(frozen=True, slots=True)
class Arrival:
    """One synthetic part: its number, its size, and when its last byte was there, in milliseconds since the call."""

    sequence: int
    size_bytes: int
    at_ms: float


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """What one probe measured, on the client's clock.

    first_part_ms   from the call to the first part; contains connecting, if there was no connection yet
    total_ms        from the call to the trailer
    gap_*_ms        time between neighbouring parts: median, 99th percentile, longest; 0 for a single part
    parts_per_s     parts after the first, over the time from the first to the last; 0 for a single part
    mib_per_s       the same in MiB of payload
    server          the server's own clock
    """

    part_count: int
    size_bytes: int
    first_part_ms: float
    total_ms: float
    gap_median_ms: float
    gap_p99_ms: float
    gap_longest_ms: float
    parts_per_s: float
    mib_per_s: float
    server: Timings


class ArrivalReader:
    """Notes when each part arrives. `started_s` is `time.perf_counter()` at the call."""

    def __init__(self, started_s: float) -> None:
        self._started_s = started_s
        self._at_ms: list[float] = []

    def read(self, header: Header, part: Part) -> Arrival:  # noqa: ARG002 - a reader sees the header of its stream
        """The arrival of `part`, now."""
        self._at_ms.append((time.perf_counter() - self._started_s) * 1e3)
        return Arrival(part.sequence, len(part.payload), self._at_ms[-1])

    def result(self, header: Header, trailer: Trailer) -> ProbeResult:
        """The figures of the whole stream, which ends now."""
        total_ms = (time.perf_counter() - self._started_s) * 1e3
        gaps_ms = np.diff(self._at_ms) if len(self._at_ms) > 1 else np.zeros(1)
        streaming_s = (self._at_ms[-1] - self._at_ms[0]) / 1e3
        parts_per_s = (len(self._at_ms) - 1) / streaming_s if streaming_s > 0 else 0.0
        median_ms, p99_ms = np.percentile(gaps_ms, [50, 99])
        return ProbeResult(
            part_count=header.part_count,
            size_bytes=trailer.size_bytes,
            first_part_ms=self._at_ms[0],
            total_ms=total_ms,
            gap_median_ms=float(median_ms),
            gap_p99_ms=float(p99_ms),
            gap_longest_ms=float(gaps_ms.max()),
            parts_per_s=parts_per_s,
            mib_per_s=parts_per_s * trailer.size_bytes / header.part_count / 2**20,
            server=trailer.timings,
        )


def probe_request(part_size_bytes: int, part_count: int, step_ms: float) -> diagnostics_pb2.StreamProbeRequest:
    """The request message. Raises InvalidRequestError for a number that the message cannot carry."""
    return diagnostics_pb2.StreamProbeRequest(
        part_size_bytes=uint32("part_size_bytes", part_size_bytes, minimum=1),
        part_count=uint32("part_count", part_count, minimum=1),
        step_ms=step_ms,
    )
