"""Worlds that a viewer explores, through either face, over real gateways with a flat land behind them.

One module however long: each test is a walk over that land, counted in the same chunks.
"""

import asyncio
import contextlib
import threading
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from engine.requests.world import ChunkRequest
from morphogen_client import (
    AsyncClient,
    CancelledError,
    Chunk,
    ChunkArrived,
    ChunksEvicted,
    Client,
    DeadlineExceededError,
    ExploreEvent,
    InvalidRequestError,
    Landscape,
    MorphogenError,
    RetryPolicy,
    UnavailableError,
    Viewer,
    WorldExplorer,
    WorldOpened,
    WorldSettled,
)

Serve = Callable[..., Awaitable[Any]]
QUICK = RetryPolicy(attempt_count=5, first_delay_s=0.05, longest_delay_s=0.2)


async def settled(explorer: Any) -> list[ExploreEvent]:
    """The events until everything in view is there; the iteration goes on with the next call."""
    events: list[ExploreEvent] = []
    async with asyncio.timeout(20):
        async for event in explorer:
            events.append(event)
            if isinstance(event, WorldSettled):
                return events
    raise AssertionError("it never settled")


def chunks_in(events: list[ExploreEvent]) -> list[Chunk]:
    return [event.chunk for event in events if isinstance(event, ChunkArrived)]


@pytest.mark.parametrize("face", ["sync", "async"])
async def test_viewer_gets_what_it_sees_and_holds_it(serve: Serve, flat_catalog: Any, face: str) -> None:
    address = (await serve(generators=flat_catalog)).address

    def blocking() -> tuple[list[ExploreEvent], dict[tuple[int, int], Chunk], Chunk | None]:
        with Client(address) as client, client.explore_world(Landscape(seed=3), view_distance_m=600.0) as explorer:
            events: list[ExploreEvent] = []
            for event in explorer:
                events.append(event)
                if isinstance(event, WorldSettled):
                    return events, explorer.held, explorer.chunk_at(8.0, -4.0)
        raise AssertionError("it never settled")

    async def in_loop() -> tuple[list[ExploreEvent], dict[tuple[int, int], Chunk], Chunk | None]:
        async with (
            AsyncClient(address) as client,
            client.explore_world(Landscape(seed=3), view_distance_m=600.0) as explorer,
        ):
            events = await settled(explorer)
            return events, explorer.held, explorer.chunk_at(8.0, -4.0)

    events, held, here = await (asyncio.to_thread(blocking) if face == "sync" else in_loop())
    opened = events[0]
    assert isinstance(opened, WorldOpened)
    assert (opened.viewer, opened.chunk_m, opened.view_distance_m) == (Viewer(8.0, -4.0), 512.0, 600.0)
    assert events[-1] == WorldSettled(len(held))
    assert here is not None
    assert (here.key, here.vertices) == ((-1, 0), 257)
    assert (here.height_m == 11.0).all()
    finest = {chunk.key: chunk for chunk in chunks_in(events)}
    assert held == finest
    assert {request.landscape.seed for request in flat_catalog.chunk.requests} == {3}


@pytest.mark.parametrize("face", ["sync", "async"])
async def test_move_brings_what_comes_into_view_and_lets_the_rest_go(
    serve: Serve, flat_catalog: Any, face: str
) -> None:
    address = (await serve(generators=flat_catalog)).address

    def fly(explorer: Any, event: ExploreEvent) -> bool:
        """Move once when it has settled; whether it has settled there too."""
        if not isinstance(event, WorldSettled):
            return False
        there = explorer.chunk_at(50_000.0, 8.0) is not None
        if not there:
            explorer.move(50_000.0, 8.0, velocity_x=20.0)
        return there

    def blocking() -> list[ExploreEvent]:
        with Client(address) as client, client.explore_world() as explorer:
            events = []
            for event in explorer:
                events.append(event)
                if fly(explorer, event):
                    break
            return events

    async def in_loop() -> list[ExploreEvent]:
        async with AsyncClient(address) as client, client.explore_world() as explorer:
            events = []
            async for event in explorer:
                events.append(event)
                if fly(explorer, event):
                    break
            return events

    events = await asyncio.wait_for(asyncio.to_thread(blocking) if face == "sync" else in_loop(), 30)
    gone = [event.chunks for event in events if isinstance(event, ChunksEvicted)]
    first = {chunk.key for chunk in chunks_in(events) if chunk.column < 50}
    assert {key for chunks in gone for key in chunks} == first
    assert all(chunk.column > 90 for chunk in chunks_in(events) if chunk.key not in first)


