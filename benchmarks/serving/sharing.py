"""Many streams on one device whose steps cost the same for any number of sessions: what batching gains, and who waits.

The steps only wait: what is measured is how sessions get into them.
"""

import asyncio
import random
import time
from contextlib import aclosing

from benchmarks.records import Record, machine, median, percentile, record, with_conditions
from benchmarks.serving.servers import serving
from morphogen_client import AsyncClient

STEP_MS = 5.0
STREAM_COUNT = 8
PARTS_PER_STREAM = 200
PART_BYTES = 48 * 1024
RUNS = 5
GAIN_GOAL = 7.2
WAIT_GOAL_STEPS = 2.0
NEWCOMER_COUNT = 300
NEWCOMER_STEP_MS = 50.0
"""As long as a network's step: who arrives in the middle of one waits for its end, at most two steps in all."""

NO_DEADLINE_S = 7200.0
"""A stream with a nearer deadline, which it could not meet, would be refused."""


def measure() -> list[Record]:
    """Two records: rate of 8 streams over that of one, and how long a newcomer waits beside them."""
    with serving("morphogen") as server:
        return with_conditions(asyncio.run(_measure(server.address)), machine())


async def _measure(address: str) -> list[Record]:
    async with AsyncClient(address) as client:
        await _rate(client, 1)
        alone, together = [], []
        for _ in range(RUNS):
            alone.append(await _rate(client, 1))
            together.append(await _rate(client, STREAM_COUNT))
        gains = [many / one for many, one in zip(together, alone, strict=True)]
        conditions = {
            "step_ms": STEP_MS,
            "parts_per_stream": PARTS_PER_STREAM,
            "part_bytes": PART_BYTES,
            "runs": RUNS,
            "parts_per_s_1_stream": median(alone, 1),
            "parts_per_s_8_streams": median(together, 1),
        }
        gain = record("parts per second, 8 streams / 1 stream", median(gains), conditions, at_least=GAIN_GOAL)
        return [gain, await _newcomers(client)]


async def _rate(client: AsyncClient, stream_count: int) -> float:
    """Parts per second over all streams."""
    started_s = time.perf_counter()
    streams = [
        client.probe(part_size_bytes=PART_BYTES, part_count=PARTS_PER_STREAM, step_ms=STEP_MS)
        for _ in range(stream_count)
    ]
    await asyncio.gather(*(stream.result() for stream in streams))
    return stream_count * PARTS_PER_STREAM / (time.perf_counter() - started_s)


async def _newcomers(client: AsyncClient) -> Record:
    """Time to the first part of one more stream, again and again, while 8 streams keep the device busy."""
    first_s: list[float] = []
    step_s: list[float] = []
    running = [asyncio.create_task(_keep_streaming(client, step_s)) for _ in range(STREAM_COUNT)]
    await asyncio.sleep(0.5)
    chance = random.Random(1)
    for _ in range(NEWCOMER_COUNT):
        await asyncio.sleep(chance.uniform(0.0, 1e-3 * NEWCOMER_STEP_MS))
        started_s = time.perf_counter()
        async with aclosing(
            client.probe(part_size_bytes=PART_BYTES, part_count=1, step_ms=NEWCOMER_STEP_MS).__aiter__()
        ) as parts:
            await anext(parts)
        first_s.append(time.perf_counter() - started_s)
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)
    measured_step_s = median(step_s, 6)
    value = round(percentile(first_s, 99) / measured_step_s, 3)
    conditions = {
        "step_ms": round(1e3 * measured_step_s, 3),
        "streams": STREAM_COUNT,
        "newcomers": NEWCOMER_COUNT,
        "median_steps": round(percentile(first_s, 50) / measured_step_s, 3),
    }
    return record("p99 time to first part beside 8 streams, in steps", value, conditions, at_most=WAIT_GOAL_STEPS)


async def _keep_streaming(client: AsyncClient, step_s: list[float]) -> None:
    """A stream without end; notes the time between its parts."""
    previous_ms = None
    endless = client.probe(
        part_size_bytes=PART_BYTES, part_count=1_000_000, step_ms=NEWCOMER_STEP_MS, timeout_s=NO_DEADLINE_S
    )
    async for arrival in endless:
        if previous_ms is not None:
            step_s.append((arrival.at_ms - previous_ms) / 1e3)
        previous_ms = arrival.at_ms
