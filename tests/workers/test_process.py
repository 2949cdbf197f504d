"""Worker configs on their way, and worker processes from their start to every kind of end."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import grpc
import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2

from engine.assets import AssetRequest, GeneratorInfo
from engine.errors import SettingsError
from engine.generators.probe import ProbeGenerator, ProbeState
from engine.generators.protocol import Generator
from engine.requests.probe import ProbeRequest
from engine.runtime.messages import Open, Terms
from engine.settings.sections import LogSettings, TracingSettings, WorkerSettings
from workers.fleet.member import Member
from workers.lane import LOST_THREADS_MAX
from workers.link.transport import HEARTBEAT_MISSED_S
from workers.process import STOP_TIMEOUT_S, WorkerConfig, WorkerProcess, load_generators

SECRET = b"the secret of these tests"
CONFIG = WorkerConfig(SECRET, generators="test_process:load_probes", log=LogSettings("json"))


class ThreadEndError(BaseException):
    """Passes every handler that is meant for a generator's mistakes."""


class Probes(ProbeGenerator):
    """Synthetic streams. Parts of 13 bytes bring the step thread down, those of 17 bytes make it hang."""

    def step(self, states: Sequence[ProbeState]) -> list[Any]:
        if any(len(state.payload) == 13 for state in states):
            raise ThreadEndError
        if any(len(state.payload) == 17 for state in states):
            time.sleep(600)
        return super().step(states)


class ProbeCatalog:
    def __init__(self) -> None:
        self._probe = Probes()

    def infos(self) -> tuple[GeneratorInfo, ...]:
        return (self._probe.info,)

    def generator_for(self, request: AssetRequest) -> Generator[Any, Any]:
        assert isinstance(request, ProbeRequest)
        return self._probe


def load_probes() -> ProbeCatalog:
    """What the workers of these tests load: this module is on their path."""
    return ProbeCatalog()


@contextmanager
def process_of(config: WorkerConfig | str) -> Iterator["subprocess.Popen[str]"]:
    """A worker process that has been told its config."""
    text = config if isinstance(config, str) else config.to_json()
    command = [sys.executable, "-m", "workers.process"]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent)}
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True, env=environment) as process:
        assert process.stdin is not None
        try:
            process.stdin.write(text + "\n")
            process.stdin.flush()
            yield process
        finally:
            process.kill()


def address_of(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line.startswith("listening on 127.0.0.1:")
    return line.split()[-1]


@asynccontextmanager
async def attached(address: str) -> AsyncIterator[Member]:
    member = Member("worker-1", address, lambda _: None)
    await member.attach(SECRET)
    try:
        yield member
    finally:
        await member.link.close()


async def part_count_of(member: Member, command: Open) -> int:
    """Take every part, each of which is granted as soon as it is there; how many there were."""
    count = 0
    with closing(member.opened(command)) as stream:
        async for _ in stream:
            count += 1
            stream.grant(1)
    return count


async def ended(process: "subprocess.Popen[str]", timeout_s: float = 10.0) -> int:
    return await asyncio.to_thread(process.wait, timeout_s)


configs = st.builds(
    WorkerConfig,
    st.binary(min_size=16, max_size=64),
    host=st.sampled_from(("127.0.0.1", "::1", "0.0.0.0")),  # noqa: S104 - nothing listens there
    port=st.integers(0, 65535),
    generators=st.text(max_size=20),
    unattached_timeout_s=st.floats(0.1, 86400),
    settings=st.builds(
        WorkerSettings,
        precision=st.sampled_from(("auto", "fp32", "bf16")),
        thread_count=st.none() | st.integers(1, 1024),
        texture_weights=st.none() | st.just(Path("/weights/ä b.safetensors")),
        batch_size=st.integers(1, 256),
        encoder_count=st.integers(1, 64),
        step_timeout_s=st.floats(0.1, 3600),
    ),
    log=st.builds(LogSettings, st.sampled_from(("console", "json")), st.sampled_from(("debug", "error"))),
    tracing=st.builds(TracingSettings, st.none() | st.text(max_size=20), st.floats(0, 1)),
)


@given(configs)
def test_config_arrives_as_it_was_on_one_line(config: WorkerConfig) -> None:
    text = config.to_json()
    assert len(text.splitlines()) == 1
    assert WorkerConfig.from_json(text) == config


def test_secret_is_not_shown() -> None:
    assert "secret of these" not in repr(CONFIG)
    assert SECRET.hex() not in repr(CONFIG)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"secret": "zz" * 20}, "worker.secret: expected hexadecimal digits"),
        ({"secret": 5}, "worker.secret: expected hexadecimal digits"),
        ({"secret": None}, "worker.secret: expected hexadecimal digits"),
        ({"secret": "abcd"}, "worker.secret: 2 bytes are fewer than 16"),
        ({"secrets": SECRET.hex()}, "worker.secrets: unknown key"),
        ({"port": 65536}, "worker.port: 65536 is outside"),
        ({"port": "1"}, "worker.port: expected int"),
        ({"settings": {"precision": "fp8"}}, "worker.precision: 'fp8' is not allowed"),
        ({"settings": {"step_timeout_s": 0}}, "worker.step_timeout_s: 0.0 is outside"),
        ({"log": {"level": "loud"}}, "log.level: 'loud' is not allowed"),
        ({"tracing": {"sample_ratio": 2}}, "tracing.sample_ratio: 2.0 is outside"),
    ],
)
def test_mistake_in_a_config_is_named_and_shows_no_secret(change: dict[str, Any], named: str) -> None:
    text = json.dumps(json.loads(CONFIG.to_json()) | change)
    with pytest.raises(SettingsError) as refused:
        WorkerConfig.from_json(text)
    assert str(refused.value).startswith(named)
    assert SECRET.hex() not in str(refused.value)


