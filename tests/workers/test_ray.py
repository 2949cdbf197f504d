"""Workers on a real Ray: the process that manages them by itself, under a fleet, and with a cluster of two nodes."""

import asyncio
import contextlib
import hashlib
import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psutil  # type: ignore[import-untyped]
import pytest

from engine.assets import DIGEST_START, running_digest
from engine.requests.probe import ProbeRequest
from engine.runtime.messages import Terms
from engine.runtime.pool import PartStream
from engine.sessions.continued import Continuation, ContinuedStream
from engine.settings.sections import WorkerSettings
from workers.fleet.pool import FleetOptions, FleetPool
from workers.fleet.steward import Steward
from workers.process import WorkerConfig

HERE = Path(__file__).parent
SECRET = b"the secret of these tests"
COMMAND = (sys.executable, "-m", "workers.ray")
OPTIONS = FleetOptions(
    count=2, count_max=2, scale_up_delay_s=1.0, scale_down_idle_s=60.0, start_timeout_s=60.0, drain_timeout_s=1.0
)
REQUEST = ProbeRequest(2000, 600, step_ms=5)


@pytest.fixture(scope="module", autouse=True)
def environment() -> Iterator[None]:
    """Ray and its workers inherit it: where the generators of the tests are, and that nothing leaves this machine."""
    # Not pytest's folder: paths of sockets have to be short.
    with pytest.MonkeyPatch.context() as patch, TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        patch.setenv("RAY_TMPDIR", folder)
        patch.setenv("PYTHONPATH", str(HERE / "fleet"))
        patch.setenv("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "0")  # loopback addresses, also for the cluster of two nodes
        patch.setenv("RAY_AUTH_MODE", "token")
        patch.setenv("RAY_AUTH_TOKEN", "0123456789abcdef" * 4)
        yield


def configuration(address: str | None = None, generators: str = "fleet_generators:probes") -> dict[str, Any]:
    """What a gateway configures."""
    return {
        "address": address,
        "cpus_per_worker": 1.0,
        "gpus_per_worker": 0.0,
        "start_timeout_s": 60.0,
        "worker": WorkerConfig(SECRET, generators=generators, settings=WorkerSettings(thread_count=1)).to_json(),
    }


# --- the process by itself ---------------------------------------------------------------------------------------


class Conversation:
    """Speaks JSON lines with `python -m workers.ray`."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
        )
        self._lines: queue.Queue[str] = queue.Queue()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def say(self, **command: Any) -> None:
        """Give a command."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(command) + "\n")
        self.process.stdin.flush()

    def hear(self, timeout_s: float = 60.0) -> dict[str, str]:
        """The next event."""
        event: dict[str, str] = json.loads(self._lines.get(timeout=timeout_s))
        return event

    def end(self) -> int:
        """Close its input; its exit code. Nothing was said that has not been heard."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        exit_code = self.process.wait(timeout=30)
        self._reader.join()
        assert self.process.stdout is not None
        self.process.stdout.close()
        assert self._lines.empty()
        return exit_code

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(line)


def worker_process(address: str) -> psutil.Process:
    """The process that listens there."""
    port = int(address.rpartition(":")[2])
    found = [entry for entry in psutil.net_connections("tcp") if entry.status == "LISTEN" and entry.laddr.port == port]
    return psutil.Process(found[0].pid)


def test_process_starts_watches_and_stops_workers_and_leaves_nothing_behind() -> None:
    conversation = Conversation()
    conversation.say(command="configure", **configuration())
    assert conversation.hear() == {"event": "ready"}
    addresses = {}
    for name in ("first", "second"):
        conversation.say(command="start", name=name)
        started = conversation.hear()
        assert (started["event"], started["name"]) == ("started", name)
        assert started["address"].startswith("127.0.0.1:")
        addresses[name] = started["address"]

    worker_process(addresses["first"]).kill()
    killed_at_s = time.monotonic()
    ended = conversation.hear()
    assert time.monotonic() - killed_at_s < 2
    assert (ended["event"], ended["name"]) == ("ended", "first")
    assert "died" in ended["cause"]

    conversation.say(command="stop", name="unknown")
    stopped = worker_process(addresses["second"])
    conversation.say(command="stop", name="second")
    ended = conversation.hear()
    assert (ended["event"], ended["name"]) == ("ended", "second")
    stopped.wait(timeout=5)

    conversation.say(command="start", name="third")
    assert conversation.hear()["event"] == "started"
    everything = psutil.Process(conversation.process.pid).children(recursive=True)
    assert len(everything) > 3
    assert conversation.end() == 0
    _, left = psutil.wait_procs(everything, timeout=10)
    assert left == []


def test_worker_that_cannot_load_its_generators_has_failed_and_says_why() -> None:
    conversation = Conversation()
    conversation.say(command="configure", **configuration(generators="fleet_generators:no_such_function"))
    assert conversation.hear() == {"event": "ready"}
    conversation.say(command="start", name="hopeless")
    failed = conversation.hear()
    assert (failed["event"], failed["name"]) == ("failed", "hopeless")
    assert failed["cause"] == "worker.generators: 'fleet_generators:no_such_function' is no MODULE:FUNCTION"
    assert conversation.end() == 0


async def test_cluster_ends_with_the_process_that_started_it_however_that_ends() -> None:
    events: asyncio.Queue[Any] = asyncio.Queue()
    steward = Steward(configuration(), events.put_nowait)
    steward.start()
    try:
        assert await asyncio.wait_for(events.get(), 60) == {"event": "ready"}
        assert steward._process is not None
        first = psutil.Process(steward._process.pid)
        everything = first.children(recursive=True)
        first.kill()  # as the kernel does when memory runs out
        assert await asyncio.wait_for(events.get(), 10) == {"event": "lost"}
        _, left = await asyncio.to_thread(psutil.wait_procs, everything, timeout=5)
        assert left == []
        assert await asyncio.wait_for(events.get(), 60) == {"event": "ready"}
    finally:
        await steward.close()


@pytest.mark.parametrize("line", ["nonsense", '{"command": "configure", "color": "red"}', "[]"])
def test_configuration_that_cannot_be_used_is_refused(line: str) -> None:
    result = subprocess.run(COMMAND, input=line + "\n", capture_output=True, text=True, timeout=60, check=False)
    assert (result.returncode, result.stdout) == (2, "")


# --- a fleet on it -----------------------------------------------------------------------------------------------


@asynccontextmanager
async def fleet_on(address: str | None) -> AsyncIterator[FleetPool]:
    """A fleet of two workers, both ready."""
    pool = FleetPool(OPTIONS, lambda take: Steward(configuration(address), take), SECRET)
    try:
        await pool.start()
        await two_ready(pool)
        yield pool
    finally:
        await pool.close()


async def two_ready(pool: FleetPool) -> None:
    async with asyncio.timeout(60):
        while pool.worker_count() < 2:  # noqa: ASYNC110 (nobody announces it)
            await asyncio.sleep(0.05)


async def read(stream: PartStream) -> tuple[list[int], bytes]:
    """Take every part; their numbers, and the digest over their payloads."""
    numbers, digest = [], DIGEST_START
    try:
        async for sealed in stream:
            numbers.append(sealed.part.sequence)
            digest = running_digest(digest, hashlib.sha256(sealed.part.payload).digest())
            stream.grant(1)
        assert stream.summary().tally.digest == digest
    finally:
        stream.close()
    return numbers, digest


async def continued(pool: FleetPool, moves: list[float]) -> ContinuedStream:
    """A stream of REQUEST that outlives its workers; when it moved is added to `moves`."""
    continuation = Continuation(60.0, lambda: moves.append(time.monotonic()))
    return await ContinuedStream(pool, REQUEST, 4, Terms(), continuation).open(None)


async def uninterrupted(pool: FleetPool) -> tuple[list[int], bytes]:
    """What REQUEST gives while nothing goes wrong."""
    request = ProbeRequest(REQUEST.part_bytes, REQUEST.part_count)
    numbers, digest = await read(await pool.open(request, 4, Terms()))
    assert numbers == list(range(REQUEST.part_count))
    return numbers, digest


async def test_streams_on_ray_survive_a_killed_worker_and_the_replacement_of_all() -> None:
    async with fleet_on(None) as pool:
        expected = await uninterrupted(pool)
        moves: list[float] = []
        reading = [asyncio.create_task(read(await continued(pool, moves))) for _ in range(4)]
        await asyncio.sleep(0.3)
        killed_at_s = time.monotonic()
        os.kill(pool._members["worker-1"].link.process_id, signal.SIGKILL)
        assert await asyncio.gather(*reading) == [expected] * 4
        assert len(moves) == 2
        assert max(moves) - killed_at_s < 1.0

        await two_ready(pool)
        moves.clear()
        endless = await pool.open(ProbeRequest(10, 1_000_000, step_ms=5), 4, Terms())
        reading = [asyncio.create_task(read(await continued(pool, moves))) for _ in range(4)]
        before = {entry.name for entry in pool.workers()}
        async with aclosing(pool.replace_workers([])) as replacements:
            replaced = {made.name async for made in replacements}
        assert replaced == before
        assert not before & {entry.name for entry in pool.workers()}
        assert await asyncio.gather(*reading) == [expected] * 4
        assert moves
        endless.close()


# --- a cluster of two nodes --------------------------------------------------------------------------------------


@pytest.fixture
def cluster() -> Iterator[tuple[str, "subprocess.Popen[str]"]]:
    """Its address, and the process to which a line means: lose everything, and be back."""
    command = (sys.executable, str(HERE / "ray_cluster.py"))
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, start_new_session=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        address = ""
        while ":" not in address:
            address = process.stdout.readline().strip()
        yield address, process
        process.stdin.close()
        process.wait(timeout=30)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # some of what was lost takes a minute to notice


async def test_cluster_of_two_nodes_carries_workers_on_both_and_may_be_lost_and_come_back(
    cluster: tuple[str, "subprocess.Popen[str]"],
) -> None:
    address, process = cluster
    async with fleet_on(address) as pool:
        nodes = {psutil.Process(member.link.process_id).ppid() for member in pool._members.values()}
        assert len(nodes) == 2
        expected = await uninterrupted(pool)
        moves: list[float] = []
        reading = [asyncio.create_task(read(await continued(pool, moves))) for _ in range(2)]
        await asyncio.sleep(0.3)
        assert process.stdin is not None
        process.stdin.write("again\n")
        process.stdin.flush()
        assert await asyncio.gather(*reading) == [expected] * 2
        assert len(moves) >= 2
        await two_ready(pool)
