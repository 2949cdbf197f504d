"""What the steps do when a client steers, cancels or stops reading.

The steps are counted where they run, in a file that the generator writes to, so that nothing but them counts.
"""

import asyncio
import random
import statistics
import time
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

from benchmarks.records import Record, machine, percentile, record, with_conditions
from benchmarks.serving.counted import read_progress
from benchmarks.serving.servers import Server, serving
from morphogen_client import AsyncClient

PART_BYTES = 48 * 1024
STEP_MS = 5.0
INTERVAL_MS = 20.0
READER_INTERVAL_S = 2e-3 * INTERVAL_MS
CONTROL_COUNT = 200
CANCEL_COUNT = 50
CREDIT = 4
STALL_S = 60.0
SETTLE_S = 0.25
NO_DEADLINE_S = 7200.0
"""A stream with a nearer deadline, which it could not meet, would be refused."""


def measure() -> list[Record]:
    """Records of steering, cancelling and stalling."""
    with serving("morphogen") as server:
        return with_conditions(asyncio.run(_measure(server)), machine())


async def _measure(server: Server) -> list[Record]:
    async with AsyncClient(server.address) as client:
        steering = [await _steering(client, "live"), await _steering(client, "lossless")]
        return [*steering, await _cancelling(client, server.progress), *await _stalling(client, server)]


async def _steering(client: AsyncClient, delivery: str) -> Record:
    """Parts that arrive between a control and the first part that shows it, with a reader at half the stream's pace.

    The reader asks for a part when it is ready for one, as an engine does that shows one per frame; controls come at
    any time in between.
    """
    stream = client.steer_probe(
        auto_grant=False,
        part_size_bytes=PART_BYTES,
        part_count=1_000_000,
        step_ms=STEP_MS,
        interval_ms=INTERVAL_MS,
        delivery=delivery,
        credit=1,
        timeout_s=NO_DEADLINE_S,
    )
    chance = random.Random(1)
    between_counts: list[int] = []
    number = between_count = 0
    async with aclosing(stream.__aiter__()) as arrivals:
        async for arrival in arrivals:
            shown = arrival.control_count >= number
            if shown and number:
                between_counts.append(between_count)
            between_count = 0 if shown else between_count + 1
            if len(between_counts) == CONTROL_COUNT:
                break
            before_s = chance.uniform(0.0, READER_INTERVAL_S)
            await asyncio.sleep(before_s)
            if shown:
                number = await stream.control(b"go on")
            await asyncio.sleep(READER_INTERVAL_S - before_s)
            await stream.grant(1)
    stream.close()
    p99 = percentile(between_counts, 99)
    conditions = {
        "delivery": delivery,
        "controls": CONTROL_COUNT,
        "interval_ms": INTERVAL_MS,
        "reader_interval_ms": 1e3 * READER_INTERVAL_S,
        "credit": 1,
        "mean": round(statistics.mean(between_counts), 3),
        "p99": p99,
        "max": max(between_counts),
    }
    name = f"parts between a control and its effect, reader at half speed, {delivery}"
    entry = record(name, statistics.median(between_counts), conditions, at_most=1)
    return {**entry, "goal": "<= 1, p99 <= 2", "holds": entry["holds"] and p99 <= 2}


async def _cancelling(client: AsyncClient, progress: Path) -> Record:
    """Steps that ran after the client had cancelled."""
    wasted_counts = []
    for _ in range(CANCEL_COUNT):
        stream = client.probe(part_size_bytes=PART_BYTES, part_count=10_000, step_ms=STEP_MS)
        async with aclosing(stream.__aiter__()) as parts:
            await _take(parts, 10)
            at_cancel_count = read_progress(progress).step_count
        stream.close()
        await asyncio.sleep(SETTLE_S)
        wasted_counts.append(read_progress(progress).step_count - at_cancel_count)
    conditions = {
        "step_ms": STEP_MS,
        "trials": CANCEL_COUNT,
        "median": statistics.median(wasted_counts),
        "counted": "by the generator, from the moment at which the client cancels",
    }
    return record("steps run after the client cancelled, most of all trials", max(wasted_counts), conditions, at_most=1)


async def _stalling(client: AsyncClient, server: Server) -> list[Record]:
    """Parts made for a reader that has stopped, and what the server's memory does meanwhile."""
    stream = client.steer_probe(
        auto_grant=False, part_size_bytes=PART_BYTES, part_count=1_000_000, credit=CREDIT, timeout_s=NO_DEADLINE_S
    )
    async with aclosing(stream.__aiter__()) as parts:
        await anext(parts)
        await asyncio.sleep(1.0)
        process_id = read_progress(server.progress).process_id
        before_bytes = _resident_bytes(process_id)
        started_s = time.perf_counter()
        highest_bytes = before_bytes
        while time.perf_counter() - started_s < STALL_S:
            await asyncio.sleep(1.0)
            highest_bytes = max(highest_bytes, _resident_bytes(process_id))
        made_count = read_progress(server.progress).step_count
    stream.close()
    conditions = {"credit": CREDIT, "stall_s": STALL_S, "part_bytes": PART_BYTES}
    grown_mib = round((highest_bytes - before_bytes) / 2**20, 2)
    return [
        record("parts made for a stalled lossless reader", made_count, conditions, at_most=CREDIT + 1),
        record("memory that the server gains during the stall, MiB", grown_mib, conditions, at_most=1.0),
    ]


async def _take(parts: AsyncIterator[object], count: int) -> None:
    for _ in range(count):
        await anext(parts)


def _resident_bytes(process_id: int) -> int:
    lines = Path(f"/proc/{process_id}/status").read_text().splitlines()
    kib = next(line.split()[1] for line in lines if line.startswith("VmRSS"))
    return 1024 * int(kib)
