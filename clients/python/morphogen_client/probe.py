"""Measuring the path to the workers: what arrives when, and the figures made of it."""

import time
from dataclasses import dataclass
from typing import TypedDict

import numpy as np

from morphogen.v1 import common_pb2, diagnostics_pb2
from morphogen_client.options import StreamOptions, named, stream_options, uint32
from morphogen_client.streams.assembly import Header, Timings, Trailer
from morphogen_client.streams.parts import Part

PART_DEFAULT_BYTES = 48 * 1024
PART_COUNT_DEFAULT = 100

_DELIVERIES = {"lossless": common_pb2.DELIVERY_LOSSLESS, "live": common_pb2.DELIVERY_LIVE}


@dataclass(frozen=True, slots=True)
class Arrival:
    """One synthetic part: its number, its size, and when its last byte was there, in milliseconds since the call.

    control_count  controls that it shows; 0 for a probe that is not steered
    """

    sequence: int
    size_bytes: int
    at_ms: float
    control_count: int = 0


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """What one probe measured, on the client's clock.

    part_count      parts that arrived, with `size_bytes` of payload
    dropped_count   parts that the server left out: live delivery only
    first_part_ms   from the call to the first part; contains connecting, if there was no connection yet
    total_ms        from the call to the trailer
    gap_*_ms        time between neighbouring parts: median, 99th percentile, longest; 0 for a single part
    parts_per_s     parts after the first, over the time from the first to the last; 0 for a single part
    mib_per_s       the same in MiB of payload
    server          the server's own clock
    sha256          digest over all parts, in hex
    """

    part_count: int
    dropped_count: int
    size_bytes: int
    first_part_ms: float
    total_ms: float
    gap_median_ms: float
    gap_p99_ms: float
    gap_longest_ms: float
    parts_per_s: float
    mib_per_s: float
    server: Timings
    sha256: str


class ArrivalReader:
    """Notes when each part arrives. `started_s` is `time.perf_counter()` at the call."""

    def __init__(self, started_s: float) -> None:
        self._started_s = started_s
        self._at_ms: list[float] = []
        self._size_bytes = 0

    def read(self, header: Header, part: Part) -> Arrival:  # noqa: ARG002 - a reader sees the header of its stream
        """The arrival of `part`, now."""
        self._at_ms.append((time.perf_counter() - self._started_s) * 1e3)
        self._size_bytes += len(part.payload)
        return Arrival(part.sequence, len(part.payload), self._at_ms[-1], part.control_count)

    def result(self, header: Header, trailer: Trailer) -> ProbeResult:
        """The figures of the whole stream, which ends now."""
        total_ms = (time.perf_counter() - self._started_s) * 1e3
        at_ms = self._at_ms or [total_ms]  # nothing came: the stream was continued behind its last part
        gaps_ms = np.diff(at_ms) if len(at_ms) > 1 else np.zeros(1)
        streaming_s = (at_ms[-1] - at_ms[0]) / 1e3
        parts_per_s = (len(at_ms) - 1) / streaming_s if streaming_s > 0 else 0.0
        median_ms, p99_ms = np.percentile(gaps_ms, [50, 99])
        return ProbeResult(
            part_count=len(self._at_ms),
            dropped_count=header.part_count - header.first_sequence - len(self._at_ms),
            size_bytes=self._size_bytes,
            first_part_ms=at_ms[0],
            total_ms=total_ms,
            gap_median_ms=float(median_ms),
            gap_p99_ms=float(p99_ms),
            gap_longest_ms=float(gaps_ms.max()),
            parts_per_s=parts_per_s,
            mib_per_s=parts_per_s * self._size_bytes / len(at_ms) / 2**20,
            server=trailer.timings,
            sha256=trailer.sha256,
        )


class SyntheticParts(TypedDict, total=False):
    """What a synthetic stream consists of; each may be left out.

    part_size_bytes  size of each part, 1 to 16 MiB, default 48 KiB
    part_count       number of parts, 1 to 1,000,000, default 100
    step_ms          time that each step takes, 0 (default) to 1000
    """

    part_size_bytes: int
    part_count: int
    step_ms: float


class ProbeOptions(SyntheticParts, StreamOptions, total=False):
    """A synthetic stream, and how it is wanted."""


class SteerOptions(SyntheticParts, total=False):
    """A synthetic stream that is steered; each may be left out.

    interval_ms  time between two parts, up to 60,000; 0 (default): as fast as credit allows. Live delivery needs one
    delivery     without credit the server waits ("lossless", default), or keeps its pace, and of the parts that wait
                 only the newest is sent ("live")
    credit       parts granted from the start: 1 to 64, default 4
    priority     as in `StreamOptions`
    """

    interval_ms: float
    delivery: str
    credit: int
    priority: str


def probe_request(options: ProbeOptions) -> diagnostics_pb2.StreamProbeRequest:
    """The request message. Raises InvalidRequestError for a value that the message cannot carry."""
    part_size_bytes, part_count = _sizes(options)
    return diagnostics_pb2.StreamProbeRequest(
        part_size_bytes=part_size_bytes,
        part_count=part_count,
        step_ms=options.get("step_ms", 0.0),
        options=stream_options(options, resume_tokens=False),
    )


def probe_start(options: SteerOptions) -> diagnostics_pb2.ProbeStart:
    """The message that starts a steered stream. Raises InvalidRequestError for a value that it cannot carry."""
    part_size_bytes, part_count = _sizes(options)
    wanted: StreamOptions = {"priority": options.get("priority", "standard")}
    if "credit" in options:
        wanted["credit"] = options["credit"]
    return diagnostics_pb2.ProbeStart(
        part_size_bytes=part_size_bytes,
        part_count=part_count,
        step_ms=options.get("step_ms", 0.0),
        interval_ms=options.get("interval_ms", 0.0),
        delivery=named("delivery", options.get("delivery", "lossless"), _DELIVERIES),
        options=stream_options(wanted, resume_tokens=False),
    )


def _sizes(parts: SyntheticParts) -> tuple[int, int]:
    """Size and number of the parts."""
    return (
        uint32("part_size_bytes", parts.get("part_size_bytes", PART_DEFAULT_BYTES), minimum=1),
        uint32("part_count", parts.get("part_count", PART_COUNT_DEFAULT), minimum=1),
    )
