"""A real server for the SDKs' tests."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SERVE = "from workers.serve import serve; serve(None)"
SETTINGS = {
    "MORPHOGEN__SERVER__PORT": "0",
    "MORPHOGEN__WEB__PORT": "0",
    "MORPHOGEN__LOG__LEVEL": "error",
    "OMP_NUM_THREADS": "1",
}


@dataclass(frozen=True, slots=True)
class ServerAddress:
    """Where it listens: HOST:PORT of the native port, URL of the web port."""

    target: str
    url: str


@pytest.fixture(scope="module")
def server_address() -> Iterator[ServerAddress]:
    """A server with both ports, as it is shipped."""
    command = [sys.executable, "-c", SERVE]
    with subprocess.Popen(command, cwd=ROOT, env=os.environ | SETTINGS, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            found = [re.search(r"listening on (\S+)", server.stdout.readline()) for _ in range(2)]
            assert found[0] is not None, "the server ended before it listened"
            assert found[1] is not None, "the server has no web port"
            yield ServerAddress(found[0][1], found[1][1])
        finally:
            server.send_signal(signal.SIGTERM)
            server.send_signal(signal.SIGTERM)  # the second one does not wait for streams
            server.communicate(timeout=60)


@pytest.fixture(scope="module")
def server_url(server_address: ServerAddress) -> str:
    """The web port of such a server."""
    return server_address.url
