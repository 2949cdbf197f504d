"""What a process that moves parts or makes them does first: memory, event loop, catalog."""

import asyncio
import ctypes
import os
import platform
from importlib import import_module
from importlib.util import find_spec

from engine.runtime.pool import GeneratorSource
from engine.settings.sections import WorkerSettings


def keep_freed_memory() -> None:
    """Have glibc keep the memory of messages for the next ones; call it at the start of a process.

    Giving it back and getting it again, page by page, costs a third of the time that moving parts takes.
    """
    if platform.libc_ver()[0] == "glibc":
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(-3, 32 * 1024 * 1024)  # M_MMAP_THRESHOLD: blocks up to its largest value come from the heap
        mallopt(-1, 128 * 1024 * 1024)  # M_TRIM_THRESHOLD: so much may lie free at the heap's end


def new_event_loop() -> asyncio.AbstractEventLoop:
    """uvloop's, which delivers a tenth more parts per second, where it is installed; there is none for Windows."""
    if find_spec("uvloop") is None:
        return asyncio.new_event_loop()
    event_loop: asyncio.AbstractEventLoop = import_module("uvloop").new_event_loop()
    return event_loop


def load_catalog(settings: WorkerSettings) -> GeneratorSource:
    """The catalog of all generators under `settings`. Raises SettingsError and WeightsError."""
    # Read once, while torch is loaded: idle OpenMP threads must sleep, not spin beside the event loop.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    os.environ.setdefault("GOMP_SPINCOUNT", "0")
    # Loading torch takes seconds; a mistake in the settings should be told before.
    from engine import catalog

    return catalog.load_catalog(
        precision=settings.precision, thread_count=settings.thread_count, texture_weights=settings.texture_weights
    )
