"""Weights of an untrained network, a server process that uses them, and gateways in the test's own event loop.

Everything but the pictures' beauty is real.
"""

import os
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, AbstractContextManager, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import pytest
import structlog
import torch

from engine.generators.texture.appearance import ATTRIBUTES
from engine.nets.texgen import TexGen, TexGenConfig
from engine.nets.weights_file import ClassEntry, TexGenHeader, save_weights
from engine.runtime.pool import WorkerPool
from engine.server.gateway import Gateway
from engine.server.telemetry.logs import configure_logs
from engine.settings.sections import Settings, WorkerSettings
from workers.fleet.pool import FleetOptions, FleetPool
from workers.fleet.steward import Steward
from workers.local import LocalPool
from workers.process import WorkerConfig, load_generators
from workers.step_thread import StepOptions

HERE = Path(__file__).parent
STEWARD = HERE.parent / "workers" / "fleet" / "process_steward.py"
SECRET = b"the secret of these tests"
FLEET = FleetOptions(
    count=2, count_max=2, scale_up_delay_s=1.0, scale_down_idle_s=60.0, start_timeout_s=30.0, drain_timeout_s=1.0
)
COMMAND = str(Path(sys.executable).with_name("morphogen"))
CLASSES = (ClassEntry("stone", "noise"), ClassEntry("brick", "brick"), ClassEntry("wood", "planks"))
EXEMPLAR_COUNT = 6


@pytest.fixture(scope="session")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A weights file with three classes."""
    path = tmp_path_factory.mktemp("weights") / "untrained.safetensors"
    config = TexGenConfig(class_count=len(CLASSES), widths=(32, 32, 32, 32, 32))
    random = torch.Generator().manual_seed(1)
    bank = {
        "class_index": torch.arange(EXEMPLAR_COUNT) % len(CLASSES),
        "style": torch.randn(EXEMPLAR_COUNT, config.style_width, generator=random),
        "attributes": torch.tensor([[(entry.minimum + entry.maximum) / 2 for entry in ATTRIBUTES]] * EXEMPLAR_COUNT),
        "palette": torch.rand(EXEMPLAR_COUNT, 3, 3, generator=random).sort(dim=1).values,
    }
    torch.manual_seed(1)
    save_weights(path, TexGenHeader("0", "S", config, CLASSES, ("CC0-1.0",)), TexGen(config), bank)
    return path


@pytest.fixture(scope="session")
def run() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs `morphogen` with these arguments in a process of its own."""

    def run_command(*arguments: object) -> subprocess.CompletedProcess[str]:
        command = [COMMAND, *map(str, arguments)]
        return subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)

    return run_command


@pytest.fixture(scope="session")
def serving(
    weights: Path, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[], AbstractContextManager[tuple[str, str, "subprocess.Popen[str]"]]]:
    """Starts a server process: its HOST:PORT, the address of its metrics and the process."""

    @contextmanager
    def start() -> Iterator[tuple[str, str, "subprocess.Popen[str]"]]:
        folder = tmp_path_factory.mktemp("serve")
        ready_file, config = folder / "ready", folder / "serve.yaml"
        metrics_port = free_port()
        config.write_text(
            f"server: {{port: 1, ready_file: {ready_file}}}\n"
            f"worker: {{texture_weights: {weights}}}\n"
            f"metrics: {{port: {metrics_port}}}\n"
        )
        environment = os.environ | {"MORPHOGEN__SERVER__PORT": "0", "MORPHOGEN__LOG__LEVEL": "error"}
        arguments = [COMMAND, "serve", str(config)]
        with subprocess.Popen(arguments, env=environment, text=True, stdout=subprocess.PIPE) as process:
            try:
                yield wait_for(ready_file, process), f"http://127.0.0.1:{metrics_port}/metrics", process
            finally:
                process.terminate()
                assert process.wait(30) == 0

    return start


@pytest.fixture(scope="module")
def server(
    serving: Callable[[], AbstractContextManager[tuple[str, str, "subprocess.Popen[str]"]]],
) -> Iterator[tuple[str, str]]:
    """HOST:PORT of a server that the tests of one module share, and the address of its metrics."""
    with serving() as (address, metrics, _):
        yield address, metrics


@pytest.fixture
def generators_path(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets workers, in this process and in others, load the generators of this folder."""
    monkeypatch.setenv("PYTHONPATH", str(HERE))
    monkeypatch.syspath_prepend(HERE)


@pytest.fixture
def local_pool(generators_path: None) -> Callable[..., LocalPool]:  # noqa: ARG001
    """Makes pools in this process, not yet started: of MODULE:FUNCTION, with WorkerSettings."""

    def make(generators: str, **options: Any) -> LocalPool:
        settings = WorkerSettings(**options)
        config = WorkerConfig(SECRET, generators=generators, settings=settings)
        limits = StepOptions(settings.batch_size, settings.encoder_count, settings.step_timeout_s)
        return LocalPool(load_generators(config), limits)

    return make


@pytest.fixture
def fleet_pool(generators_path: None) -> Callable[..., FleetPool]:  # noqa: ARG001
    """Makes pools of two worker processes, likewise."""

    def make(generators: str, **options: Any) -> FleetPool:
        config = WorkerConfig(SECRET, generators=generators, settings=WorkerSettings(**options))
        configuration = {"address": None, "worker": config.to_json()}
        command = (sys.executable, str(STEWARD))
        return FleetPool(FLEET, lambda take: Steward(configuration, take, command), SECRET)

    return make


@pytest.fixture(params=["local", "fleet"])
def pool_of(
    request: pytest.FixtureRequest, local_pool: Callable[..., LocalPool], fleet_pool: Callable[..., FleetPool]
) -> Callable[..., WorkerPool]:
    """Makes pools of either kind: what holds for one holds for the other."""
    return local_pool if request.param == "local" else fleet_pool


@pytest.fixture
def gateway_over() -> Callable[..., AbstractAsyncContextManager[tuple[Gateway, str]]]:
    """Starts a gateway over a pool: the gateway and its HOST:PORT."""

    @asynccontextmanager
    async def start(pool: WorkerPool, settings: Settings) -> AsyncIterator[tuple[Gateway, str]]:
        configure_logs(settings.log)
        gateway = Gateway(settings, pool)
        try:
            yield gateway, await gateway.start()
        finally:
            await gateway.close()
            structlog.reset_defaults()

    return start


def wait_for(ready_file: Path, process: "subprocess.Popen[str]") -> str:
    gives_up_at_s = time.monotonic() + 60.0
    while not ready_file.exists():
        assert process.poll() is None, "the server ended before it listened"
        assert time.monotonic() < gives_up_at_s, "the server did not listen in time"
        time.sleep(0.05)
    return ready_file.read_text().strip()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
