"""A worker's end of a link in the test's own event loop, over generators without networks."""

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, closing, suppress
from dataclasses import dataclass
from typing import Any

import pytest

from engine.assets import AssetRequest, GeneratorInfo, Part
from engine.errors import InvalidRequestError
from engine.generators.probe import ProbeGenerator
from engine.generators.protocol import Generator
from engine.requests.probe import ProbeRequest
from engine.requests.texture import TextureRequest
from engine.runtime.messages import Open, SealedPart, Terms
from workers.fleet.member import Member
from workers.link.client import WorkerLink
from workers.link.server import LinkOptions, LinkServer
from workers.step_thread import StepOptions
from workers.stream import WorkerStream

SECRET = b"the secret of these tests"


class ThreadEndError(BaseException):
    """Passes every handler that is meant for a generator's mistakes."""


@dataclass
class RecordedState:
    request: TextureRequest
    part_count: int = 6
    made_count: int = 0

    @property
    def finished(self) -> bool:
        return self.made_count == self.part_count


class RecordingGenerator:
    """A texture generator without a network: one part per step; remembers the seeds it stepped.

    Class "broken" fails in its second step; class "slow" takes 5 ms per step; class "endless" has a million parts;
    class "fatal" brings the step thread down in its second step.
    """

    def __init__(self) -> None:
        self.stepped_seeds: list[int] = []
        self._info = GeneratorInfo("texture", "recording", "1", "S", "ab" * 32, "none", model_card="# Recording")

    @property
    def info(self) -> GeneratorInfo:
        return self._info

    def begin(self, request: TextureRequest) -> RecordedState:
        if request.texture_class not in ("stone", "broken", "slow", "endless", "fatal"):
            raise InvalidRequestError("texture_class", request.texture_class, "stone, broken, slow, endless, fatal")
        return RecordedState(request, 1_000_000 if request.texture_class == "endless" else 6)

    def checkpoint(self, state: RecordedState) -> bytes:
        return bytes([state.made_count % 256])

    def resume(self, request: TextureRequest, checkpoint: bytes) -> RecordedState:
        return RecordedState(request, made_count=checkpoint[0])

    def steps_ahead(self, state: RecordedState) -> tuple[tuple[str, int], ...]:
        return ((state.request.texture_class, state.part_count - state.made_count),)

    def step(self, states: Sequence[RecordedState]) -> list[tuple[Part, ...]]:
        self.stepped_seeds += [state.request.seed for state in states]
        made: list[tuple[Part, ...]] = []
        for state in states:
            if state.request.texture_class == "broken" and state.made_count == 1:
                raise RuntimeError("/secret")
            if state.request.texture_class == "fatal" and state.made_count == 1:
                raise ThreadEndError
            if state.request.texture_class == "slow":
                time.sleep(0.005)
            payload = b"%d of %d" % (state.made_count, state.request.seed)
            made.append((Part(state.made_count, "albedo", 64, "image/png", payload),))
            state.made_count += 1
        return made


class SmallCatalog:
    def __init__(self) -> None:
        self.probe = ProbeGenerator()
        self.recording = RecordingGenerator()

    def infos(self) -> tuple[GeneratorInfo, ...]:
        return (self.recording.info, self.probe.info)

    def generator_for(self, request: AssetRequest) -> Generator[Any, Any]:
        return self.probe if isinstance(request, ProbeRequest) else self.recording


@dataclass
class Worker:
    """A worker that listens."""

    server: LinkServer
    address: str
    catalog: SmallCatalog


class Gateway:
    """An attached gateway, with the streams that the fleet keeps."""

    def __init__(self, member: Member) -> None:
        self.member = member
        self._tickets = itertools.count(1)

    @property
    def link(self) -> WorkerLink:
        return self.member.link

    async def open(self, request: AssetRequest, credit: int = 4, terms: Terms | None = None) -> WorkerStream:
        stream = self.member.opened(Open(next(self._tickets), request, credit, terms or Terms()))
        try:
            await stream.opened()
        except BaseException:
            stream.close()
            raise
        return stream

    async def parts(self, request: AssetRequest, credit: int = 4) -> list[SealedPart]:
        """Every part, each of which is granted as soon as it is there."""
        stream = await self.open(request, credit)
        parts = []
        async for sealed in stream:
            parts.append(sealed)
            stream.grant(1)
        assert stream.summary().tally == parts[-1].resume_point.tally
        stream.close()
        return parts


Serving = Callable[..., AbstractAsyncContextManager[Worker]]
Attached = Callable[..., AbstractAsyncContextManager[Gateway]]
Relayed = Callable[[str], AbstractAsyncContextManager[tuple[str, asyncio.Event]]]


@pytest.fixture
def serving() -> Serving:
    """Starts a worker; options as in LinkOptions and StepOptions."""

    @asynccontextmanager
    async def running(
        port: int = 0, unattached_timeout_s: float = 60.0, step_timeout_s: float = 60.0
    ) -> AsyncIterator[Worker]:
        catalog = SmallCatalog()
        options = LinkOptions(SECRET, "127.0.0.1", port, unattached_timeout_s)
        server = LinkServer(catalog, StepOptions(step_timeout_s=step_timeout_s), options)
        try:
            yield Worker(server, await server.start(), catalog)
        finally:
            await server.close()

    return running


@pytest.fixture
def attached() -> Attached:
    """Attaches a gateway to a worker's address."""

    @asynccontextmanager
    async def attaching(address: str, secret: bytes = SECRET) -> AsyncIterator[Gateway]:
        member = Member("worker-1", address, lambda _: None)
        await member.attach(secret)
        try:
            yield Gateway(member)
        finally:
            await member.link.close()

    return attaching


@asynccontextmanager
async def _relay(address: str) -> AsyncIterator[tuple[str, asyncio.Event]]:
    """A way to the worker that passes everything on while the event is set, and nothing, in silence, while not."""
    open_way = asyncio.Event()
    open_way.set()
    host, port = address.split(":")
    tasks: set[asyncio.Task[None]] = set()

    async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError), closing(writer):
            while data := await reader.read(65536):
                await open_way.wait()
                writer.write(data)
                await writer.drain()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        worker_reader, worker_writer = await asyncio.open_connection(host, int(port))
        for way in (copy(reader, worker_writer), copy(worker_reader, writer)):
            tasks.add(asyncio.create_task(way))

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    try:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}", open_way
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0.01)  # connections close one round of the event loop later


@pytest.fixture
def relayed() -> Relayed:
    """Makes a way to a worker's address that can be cut without either end being told."""
    return _relay


@pytest.fixture(autouse=True)
async def _no_task_is_left() -> AsyncIterator[None]:
    """Neither end leaves anything running."""
    yield
    left = asyncio.all_tasks() - {asyncio.current_task()}
    assert [task for task in left if not task.done() and "link" in repr(task.get_coro())] == []
