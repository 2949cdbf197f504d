"""`morphogen serve` as it is, for streams of characters; and a process that keeps one core busy beside it."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from engine.catalog import SHIPPED_FRAME_WEIGHTS, SHIPPED_MOTION_WEIGHTS
from workers.demo import morphogen

CONFIG = """
server: {port: 0, drain_timeout_s: 1, stream_limit_s: 7200}
sessions: {max_running: 64, queue_limit: 64}
store: {memory_bytes: 0}
worker: {thread_count: 1}
log: {level: error}
"""


def absent_weights(*, painted: bool) -> str:
    """Why poses, or pictures if they are `painted`, cannot be measured here; empty if they can."""
    needed = (SHIPPED_MOTION_WEIGHTS, *(SHIPPED_FRAME_WEIGHTS.values() if painted else ()))
    absent = [path.name for path in needed if not path.exists()]
    return f"no {', '.join(absent)}" if absent else ""


@contextmanager
def serving(*options: str) -> Iterator[str]:
    """A server with these options; its HOST:PORT."""
    with tempfile.TemporaryDirectory(prefix="morphogen-benchmark-") as folder:
        config = Path(folder) / "serve.yaml"
        config.write_text(CONFIG)
        command = [*morphogen("serve"), str(config), *options]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            try:
                yield process.stdout.readline().strip().removeprefix("listening on ")
            finally:
                process.terminate()


@contextmanager
def busy_process() -> Iterator[None]:
    """Somebody else who wants all of one core."""
    with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as process:
        try:
            yield
        finally:
            process.kill()