async def test_nothing_comes_without_credit(serve: Serve, flat_catalog: Any) -> None:
    address = (await serve(generators=flat_catalog)).address
    async with AsyncClient(address) as client, client.explore_world(auto_grant=False, credit=2) as explorer:
        events = aiter(explorer)
        assert isinstance(await anext(events), WorldOpened)
        assert [type(await anext(events)) for _ in range(2)] == [ChunkArrived] * 2
        waiting = asyncio.ensure_future(anext(events))
        assert await asyncio.wait([waiting], timeout=0.3) == (set(), {waiting})
        explorer.grant(1)
        assert isinstance(await waiting, ChunkArrived)
        assert len(flat_catalog.chunk.requests) == 3


@pytest.mark.parametrize("face", ["sync", "async"])
async def test_cut_connection_is_made_again_and_no_chunk_comes_twice(
    serve: Serve, proxy_to: Callable[..., Awaitable[Any]], flat_catalog: Any, face: str
) -> None:
    flat_catalog.chunk.step_s = 0.01
    serving = await serve(generators=flat_catalog)
    proxy = await proxy_to(serving.address, 4_000, 8_000)

    def blocking() -> tuple[list[ExploreEvent], int]:
        with Client(proxy.address, retry=QUICK) as client, client.explore_world(view_distance_m=700.0) as explorer:
            events = []
            for event in explorer:
                events.append(event)
                if isinstance(event, WorldSettled):
                    break
            return events, len(explorer.held)

    async def in_loop() -> tuple[list[ExploreEvent], int]:
        async with (
            AsyncClient(proxy.address, retry=QUICK) as client,
            client.explore_world(view_distance_m=700.0) as explorer,
        ):
            return await settled(explorer), len(explorer.held)

    events, held_count = await asyncio.wait_for(asyncio.to_thread(blocking) if face == "sync" else in_loop(), 30)
    chunks = [(chunk.key, chunk.vertices) for chunk in chunks_in(events)]
    assert len(set(chunks)) == len(chunks)
    assert [type(event) for event in events].count(WorldOpened) == 1
    assert proxy.connection_count == 3
    assert events[-1] == WorldSettled(held_count)


async def test_exploration_goes_on_at_another_server(serve: Serve, flat_catalog: Any) -> None:
    first = await serve(generators=flat_catalog)
    port = int(first.address.rpartition(":")[2])
    events = []
    async with AsyncClient(first.address, retry=QUICK) as client, client.explore_world() as explorer:
        async for event in explorer:
            events.append(event)
            if isinstance(event, WorldSettled):
                if explorer.chunk_at(2_000.0, 0.0):
                    break
                if len(flat_catalog.world.requests) > 1:
                    continue
                await first.stop()
                explorer.move(2_000.0, 0.0)
                await serve(port=port, generators=flat_catalog)
    keys = [(request.row, request.column, request.vertices) for request in flat_catalog.chunk.requests]
    assert len(set(keys)) == len(keys)
    assert keys[-1] in {(chunk.row, chunk.column, chunk.vertices) for chunk in chunks_in(events)}
    assert len(flat_catalog.world.requests) == 2


async def test_held_chunks_of_an_earlier_stream_are_not_sent_again(serve: Serve, flat_catalog: Any) -> None:
    address = (await serve(generators=flat_catalog)).address
    async with AsyncClient(address) as client:
        async with client.explore_world() as explorer:
            await settled(explorer)
            held = explorer.held
        asked_count = len(flat_catalog.chunk.requests)
        async with client.explore_world(held=held.values()) as explorer:
            events = await settled(explorer)
    assert [type(event) for event in events] == [WorldOpened, WorldSettled]
    assert len(flat_catalog.chunk.requests) == asked_count


