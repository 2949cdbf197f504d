"""How much of a plain gRPC server's speed a whole Morphogen server reaches, both sending the same parts.

In turns, with one client: a plain grpc.aio server that yields messages made from ready bytes, and Morphogen's
StreamProbe with zero step time, which admits, schedules, steps, checksums and delivers every part.

The parts of a synthetic stream bring their checksum along, as the plain server's ready bytes do, so that the path alone
is measured. A last record, without a goal, has Morphogen hash every part, as it does with assets.

    python -m benchmarks serving
"""

import argparse
import asyncio
import hashlib
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import grpc

from engine.assets import AssetRequest, GeneratorInfo, Part
from engine.generators.probe import ProbeGenerator, ProbeState
from engine.generators.protocol import Generator
from engine.runtime.settings import LogSettings, ServerSettings, Settings
from engine.server.logs import configure_logs
from morphogen.v1 import common_pb2, diagnostics_pb2, diagnostics_pb2_grpc
from workers.serve import serve_generators

PART_BYTES = 48 * 1024
STREAM_COUNTS = (1, 4, 16)
GOAL = 0.90
RUNS = 9
PARTS_PER_RUN = 2400
WARM_UP_PARTS = 16

SERVERS = ("morphogen", "plain", "hashing")
"""What is compared, each in a process of its own; `hashing` is Morphogen without ready checksums."""

Record = dict[str, Any]


class UnhashedProbes(ProbeGenerator):
    """The synthetic generator without checksums of its own."""

    def step(self, states: Sequence[ProbeState]) -> list[tuple[Part, ...]]:
        """One part per state, without its checksum."""
        return [tuple(replace(part, sha256=b"") for part in parts) for parts in super().step(states)]


class OneGenerator:
    """A catalog with nothing but a synthetic generator: the measurement needs no weights and no torch."""

    def __init__(self, probe: ProbeGenerator) -> None:
        self._probe = probe

    def infos(self) -> tuple[GeneratorInfo, ...]:
        """The entries of all loaded generators."""
        return (self._probe.info,)

    def generator_for(self, _request: AssetRequest) -> Generator[Any, Any]:
        """The synthetic generator."""
        return self._probe


class PlainService(diagnostics_pb2_grpc.DiagnosticsServiceServicer):
    """What a minimal server does: the same messages with the same fields, made from ready bytes."""

    def __init__(self) -> None:
        self._payload = os.urandom(PART_BYTES)
        self._sha256 = bytes(32)

    async def StreamProbe(  # noqa: N802 (gRPC's name)
        self, request: diagnostics_pb2.StreamProbeRequest, _context: object
    ) -> Any:
        """Yield header, parts and trailer."""
        header = common_pb2.StreamHeader(part_count=request.part_count)
        yield diagnostics_pb2.StreamProbeResponse(header=header)
        for sequence in range(request.part_count):
            part = common_pb2.PartChunk(
                sequence=sequence,
                map="probe",
                media_type="application/octet-stream",
                part_size_bytes=PART_BYTES,
                part_sha256=self._sha256,
                chunk_count=1,
                data=self._payload,
            )
            yield diagnostics_pb2.StreamProbeResponse(part=part)
        trailer = common_pb2.StreamTrailer(sha256=self._sha256, part_count=request.part_count)
        yield diagnostics_pb2.StreamProbeResponse(trailer=trailer)


