"""The servers that are measured, each in a process of its own: Morphogen as it is served, and a plain grpc.aio server.

    python -m benchmarks.serving.servers KIND [--workers N]
        prints `listening on HOST:PORT` and serves until it is terminated

Morphogen serves the synthetic generator alone, with everything that `morphogen serve` puts around it: no weights and no
torch are needed.
"""

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import grpc

from benchmarks.serving.counted import PROGRESS_VARIABLE, CountedProbe, create_progress
from engine.assets import AssetRequest, GeneratorInfo, Part
from engine.generators.probe import ProbeGenerator, ProbeState
from engine.generators.protocol import Generator
from engine.server.telemetry.logs import configure_logs
from engine.settings.sections import LogSettings, ServerSettings, SessionSettings, Settings, WorkersSettings
from morphogen.v1 import common_pb2, diagnostics_pb2, diagnostics_pb2_grpc
from workers.serve import serve_fleet, serve_generators

PART_BYTES = 48 * 1024

SERVERS = ("morphogen", "morphogen-ray", "hashing", "plain")
"""`hashing` is Morphogen with a generator that does not know its parts' checksums; `plain` sends ready bytes."""

ROOT = Path(__file__).resolve().parents[2]
MAX_RUNNING = 256


@dataclass(frozen=True, slots=True)
class Server:
    """A running server: its HOST:PORT, and the file that shows its steps."""

    address: str
    progress: Path


class UnhashedProbe(ProbeGenerator):
    """The synthetic generator without checksums of its own."""

    def step(self, states: Sequence[ProbeState]) -> list[tuple[Part, ...]]:
        """One part per state, without its checksum."""
        return [tuple(replace(part, sha256=b"") for part in parts) for parts in super().step(states)]


class OneGenerator:
    """A catalog with nothing but a synthetic generator."""

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


def counted_probe() -> OneGenerator:
    """The catalog of a Morphogen worker."""
    return OneGenerator(CountedProbe())


@contextmanager
def serving(kind: str, *options: str) -> Iterator[Server]:
    """A server of that kind, from the moment it listens."""
    with tempfile.TemporaryDirectory(prefix="morphogen-benchmark-") as folder:
        progress = Path(folder) / "progress"
        create_progress(progress)
        command = [sys.executable, "-m", "benchmarks.serving.servers", kind, *options]
        environment = {**os.environ, PROGRESS_VARIABLE: str(progress)}
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=environment) as process:
            assert process.stdout is not None
            try:
                line = process.stdout.readline()
                if not line.startswith("listening on "):
                    raise RuntimeError(f"the {kind} server did not start")
                yield Server(line.strip().removeprefix("listening on "), progress)
            finally:
                process.terminate()


async def serve_plain() -> None:
    """Serve PlainService until killed."""
    server = grpc.aio.server()
    diagnostics_pb2_grpc.add_DiagnosticsServiceServicer_to_server(PlainService(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    print(f"listening on 127.0.0.1:{port}", flush=True)
    await server.wait_for_termination()


def serve_morphogen(kind: str, worker_count: int) -> None:
    """Serve synthetic streams from this process or from Ray's workers."""
    settings = Settings(
        server=ServerSettings(port=0, drain_timeout_s=1.0),
        sessions=SessionSettings(max_running=MAX_RUNNING),
        workers=WorkersSettings(count=worker_count),
        log=LogSettings(level="error"),
    )
    configure_logs(settings.log)
    if kind == "morphogen-ray":
        serve_fleet(settings, generators="benchmarks.serving.servers:counted_probe")
    else:
        serve_generators(settings, counted_probe() if kind == "morphogen" else OneGenerator(UnhashedProbe()))


def main() -> None:
    """Be one of the servers."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.serving.servers", description="Be a server to measure.")
    parser.add_argument("kind", choices=SERVERS)
    parser.add_argument("--workers", type=int, default=1, metavar="N", help="of morphogen-ray")
    options = parser.parse_args()
    if options.kind == "plain":
        asyncio.run(serve_plain())
    else:
        serve_morphogen(options.kind, options.workers)


if __name__ == "__main__":
    main()