async def test_it_ends_by_itself_after_the_last_word(serve: Serve, flat_catalog: Any) -> None:
    address = (await serve(generators=flat_catalog)).address

    def blocking() -> list[ExploreEvent]:
        with Client(address) as client:
            explorer = client.explore_world(credit=64)
            explorer.finish()
            return list(explorer)

    for events in (await asyncio.to_thread(blocking),):
        assert isinstance(events[-1], WorldSettled)
    async with AsyncClient(address) as client:
        explorer = client.explore_world(credit=64)
        explorer.finish()
        assert isinstance([event async for event in explorer][-1], WorldSettled)
        with pytest.raises(CancelledError, match="the stream has ended"):
            explorer.move(0.0, 0.0)


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"view_distance_m": 1.0}, "view_distance_m"),
        ({"viewer": Viewer(1e12, 0.0)}, "viewer.x_m"),
        ({"viewer": Viewer(0.0, float("nan"))}, "viewer.z_m"),
        ({"chunk_limit": 3}, "chunk_limit"),
        ({"vertices_max": 100}, "vertices_max"),
        ({"maps": ("albedo",)}, "maps"),
        ({"credit": 65}, "credit"),
        ({"landscape": Landscape(biomes={"lava": 1.0})}, "biomes"),
    ],
)
async def test_exploration_that_cannot_be_names_its_field(
    serve: Serve, flat_catalog: Any, options: dict[str, Any], field: str
) -> None:
    async with AsyncClient((await serve(generators=flat_catalog)).address, retry=QUICK) as client:
        with pytest.raises(InvalidRequestError) as refused:
            await settled(client.explore_world(**options))
    assert refused.value.field == field


@pytest.mark.parametrize("place", [(float("nan"), 0.0), (1e12, 0.0), (0.0, 0.0, 1e5)])
async def test_place_outside_of_the_world_ends_it(serve: Serve, flat_catalog: Any, place: tuple[float, ...]) -> None:
    async with AsyncClient((await serve(generators=flat_catalog)).address) as client:
        explorer = client.explore_world()
        explorer.move(*place)
        with pytest.raises(InvalidRequestError, match="viewer"):
            await settled(explorer)


async def test_credit_beyond_the_limit_ends_it(serve: Serve, flat_catalog: Any) -> None:
    flat_catalog.chunk.stalled.set()
    address = (await serve(generators=flat_catalog)).address
    async with AsyncClient(address) as client, client.explore_world(auto_grant=False) as explorer:
        events = aiter(explorer)
        await anext(events)
        explorer.grant(60)
        with pytest.raises(InvalidRequestError, match=r"credit.chunk_count: .* allowed: 1 to 64 chunks"):
            await asyncio.wait_for(anext(events), 10)


async def test_any_number_of_moves_from_any_thread_spoils_nothing(serve: Serve, flat_catalog: Any) -> None:
    address = (await serve(generators=flat_catalog)).address

    def spam(explorer: WorldExplorer, number: int) -> None:
        with contextlib.suppress(CancelledError):
            while True:
                explorer.move(float(number), 0.0)
                assert len(explorer.held) <= 256

    def blocking() -> None:
        with Client(address) as client:
            explorer = client.explore_world()
            threads = [threading.Thread(target=spam, args=[explorer, number]) for number in range(4)]
            with explorer:
                for event in explorer:
                    if isinstance(event, WorldOpened):
                        for thread in threads:
                            thread.start()
                    if isinstance(event, WorldSettled):
                        break
            for thread in threads:
                thread.join(10.0)
                assert not thread.is_alive()

    await asyncio.wait_for(asyncio.to_thread(blocking), 60)


@pytest.mark.parametrize("face", ["sync", "async"])
async def test_leaving_stops_the_work_and_leaves_no_thread(serve: Serve, flat_catalog: Any, face: str) -> None:
    serving = await serve(generators=flat_catalog)
    flat_catalog.chunk.stalled.set()
    before = threading.active_count()

    def blocking() -> None:
        with Client(serving.address) as client:
            explorer = client.explore_world()
            threading.Timer(0.3, explorer.close).start()
            with pytest.raises(CancelledError):
                for _ in explorer:
                    pass
            with pytest.raises(MorphogenError, match="iterated once"):
                iter(explorer)

    async def in_loop() -> None:
        async with AsyncClient(serving.address) as client:
            explorer = client.explore_world()
            asyncio.get_running_loop().call_later(0.3, explorer.close)
            with pytest.raises(CancelledError):
                async for _ in explorer:
                    pass

    await (asyncio.to_thread(blocking) if face == "sync" else in_loop())
    flat_catalog.chunk.stalled.clear()
    ends_at_s = time.monotonic() + 5.0
    sessions = serving.gateway.sessions
    while sessions.running_count or (face == "sync" and threading.active_count() > before + 1):
        assert time.monotonic() < ends_at_s
        await asyncio.sleep(0.02)
    assert len(flat_catalog.chunk.requests) <= 4