async def serve_plain() -> None:
    """Serve PlainService until killed."""
    server = grpc.aio.server()
    diagnostics_pb2_grpc.add_DiagnosticsServiceServicer_to_server(PlainService(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    print(f"listening on 127.0.0.1:{port}", flush=True)
    await server.wait_for_termination()


def serve_morphogen(probe: ProbeGenerator) -> None:
    """Serve `probe` with everything that `morphogen serve` puts around it."""
    logs = LogSettings(level="warning")
    configure_logs(logs)
    serve_generators(Settings(server=ServerSettings(port=0), log=logs), OneGenerator(probe))


@contextmanager
def server_process(kind: str) -> Iterator[str]:
    """A server in its own process; yields its address."""
    command = [sys.executable, str(Path(__file__).resolve()), "--serve", kind]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip().removeprefix("listening on ")
        finally:
            process.terminate()


async def parts_per_second(address: str, stream_count: int, part_count: int) -> float:
    """Rate at which `stream_count` simultaneous streams of `part_count` parts each arrive."""
    async with grpc.aio.insecure_channel(address) as channel:
        stub = diagnostics_pb2_grpc.DiagnosticsServiceStub(channel)

        async def receive(count: int) -> int:
            request = diagnostics_pb2.StreamProbeRequest(part_size_bytes=PART_BYTES, part_count=count)
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


async def check(address: str) -> None:
    """Make sure that a stream's trailer names the checksums of what was sent."""
    async with grpc.aio.insecure_channel(address) as channel:
        stub = diagnostics_pb2_grpc.DiagnosticsServiceStub(channel)
        sha256 = hashlib.sha256()
        request = diagnostics_pb2.StreamProbeRequest(part_size_bytes=PART_BYTES, part_count=100)
        async for message in stub.StreamProbe(request):
            if message.HasField("part"):
                sha256.update(hashlib.sha256(message.part.data).digest())
            elif message.HasField("trailer") and message.trailer.sha256 != sha256.digest():
                raise ValueError("the trailer's SHA-256 is not that of the parts")


async def compare(morphogen: str, plain: str, stream_count: int) -> Record:
    """Both servers in turns; which one goes first alternates."""
    rates: dict[str, list[float]] = {morphogen: [], plain: []}
    part_count = PARTS_PER_RUN // stream_count
    for repeat in range(RUNS):
        for address in (morphogen, plain) if repeat % 2 == 0 else (plain, morphogen):
            rates[address].append(await parts_per_second(address, stream_count, part_count))
    ratios = [own / other for own, other in zip(rates[morphogen], rates[plain], strict=True)]
    value = round(statistics.median(ratios), 3)
    return {
        "name": f"StreamProbe / plain grpc.aio, parts per second, streams: {stream_count}",
        "value": value,
        "goal": f">= {GOAL:.2f}",
        "holds": value >= GOAL,
        "conditions": {
            "part_bytes": PART_BYTES,
            "parts_per_run": PARTS_PER_RUN,
            "runs": RUNS,
            "morphogen_parts_per_s": round(statistics.median(rates[morphogen])),
            "plain_parts_per_s": round(statistics.median(rates[plain])),
            "ratio_min": round(min(ratios), 3),
            "ratio_max": round(max(ratios), 3),
            "event_loop": "asyncio" if find_spec("uvloop") is None else "uvloop",
            "cpu_count": os.cpu_count(),
            "load_average": round(os.getloadavg()[0], 1),
            "grpcio": grpc.__version__,
            "python": platform.python_version(),
        },
    }


async def compare_all(addresses: dict[str, str]) -> list[Record]:
    """The records of all numbers of streams."""
    morphogen, plain, hashing = (addresses[kind] for kind in SERVERS)
    await check(morphogen)
    await check(hashing)
    records = [await compare(morphogen, plain, stream_count) for stream_count in STREAM_COUNTS]
    hashed = await compare(hashing, plain, min(STREAM_COUNTS))
    hashed["name"] += ", every part hashed"
    return [*records, hashed | {"goal": "none", "holds": True}]


def measure() -> list[Record]:
    """One record per number of streams: the median of the ratios of neighbouring runs."""
    with ExitStack() as stack:
        addresses = {kind: stack.enter_context(server_process(kind)) for kind in SERVERS}
        return asyncio.run(compare_all(addresses))


def main() -> None:
    """Be one of the servers."""
    parser = argparse.ArgumentParser(description="One of the servers that `python -m benchmarks serving` compares.")
    parser.add_argument("--serve", choices=SERVERS, required=True)
    kind = parser.parse_args().serve
    if kind == "plain":
        asyncio.run(serve_plain())
    else:
        serve_morphogen(ProbeGenerator() if kind == "morphogen" else UnhashedProbes())


if __name__ == "__main__":
    main()
