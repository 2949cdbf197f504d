"""Serves generators over gRPC from this process until a signal asks it to stop."""

import asyncio
import os
import signal
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from engine.runtime.pool import GeneratorSource
from engine.runtime.settings import Settings
from engine.runtime.settings_file import load_settings
from engine.server.gateway import Gateway
from engine.server.logs import configure_logs
from workers.local import LocalPool


def serve(config_path: Path | None) -> None:
    """Serve under the settings of `config_path` (None: defaults) and the environment; blocks until SIGTERM or SIGINT.

    Prints `listening on HOST:PORT` once it does. The first signal drains, a second one stops at once. Raises
    SettingsError for settings that cannot be used (a port in use among them), WeightsError for unusable weights.
    """
    settings = load_settings(config_path, os.environ)
    configure_logs(settings.log)
    serve_generators(settings, load_generators(settings))


def load_generators(settings: Settings) -> GeneratorSource:
    """The catalog of all generators under `settings`."""
    # Read once, while torch is loaded: idle OpenMP threads must sleep, not spin beside the event loop.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    os.environ.setdefault("GOMP_SPINCOUNT", "0")
    # Loading torch takes seconds; a mistake in the settings should be told before.
    from engine.catalog import load_catalog

    worker = settings.worker
    return load_catalog(
        precision=worker.precision, thread_count=worker.thread_count, texture_weights=worker.texture_weights
    )


def new_event_loop() -> asyncio.AbstractEventLoop:
    """uvloop's, which delivers a tenth more parts per second, where it is installed; there is none for Windows."""
    if find_spec("uvloop") is None:
        return asyncio.new_event_loop()
    event_loop: asyncio.AbstractEventLoop = import_module("uvloop").new_event_loop()
    return event_loop


def serve_generators(settings: Settings, generators: GeneratorSource) -> None:
    """Serve `generators` under `settings`; blocks until SIGTERM or SIGINT."""
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        runner.run(_serve_until_signal(settings, generators))


async def _serve_until_signal(settings: Settings, generators: GeneratorSource) -> None:
    worker = settings.worker
    pool = LocalPool(generators, worker.batch_size, worker.run_ahead_parts)
    gateway = Gateway(settings, pool)
    stop_signals: asyncio.Queue[signal.Signals] = asyncio.Queue()
    event_loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        event_loop.add_signal_handler(name, stop_signals.put_nowait, name)
    address = await gateway.start()
    print(f"listening on {address}", flush=True)
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
