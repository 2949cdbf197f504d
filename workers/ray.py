"""The steward's process: starts, watches and stops workers on Ray. The only module that knows Ray.

python -m workers.ray
    takes JSON lines from `workers/fleet/steward.py` on standard input,
        {"command": "configure", "address", "cpus_per_worker", "gpus_per_worker", "start_timeout_s", "worker"} first,
        {"command": "start", "name"}
        {"command": "stop", "name"}
    and gives JSON lines on standard output:
        {"event": "ready"}
        {"event": "started", "name", "address"}
        {"event": "failed", "name", "cause"}    it never was ready
        {"event": "ended", "name", "cause"}     it was
    The end of its input stops every worker. Exit code 0 then; 1 if there is no cluster, or none any more; 2 for a
    configuration that cannot be used.

Ray places workers, reserves their devices and tells when one is gone. Parts never travel through it: a gateway attaches
to each worker by itself (`workers/link/`).
"""

import asyncio
import json
import logging
import os
import secrets
import sys
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any, TextIO

# Read while Ray is loaded.
os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing leaves the machine unasked
os.environ.setdefault("RAY_ENABLE_AUTO_CONNECT", "0")  # a call after the end must not start another cluster

import ray
import ray.exceptions
import ray.util
import structlog
from ray._private import ray_constants

from engine.configuration import build
from engine.errors import MorphogenError, SettingsError
from engine.server.telemetry.logs import configure_logs
from engine.settings.sections import LogSettings
from workers.process import WorkerConfig, WorkerProcess

EXIT_LOST = 1
EXIT_UNUSABLE_CONFIG = 2
CHECK_INTERVAL_S = 1.0
LOST_AFTER_S = 10.0
"""A cluster whose head answers nothing for so long is lost."""

PLACED_SHARE = 0.9
"""Share of the start timeout after which Ray has no room for a worker: said before the gateway gives up."""

OBJECT_STORE_BYTES = 80 * 1024 * 1024
"""Of a cluster of our own: about the least that Ray takes, as nothing is put in there."""

LOOPBACK = "127.0.0.1"
CAUSE_MAX_CHARACTERS = 200

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class StewardConfig:
    """What the gateway configures; `address` None: start a cluster here, for this gateway alone."""

    cpus_per_worker: float
    gpus_per_worker: float
    start_timeout_s: float
    worker: str
    address: str | None = None


class RayWorker:
    """A worker in an actor: the actor's process is the worker's. No actor is ever restarted; its gateway decides."""

    def __init__(self) -> None:
        self._worker: WorkerProcess | None = None

    def placed(self) -> None:
        """Return as soon as there is a process."""

    def start(self, config: str) -> str:
        """Load the generators, listen, and return HOST:PORT. Raises MorphogenError."""
        worker_config = replace(WorkerConfig.from_json(config), host=ray.util.get_node_ip_address())  # type: ignore[no-untyped-call]
        configure_logs(worker_config.log)
        thread_count = worker_config.settings.thread_count
        if thread_count is not None:
            # Ray has set what it reserved, which is another number where nothing is reserved. Torch is not loaded yet.
            os.environ["OMP_NUM_THREADS"] = str(thread_count)
        self._worker = WorkerProcess(worker_config)
        return self._worker.start()

    def wait(self) -> int:
        """Wait until it has ended; its exit code."""
        assert self._worker is not None
        return self._worker.wait()


class Workers:
    """The actors by the names that the gateway gave them. Used on one event loop.

    events  where they are told
    """

    def __init__(self, config: StewardConfig, events: TextIO) -> None:
        self._config, self._events = config, events
        # In a cluster of its own a gateway shares the cores with nobody; reserving them would leave no room for the
        # new worker that takes the place of an old one.
        cpus = 0.0 if config.address is None else config.cpus_per_worker
        self._actor_class = ray.remote(RayWorker).options(
            num_cpus=cpus,
            num_gpus=config.gpus_per_worker,
            max_restarts=0,
            max_concurrency=2,  # one waits for the end
            scheduling_strategy="SPREAD",  # a node that goes down takes few of them along
        )
        self._actors: dict[str, Any] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, name: str) -> None:
        """Start a worker; events follow."""
        task = asyncio.create_task(self._keep(name))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def stop(self, name: str) -> None:
        """Kill a worker, at once; unknown names are ignored."""
        actor = self._actors.pop(name, None)
        if actor is not None:
            ray.kill(actor)

    def stop_all(self) -> None:
        """Kill every worker."""
        for task in self._tasks:
            task.cancel()
        for name in list(self._actors):
            self.stop(name)

    async def _keep(self, name: str) -> None:
        """One worker from its start to its end."""
        event = "failed"
        try:
            actor: Any = self._actor_class.remote()
            self._actors[name] = actor
            async with asyncio.timeout(PLACED_SHARE * self._config.start_timeout_s):
                await actor.placed.remote()
            address = await actor.start.remote(self._config.worker)
            self.tell({"event": "started", "name": name, "address": address})
            event = "ended"
            exit_code = await actor.wait.remote()
            cause = "steps cannot run any more" if exit_code else "no gateway was attached"
        except TimeoutError:
            cause = f"no node of the cluster has room for it: {self._room()}"
        except Exception as error:  # noqa: BLE001 (whatever an actor raises, and Ray about it)
            cause = cause_of(error)
        self.stop(name)
        self.tell({"event": event, "name": name, "cause": cause})

    def _room(self) -> str:
        wanted = f"{self._config.cpus_per_worker:g} CPUs and {self._config.gpus_per_worker:g} GPUs wanted"
        free = ray.available_resources()  # type: ignore[no-untyped-call]
        return f"{wanted}, {free.get('CPU', 0):g} and {free.get('GPU', 0):g} free on all nodes together"

    def tell(self, event: Mapping[str, str]) -> None:
        """Give one event to the gateway."""
        print(json.dumps(event), file=self._events, flush=True)


