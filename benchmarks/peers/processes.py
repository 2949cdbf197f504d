"""Processes that start others: whatever descends from a peer ends with it, in whichever group or session it hides.

Descendants are recognised by an environment variable of their own, which a process inherits even if its parent dies.
"""

import os
import signal
import socket
import subprocess
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

_MARK = "MORPHOGEN_PEER_TREE"
_TERMINATE_LIMIT_S = 8.0
_KILL_LIMIT_S = 5.0


@contextmanager
def process_tree(command: Sequence[str], variables: Mapping[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run `command` with additional environment variables and its output in `log`; at the end nothing of it is left."""
    mark = uuid.uuid4().hex
    environment = {**os.environ, **variables, _MARK: mark}
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment,
            start_new_session=True,  # Ctrl-C is for the benchmark, which then stops its peers in order
        )
    try:
        yield process
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(_TERMINATE_LIMIT_S)
        _kill_marked(mark)
        process.wait()


def free_ports(count: int) -> list[int]:
    """Distinct ports of 127.0.0.1 that nobody listens on right now."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [int(listener.getsockname()[1]) for listener in sockets]
    for listener in sockets:
        listener.close()
    return ports


def _marked(mark: str) -> list[int]:
    entry = f"{_MARK}={mark}".encode()
    found = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        with suppress(OSError):  # it has ended, or is another user's
            if entry in path.read_bytes().split(b"\0"):
                found.append(int(path.parent.name))
    return found


def _kill_marked(mark: str) -> None:
    """Kill again until none is left: one may have started another meanwhile."""
    deadline_s = time.monotonic() + _KILL_LIMIT_S
    while (process_ids := _marked(mark)) and time.monotonic() < deadline_s:
        for process_id in process_ids:
            with suppress(ProcessLookupError):
                os.kill(process_id, signal.SIGKILL)
        time.sleep(0.05)
