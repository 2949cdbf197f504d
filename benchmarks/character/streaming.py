"""Live streams at a fixed rate beside a busy process: frames that come late or never, and how unevenly they come.

A frame is missed if it never comes, as one that the worker skipped, or comes later than one interval after its due
time. Due times are one interval apart and count from the first frame, and anew from each one that was late: a stall
counts for the frames that it delays, not for all that follow. `rate_kept` is the rate that was reached, over the one
that was asked for. Jitter is how far the time between two neighbouring frames is from the interval.

    python -m benchmarks character.streaming
"""

import asyncio
import os
import time
from dataclasses import dataclass

from benchmarks.character.servers import absent_weights, busy_process, serving
from benchmarks.records import Claim, Record, machine, percentile, with_conditions
from morphogen_client import AsyncClient, FrameStreamOptions, Identity

FILMED_S = float(os.environ.get("MORPHOGEN_BENCHMARK_FILMED_S", "600"))
POSED_S = float(os.environ.get("MORPHOGEN_BENCHMARK_POSED_S", "60"))
"""How long; shorter for a first look."""

FILMED_HZ, POSED_HZ = 30, 90
POSED_COUNT = 8
CREDIT = 4
WALK = {"speed_mps": 1.4}


def claims(name: str, rate_hz: int, missed_goal: float) -> tuple[Claim, Claim]:
    """Of streams at this rate: the share of frames missed, and their jitter, which is to stay within an interval."""
    return (
        Claim(f"{name}: share of frames missed", at_most=missed_goal),
        Claim(f"{name}: jitter p99, ms", at_most=round(1e3 / rate_hz, 2)),
    )


FILMED = claims("30 Hz, 256 px, H.264, beside a busy process", FILMED_HZ, 0.01)
POSED = claims("8 streams of poses, 90 Hz", POSED_HZ, 0.005)


@dataclass(frozen=True, slots=True)
class Arrivals:
    """When the frames of a stream came, in seconds, by their numbers."""

    rate_hz: int
    frame_count: int
    at_s: dict[int, float]

    def missed_share(self) -> float:
        """Share of the frames that were late or never came."""
        interval_s = 1 / self.rate_hz
        missed_count = self.frame_count - len(self.at_s)
        last, due_at_s = min(self.at_s.items())
        for number, at_s in sorted(self.at_s.items()):
            due_at_s += (number - last) * interval_s
            last = number
            if at_s > due_at_s + interval_s:
                missed_count += 1
                due_at_s = at_s
        return missed_count / self.frame_count

    def rate_kept(self) -> float:
        """Frames per second from the first to the last one, over the rate."""
        numbers, times_s = list(self.at_s), list(self.at_s.values())
        return (numbers[-1] - numbers[0]) / (times_s[-1] - times_s[0]) / self.rate_hz

    def jitter_s(self) -> list[float]:
        """For each frame whose predecessor came too."""
        return [
            abs(at_s - self.at_s[number - 1] - 1 / self.rate_hz)
            for number, at_s in self.at_s.items()
            if number - 1 in self.at_s
        ]


def measure() -> list[Record]:
    """Records of misses and jitter."""
    if reason := absent_weights(painted=False):
        return [claim.not_measured(reason) for claim in (*FILMED, *POSED)]
    with serving() as address:
        if reason := absent_weights(painted=True):
            filmed = [claim.not_measured(reason) for claim in FILMED]
        else:
            with busy_process():
                arrivals = asyncio.run(_received(address, _filmed(), FILMED_HZ, FILMED_S))
            filmed = _records(FILMED, [arrivals])
        posed = _records(POSED, asyncio.run(_several(address)))
    return with_conditions([*filmed, *posed], machine())


def _records(claims: tuple[Claim, Claim], streams: list[Arrivals]) -> list[Record]:
    jitter_ms = [1e3 * value for arrivals in streams for value in arrivals.jitter_s()]
    conditions = {
        "streams": len(streams),
        "frames_each": streams[0].frame_count,
        "delivery": "live",
        "credit": CREDIT,
        "never_came": sum(arrivals.frame_count - len(arrivals.at_s) for arrivals in streams),
        "rate_kept": round(min(arrivals.rate_kept() for arrivals in streams), 4),
        "worst_stream": round(max(arrivals.missed_share() for arrivals in streams), 5),
    }
    missed = sum(arrivals.missed_share() for arrivals in streams) / len(streams)
    spread = {"median_ms": round(percentile(jitter_ms, 50), 2), "longest_ms": round(max(jitter_ms), 2)}
    p99_ms = round(percentile(jitter_ms, 99), 2)
    return [
        claims[0].measured(round(missed, 5), conditions),
        claims[1].measured(p99_ms, {**conditions, **spread}),
    ]


def _filmed() -> FrameStreamOptions:
    return {"identity": Identity(3), "format": "h264", "size_px": 256, "rate_hz": FILMED_HZ}


async def _several(address: str) -> list[Arrivals]:
    wanted: list[FrameStreamOptions] = [
        {"identity": Identity(seed), "rate_hz": POSED_HZ} for seed in range(POSED_COUNT)
    ]
    return list(await asyncio.gather(*(_received(address, each, POSED_HZ, POSED_S) for each in wanted)))


async def _received(address: str, wanted: FrameStreamOptions, rate_hz: int, seconds: float) -> Arrivals:
    """A live stream, to its end."""
    frame_count = round(seconds * rate_hz)
    at_s: dict[int, float] = {}
    options: FrameStreamOptions = {
        "frame_count": frame_count,
        "script": [(0, WALK)],  # type: ignore[list-item]  # a dictionary of these names
        "delivery": "live",
        "credit": CREDIT,
        "priority": "interactive",
    }
    async with AsyncClient(address) as client:
        async for frame in client.stream_frames(**options | wanted):
            at_s[frame.number] = time.perf_counter()
    return Arrivals(rate_hz, frame_count, at_s)
