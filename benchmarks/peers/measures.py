"""What is measured of a server while it works: its rate beside plain grpc.aio's, and what batching gains."""

import asyncio
import time
from contextlib import aclosing
from dataclasses import dataclass

from benchmarks.peers.environments import PeerError
from benchmarks.peers.load import Client, Connect, Load, receive
from benchmarks.records import Record, median, record
from benchmarks.serving.servers import PART_BYTES
from benchmarks.serving.throughput import STREAM_COUNTS, WARM_UP_PARTS

BATCH_STEP_MS = 5.0
BATCH_STREAM_COUNT = 8


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is measured.

    run_count        runs of each server per number; medians of them are reported
    part_count       parts per run, all streams together
    batch_part_count parts per stream where steps take time
    trial_count      trials of cancelling and of stalling
    """

    run_count: int = 5
    part_count: int = 2400
    batch_part_count: int = 60
    trial_count: int = 3


@dataclass(frozen=True, slots=True)
class Arrival:
    """One run's parts per second, and each stream's time to its first part in seconds."""

    parts_per_s: float
    first_part_s: tuple[float, ...]


async def arrive(connect: Connect, stream_count: int, load: Load) -> Arrival:
    """Run simultaneous streams over one connection. Raises StreamError, and PeerError for a stream that is short."""
    async with connect() as client:
        await receive(client, Load(WARM_UP_PARTS))
        started_s = time.perf_counter()
        first_part_s = await asyncio.gather(*(_first_part_s(client, load) for _ in range(stream_count)))
        elapsed_s = time.perf_counter() - started_s
    return Arrival(stream_count * load.part_count / elapsed_s, tuple(first_part_s))


async def throughput(title: str, peer: Connect, plain: Connect, effort: Effort) -> list[Record]:
    """Steps that take no time: the peer's rate as a share of plain grpc.aio's, both in turns, per number of streams."""
    return [await _share_of_plain(title, peer, plain, stream_count, effort) for stream_count in STREAM_COUNTS]


async def batching(title: str, peer: Connect, effort: Effort) -> list[Record]:
    """Steps of fixed cost on one device: what 8 streams gain over one, and when each of them sees its first part."""
    load = Load(effort.batch_part_count, BATCH_STEP_MS)
    alone: list[Arrival] = []
    together: list[Arrival] = []
    for _ in range(effort.trial_count):
        alone.append(await arrive(peer, 1, load))
        together.append(await arrive(peer, BATCH_STREAM_COUNT, load))
    gains = [many.parts_per_s / one.parts_per_s for many, one in zip(together, alone, strict=True)]
    conditions = {
        "step_ms": BATCH_STEP_MS,
        "part_bytes": PART_BYTES,
        "parts_per_stream": effort.batch_part_count,
        "runs": effort.trial_count,
    }
    rates = {
        "parts_per_s_1_stream": median([run.parts_per_s for run in alone], 1),
        "parts_per_s_8_streams": median([run.parts_per_s for run in together], 1),
    }
    first_part_ms = [seconds * 1e3 for run in together for seconds in run.first_part_s]
    return [
        record(f"{title}: parts per second at 8 streams / at 1, fixed step", median(gains), {**rates, **conditions}),
        record(f"{title}: ms to the first part at 8 streams, fixed step", median(first_part_ms, 1), conditions),
    ]


async def _share_of_plain(title: str, peer: Connect, plain: Connect, stream_count: int, effort: Effort) -> Record:
    load = Load(effort.part_count // stream_count)
    rates: dict[Connect, list[float]] = {peer: [], plain: []}
    for run in range(effort.run_count):
        for connect in (peer, plain) if run % 2 == 0 else (plain, peer):
            rates[connect].append((await arrive(connect, stream_count, load)).parts_per_s)
    ratios = [own / other for own, other in zip(rates[peer], rates[plain], strict=True)]
    conditions = {
        "part_bytes": PART_BYTES,
        "parts_per_run": effort.part_count,
        "runs": effort.run_count,
        "peer_parts_per_s": round(median(rates[peer])),
        "plain_parts_per_s": round(median(rates[plain])),
        "ratio_min": round(min(ratios), 3),
        "ratio_max": round(max(ratios), 3),
    }
    return record(f"{title} / plain grpc.aio, parts per second, streams: {stream_count}", median(ratios), conditions)


async def _first_part_s(client: Client, load: Load) -> float:
    """Receive a whole stream; returns the time to its first part."""
    started_s = time.perf_counter()
    arrived_s: float | None = None
    received_count = 0
    async with aclosing(client.stream(load)) as parts:
        async for _ in parts:
            received_count += 1
            if arrived_s is None:
                arrived_s = time.perf_counter() - started_s
    if arrived_s is None or received_count != load.part_count:
        raise PeerError(f"a stream brought {received_count} of {load.part_count} parts")
    return arrived_s
