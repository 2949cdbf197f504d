"""Fleets of real worker processes, started by a steward without Ray."""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from engine.settings.sections import WorkerSettings
from workers.fleet.pool import FleetOptions, FleetPool
from workers.fleet.steward import Steward
from workers.process import WorkerConfig

HERE = Path(__file__).parent
SECRET = b"the secret of these tests"
OPTIONS = FleetOptions(
    count=1,
    count_max=1,
    scale_up_delay_s=0.2,
    scale_down_idle_s=0.5,
    start_timeout_s=30.0,
    drain_timeout_s=1.0,
)

Fleet = Callable[..., AbstractAsyncContextManager[FleetPool]]


@pytest.fixture(autouse=True)
def starts_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Holds the process id of every worker that counts its starts."""
    path = tmp_path / "starts"
    path.touch()
    monkeypatch.setenv("FLEET_STARTS_FILE", str(path))
    return path


@pytest.fixture
def fleet(monkeypatch: pytest.MonkeyPatch) -> Fleet:
    """Starts a fleet: `generators` is a function of fleet_generators, `steward` a script, the rest: FleetOptions."""
    monkeypatch.setenv("PYTHONPATH", str(HERE))

    @asynccontextmanager
    async def running(
        generators: str = "probes",
        batch_size: int = 16,
        steward: str = str(HERE / "process_steward.py"),
        **options: float,
    ) -> AsyncIterator[FleetPool]:
        settings = WorkerSettings(batch_size=batch_size)
        config = WorkerConfig(SECRET, generators=f"fleet_generators:{generators}", settings=settings)
        configuration = {"address": None, "worker": config.to_json()}
        chosen = replace(OPTIONS, **options)  # type: ignore[arg-type]  # counts are given as integers
        chosen = replace(chosen, count_max=max(chosen.count, chosen.count_max))
        pool = FleetPool(chosen, lambda take: Steward(configuration, take, (sys.executable, steward)), SECRET)
        try:
            await pool.start()
            yield pool
        finally:
            await pool.close()
        assert asyncio.all_tasks() == {asyncio.current_task()}

    return running


@pytest.fixture
async def worker_address(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[str]:
    """A worker process with synthetic streams, which knows SECRET."""
    monkeypatch.setenv("PYTHONPATH", str(HERE))
    pipe = asyncio.subprocess.PIPE
    command = (sys.executable, "-m", "workers.process")
    process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe)
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(WorkerConfig(SECRET, generators="fleet_generators:probes").to_json().encode() + b"\n")
    yield (await process.stdout.readline()).decode().split()[-1]
    process.stdin.close()
    await process.stdout.read()
    assert await process.wait() == 0


@pytest.fixture
def secret() -> bytes:
    """What gateway and workers of these tests prove to each other."""
    return SECRET
