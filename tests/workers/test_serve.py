"""The serving process: signals, its one line, and what it says when it cannot start."""

import json
import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import grpc
import httpx
import pytest

from morphogen.v1 import diagnostics_pb2, diagnostics_pb2_grpc

PROBES_ONLY = textwrap.dedent("""
    import sys
    from engine.errors import SettingsError
    from engine.generators.probe import ProbeGenerator
    from engine.settings.sections import LogSettings, ServerSettings, Settings, WebSettings
    from engine.server.telemetry.logs import configure_logs
    from workers.serve import serve_generators

    class ProbesOnly:
        probe = ProbeGenerator()
        def infos(self): return (self.probe.info,)
        def generator_for(self, request): return self.probe

    configure_logs(LogSettings())
    try:
        ports = [int(port) for port in sys.argv[1:]] + [None]
        serve_generators(Settings(ServerSettings(port=ports[0]), web=WebSettings(port=ports[1])), ProbesOnly())
    except SettingsError as error:
        sys.exit(str(error))
""")

NEVER_READY = textwrap.dedent("""
    import sys
    from engine.server.gateway import Gateway
    from engine.settings.sections import ServerSettings, Settings
    from workers.fleet.pool import FleetOptions, FleetPool
    from workers.fleet.steward import Steward
    from workers.process import WorkerConfig
    from workers.serve import _run

    steward, secret = sys.argv[1:]
    worker = WorkerConfig(secret.encode(), generators="fleet_generators:never_ready").to_json()
    command = (sys.executable, steward)
    options = FleetOptions(2, 2, 1.0, 1.0, start_timeout_s=60.0, drain_timeout_s=1.0)

    def gateway():
        pool = FleetPool(options, lambda take: Steward({"worker": worker}, take, command), secret.encode())
        return Gateway(Settings(server=ServerSettings(port=0)), pool, pool)

    _run(gateway)
""")
FLEET_TESTS = Path(__file__).parent / "fleet"


@contextmanager
def serving() -> Iterator[tuple[subprocess.Popen[str], Any]]:
    """A serving process and a stub that reaches it."""
    command = [sys.executable, "-c", PROBES_ONLY, "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        try:
            line = process.stdout.readline().strip()
            assert line.startswith("listening on 127.0.0.1:")
            with grpc.insecure_channel(line.removeprefix("listening on ")) as channel:
                yield process, diagnostics_pb2_grpc.DiagnosticsServiceStub(channel)
        finally:
            process.kill()


def probe(stub: Any, part_count: int, step_ms: float) -> Any:
    return stub.StreamProbe(
        diagnostics_pb2.StreamProbeRequest(part_size_bytes=1000, part_count=part_count, step_ms=step_ms), timeout=20
    )


@pytest.mark.parametrize("name", [signal.SIGTERM, signal.SIGINT])
def test_signal_lets_running_streams_finish(name: signal.Signals) -> None:
    with serving() as (process, stub):
        call = probe(stub, part_count=40, step_ms=10)
        assert next(call).header.part_count == 40
        process.send_signal(name)
        assert [message.WhichOneof("payload") for message in call] == ["part"] * 40 + ["trailer"]
        assert process.wait(5) == 0
        assert process.stdout is not None
        assert process.stdout.read() == ""


def test_web_port_is_told_in_a_line_of_its_own() -> None:
    command = [sys.executable, "-c", PROBES_ONLY, "0", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline().startswith("listening on 127.0.0.1:")
            url = process.stdout.readline().strip().removeprefix("listening on ")
            assert httpx.get(f"{url}/readyz").text == "ready\n"
            probe = {"partSizeBytes": 10, "partCount": 1_000_000, "stepMs": 5}
            body = json.dumps(probe).encode()
            framed = b"\0" + len(body).to_bytes(4, "big") + body
            headers = {"content-type": "application/connect+json"}
            target = f"{url}/morphogen.v1.DiagnosticsService/StreamProbe"
            with httpx.stream("POST", target, content=framed, headers=headers) as response:
                assert response.status_code == 200
                process.terminate()
                time.sleep(0.2)
                process.terminate()
                assert process.wait(5) == 0
        finally:
            process.kill()


def test_second_signal_stops_at_once() -> None:
    with serving() as (process, stub):
        call = probe(stub, part_count=1_000_000, step_ms=10)
        next(call)
        process.terminate()
        time.sleep(0.2)
        assert process.poll() is None
        process.terminate()
        assert process.wait(5) == 0
        with suppress(grpc.RpcError):
            for message in call:
                assert message.WhichOneof("payload") != "trailer"


@pytest.mark.parametrize("name", [signal.SIGTERM, signal.SIGINT])
def test_signal_while_workers_start_ends_the_process_and_them(name: signal.Signals, tmp_path: Path) -> None:
    starts = tmp_path / "starts"
    starts.touch()
    environment = {**os.environ, "PYTHONPATH": str(FLEET_TESTS), "FLEET_STARTS_FILE": str(starts)}
    command = [sys.executable, "-c", NEVER_READY, str(FLEET_TESTS / "process_steward.py"), "x" * 32]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, env=environment) as process:
        try:
            until(lambda: len(starts.read_text().split()) == 2)
            process.send_signal(name)
            shown, errors = process.communicate(timeout=10)
        finally:
            process.kill()
    assert process.returncode == 0
    assert "listening" not in shown
    assert "Traceback" not in errors
    workers = [Path("/proc") / process_id for process_id in starts.read_text().split()]
    until(lambda: not any(worker.exists() for worker in workers))


def until(reached: Callable[[], bool], within_s: float = 20.0) -> None:
    """Wait for it."""
    give_up_at_s = time.monotonic() + within_s
    while not reached():
        assert time.monotonic() < give_up_at_s
        time.sleep(0.02)


def test_port_in_use_is_one_clear_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        command = [sys.executable, "-c", PROBES_ONLY, str(port)]
        ended = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    assert ended.returncode == 1
    assert ended.stdout == ""
    assert f"server.port: cannot listen on 127.0.0.1:{port} (Address already in use)" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_mistake_in_the_settings_is_told_before_torch_is_loaded(tmp_path: Path) -> None:
    config = tmp_path / "serve.yaml"
    config.write_text("server: {prot: 1}", encoding="utf-8")
    script = textwrap.dedent("""
        import sys
        from pathlib import Path
        from engine.errors import SettingsError
        from workers.serve import serve
        try:
            serve(Path(sys.argv[1]))
        except SettingsError as error:
            assert "torch" not in sys.modules
            sys.exit(str(error))
    """)
    command = [sys.executable, "-c", script, str(config)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    assert ended.returncode == 1
    assert ended.stderr.startswith("server.prot: unknown key")
