"""What is measured of a server when something goes wrong: the client cancels or stalls, the worker process is killed.

The producer's own account is read from its progress file, so that nothing but its steps counts.
"""

import asyncio
import os
import signal
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path

from benchmarks.peers.environments import PeerError
from benchmarks.peers.load import Connect, Load, StreamError, receive
from benchmarks.peers.measures import Effort
from benchmarks.records import Record, median, record
from benchmarks.serving.counted import read_progress

STREAM = Load(part_count=3000, step_ms=2.0)
PARTS_BEFORE_FAULT = 20
STALL_S = 2.5
STANDSTILL_S = 0.5
"""A producer has stopped if it made no step for this long."""

RECOVERY_LIMIT_S = 30.0
_ATTEMPT_LIMIT_S = 5.0
_ATTEMPT_INTERVAL_S = 0.1


async def cancelling(title: str, peer: Connect, progress: Path, effort: Effort) -> list[Record]:
    """Steps that ran after the client had cancelled."""
    wasted_counts = []
    for _ in range(effort.trial_count):
        async with peer() as client:
            async with aclosing(client.stream(STREAM)) as parts:
                await _take(parts, PARTS_BEFORE_FAULT)
                at_cancel_count = read_progress(progress).step_count
            wasted_counts.append(await _final_step_count(progress) - at_cancel_count)
    conditions = {**_conditions(effort), "min": min(wasted_counts), "max": max(wasted_counts)}
    return [record(f"{title}: steps run after the client cancelled", median(wasted_counts), conditions)]


async def stalling(title: str, peer: Connect, progress: Path, effort: Effort) -> list[Record]:
    """Parts made for a client that has stopped reading."""
    ahead_counts = []
    for _ in range(effort.trial_count):
        async with peer() as client, aclosing(client.stream(STREAM)) as parts:
            await _take(parts, PARTS_BEFORE_FAULT)
            await asyncio.sleep(STALL_S)
            ahead_counts.append(read_progress(progress).step_count - PARTS_BEFORE_FAULT)
        await _final_step_count(progress)  # one that does not hear of the cancel would disturb the next trial
    conditions = {
        **_conditions(effort),
        "stall_s": STALL_S,
        "possible": round(STALL_S * 1e3 / STREAM.step_ms),
        "min": min(ahead_counts),
        "max": max(ahead_counts),
    }
    return [record(f"{title}: parts made for a stalled reader", median(ahead_counts), conditions)]


async def killing(title: str, peer: Connect, progress: Path) -> list[Record]:
    """SIGKILL to the process that runs the steps: what its client sees, and when the next stream is served."""
    async with peer() as client, aclosing(client.stream(STREAM)) as parts:
        await _take(parts, PARTS_BEFORE_FAULT)
        os.kill(read_progress(progress).process_id, signal.SIGKILL)
        killed_s = time.perf_counter()
        seen = await _what_the_client_sees(parts)
        seen_s = time.perf_counter() - killed_s
    refusal = await _refusal_until_served(peer, killed_s)
    served_s = round(time.perf_counter() - killed_s, 2)
    conditions = {"client_sees": seen, "client_sees_after_s": round(seen_s, 3)}
    if refusal:
        conditions["reason"] = f"no stream was served within {RECOVERY_LIMIT_S:.0f} s; the last ended with {refusal}"
    value = None if refusal else served_s
    return [record(f"{title}: s until a new stream is served after kill -9 of the worker", value, conditions)]


async def _what_the_client_sees(parts: AsyncGenerator[None, None]) -> str:
    """How a stream goes on: `ok`, an error's code, or `nothing`."""
    received_count = PARTS_BEFORE_FAULT
    try:
        async with asyncio.timeout(RECOVERY_LIMIT_S):
            async for _ in parts:
                received_count += 1
    except StreamError as error:
        return f"{error.code} with {error.text_length} characters of text after {received_count} parts"
    except TimeoutError:
        return f"nothing after {received_count} parts"
    whole = received_count == STREAM.part_count
    return "ok" if whole else f"ok after {received_count} of {STREAM.part_count} parts"


async def _refusal_until_served(peer: Connect, killed_s: float) -> str:
    """Try until a new stream is served; returns the last attempt's failure, empty if it was served in time."""
    refusal = "no attempt"
    while refusal and time.perf_counter() - killed_s < RECOVERY_LIMIT_S:
        try:
            async with asyncio.timeout(_ATTEMPT_LIMIT_S), peer() as client:
                refusal = "" if await receive(client, Load(1)) == 1 else "no part"
        except StreamError as error:
            refusal = error.code
        except TimeoutError:
            refusal = "no answer"
        if refusal:
            await asyncio.sleep(_ATTEMPT_INTERVAL_S)
    return refusal


async def _final_step_count(progress: Path) -> int:
    """Wait until no more steps are made; returns how many the stream had."""
    final_count = -1
    while (step_count := read_progress(progress).step_count) != final_count:
        final_count = step_count
        await asyncio.sleep(STANDSTILL_S)
    return final_count


async def _take(parts: AsyncGenerator[None, None], count: int) -> None:
    for taken_count in range(count):
        try:
            await anext(parts)
        except StopAsyncIteration:
            raise PeerError(f"a stream ended after {taken_count} parts") from None


def _conditions(effort: Effort) -> dict[str, object]:
    return {
        "step_ms": STREAM.step_ms,
        "part_count": STREAM.part_count,
        "part_bytes": STREAM.part_bytes,
        "parts_read": PARTS_BEFORE_FAULT,
        "runs": effort.trial_count,
    }
