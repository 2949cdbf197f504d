"""Workers that are killed or replaced while streams run: what the clients see of it, which should be nothing.

With workers in processes of their own that Ray has placed, and one more than is needed: the warm spare.
"""

import asyncio
import contextlib
import os
import signal
import time
from contextlib import aclosing
from dataclasses import dataclass

from benchmarks.records import Record, machine, median, percentile, record, with_conditions
from benchmarks.serving.counted import read_progress
from benchmarks.serving.servers import Server, serving
from morphogen_client import AsyncClient
from morphogen_client.errors import MorphogenError

WORKER_COUNT = 2
KILL_COUNT = 100
PART_BYTES = 48 * 1024
PART_COUNT = 60
STEP_MS = 5.0
KILL_AFTER_PARTS = 20
GAP_GOAL_S = 1.5
READY_TIMEOUT_S = 60.0

UPGRADE_STREAM_COUNT = 8
UPGRADE_PART_COUNT = 1500
UPGRADE_COUNT = 3


@dataclass(frozen=True, slots=True)
class Received:
    """What a stream brought: its parts' numbers, its digest, the longest time between two parts, and its error."""

    sequences: tuple[int, ...]
    sha256: str
    gap_s: float
    error: str = ""


def measure() -> list[Record]:
    """Records of killed workers and of a rolling upgrade."""
    with serving("morphogen-ray", "--workers", str(WORKER_COUNT)) as server:
        return with_conditions(asyncio.run(_measure(server)), machine())


async def _measure(server: Server) -> list[Record]:
    async with AsyncClient(server.address) as client:
        return [*await _killing(client, server), *await _upgrading(client)]


async def _killing(client: AsyncClient, server: Server) -> list[Record]:
    """SIGKILL to the worker that runs a stream, again and again, each time with a spare that is ready."""
    whole = await _receive(client, PART_COUNT)
    trials = []
    for _ in range(KILL_COUNT):
        await _ready(client)
        trials.append(await _receive(client, PART_COUNT, server))
    wrong = [
        trial for trial in trials if trial.error or trial.sequences != whole.sequences or trial.sha256 != whole.sha256
    ]
    gaps_s = [trial.gap_s for trial in trials]
    conditions = {
        "trials": KILL_COUNT,
        "workers": WORKER_COUNT,
        "step_ms": STEP_MS,
        "parts": PART_COUNT,
        "killed_after_parts": KILL_AFTER_PARTS,
        "errors": sorted({trial.error for trial in trials if trial.error}),
    }
    gap_conditions = {**conditions, "median": median(gaps_s), "p90": round(percentile(gaps_s, 90), 3)}
    return [
        record("streams that show that their worker was killed", len(wrong), conditions, at_most=0),
        record(
            "longest gap while another worker takes over, s", round(max(gaps_s), 3), gap_conditions, at_most=GAP_GOAL_S
        ),
    ]


async def _upgrading(client: AsyncClient) -> list[Record]:
    """All workers replaced, several times, while streams run."""
    await _ready(client)
    streams = [asyncio.create_task(_receive(client, UPGRADE_PART_COUNT)) for _ in range(UPGRADE_STREAM_COUNT)]
    replaced_count = moved_count = 0
    await asyncio.sleep(0.5)
    while not all(stream.done() for stream in streams) and replaced_count < UPGRADE_COUNT * WORKER_COUNT:
        async for made in client.replace_workers():
            replaced_count += 1
            moved_count += made.moved_count
    received = await asyncio.gather(*streams)
    lost_count = sum(UPGRADE_PART_COUNT - len(set(stream.sequences)) for stream in received)
    repeated_count = sum(len(stream.sequences) - len(set(stream.sequences)) for stream in received)
    conditions = {
        "streams": UPGRADE_STREAM_COUNT,
        "parts_per_stream": UPGRADE_PART_COUNT,
        "step_ms": STEP_MS,
        "workers_replaced": replaced_count,
        "sessions_moved": moved_count,
        "longest_gap_s": round(max(stream.gap_s for stream in received), 3),
        "different_digests": len({stream.sha256 for stream in received}),
        "errors": sorted({stream.error for stream in received if stream.error}),
    }
    return [
        record("parts lost over a rolling upgrade", lost_count, conditions, at_most=0),
        record("parts repeated over a rolling upgrade", repeated_count, conditions, at_most=0),
    ]


async def _receive(client: AsyncClient, part_count: int, victim: Server | None = None) -> Received:
    """A whole stream; in the middle of it, the process that runs the steps of `victim` is killed."""
    sequences: list[int] = []
    sha256 = error = ""
    gap_s = 0.0
    try:
        stream = client.probe(part_size_bytes=PART_BYTES, part_count=part_count, step_ms=STEP_MS, timeout_s=7200.0)
        async with aclosing(stream.__aiter__()) as arrivals:
            previous_s = time.perf_counter()
            async for arrival in arrivals:
                now_s = time.perf_counter()
                gap_s = max(gap_s, now_s - previous_s) if sequences else 0.0
                previous_s = now_s
                sequences.append(arrival.sequence)
                if victim is not None and len(sequences) == KILL_AFTER_PARTS:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(read_progress(victim.progress).process_id, signal.SIGKILL)
        sha256 = (await stream.result()).sha256
    except MorphogenError as failure:
        error = f"{type(failure).__name__}: {failure}"
    return Received(tuple(sequences), sha256, gap_s, error)


async def _ready(client: AsyncClient) -> None:
    """Wait until every worker runs."""
    async with asyncio.timeout(READY_TIMEOUT_S):
        while sum(worker.state == "ready" for worker in await client.workers()) < WORKER_COUNT:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