@pytest.mark.parametrize("text", ["", "{", "[]", '"x"', "5", f'{{"secret": "{SECRET.hex()}"'])
def test_text_that_is_no_config_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(SettingsError) as refused:
        WorkerConfig.from_json(text)
    assert str(refused.value).startswith("worker: expected ")
    assert SECRET.hex() not in str(refused.value)


def test_config_without_a_secret_is_refused() -> None:
    with pytest.raises(SettingsError, match=r"worker\.secret: is required"):
        WorkerConfig.from_json("{}")


@pytest.mark.parametrize("name", ["nowhere.to.be.found:load", "engine.assets:nothing", "engine.assets", ""])
def test_generators_that_do_not_exist_are_named(name: str) -> None:
    with pytest.raises(SettingsError, match=r"worker\.generators"):
        load_generators(replace(CONFIG, generators=name))


def test_worker_in_this_process_starts_and_stops(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(Path(__file__).parent)
    worker = WorkerProcess(CONFIG)
    address = worker.start()
    assert address.startswith("127.0.0.1:")
    worker.stop()
    worker.stop()
    assert worker.wait() == 0
    worker.stop()


def test_worker_that_was_told_to_stop_before_it_started_ends_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(Path(__file__).parent)
    worker = WorkerProcess(CONFIG)
    worker.stop()
    worker.start()
    assert worker.wait() == 0


def test_start_says_why_it_is_not_possible(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(Path(__file__).parent)
    worker = WorkerProcess(CONFIG)
    port = int(worker.start().split(":")[1])
    with pytest.raises(SettingsError, match="cannot listen"):
        WorkerProcess(replace(CONFIG, port=port)).start()
    worker.stop()
    assert worker.wait() == 0


async def test_process_serves_until_its_input_closes() -> None:
    with process_of(CONFIG) as process:
        async with attached(address_of(process)) as member:
            assert member.link.process_id == process.pid
            assert await part_count_of(member, Open(1, ProbeRequest(49152, 100), 4)) == 100
            assert process.stdin is not None
            process.stdin.close()
            assert await ended(process) == 0
            assert "broke" in await asyncio.wait_for(member.link.lost(), 1)


@pytest.mark.parametrize("busy", [False, True])
async def test_sigterm_ends_a_process_in_order(busy: bool) -> None:
    with process_of(CONFIG) as process:
        async with attached(address_of(process)) as member:
            if busy:
                stream = member.opened(Open(1, ProbeRequest(100, 1_000_000, 5.0), 1_000_000))
                await anext(stream)
            process.send_signal(signal.SIGTERM)
            assert await ended(process) == 0


async def test_ctrl_c_is_left_to_the_gateway() -> None:
    with process_of(CONFIG) as process:
        async with attached(address_of(process)) as member:
            process.send_signal(signal.SIGINT)
            await asyncio.sleep(0.2)
            assert await part_count_of(member, Open(1, ProbeRequest(10, 5), 4)) == 5


async def test_process_that_nobody_attaches_to_ends() -> None:
    with process_of(replace(CONFIG, unattached_timeout_s=0.3)) as process:
        address_of(process)
        assert await ended(process) == 0
        assert process.stderr is not None
        assert "no gateway attached" in process.stderr.read()


async def test_process_whose_steps_cannot_run_any_more_ends_as_failed() -> None:
    with process_of(CONFIG) as process:
        async with attached(address_of(process)) as member:
            for ticket in range(LOST_THREADS_MAX + 1):
                with closing(member.opened(Open(ticket, ProbeRequest(13, 5), 4))) as stream:
                    lost = asyncio.create_task(member.link.lost())
                    taking = asyncio.create_task(anext(stream))
                    await asyncio.wait((lost, taking), return_when=asyncio.FIRST_COMPLETED)
                    for task in (lost, taking):
                        task.cancel()
                    await asyncio.gather(lost, taking, return_exceptions=True)
            assert await ended(process) == 1


async def test_step_that_hangs_does_not_hold_up_the_end() -> None:
    with process_of(CONFIG) as process:
        async with attached(address_of(process)) as member:
            stream = member.opened(Open(1, ProbeRequest(17, 1), 1))
            await stream.opened()
            started_at_s = time.perf_counter()
            process.send_signal(signal.SIGTERM)
            assert await ended(process, STOP_TIMEOUT_S + 3) == 0
            assert time.perf_counter() - started_at_s > STOP_TIMEOUT_S - 1


async def test_process_that_stands_still_is_lost_and_comes_back_for_another_gateway() -> None:
    with process_of(CONFIG) as process:
        address = address_of(process)
        async with attached(address) as member:
            stream = member.opened(Open(1, ProbeRequest(1000, 1_000_000, 1.0), 1_000_000))
            await anext(stream)
            process.send_signal(signal.SIGSTOP)
            stopped_at_s = time.perf_counter()
            assert "told nothing" in await asyncio.wait_for(member.link.lost(), HEARTBEAT_MISSED_S + 1)
            assert time.perf_counter() - stopped_at_s > HEARTBEAT_MISSED_S - 0.5
        process.send_signal(signal.SIGCONT)
        await asyncio.sleep(0.2)
        async with attached(address) as successor:
            assert await part_count_of(successor, Open(1, ProbeRequest(10, 5), 4)) == 5


async def test_killed_process_is_lost_at_once() -> None:
    with process_of(CONFIG) as process:
        async with attached(address_of(process)) as member:
            process.kill()
            assert "broke" in await asyncio.wait_for(member.link.lost(), 1)


@pytest.mark.parametrize(
    ("text", "exit_code", "told"),
    [
        ("nonsense", 2, "worker: expected one line of JSON"),
        (json.dumps({"secret": SECRET.hex(), "bogus": 1}), 2, "worker.bogus: unknown key"),
        (json.dumps({"secret": SECRET.hex(), "generators": "nowhere:load"}), 2, "worker.generators: 'nowhere:load'"),
        (json.dumps({"secret": SECRET.hex(), "settings": {"texture_weights": "/nowhere"}}), 1, "/nowhere"),
    ],
)
def test_process_that_cannot_start_says_why_and_shows_no_secret(text: str, exit_code: int, told: str) -> None:
    with process_of(text) as process:
        output, errors = process.communicate(timeout=60)
        assert (process.returncode, output) == (exit_code, "")
        assert told in errors
        assert SECRET.hex() not in errors


async def test_idle_process_uses_next_to_no_processor_time() -> None:
    with process_of(CONFIG) as process:
        async with attached(address_of(process)) as member:
            with closing(member.opened(Open(1, ProbeRequest(1000, 1_000_000), 4))) as stalled:
                await anext(stalled)
                await asyncio.sleep(0.5)
                before_s = time.process_time(), processor_time_s(process.pid)
                await asyncio.sleep(2)
                assert time.process_time() - before_s[0] < 0.2
                assert processor_time_s(process.pid) - before_s[1] < 0.2


def processor_time_s(process_id: int) -> float:
    fields = Path(f"/proc/{process_id}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def test_steps_of_traced_sessions_are_reported() -> None:
    """A collector of OpenTelemetry's protocol hears of the steps at the latest when the worker ends."""
    exported: list[bytes] = []

    async def export(data: bytes, _context: object) -> bytes:
        exported.append(data)
        return b""

    method = grpc.unary_unary_rpc_method_handler(export)
    service = "opentelemetry.proto.collector.trace.v1.TraceService"
    collector = grpc.aio.server()
    collector.add_generic_rpc_handlers([grpc.method_handlers_generic_handler(service, {"Export": method})])
    port = collector.add_insecure_port("127.0.0.1:0")
    await collector.start()
    tracing = TracingSettings(f"http://127.0.0.1:{port}", 0.0)
    traceparent = f"00-{'ab' * 16}-{'cd' * 8}-01"
    with process_of(replace(CONFIG, tracing=tracing)) as process:
        async with attached(address_of(process)) as member:
            command = Open(1, ProbeRequest(10, 3), 4, Terms(trace=traceparent))
            assert await part_count_of(member, command) == 3
            assert await part_count_of(member, Open(2, ProbeRequest(10, 3), 4)) == 3
        process.send_signal(signal.SIGTERM)
        assert await ended(process) == 0
    await collector.stop(None)
    spans = [
        span
        for data in exported
        for resource in trace_service_pb2.ExportTraceServiceRequest.FromString(data).resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]
    assert [(span.name, span.trace_id.hex(), span.parent_span_id.hex()) for span in spans] == [
        ("step", "ab" * 16, "cd" * 8)
    ] * 3