def cause_of(error: Exception) -> str:
    """One line about why a worker failed or ended."""
    if isinstance(error, ray.exceptions.RayTaskError):
        cause = getattr(error, "cause", error)
        text = str(cause) if isinstance(cause, MorphogenError) else f"{type(cause).__name__}: {cause}"
    else:
        # Of a dead actor the last line says why; what follows there are guesses.
        text = (str(error).splitlines() or [type(error).__name__])[-1].partition(" Some common causes")[0]
    return " ".join(text.split())[:CAUSE_MAX_CHARACTERS]


def join(config: StewardConfig) -> None:
    """Join the cluster at `config.address`, or start one on this machine. Raises ConnectionError and others.

    Call it in the main thread: the processes of a new cluster end together with the thread that started them.
    """
    if config.address is not None:
        ray.init(config.address, log_to_driver=False, configure_logging=False)
        return
    # Ray listens on loopback addresses alone only where it supports no clusters; this is about clusters of our own.
    ray_constants.ENABLE_RAY_CLUSTER = False
    os.environ[ray_constants.ENABLE_RAY_CLUSTERS_ENV_VAR] = "0"  # the same for the processes that it starts
    # Whoever knows the token runs code in a cluster. Without one given, Ray would draw it and leave it in a file.
    os.environ.setdefault("RAY_AUTH_TOKEN", secrets.token_hex(32))
    ray.init(
        "local",
        include_dashboard=False,
        log_to_driver=False,
        configure_logging=False,
        object_store_memory=OBJECT_STORE_BYTES,
        _node_ip_address=LOOPBACK,
        # It would kill workers because of what other programs use.
        _system_config={"memory_monitor_refresh_ms": 0},
    )


class ClusterWatch:
    """Ends this process once the cluster is gone: Ray would wait for it for a minute, with every call blocked."""

    def __init__(self) -> None:
        self._node_id = ray.get_runtime_context().get_node_id()
        self._leaving = threading.Event()
        threading.Thread(target=self._run, daemon=True).start()

    def stop(self) -> None:
        """The cluster is about to be left."""
        self._leaving.set()

    def _run(self) -> None:
        with ThreadPoolExecutor(1) as executor:  # of its own: the call may never return
            while not self._leaving.wait(CHECK_INTERVAL_S):
                try:
                    nodes = executor.submit(ray.nodes).result(LOST_AFTER_S)
                except Exception:  # noqa: BLE001 (a time-out, or Ray's own)
                    nodes = []
                alive = any(node["NodeID"] == self._node_id and node["Alive"] for node in nodes)
                if not alive and not self._leaving.is_set():
                    _log.error("the Ray cluster is gone")
                    os._exit(EXIT_LOST)


async def serve(config: StewardConfig, commands: asyncio.StreamReader, events: TextIO) -> None:
    """Carry out commands until they end."""
    workers = Workers(config, events)
    workers.tell({"event": "ready"})
    async for line in commands:
        match json.loads(line):
            case {"command": "start", "name": str(name)}:
                workers.start(name)
            case {"command": "stop", "name": str(name)}:
                workers.stop(name)
            case command:
                _log.error("not a command", line=command)
    workers.stop_all()


async def run(events: TextIO) -> int:
    """Be the steward; returns the exit code."""
    commands = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(commands), sys.stdin)
    try:
        document = json.loads(await commands.readline())
        config = build(StewardConfig, {key: value for key, value in document.items() if key != "command"}, "steward")
    except (ValueError, AttributeError, SettingsError) as error:
        _log.error("cannot be configured", cause=str(error))
        return EXIT_UNUSABLE_CONFIG
    try:
        join(config)
    except Exception as error:  # noqa: BLE001 (Ray raises what it likes)
        _log.error("no Ray cluster", address=config.address, cause=cause_of(error))
        return EXIT_LOST
    watch = ClusterWatch()
    await serve(config, commands, events)
    watch.stop()
    ray.shutdown()
    return 0


def main() -> int:
    """Keep standard output for events: what Ray and its processes print goes to standard error."""
    events = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    configure_logs(LogSettings())
    logging.getLogger("ray").setLevel(logging.ERROR)
    return asyncio.run(run(events))


if __name__ == "__main__":
    exit_code = main()
    sys.stderr.flush()
    os._exit(exit_code)  # calls that Ray never answers are not waited for
