"""Names of running streams, what controls acknowledge; and a world explored that way, at both ports."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import grpc
import httpx
import pytest
from google.protobuf.message import Message

from engine.assets import GeneratorInfo, Part
from engine.errors import InvalidRequestError
from engine.generators.protocol import StepKinds
from engine.requests.world import ChunkRequest, WorldRequest
from engine.runtime.pool import WorkerPool
from engine.server.status import NotFoundError
from engine.server.web.live import Acknowledgement, LiveStreams
from engine.settings.sections import ServerSettings, SessionSettings, Settings, WebSettings
from morphogen.v1 import world_pb2, world_pb2_grpc
from workers.local import LocalPool
from workers.step_thread import StepOptions

SETTINGS = Settings(server=ServerSettings(port=0), web=WebSettings(port=0))
VIEWER = {"x_m": 256.0, "z_m": 256.0}


@dataclass
class LandState:
    """One part and done."""

    part: Part
    finished: bool = False
    part_count: int = 1


class LandGenerator:
    """A world whose chunks are their own names."""

    def __init__(self, kind: str) -> None:
        self._kind = kind

    @property
    def info(self) -> GeneratorInfo:
        return GeneratorInfo(
            asset_kind=self._kind, name=self._kind, version="1", tier="S", weights_sha256="", kernel_class="none"
        )

    def begin(self, request: Any) -> LandState:
        if isinstance(request, WorldRequest):
            world = {"spawn": VIEWER, "chunk_m": 512.0}
            return LandState(Part(0, "world", 0, "application/json", json.dumps(world).encode()))
        assert isinstance(request, ChunkRequest)
        name = f"{request.row} {request.column} {request.vertices}"
        return LandState(Part(0, "height", request.vertices, "image/png", name.encode()))

    def checkpoint(self, _state: LandState) -> bytes:
        return b""

    def resume(self, request: Any, _checkpoint: bytes) -> LandState:
        return self.begin(request)

    def steps_ahead(self, _state: LandState) -> StepKinds:
        return ((self._kind, 1),)

    def step(self, states: Sequence[LandState]) -> list[tuple[Part, ...]]:
        for state in states:
            state.finished = True
        return [(state.part,) for state in states]


class LandCatalog:
    """The two generators of a world."""

    def __init__(self) -> None:
        self._generators = {kind: LandGenerator(kind) for kind in ("world", "chunk")}

    def infos(self) -> tuple[GeneratorInfo, ...]:
        return tuple(each.info for each in self._generators.values())

    def generator_for(self, request: Any) -> Any:
        return self._generators[request.ASSET_KIND]


def land_pool(_pool: LocalPool) -> WorkerPool:
    return LocalPool(LandCatalog(), StepOptions(16, 2, 60.0, None))


class Watch:
    """A stream of WatchWorld that the test reads."""

    def __init__(self, stub: Any, call: Any, opened: world_pb2.WorldOpened) -> None:
        self.stub, self.call, self.opened = stub, call, opened
        self.session_id = opened.session_id
        self.chunks: list[tuple[int, int]] = []
        self.evicted: list[tuple[int, int]] = []

    async def until(self, payload: str) -> Any:
        """Read up to a message of that kind."""
        while True:
            message = await asyncio.wait_for(self.call.read(), 5)
            assert message is not grpc.aio.EOF  # type: ignore[attr-defined]  # missing in its types
            kind = message.WhichOneof("payload")
            if kind == "part":
                self.chunks.append((message.part.row, message.part.column))
            if kind == "evicted":
                self.evicted += [(each.row, each.column) for each in message.evicted.chunks]
            if kind == payload:
                return getattr(message, kind)

    async def control(self, number: int, **fields: Any) -> int:
        message = world_pb2.ControlWorldRequest(session_id=self.session_id, control_number=number, **fields)
        return int((await self.stub.ControlWorld(message)).control_number)


@asynccontextmanager
async def watching(serving: Any, **start: Any) -> AsyncIterator[Watch]:
    stub: Any = world_pb2_grpc.WorldServiceStub(serving.channel)
    call = stub.WatchWorld(world_pb2.WatchWorldRequest(start={"view_distance_m": 300.0, "maps": ["height"], **start}))
    opened = (await call.read()).opened
    yield Watch(stub, call, opened)
    call.cancel()


async def test_first_message_describes_the_world_and_names_the_session(serve: Any) -> None:
    serving = await serve(SETTINGS, pool_around=land_pool)
    async with watching(serving) as watch:
        assert (watch.opened.chunk_m, watch.opened.viewer.x_m) == (512.0, 256.0)
        assert len(watch.session_id) >= 21


async def test_no_more_chunks_are_on_their_way_than_acknowledged_for(serve: Any) -> None:
    serving = await serve(SETTINGS, pool_around=land_pool)
    async with watching(serving, credit=2, view_distance_m=600.0) as watch:
        await watch.until("part")
        await watch.until("part")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(watch.call.read(), 0.3)


async def test_acknowledged_chunks_make_room_and_the_viewer_is_followed(serve: Any) -> None:
    serving = await serve(SETTINGS, pool_around=land_pool)
    async with watching(serving, credit=4) as watch:
        number = 0

        async def settle(**fields: Any) -> Any:
            """Acknowledge every chunk until all is seen."""
            nonlocal number
            number += 1
            await watch.control(number, received_count=len(watch.chunks), **fields)
            settled = asyncio.create_task(watch.until("settled"))
            while not settled.done():
                await asyncio.sleep(0.01)
                number += 1
                await watch.control(number, received_count=len(watch.chunks))
            return settled.result()

        first = await settle()
        assert first.chunk_count == len(set(watch.chunks)) >= 4
        assert (0, 0) in watch.chunks
        await settle(viewer={"x_m": 256.0 + 20 * 512.0, "z_m": 256.0})
        assert (0, 20) in watch.chunks
        assert (0, 0) in watch.evicted


async def test_late_and_repeated_controls_change_nothing(serve: Any) -> None:
    serving = await serve(SETTINGS, pool_around=land_pool)
    async with watching(serving, credit=64) as watch:
        await watch.until("settled")
        far = {"x_m": 256.0 + 20 * 512.0, "z_m": 256.0}
        assert await watch.control(5, viewer=VIEWER, received_count=1) == 5
        assert await watch.control(4, viewer=far, received_count=2) == 5
        assert await watch.control(5, viewer=far) == 5
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(watch.call.read(), 0.3)


async def test_finish_ends_the_stream_when_all_has_been_sent(serve: Any) -> None:
    serving = await serve(SETTINGS, pool_around=land_pool)
    async with watching(serving, credit=64) as watch:
        await watch.until("settled")
        await watch.control(1, finish=True)
        assert await asyncio.wait_for(watch.call.read(), 5) is grpc.aio.EOF  # type: ignore[attr-defined]  # as above
        error, found = await serving.failure(watch.stub.ControlWorld(world_pb2.ControlWorldRequest(
            session_id=watch.session_id, control_number=2)))  # fmt: skip
        assert error.code() is grpc.StatusCode.NOT_FOUND
        assert found["ErrorInfo"].metadata["field"] == "session_id"


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"control_number": 0}, "control_number"),
        ({"control_number": 1, "received_count": 1000}, "received_count"),
        ({"control_number": 1, "viewer": {"x_m": float("nan")}}, "viewer.x_m"),
        ({"control_number": 1, "viewer": {"velocity_x": 1e9}}, "viewer.velocity_x"),
        ({"control_number": 1, "viewer": {"x_m": 1e12}}, "viewer.x_m"),
    ],
)
async def test_control_that_does_not_fit_is_refused_and_the_stream_goes_on(
    serve: Any, fields: dict[str, Any], field: str
) -> None:
    serving = await serve(SETTINGS, pool_around=land_pool)
    async with watching(serving, credit=64) as watch:
        await watch.until("settled")
        message = world_pb2.ControlWorldRequest(session_id=watch.session_id, **fields)
        error, found = await serving.failure(watch.stub.ControlWorld(message))
        assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
        assert found["ErrorInfo"].metadata["field"] == field
        assert await watch.control(1) == 1


async def test_client_that_owes_an_acknowledgement_is_let_go(serve: Any) -> None:
    settings = Settings(server=ServerSettings(port=0), sessions=SessionSettings(idle_timeout_s=1.0))
    serving = await serve(settings, pool_around=land_pool)
    async with watching(serving, credit=64) as attentive, watching(serving, credit=64) as silent:
        await attentive.until("settled")
        await attentive.control(1, received_count=len(attentive.chunks))
        error, found = await serving.failure(silent.call)
        assert error.code() is grpc.StatusCode.DEADLINE_EXCEEDED
        assert found["ErrorInfo"].reason == "IDLE_TIMEOUT"
        await asyncio.sleep(1.2)
        assert await attentive.control(2) == 2  # who owes nothing may be silent


class Page:
    """A client of the web port that can read a stream while it calls."""

    def __init__(self, url: str, client: httpx.AsyncClient) -> None:
        self._url, self._client = url, client

    async def unary(self, method: str, message: Message) -> httpx.Response:
        return await self._client.post(
            f"{self._url}/morphogen.v1.WorldService/{method}",
            content=message.SerializeToString(),
            headers={"content-type": "application/proto"},
        )

    async def messages(self, method: str, message: Message) -> AsyncGenerator[bytes]:
        """The messages of a stream in Connect's protocol."""
        data = message.SerializeToString()
        request = self._client.stream(
            "POST",
            f"{self._url}/morphogen.v1.WorldService/{method}",
            content=b"\0" + len(data).to_bytes(4, "big") + data,
            headers={"content-type": "application/connect+proto"},
        )
        async with request as response:
            buffered = b""
            async for bits in response.aiter_raw():
                buffered += bits
                while len(buffered) >= 5 and len(buffered) >= (end := 5 + int.from_bytes(buffered[1:5], "big")):
                    if buffered[0] == 2:
                        assert json.loads(buffered[5:end]) == {}
                        return
                    yield buffered[5:end]
                    buffered = buffered[end:]


