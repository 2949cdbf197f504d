"""How much of a plain gRPC server's speed a whole Morphogen server reaches, both sending the same parts.

Runs one after the other, in turns, with one client: a plain grpc.aio server that yields ready-made messages, and
Morphogen's StreamProbe with zero step time, which admits, schedules, steps, checksums and delivers every part. Prints
a table and writes `results/serving.json`.

    python benchmarks/serving.py
"""

import argparse
import asyncio
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import grpc
from rich.console import Console
from rich.table import Table

from engine.assets import AssetRequest, GeneratorInfo
from engine.generators.probe import ProbeGenerator
from engine.generators.protocol import Generator
from engine.runtime.settings import LogSettings, ServerSettings, Settings
from engine.server.logs import configure_logs
from morphogen.v1 import common_pb2, diagnostics_pb2, diagnostics_pb2_grpc
from workers.serve import run

PART_BYTES = 48 * 1024
STREAM_COUNTS = (1, 4, 16)
GOAL = 0.90
RESULTS = Path(__file__).parent / "results" / "serving.json"

Result = dict[str, Any]


class ProbesOnly:
    """A catalog with nothing but the synthetic generator: the measurement needs no weights and no torch."""

    def __init__(self) -> None:
        self._probe = ProbeGenerator()

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


def serve_morphogen() -> None:
    """Serve the synthetic generator with everything that `morphogen serve` puts around it."""
    logs = LogSettings(level="warning")
    configure_logs(logs)
    asyncio.run(run(Settings(server=ServerSettings(port=0), log=logs), ProbesOnly()))


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
    request = diagnostics_pb2.StreamProbeRequest(part_size_bytes=PART_BYTES, part_count=part_count)
    async with grpc.aio.insecure_channel(address) as channel:
        stub = diagnostics_pb2_grpc.DiagnosticsServiceStub(channel)

        async def receive() -> int:
            received_count = 0
            async for message in stub.StreamProbe(request):
                received_count += message.HasField("part")
            return received_count

        await receive()
        started_at_s = time.perf_counter()
        received_counts = await asyncio.gather(*(receive() for _ in range(stream_count)))
        elapsed_s = time.perf_counter() - started_at_s
    assert received_counts == [part_count] * stream_count
    return sum(received_counts) / elapsed_s


async def rounds(addresses: dict[str, str], stream_count: int, repeats: int, parts: int) -> dict[str, list[float]]:
    """Rates of both servers in turns; which one goes first alternates."""
    rates: dict[str, list[float]] = {kind: [] for kind in addresses}
    for repeat in range(repeats):
        for kind in sorted(addresses, reverse=repeat % 2 == 1):
            rates[kind].append(await parts_per_second(addresses[kind], stream_count, parts // stream_count))
    return rates


def measure(repeats: int = 9, parts: int = 2400) -> list[Result]:
    """One result per number of streams: the median of the ratios of neighbouring runs."""
    results: list[Result] = []
    with ExitStack() as stack:
        addresses = {kind: stack.enter_context(server_process(kind)) for kind in ("morphogen", "plain")}
        for stream_count in STREAM_COUNTS:
            rates = asyncio.run(rounds(addresses, stream_count, repeats, parts))
            ratios = [own / plain for own, plain in zip(rates["morphogen"], rates["plain"], strict=True)]
            value = round(statistics.median(ratios), 3)
            results.append(
                {
                    "name": f"StreamProbe rate / plain grpc.aio rate, {stream_count} streams",
                    "value": value,
                    "goal": f">= {GOAL}",
                    "holds": value >= GOAL,
                    "conditions": {
                        "part_bytes": PART_BYTES,
                        "parts_per_run": parts,
                        "repeats": repeats,
                        "morphogen_parts_per_s": round(statistics.median(rates["morphogen"])),
                        "plain_parts_per_s": round(statistics.median(rates["plain"])),
                        "ratio_min": round(min(ratios), 3),
                        "ratio_max": round(max(ratios), 3),
                        "cpu_count": os.cpu_count(),
                        "grpcio": grpc.__version__,
                        "python": platform.python_version(),
                    },
                }
            )
    return results


def print_table(results: Sequence[Result]) -> None:
    """Show `results` on the terminal."""
    table = Table("measurement", "value", "goal", "holds", "parts/s", "plain parts/s", "ratio range")
    for result in results:
        conditions = result["conditions"]
        table.add_row(
            result["name"],
            str(result["value"]),
            result["goal"],
            "yes" if result["holds"] else "NO",
            str(conditions["morphogen_parts_per_s"]),
            str(conditions["plain_parts_per_s"]),
            f"{conditions['ratio_min']} - {conditions['ratio_max']}",
        )
    Console().print(table)


def main() -> None:
    """Measure, print, write; with --serve, be one of the servers."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--serve", choices=("plain", "morphogen"), help=argparse.SUPPRESS)
    kind = parser.parse_args().serve
    if kind == "plain":
        asyncio.run(serve_plain())
    elif kind == "morphogen":
        serve_morphogen()
    else:
        results = measure()
        print_table(results)
        RESULTS.parent.mkdir(parents=True, exist_ok=True)
        RESULTS.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
