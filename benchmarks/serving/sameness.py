"""What identical requests cost, and that the same request gives the same bytes however it is batched and wherever made.

With the shipped network: batches of 1 to 16 sessions, in the server's process, in one and in two workers that Ray has
placed, each time in fresh processes. The number of threads is the same everywhere: it is part of what names the bytes.
"""

import asyncio
import hashlib
import socket
import subprocess
import tempfile
import urllib.request
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from benchmarks.records import Record, machine, record, with_conditions
from morphogen_client import AsyncClient
from workers.demo import morphogen

TEXTURE_CLASS = "brick"
SIZE_PX = 64
BATCH_SIZES = (1, 2, 3, 4, 8, 16)
SEEDS = range(16)
CALL_COUNT = 64
SHARED_SIZE_PX = 128

CONFIG = """
server: {{port: 0, drain_timeout_s: 1}}
sessions: {{max_running: 64, queue_limit: 256}}
store: {{memory_bytes: 0}}
worker: {{thread_count: 1}}
log: {{level: error}}
metrics: {{port: {metrics_port}}}
"""


def measure() -> list[Record]:
    """Two records: steps of 64 identical calls, and different digests of the same requests."""
    digests: defaultdict[int, set[str]] = defaultdict(set)
    records: list[Record] = []
    for options in ((), (), ("--workers", "ray"), ("--workers", "ray", "--worker-count", "2")):
        with _serving(*options) as (address, metrics_port):
            if not records:
                records.append(asyncio.run(_single_flight(address, metrics_port)))
            asyncio.run(_batches(address, digests))
    conditions = {
        "size_px": SIZE_PX,
        "seeds": len(SEEDS),
        "sessions_at_a_time": ", ".join(map(str, BATCH_SIZES)),
        "servers": "2 local ones in a row, 1 Ray worker, 2 Ray workers",
        "kept_in_a_store": False,
    }
    different = max(len(found) for found in digests.values())
    records.append(
        record("different SHA-256 per request over all batches and workers", different, conditions, at_most=1)
    )
    return with_conditions(records, machine())


async def _single_flight(address: str, metrics_port: int) -> Record:
    """Steps that many identical calls at once take, over those of one call."""
    async with AsyncClient(address) as client:
        step_counts = []
        for call_count, seed in ((1, 100), (CALL_COUNT, 101)):
            before_count = await asyncio.to_thread(_step_count, metrics_port)
            calls = (client.texture(TEXTURE_CLASS, seed=seed, size_px=SHARED_SIZE_PX) for _ in range(call_count))
            results = await asyncio.gather(*calls)
            assert len({_digest(result.png) for result in results}) == 1
            step_counts.append(await asyncio.to_thread(_step_count, metrics_port) - before_count)
    conditions = {"calls": CALL_COUNT, "steps_of_one": step_counts[0], "size_px": SHARED_SIZE_PX}
    value = round(step_counts[1] / step_counts[0], 3)
    return record("steps for 64 identical concurrent calls / steps for one", value, conditions, at_most=1)


async def _batches(address: str, digests: defaultdict[int, set[str]]) -> None:
    """Ask for every seed in groups of every size."""
    async with AsyncClient(address) as client:
        for size in BATCH_SIZES:
            for start in range(0, len(SEEDS), size):
                seeds = SEEDS[start : start + size]
                calls = (client.texture(TEXTURE_CLASS, seed=seed, size_px=SIZE_PX) for seed in seeds)
                for seed, result in zip(seeds, await asyncio.gather(*calls), strict=True):
                    digests[seed].add(_digest(result.png))


@contextmanager
def _serving(*options: str) -> Iterator[tuple[str, int]]:
    """`morphogen serve`; yields its address and its metrics port."""
    with tempfile.TemporaryDirectory(prefix="morphogen-benchmark-") as folder:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            metrics_port = int(listener.getsockname()[1])
        config = Path(folder) / "serve.yaml"
        config.write_text(CONFIG.format(metrics_port=metrics_port))
        command = [*morphogen("serve"), str(config), *options]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            try:
                yield process.stdout.readline().strip().removeprefix("listening on "), metrics_port
            finally:
                process.terminate()


def _step_count(metrics_port: int) -> float:
    with urllib.request.urlopen(f"http://127.0.0.1:{metrics_port}/metrics") as response:
        lines = response.read().decode().splitlines()
    return float(next(line.split()[1] for line in lines if line.startswith("morphogen_steps_total")))


def _digest(maps: Mapping[str, bytes]) -> str:
    """SHA-256 over all maps by name."""
    return hashlib.sha256(b"".join(maps[name] for name in sorted(maps))).hexdigest()