async def test_deadline_ends_it_only_if_there_is_one(serve: Serve, flat_catalog: Any) -> None:
    address = (await serve(generators=flat_catalog)).address
    async with AsyncClient(address, timeout_s=0.2) as client:
        with pytest.raises(DeadlineExceededError):
            async for _ in client.explore_world(timeout_s=0.3):
                pass
        explorer = client.explore_world()
        await settled(explorer)


@pytest.mark.parametrize("face", ["sync", "async"])
async def test_exploration_outlives_the_longest_call_of_a_server(serve: Serve, flat_catalog: Any, face: str) -> None:
    address = (await serve(generators=flat_catalog, stream_limit_s=1.0)).address
    ends_at_s = time.monotonic() + 2.5

    def goes_on(explorer: Any, event: ExploreEvent) -> bool:
        if isinstance(event, WorldSettled):
            explorer.move(400.0 * len(flat_catalog.world.requests), 0.0)
        return time.monotonic() < ends_at_s

    def blocking() -> list[ExploreEvent]:
        events: list[ExploreEvent] = []
        with Client(address) as client, client.explore_world() as explorer:
            for event in explorer:
                events.append(event)
                if not goes_on(explorer, event):
                    break
        return events

    async def in_loop() -> list[ExploreEvent]:
        events: list[ExploreEvent] = []
        async with AsyncClient(address) as client, client.explore_world() as explorer:
            async for event in explorer:
                events.append(event)
                if not goes_on(explorer, event):
                    break
        return events

    events = await asyncio.wait_for(asyncio.to_thread(blocking) if face == "sync" else in_loop(), 20)
    assert sum(isinstance(event, WorldOpened) for event in events) == 1
    assert isinstance(events[0], WorldOpened)
    assert sum(isinstance(event, WorldSettled) for event in events) >= 3
    keys = [(chunk.key, chunk.vertices) for chunk in chunks_in(events)]
    assert len(set(keys)) == len(keys)


async def test_unreachable_server_is_asked_again_and_given_up() -> None:
    async with AsyncClient("127.0.0.1:1", retry=QUICK) as client:
        with pytest.raises(UnavailableError):
            await settled(client.explore_world())
    with Client("127.0.0.1:1", retry=QUICK) as blocking, pytest.raises(UnavailableError):
        list(blocking.explore_world())


async def test_single_chunks_and_what_is_needed_once(serve: Serve, flat_catalog: Any) -> None:
    address = (await serve(generators=flat_catalog)).address

    def blocking() -> tuple[Any, Any]:
        with Client(address) as client:
            return client.world(Landscape(seed=9)), client.chunk(Landscape(seed=9), row=-3, column=4, vertices=65)

    async with AsyncClient(address) as client:
        result = await client.chunk(Landscape(seed=9), row=-3, column=4, vertices=65)
        world = await client.world(Landscape(seed=9))
        names = [update.name async for update in client.generate_chunk(row=1, maps=("height",))]
    assert names == ["chunk.json", "height.png"]
    assert (world.spawn, world.chunk_m, list(world.files)) == (Viewer(8.0, -4.0), 512.0, ["world.json"])
    assert (result.chunk.key, result.chunk.height_m.shape) == ((-3, 4), (65, 65))
    assert (await asyncio.to_thread(blocking))[1].files == result.files
    (asked, *_) = flat_catalog.chunk.requests
    assert isinstance(asked, ChunkRequest)
    assert (asked.landscape.seed, asked.row, asked.column, asked.vertices) == (9, -3, 4, 65)


async def test_chunk_of_an_impossible_place_is_refused(serve: Serve, flat_catalog: Any) -> None:
    async with AsyncClient((await serve(generators=flat_catalog)).address) as client:
        with pytest.raises(InvalidRequestError) as refused:
            await client.chunk(row=2**30)
        assert refused.value.field == "row"
        with pytest.raises(InvalidRequestError, match="column"):
            await client.chunk(column=2**31)
