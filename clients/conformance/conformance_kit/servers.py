"""The real servers: `morphogen serve` with both ports open, each in a process of its own."""

import asyncio
import os
import re
import signal
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from conformance_kit.proxy import Address

ROOT = Path(__file__).parents[3]
SERVE = """
import os, sys, threading
from workers.serve import serve
threading.Thread(target=lambda: (sys.stdin.read(), os._exit(1)), daemon=True).start()
serve(None)
"""
"""Ends with the process that started it, however that ends: its standard input closes then."""
TOKEN = "conformance-token-0123456789"  # noqa: S105 (of a server that lives for one run)
START_LIMIT_S = 120.0
LISTENING = re.compile(r"listening on (?:http://)?([\d.]+):(\d+)")


class RealServer:
    """One server, from `start` to `stop`.

    settings  environment variables beside those that the kit needs
    """

    def __init__(self, settings: Mapping[str, str]) -> None:
        self._settings = settings
        self._process: asyncio.subprocess.Process | None = None
        self.native: Address = ("127.0.0.1", 0)
        self.web: Address = ("127.0.0.1", 0)

    async def start(self) -> Self:
        """Wait until it listens on both ports. Raises RuntimeError if it does not."""
        ports = {"MORPHOGEN__SERVER__PORT": "0", "MORPHOGEN__WEB__PORT": "0", "MORPHOGEN__WEB__ORIGINS": "['*']"}
        quiet = {"MORPHOGEN__LOG__LEVEL": "error", "MORPHOGEN__SERVER__DRAIN_TIMEOUT_S": "0"}
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            SERVE,
            cwd=ROOT,
            env={**os.environ, "OMP_NUM_THREADS": "1", **ports, **quiet, **self._settings},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        async with asyncio.timeout(START_LIMIT_S):
            while not (self.native[1] and self.web[1]):
                await self._read_address()
        return self

    async def stop(self) -> None:
        """End it at once."""
        if self._process is not None and self._process.returncode is None:
            self._process.send_signal(signal.SIGTERM)
            self._process.send_signal(signal.SIGTERM)  # the second one does not wait for streams
            try:
                await asyncio.wait_for(self._process.wait(), 10.0)
            except TimeoutError:
                self._process.kill()
                await self._process.wait()

    async def figure(self, name: str) -> float:
        """What a metric of the server shows now."""
        reader, writer = await asyncio.open_connection(*self.web)
        try:
            writer.write(b"GET /metrics HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n")
            text = (await reader.read()).decode()
        finally:
            writer.close()
        found = re.search(rf"^{name} (\S+)$", text, re.MULTILINE)
        if found is None:
            raise RuntimeError(f"the server shows no {name}")
        return float(found[1])

    async def _read_address(self) -> None:
        assert self._process is not None
        assert self._process.stdout is not None
        line = (await self._process.stdout.readline()).decode()
        if not line:
            raise RuntimeError("the server ended before it listened")
        if found := LISTENING.search(line):
            address = (found[1], int(found[2]))
            if "http" in line:
                self.web = address
            else:
                self.native = address


def open_server() -> RealServer:
    """One that everybody may call."""
    return RealServer({})


def guarded_server(folder: Path) -> RealServer:
    """One that takes TOKEN and nothing else; keeps it in a file in `folder`."""
    with tempfile.NamedTemporaryFile("w", dir=folder, suffix=".tokens", delete=False) as file:
        file.write(f"{TOKEN}\n")
    return RealServer({"MORPHOGEN__SERVER__TOKENS__FILE": file.name})
