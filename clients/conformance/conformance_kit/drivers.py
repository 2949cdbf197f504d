"""A driver's process: gets cases, gives results, and is ended when it hangs."""

import asyncio
import json
import os
import signal
import tempfile
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from conformance_kit.servers import ROOT

START_LIMIT_S = 45.0
"""What a driver may take until its first case, beside that case: compilers and browsers start slowly."""

END_LIMIT_S = 15.0
PREFIX = b"RESULT "
LINE_BYTES = 16 * 1024 * 1024

Told = Mapping[str, Any]


class Driver:
    """Runs cases with a command. What it writes to standard error is kept in `log`."""

    def __init__(self, command: Sequence[str], folder: Path) -> None:
        self._command = command
        self._folder = folder
        self._process: asyncio.subprocess.Process | None = None
        with tempfile.NamedTemporaryFile(dir=folder, suffix=".log", delete=False) as file:
            self.log = Path(file.name)

    async def run(self, cases: Sequence[tuple[Told, float]]) -> AsyncGenerator[dict[str, Any]]:
        """The results of (case, limit in seconds), in order. Where the driver gave none, `lost` says why."""
        rest = list(cases)
        while rest:
            await self._start([told for told, _ in rest])
            try:
                extra_s = START_LIMIT_S
                while rest:
                    told, limit_s = rest.pop(0)
                    result = await self._result(told, limit_s + extra_s)
                    extra_s = told.get("lingerMs", 0) / 1e3 + 1.0
                    yield result
                    if "lost" in result:
                        break
                else:
                    await self._end()
            finally:
                await self._kill()

    async def _start(self, cases: Sequence[Told]) -> None:
        with tempfile.NamedTemporaryFile("w", dir=self._folder, suffix=".json", delete=False) as file:
            json.dump({"cases": list(cases)}, file)
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *self._command,
                file.name,
                cwd=ROOT,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                limit=LINE_BYTES,
                start_new_session=True,
            )

    async def _result(self, told: Told, limit_s: float) -> dict[str, Any]:
        """The next result, which has to be that of this case."""
        assert self._process is not None
        assert self._process.stdout is not None
        try:
            async with asyncio.timeout(limit_s):
                while line := await self._process.stdout.readline():
                    if line.startswith(PREFIX):
                        return _parsed(line.removeprefix(PREFIX), told)
        except TimeoutError:
            return {"lost": f"no result after {limit_s:.0f} s"}
        return {"lost": f"the driver ended with {await self._process.wait()}"}

    async def _end(self) -> None:
        """Let it end by itself."""
        assert self._process is not None
        assert self._process.stdout is not None
        with suppress(TimeoutError):
            async with asyncio.timeout(END_LIMIT_S):
                while await self._process.stdout.readline():
                    pass
                await self._process.wait()

    @property
    def ended_well(self) -> bool:
        """Whether the last process ended by itself, with 0."""
        return self._process is not None and self._process.returncode == 0

    async def _kill(self) -> None:
        assert self._process is not None
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        await self._process.wait()


def _parsed(line: bytes, told: Told) -> dict[str, Any]:
    try:
        result: dict[str, Any] = json.loads(line)
    except ValueError as error:
        return {"lost": f"an unreadable result: {error}"}
    if not isinstance(result, dict) or result.get("case") != told["name"]:
        return {"lost": f"a result of {result!r:.80} came where one of {told['name']!r} was due"}
    return result