async def test_page_explores_through_the_web_port(serve: Any) -> None:
    serving = await serve(SETTINGS, pool_around=land_pool)
    url = serving.gateway.web_url
    start = world_pb2.WatchWorldRequest(start={"view_distance_m": 300.0, "maps": ["height"], "credit": 2})
    seen: set[tuple[int, int]] = set()
    async with (
        httpx.AsyncClient(timeout=5) as client,
        aclosing(Page(url, client).messages("WatchWorld", start)) as messages,
    ):
        page = Page(url, client)
        session_id, number, received_count = "", 0, 0
        async for data in messages:
            message = world_pb2.WatchWorldResponse.FromString(data)
            kind = message.WhichOneof("payload")
            if kind == "opened":
                session_id = message.opened.session_id
            if kind == "part":
                seen.add((message.part.row, message.part.column))
                received_count, number = received_count + 1, number + 1
                control = world_pb2.ControlWorldRequest(
                    session_id=session_id, control_number=number, received_count=received_count
                )
                assert (await page.unary("ControlWorld", control)).status_code == 200
            if kind == "settled":
                last = world_pb2.ControlWorldRequest(session_id=session_id, control_number=number + 1, finish=True)
                await page.unary("ControlWorld", last)
    assert (0, 0) in seen
    assert len(seen) >= 4


