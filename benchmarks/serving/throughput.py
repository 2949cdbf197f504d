"""How much of a plain gRPC server's speed a whole Morphogen server reaches, both sending the same parts.

In turns, with one client: a plain grpc.aio server that yields messages made from ready bytes, and Morphogen's
StreamProbe with zero step time, which admits, schedules, steps, checksums and delivers every part, from its own process
and from a worker that Ray has placed.

The parts of a synthetic stream bring their checksum along, as the plain server's ready bytes do, so that the path alone
is measured. Records without a goal show what hashing every part costs, and the default credit, with which every few
parts two threads wait for each other.
"""

import asyncio
import hashlib
import statistics
import time
from contextlib import ExitStack

import grpc

from benchmarks.records import Record, machine, record, with_conditions
from benchmarks.serving.servers import PART_BYTES, serving
from engine.assets import DIGEST_START, running_digest
from engine.runtime.messages import CREDIT_DEFAULT, CREDIT_MAX
from morphogen.v1 import common_pb2, diagnostics_pb2, diagnostics_pb2_grpc

STREAM_COUNTS = (1, 4, 16)
LOCAL_GOAL = 0.90
RAY_GOAL = 0.70
RUNS = 9
PARTS_PER_RUN = 2400
WARM_UP_PARTS = 16


def measure() -> list[Record]:
    """One record per kind and number of streams: the median of the ratios of neighbouring runs."""
    with ExitStack() as stack:
        servers = {kind: stack.enter_context(serving(kind)).address for kind in ("plain", "morphogen", "hashing")}
        records = asyncio.run(_local(servers))
        servers["morphogen-ray"] = stack.enter_context(serving("morphogen-ray")).address
        records += asyncio.run(_ray(servers))
    return with_conditions(records, machine())


async def _local(servers: dict[str, str]) -> list[Record]:
    plain, morphogen, hashing = servers["plain"], servers["morphogen"], servers["hashing"]
    for address in (morphogen, hashing):
        await _check(address)
    title = "StreamProbe / plain grpc.aio, parts per second"
    records = [await compare(title, morphogen, plain, count, CREDIT_MAX, LOCAL_GOAL) for count in STREAM_COUNTS]
    default = f"{title}, default credit"
    records += [await compare(default, morphogen, plain, count, CREDIT_DEFAULT) for count in STREAM_COUNTS]
    return [*records, await compare(f"{title}, every part hashed", hashing, plain, 1, CREDIT_MAX)]


async def _ray(servers: dict[str, str]) -> list[Record]:
    plain, morphogen = servers["plain"], servers["morphogen-ray"]
    await _check(morphogen)
    title = "StreamProbe from a Ray worker / plain grpc.aio, parts per second"
    return [await compare(title, morphogen, plain, count, CREDIT_MAX, RAY_GOAL) for count in STREAM_COUNTS]


async def compare(
    title: str, morphogen: str, plain: str, stream_count: int, credit: int, goal: float | None = None
) -> Record:
    """Both servers in turns; which one goes first alternates."""
    rates: dict[str, list[float]] = {morphogen: [], plain: []}
    part_count = PARTS_PER_RUN // stream_count
    for repeat in range(RUNS):
        for address in (morphogen, plain) if repeat % 2 == 0 else (plain, morphogen):
            rates[address].append(await parts_per_second(address, stream_count, part_count, credit))
    ratios = [own / other for own, other in zip(rates[morphogen], rates[plain], strict=True)]
    conditions = {
        "part_bytes": PART_BYTES,
        "parts_per_run": PARTS_PER_RUN,
        "runs": RUNS,
        "credit": credit,
        "morphogen_parts_per_s": round(statistics.median(rates[morphogen])),
        "plain_parts_per_s": round(statistics.median(rates[plain])),
        "ratio_min": round(min(ratios), 3),
        "ratio_max": round(max(ratios), 3),
    }
    value = round(statistics.median(ratios), 3)
    return record(f"{title}, streams: {stream_count}", value, conditions, at_least=goal)


async def parts_per_second(address: str, stream_count: int, part_count: int, credit: int) -> float:
    """Rate at which `stream_count` simultaneous streams of `part_count` parts each arrive."""
    async with grpc.aio.insecure_channel(address) as channel:
        stub = diagnostics_pb2_grpc.DiagnosticsServiceStub(channel)

        async def receive(count: int) -> int:
            options = common_pb2.StreamOptions(credit=credit)
            request = diagnostics_pb2.StreamProbeRequest(part_size_bytes=PART_BYTES, part_count=count, options=options)
            received_count = 0
            async for message in stub.StreamProbe(request):
                received_count += message.HasField("part")
            return received_count

        await receive(WARM_UP_PARTS)
        started_at_s = time.perf_counter()
        received_counts = await asyncio.gather(*(receive(part_count) for _ in range(stream_count)))
        elapsed_s = time.perf_counter() - started_at_s
    assert received_counts == [part_count] * stream_count
    return sum(received_counts) / elapsed_s


async def _check(address: str) -> None:
    """Make sure that a stream's trailer names the checksums of what was sent."""
    async with grpc.aio.insecure_channel(address) as channel:
        stub = diagnostics_pb2_grpc.DiagnosticsServiceStub(channel)
        digest = DIGEST_START
        request = diagnostics_pb2.StreamProbeRequest(part_size_bytes=PART_BYTES, part_count=100)
        async for message in stub.StreamProbe(request):
            if message.HasField("part"):
                digest = running_digest(digest, hashlib.sha256(message.part.data).digest())
            elif message.HasField("trailer") and message.trailer.sha256 != digest:
                raise ValueError("the trailer's SHA-256 is not that of the parts")
