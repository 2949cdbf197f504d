"""The gateway's end of the process that starts and stops workers (`workers/ray.py`): JSON lines both ways.

A process of its own, because Ray's driver takes its process with it when its cluster goes. Then this one starts it
again, after a delay that doubles.
"""

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import structlog

COMMAND = (sys.executable, "-m", "workers.ray")
RETRY_MIN_S = 0.5
RETRY_MAX_S = 15.0
CLOSE_TIMEOUT_S = 15.0

_log = structlog.get_logger(__name__)

Event = Mapping[str, Any]


class Steward:
    """Keeps one such process running.

    configuration    its first line
    take             called with every event; {"event": "lost"} when the process has ended by itself
    command          what to run
    close_timeout_s  how long it may take to stop everything
    """

    def __init__(
        self,
        configuration: Mapping[str, Any],
        take: Callable[[Event], None],
        command: Sequence[str] = COMMAND,
        close_timeout_s: float = CLOSE_TIMEOUT_S,
    ) -> None:
        self._configuration = {"command": "configure", **configuration}
        self._take = take
        self._command = command
        self._close_timeout_s = close_timeout_s
        self._process: asyncio.subprocess.Process | None = None
        self._task: asyncio.Task[None] | None = None
        self.ready = False

    def start(self) -> None:
        """Start the process, and again whenever it ends."""
        self._task = asyncio.create_task(self._keep_running())

    def launch(self, name: str) -> None:
        """Ask for a worker; "started" or "failed" follows."""
        self._send({"command": "start", "name": name})

    def end(self, name: str) -> None:
        """Stop a worker."""
        self._send({"command": "stop", "name": name})

    async def close(self) -> None:
        """Stop everything."""
        process, task = self._process, self._task
        self._process, self._task, self.ready = None, None, False
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        if process is not None and process.returncode is None:
            await _ended(process, self._close_timeout_s)

    def _send(self, line: Mapping[str, Any]) -> None:
        process = self._process
        if process is not None and process.stdin is not None and not process.stdin.is_closing():
            process.stdin.write(json.dumps(line).encode() + b"\n")

    async def _keep_running(self) -> None:
        delay_s = RETRY_MIN_S
        while True:
            started = await self._run_once()
            self._take({"event": "lost"})
            delay_s = RETRY_MIN_S if started else min(2 * delay_s, RETRY_MAX_S)
            await asyncio.sleep(delay_s)

    async def _run_once(self) -> bool:
        """Run the process to its end; whether it was ever ready."""
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(*self._command, stdin=pipe, stdout=pipe, start_new_session=True)
        self._process = process
        assert process.stdout is not None
        self._send(self._configuration)
        was_ready = False
        async for line in process.stdout:
            event = _parsed(line)
            self.ready = was_ready = was_ready or event.get("event") == "ready"
            self._take(event)
        await process.wait()
        _kill_group(process)
        self.ready = False
        _log.error("the process that manages workers ended; starting it again", exit_code=process.returncode)
        return was_ready


def _parsed(line: bytes) -> Event:
    with contextlib.suppress(ValueError):
        event = json.loads(line)
        if isinstance(event, dict):
            return event
    _log.warning("not an event", line=line[:200].decode(errors="replace"))
    return {}


async def _ended(process: asyncio.subprocess.Process, timeout_s: float) -> None:
    """Let it end by itself (the end of its input asks for that), then make it."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.close()
    try:
        async with asyncio.timeout(timeout_s):
            await process.stdout.read()
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
        _kill_group(process)


def _kill_group(process: asyncio.subprocess.Process) -> None:
    """End what it has started on this machine and left behind: it led a process group of its own."""
    if sys.platform != "win32":
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