def test_session_is_found_by_the_caller_that_opened_it_while_its_stream_runs() -> None:
    streams = LiveStreams[str]()
    with streams.opened("tenant", "target") as session_id:
        assert streams.find("tenant", session_id) == "target"
        for tenant, name in (("other", session_id), ("tenant", session_id + "x"), ("tenant", "")):
            with pytest.raises(NotFoundError, match="session_id"):
                streams.find(tenant, name)
    with pytest.raises(NotFoundError):
        streams.find("tenant", session_id)


def test_session_that_fails_is_forgotten_too() -> None:
    streams = LiveStreams[str]()
    with pytest.raises(KeyError), streams.opened("tenant", "target") as session_id:
        raise KeyError
    with pytest.raises(NotFoundError):
        streams.find("tenant", session_id)


def test_names_cannot_be_guessed_from_each_other() -> None:
    streams = LiveStreams[int]()
    names = set()
    for number in range(1000):
        with streams.opened("tenant", number) as session_id:
            names.add(session_id)
    assert len(names) == 1000
    assert min(len(name) for name in names) >= 21  # 128 bits


def test_acknowledgement_counts_each_part_once_in_any_order() -> None:
    acknowledgement = Acknowledgement("received_count")
    acknowledgement.sent_count = 5
    taken = [acknowledgement.take(number, count) for number, count in ((1, 2), (3, 4), (2, 3), (3, 4), (4, 5))]
    assert taken == [(True, 2), (True, 2), (False, 0), (False, 0), (True, 1)]
    assert acknowledgement.complete
    assert acknowledgement.control_number == 4


def test_control_that_does_not_fit_changes_nothing() -> None:
    acknowledgement = Acknowledgement("received_count")
    acknowledgement.sent_count = 1
    for number, count, field in ((0, 1, "control_number"), (1, 2, "received_count")):
        with pytest.raises(InvalidRequestError, match=f"^{field}: "):
            acknowledgement.take(number, count)
    assert (acknowledgement.control_number, acknowledgement.received_count) == (0, 0)
