"""Serves generators over gRPC until a signal asks to stop: puts pool and gateway together as the settings say."""

import asyncio
import contextlib
import os
import secrets
import signal
from collections.abc import Callable, Mapping
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from engine.errors import SettingsError
from engine.runtime.pool import GeneratorSource
from engine.server.gateway import Gateway
from engine.server.security import cluster_secret
from engine.server.telemetry.logs import configure_logs
from engine.server.telemetry.tracing import load_tracing
from engine.settings.file import load_settings
from engine.settings.sections import Settings
from workers.fleet.pool import FleetOptions, FleetPool
from workers.fleet.steward import Steward
from workers.local import LocalPool
from workers.process import CATALOG, WorkerConfig
from workers.startup import keep_freed_memory, load_catalog, new_event_loop
from workers.step_thread import StepOptions


def serve(config_path: Path | None, overrides: Mapping[str, str] | None = None) -> None:
    """Serve under the settings of `config_path` (None: defaults) and the environment; blocks until SIGTERM or SIGINT.

    Prints `listening on HOST:PORT` once it does, and `listening on URL` for the web port. The first signal drains, a
    second one stops at once. Raises SettingsError for settings that cannot be used (a port in use among them),
    WeightsError for unusable weights.

    overrides  further environment variables, e.g. {"MORPHOGEN__WORKERS__KIND": "ray"}
    """
    settings = load_settings(config_path, {**os.environ, **(overrides or {})})
    configure_logs(settings.log)
    if settings.workers.kind == "ray":
        serve_fleet(settings)
    else:
        serve_generators(settings, load_catalog(settings.worker))


def serve_generators(settings: Settings, generators: GeneratorSource) -> None:
    """Serve `generators` from this process under `settings`; blocks until SIGTERM or SIGINT."""
    worker = settings.worker
    tracing = load_tracing(settings.tracing, "morphogen-worker")
    trace = None if tracing is None else tracing.step
    options = StepOptions(worker.batch_size, worker.encoder_count, worker.step_timeout_s, trace)
    _run(lambda: Gateway(settings, LocalPool(generators, options)))


def serve_fleet(settings: Settings, generators: str = CATALOG) -> None:
    """Serve from worker processes that Ray places; blocks until SIGTERM or SIGINT.

    generators  MODULE:FUNCTION that loads them in each worker

    Raises SettingsError if Ray is not installed.
    """
    if find_spec("ray") is None:
        raise SettingsError("workers.kind: ray needs Ray: pip install 'morphogen[ray]'")

    def gateway() -> Gateway:
        pool = fleet_pool(settings, generators)
        return Gateway(settings, pool, pool)

    _run(gateway)


def fleet_pool(settings: Settings, generators: str = CATALOG) -> FleetPool:
    """The pool of worker processes under `settings`; call it on the event loop."""
    workers = settings.workers
    count_max = workers.count_max or workers.count
    secret = cluster_secret(workers) or secrets.token_bytes(32)
    # One number for all hosts: it is part of the kernel class, on which an asset's bytes depend.
    thread_count = settings.worker.thread_count or max(1, (os.cpu_count() or 1) // count_max)
    config = WorkerConfig(
        secret=secret,
        generators=generators,
        settings=replace(settings.worker, thread_count=thread_count),
        log=settings.log,
        tracing=settings.tracing,
    )
    cpus = workers.cpus_per_worker
    configuration: dict[str, Any] = {
        "address": workers.ray_address,
        "cpus_per_worker": float(thread_count) if cpus is None else cpus,
        "gpus_per_worker": workers.gpus_per_worker,
        "start_timeout_s": workers.start_timeout_s,
        "worker": config.to_json(),
    }
    options = FleetOptions(
        count=workers.count,
        count_max=count_max,
        scale_up_delay_s=workers.scale_up_delay_s,
        scale_down_idle_s=workers.scale_down_idle_s,
        start_timeout_s=workers.start_timeout_s,
        drain_timeout_s=settings.server.drain_timeout_s,
    )
    return FleetPool(options, lambda take: Steward(configuration, take), secret)


def _run(gateway: Callable[[], Gateway]) -> None:
    keep_freed_memory()
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        runner.run(_serve_until_signal(gateway))


async def _serve_until_signal(gateway_of: Callable[[], Gateway]) -> None:
    gateway = gateway_of()
    stop_signals: asyncio.Queue[signal.Signals] = asyncio.Queue()
    event_loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        event_loop.add_signal_handler(name, stop_signals.put_nowait, name)
    address = await _started(gateway, stop_signals)
    if address is None:
        return
    print(f"listening on {address}", flush=True)
    if gateway.web_url is not None:
        print(f"listening on {gateway.web_url}", flush=True)
    await stop_signals.get()
    draining = asyncio.create_task(gateway.drain())
    impatience = asyncio.create_task(stop_signals.get())
    await asyncio.wait((draining, impatience), return_when=asyncio.FIRST_COMPLETED)
    impatience.cancel()
    if not draining.done():
        draining.cancel()
        await asyncio.gather(draining, return_exceptions=True)
        await gateway.close()
    else:
        await draining


async def _started(gateway: Gateway, stop_signals: asyncio.Queue[signal.Signals]) -> str | None:
    """Start it; its address, or None if a signal came first: workers may take minutes. Then it is closed again."""
    starting = asyncio.create_task(gateway.start())
    stop = asyncio.create_task(stop_signals.get())
    try:
        await asyncio.wait((starting, stop), return_when=asyncio.FIRST_COMPLETED)
        if starting.done():
            if stop.done():
                stop_signals.put_nowait(stop.result())  # it came just now: there is something to drain
            return starting.result()
        starting.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await starting
        return None
    finally:
        stop.cancel()
