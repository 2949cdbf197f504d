"""The servers that are compared: how each is started, how a client reaches it, and what is measured of it."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.peers.environments import ROOT, PeerError, last_line, python_of
from benchmarks.peers.load import (
    Connect,
    Load,
    Method,
    StreamError,
    grpc_connect,
    http_connect,
    receive,
    stream_probe,
    triton_stream,
)
from benchmarks.peers.processes import free_ports, process_tree
from benchmarks.serving.counted import PROGRESS_VARIABLE, create_progress
from benchmarks.serving.servers import SERVERS, serving

RAY_TITLE = "Morphogen with Ray workers"

START_LIMIT_S = 90.0
"""How long a server may take until it serves its first stream."""

_PROGRESS_FILE = "progress"
_ATTEMPT_LIMIT_S = 5.0
_ATTEMPT_INTERVAL_S = 0.2

Start = Callable[[Path], AbstractContextManager[Connect]]
"""Starts a server that keeps its files in a folder, and yields how to reach it. Raises PeerError."""


@dataclass(frozen=True, slots=True)
class Peer:
    """One server. `environment` names its virtual environment, empty for this one; `measures` what it is asked for:
    throughput, batching, cancelling, stalling, killing.
    """

    name: str
    title: str
    environment: str
    start: Start
    measures: tuple[str, ...]


def progress_path(folder: Path) -> Path:
    """Where a server that keeps its files in `folder` shows its progress."""
    return folder / _PROGRESS_FILE


def known_peers() -> list[Peer]:
    """All of them, in the order in which they are measured."""
    whole = ("throughput", "batching", "cancelling", "stalling", "killing")
    return [
        *(Peer(kind, title, "", _from_serving(kind), ("throughput", "batching")) for kind, title in _own()),
        Peer("plain", "plain grpc.aio", "", start_plain, ("batching", "cancelling", "stalling")),
        Peer("ray-proxy", "Ray Serve, default proxy", "ray_serve", _ray_serve({}), whole),
        Peer(
            "ray-throughput",
            "Ray Serve, throughput optimized",
            "ray_serve",
            _ray_serve({"RAY_SERVE_THROUGHPUT_OPTIMIZED": "1"}),
            whole,
        ),
        Peer("ray-haproxy", "Ray Serve, HAProxy", "ray_serve", _ray_serve({"RAY_SERVE_ENABLE_HA_PROXY": "1"}), whole),
        Peer("triton", "Triton, decoupled", "triton", _triton("decoupled"), whole),
        Peer("triton-iterative", "Triton, iterative sequences", "triton", _triton("iterative"), ("batching",)),
        Peer("litserve", "LitServe", "litserve", start_litserve, ("throughput", "cancelling", "stalling")),
    ]


def _own() -> list[tuple[str, str]]:
    """The kinds of Morphogen server that the serving benchmark can start."""
    titles = {"morphogen": "Morphogen", "morphogen-ray": RAY_TITLE}
    return [(kind, title) for kind, title in titles.items() if kind in SERVERS]


@contextmanager
def start_yardstick() -> Iterator[Connect]:
    """The plain server that yields ready bytes, which every rate is divided by."""
    with serving("plain") as server:
        yield grpc_connect(server.address, stream_probe())


@contextmanager
def start_plain(folder: Path) -> Iterator[Connect]:
    """A plain server whose streams take time and are counted."""
    (port,) = free_ports(1)
    address = f"127.0.0.1:{port}"
    connect = grpc_connect(address, stream_probe())
    with _served([sys.executable, "-m", "benchmarks.peers.plain", address], {}, folder, connect):
        yield connect


@contextmanager
def start_litserve(folder: Path) -> Iterator[Connect]:
    """LitServe."""
    (port,) = free_ports(1)
    connect = http_connect(port)
    command = [python_of("litserve"), "-m", "benchmarks.peers.litserve.serve", str(port)]
    with _served(command, {}, folder, connect):
        yield connect


def _from_serving(kind: str) -> Start:
    @contextmanager
    def start(_folder: Path) -> Iterator[Connect]:
        with serving(kind) as server:
            yield grpc_connect(server.address, stream_probe())

    return start


def _ray_serve(mode: Mapping[str, str]) -> Start:
    @contextmanager
    def start(folder: Path) -> Iterator[Connect]:
        grpc_port, http_port, metrics_port, statistics_port = free_ports(4)
        connect = grpc_connect(f"127.0.0.1:{grpc_port}", stream_probe())
        ports = [str(grpc_port), str(http_port)]
        command = [python_of("ray_serve"), "-m", "benchmarks.peers.ray_serve.serve", *ports, str(folder)]
        variables = {
            "RAY_USAGE_STATS_ENABLED": "0",
            "RAY_SERVE_HAPROXY_METRICS_PORT": str(metrics_port),
            "RAY_SERVE_HAPROXY_STATS_PORT": str(statistics_port),
            **mode,
        }
        with _served(command, variables, folder, connect):
            yield connect

    return start


def _triton(model: str) -> Start:
    @contextmanager
    def start(folder: Path) -> Iterator[Connect]:
        (port,) = free_ports(1)
        python = python_of("triton")
        command = [python, "-m", "benchmarks.peers.triton.serve", model, str(port), str(folder)]
        connect = grpc_connect(f"127.0.0.1:{port}", _triton_method(python, model))
        try:
            with _served(command, {}, folder, connect):
                yield connect
        finally:
            for region in Path("/dev/shm").glob(f"{folder.name}*"):  # noqa: S108 - what a killed stub leaves
                region.unlink(missing_ok=True)

    return start


def _triton_method(python: str, model: str) -> Method:
    try:
        return triton_stream(python, model)
    except subprocess.CalledProcessError as error:
        raise PeerError(f"no request could be made: {last_line(error.stderr)}") from error


@contextmanager
def _served(command: list[str], variables: Mapping[str, str], folder: Path, connect: Connect) -> Iterator[None]:
    """Run a server with the project on its import path, from the moment it serves. Raises PeerError if it does not."""
    create_progress(progress_path(folder))
    environment = {
        **variables,
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "protos")]),
        PROGRESS_VARIABLE: str(progress_path(folder)),
    }
    log = folder / "server.log"
    with process_tree(command, environment, log) as process:
        failure = asyncio.run(_failure_to_start(process, connect))
        if failure:
            raise PeerError(f"not started: {failure}; it said: {last_line(log.read_text(errors='replace'))}")
        yield


async def _failure_to_start(process: subprocess.Popen[bytes], connect: Connect) -> str:
    """Wait until a stream is served; empty if one was."""
    deadline_s = time.monotonic() + START_LIMIT_S
    failure = "no attempt"
    while time.monotonic() < deadline_s:
        if process.poll() is not None:
            return f"exit code {process.returncode}"
        try:
            async with asyncio.timeout(_ATTEMPT_LIMIT_S), connect() as client:
                if await receive(client, Load(1)) == 1:
                    return ""
        except StreamError as error:
            failure = str(error)
        except TimeoutError:
            failure = "no answer"
        await asyncio.sleep(_ATTEMPT_INTERVAL_S)
    return failure
