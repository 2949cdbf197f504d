"""Hints, traces, and looking after the workers."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from pathlib import Path
from typing import Protocol

import pytest
from opentelemetry import context, trace

from engine.errors import UnavailableError as EngineUnavailableError
from engine.requests.texture import TextureRequest
from engine.runtime.pool import Replacement as MadeReplacement
from engine.runtime.pool import WorkerEntry, WorkerState
from morphogen_client import (
    AsyncClient,
    Client,
    InvalidRequestError,
    NotFoundError,
    Replacement,
    RetryPolicy,
    UnauthenticatedError,
    UnavailableError,
    UnsupportedError,
    Worker,
)


class Sketch(Protocol):
    begun: list[TextureRequest]


class Serving(Protocol):
    sketch: Sketch
    address: str


Serve = Callable[..., Awaitable[Serving]]
ENTRIES = (
    WorkerEntry("worker-1", WorkerState.READY, "127.0.0.1:4000", 3, 70, ""),
    WorkerEntry("worker-2", WorkerState.WAITING, "", 0, 0, "no GPU is free"),
)


class RecordingOperations:
    """Notes what it is asked. Replacing worker-2 fails."""

    def __init__(self) -> None:
        self.drained: list[str] = []
        self.replaced: list[str] = []
        self.ended = asyncio.Event()

    def workers(self) -> Sequence[WorkerEntry]:
        return ENTRIES

    async def drain_worker(self, name: str) -> int:
        self.drained.append(name)
        return 3

    async def replace_workers(self, names: Sequence[str]) -> AsyncGenerator[MadeReplacement, None]:
        try:
            for name in names or ("worker-1", "worker-2"):
                if name == "worker-2":
                    raise EngineUnavailableError("worker-9 did not start: no GPU is free")
                self.replaced.append(name)
                yield MadeReplacement(name, "worker-8", 3)
                await asyncio.sleep(0.05)
        finally:
            self.ended.set()


async def test_hinted_texture_is_made_ahead_and_named(serve: Serve) -> None:
    serving = await serve()
    async with AsyncClient(serving.address) as client:
        (first, second) = await client.prefetch_textures([("stone", {"seed": 1}), ("stone", {"seed": 2, "wrap": "x"})])
        async with asyncio.timeout(10.0):
            while len(serving.sketch.begun) < 2:
                await client.healthy()
        result = await client.texture("stone", seed=1)
    assert (result.header.asset_id, first != second) == (first, True)
    assert sorted(request.seed for request in serving.sketch.begun) == [1, 2]


async def test_hints_are_limited_in_number(serve: Serve) -> None:
    serving = await serve()

    def blocking() -> tuple[str, ...]:
        with Client(serving.address) as client:
            with pytest.raises(InvalidRequestError, match="requests: 65 is not allowed; allowed: 1 to 64 requests"):
                client.prefetch_textures([("stone", {"seed": seed}) for seed in range(65)])
            with pytest.raises(InvalidRequestError, match=r"requests\[1\].size_px: 100"):
                client.prefetch_textures([("stone", {}), ("stone", {"size_px": 100})])
            return client.prefetch_textures(("stone", {"seed": seed}) for seed in range(64))

    assert len(set(await asyncio.to_thread(blocking))) == 64


async def test_workers_are_listed_drained_and_replaced(serve: Serve) -> None:
    operations = RecordingOperations()
    address = (await serve(operations=operations)).address
    listed = (
        Worker("worker-1", "ready", "127.0.0.1:4000", 3, 70, ""),
        Worker("worker-2", "waiting", "", 0, 0, "no GPU is free"),
    )

    def blocking() -> None:
        with Client(address) as client:
            assert client.workers() == listed
            assert client.drain_worker("worker-1") == 3
            assert list(client.replace_workers(["worker-1"])) == [Replacement("worker-1", "worker-8", 3)]

    await asyncio.to_thread(blocking)
    async with AsyncClient(address) as client:
        assert await client.workers() == listed
        assert await client.drain_worker("worker-2") == 3
        made = [replacement async for replacement in client.replace_workers(["worker-1"])]
    assert made == [Replacement("worker-1", "worker-8", 3)]
    assert (operations.drained, operations.replaced) == (["worker-1", "worker-2"], ["worker-1", "worker-1"])


async def test_unknown_worker_names_the_known_ones(serve: Serve) -> None:
    async with AsyncClient((await serve(operations=RecordingOperations())).address) as client:
        with pytest.raises(NotFoundError) as caught:
            await client.drain_worker("worker-3")
        assert (caught.value.field, caught.value.value) == ("name", "worker-3")
        assert caught.value.allowed == "worker-1, worker-2"
        with pytest.raises(NotFoundError):
            await anext(client.replace_workers(["worker-1", "worker-3"]))


async def test_replacement_that_does_not_start_is_told_after_those_that_did_and_never_tried_again(
    serve: Serve,
) -> None:
    operations = RecordingOperations()
    async with AsyncClient((await serve(operations=operations)).address, retry=RetryPolicy()) as client:
        replacements = client.replace_workers()
        assert (await anext(replacements)).name == "worker-1"
        with pytest.raises(UnavailableError, match="worker-9 did not start: no GPU is free"):
            await anext(replacements)
    assert operations.replaced == ["worker-1"]


async def test_leaving_the_replacement_stops_it(serve: Serve) -> None:
    operations = RecordingOperations()
    address = (await serve(operations=operations)).address

    def blocking() -> None:
        with Client(address) as client:
            for _ in client.replace_workers(["worker-1"] * 100):
                break

    await asyncio.to_thread(blocking)
    await asyncio.wait_for(operations.ended.wait(), 5.0)
    assert len(operations.replaced) < 10


async def test_server_without_worker_processes_says_so(serve: Serve) -> None:
    async with AsyncClient((await serve()).address) as client:
        with pytest.raises(UnsupportedError, match="start it with --workers ray"):
            await client.workers()


async def test_workers_are_for_those_with_an_operators_token(serve: Serve, tmp_path: Path) -> None:
    tokens = tmp_path / "operators"
    tokens.write_text("the operator's own token\n")
    address = (await serve(operations=RecordingOperations(), operators_file=tokens)).address
    async with AsyncClient(address) as client:
        with pytest.raises(UnauthenticatedError):
            await client.workers()
    async with AsyncClient(address, token=tokens.read_text().strip()) as client:
        assert len(await client.workers()) == 2


class Script(Protocol):
    attempts: list[list[object]]
    metadata: list[dict[str, str]]


async def test_calls_carry_the_trace_that_they_are_made_in(
    script: Script, address: str, stream_of: Callable[..., list[object]]
) -> None:
    script.attempts.append([*stream_of()])
    span = trace.NonRecordingSpan(trace.SpanContext(0xABC, 0xDEF, is_remote=False, trace_flags=trace.TraceFlags(1)))
    async with AsyncClient(address) as client:
        await client.texture("stone")
        before = context.attach(trace.set_span_in_context(span))
        try:
            await client.texture("stone")
            await asyncio.to_thread(_texture, address)
        finally:
            context.detach(before)
    expected = f"00-{0xABC:032x}-{0xDEF:016x}-01"
    assert [call.get("traceparent") for call in script.metadata] == [None, expected, expected]


def _texture(address: str) -> None:
    with Client(address) as client:
        client.texture("stone")
