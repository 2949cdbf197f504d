"""What becomes of due times when more is asked for than the device can do.

Two views. The scheduler alone, beside one that serves in order of arrival, on the same arrivals with a simulated clock:
exact, and the same on every machine. And a whole server, whose clients give each call a deadline, in real time.
"""

import asyncio
import random
import time
from collections import deque
from dataclasses import dataclass

from benchmarks.records import Record, machine, record, with_conditions
from benchmarks.serving.servers import serving
from engine.runtime.costs import CostTable
from engine.runtime.messages import Terms
from engine.runtime.scheduler import Scheduler
from morphogen_client import AsyncClient
from morphogen_client.errors import MorphogenError

STEP_S = 0.005
STEPS_PER_ASSET = 8
ASSET_COUNT = 4000
LOAD = 1.2
WARM_UP_RECORDS = 4
DUE_RANGE_S = (0.15, 1.5)
MISS_GOAL = 0.25

SERVER_STEP_MS = 10.0
SERVER_PART_COUNT = 20
SERVER_DUE_S = 1.0
BATCH_SIZE = 16
PEAK_LOADS = (0.7, 0.85, 1.0)
OVERLOAD = 3.0
RUN_S = 12.0
GOODPUT_GOAL = 0.95


@dataclass(frozen=True, slots=True)
class Arrival:
    """A request for an asset of STEPS_PER_ASSET steps. Times in seconds."""

    ticket: int
    at_s: float
    due_in_s: float


@dataclass(slots=True)
class Outcome:
    """How many assets were in time, late, and refused at once."""

    in_time_count: int = 0
    late_count: int = 0
    refused_count: int = 0


def measure() -> list[Record]:
    """The misses of both orders, and the goodput of a server under three times its load."""
    records = [_misses()]
    with serving("morphogen") as server:
        records.append(asyncio.run(_goodput(server.address)))
    return with_conditions(records, machine())


def arrivals(load: float, seed: int) -> list[Arrival]:
    """Requests at random times, at `load` times what the device can do; each with a due time of its own."""
    chance = random.Random(seed)
    at_s = 0.0
    made = []
    for ticket in range(ASSET_COUNT):
        at_s += chance.expovariate(load / (STEP_S * STEPS_PER_ASSET))
        made.append(Arrival(ticket, at_s, chance.uniform(*DUE_RANGE_S)))
    return made


def first_come(requests: list[Arrival]) -> Outcome:
    """What a queue makes of them: everything is accepted, one asset after the other."""
    outcome, free_at_s = Outcome(), 0.0
    for request in requests:
        free_at_s = max(free_at_s, request.at_s) + STEPS_PER_ASSET * STEP_S
        outcome.in_time_count += free_at_s <= request.at_s + request.due_in_s
        outcome.late_count += free_at_s > request.at_s + request.due_in_s
    return outcome


def earliest_due(requests: list[Arrival]) -> Outcome:
    """What the scheduler makes of them, admission test included. Steps of two sessions take twice as long as of one."""
    costs = CostTable(2)
    for _ in range(WARM_UP_RECORDS):
        costs.record("step", 1, STEP_S)
        costs.record("step", 2, 2 * STEP_S)
    scheduler, outcome = Scheduler(costs), Outcome()
    waiting = deque(requests)
    steps_left: dict[int, int] = {}
    due_at_s = {request.ticket: request.at_s + request.due_in_s for request in requests}
    now_s = 0.0
    while waiting or steps_left:
        while waiting and waiting[0].at_s <= now_s:
            request = waiting.popleft()
            terms = Terms(due_in_s=max(due_at_s[request.ticket] - now_s, 1e-6))
            steps = (("step", STEPS_PER_ASSET),)
            if scheduler.admit(terms, steps, now_s) is None:
                scheduler.add(request.ticket, steps, STEPS_PER_ASSET, terms, now_s)
                steps_left[request.ticket] = STEPS_PER_ASSET
            else:
                outcome.refused_count += 1
        batch = scheduler.next_batch(now_s)
        if not batch:
            now_s = waiting[0].at_s
            continue
        step_s = STEP_S * len(batch)
        now_s += step_s
        costs.record("step", len(batch), step_s)
        for ticket in batch:
            scheduler.stepped(ticket, 1, step_s / len(batch), now_s)
            steps_left[ticket] -= 1
            if not steps_left[ticket]:
                del steps_left[ticket]
                scheduler.remove(ticket)
                outcome.in_time_count += now_s <= due_at_s[ticket]
                outcome.late_count += now_s > due_at_s[ticket]
    return outcome


def _misses() -> Record:
    requests = arrivals(LOAD, seed=1)
    queue, own = first_come(requests), earliest_due(requests)
    value = round((own.late_count + own.refused_count) / queue.late_count, 3)
    conditions = {
        "load": LOAD,
        "assets": ASSET_COUNT,
        "due_in_s": f"{DUE_RANGE_S[0]:g} to {DUE_RANGE_S[1]:g}",
        "late_first_come": queue.late_count,
        "late": own.late_count,
        "refused_at_once": own.refused_count,
        "counted_as_missed": "late and refused",
        "clock": "simulated",
    }
    return record(
        "due times missed at 1.2 times the load / first come, first served", value, conditions, at_most=MISS_GOAL
    )


async def _goodput(address: str) -> Record:
    """Assets per second that arrive before their deadline: at three times the load over the best below it."""
    capacity_hz = BATCH_SIZE / (SERVER_PART_COUNT * SERVER_STEP_MS / 1e3)
    async with AsyncClient(address) as client:
        await _served_hz(client, capacity_hz)  # the server measures what its steps cost
        peak_hz = max([await _served_hz(client, load * capacity_hz) for load in PEAK_LOADS])
        overload_hz = await _served_hz(client, OVERLOAD * capacity_hz)
    conditions = {
        "overload": OVERLOAD,
        "peak_assets_per_s": round(peak_hz, 1),
        "assets_per_s": round(overload_hz, 1),
        "capacity_assets_per_s": round(capacity_hz, 1),
        "step_ms": SERVER_STEP_MS,
        "steps_per_asset": SERVER_PART_COUNT,
        "deadline_s": SERVER_DUE_S,
        "run_s": RUN_S,
    }
    name = "assets in time at 3 times the load / at the best load"
    return record(name, round(overload_hz / peak_hz, 3), conditions, at_least=GOODPUT_GOAL)


async def _served_hz(client: AsyncClient, rate_hz: float) -> float:
    """Assets per second that arrive within their deadline while `rate_hz` are asked for."""
    chance = random.Random(1)
    calls: list[asyncio.Task[bool]] = []
    started_s = time.perf_counter()
    next_s = 0.0
    while next_s < RUN_S:
        await asyncio.sleep(max(0.0, next_s - (time.perf_counter() - started_s)))
        calls.append(asyncio.create_task(_asset(client)))
        next_s += chance.expovariate(rate_hz)
    return sum(await asyncio.gather(*calls)) / RUN_S


async def _asset(client: AsyncClient) -> bool:
    """Whether one asset arrived in time."""
    try:
        await client.probe(
            part_size_bytes=1024, part_count=SERVER_PART_COUNT, step_ms=SERVER_STEP_MS, timeout_s=SERVER_DUE_S
        ).result()
    except MorphogenError:
        return False
    return True
