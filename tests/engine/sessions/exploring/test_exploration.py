"""An exploration over sessions that the test plays by hand."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import Any, cast

import pytest

from engine.assets import Part
from engine.errors import GenerationError, InvalidRequestError, OverloadedError
from engine.requests.landscape import Landscape
from engine.requests.world import ChunkRequest, WorldRequest
from engine.runtime.messages import Priority, ResumePoint, SealedPart, Tally, Terms
from engine.sessions.exploring.exploration import (
    CREDIT_MAX,
    Arrived,
    Complete,
    Event,
    Exploration,
    Left,
    Opened,
    Start,
)
from engine.sessions.exploring.plan import LIMIT_MAX, Viewer
from engine.sessions.sessions import Sessions, Wishes

LAND = Landscape(seed=1)
TERMS = Terms(tenant="a viewer", priority=Priority.INTERACTIVE)
WORLD = json.dumps({"spawn": {"x_m": 100.0, "z_m": 200.0}, "chunk_m": 512.0})


def sealed(payload: bytes) -> SealedPart:
    part = Part(0, "height", 33, "image/png", payload)
    return SealedPart(part, part.digest(), ResumePoint(1, Tally(), b"", 0, 0), 0)


class World:
    """Sessions that make chunks at once, unless they are held; each request is noted."""

    def __init__(self) -> None:
        self.chunks: list[ChunkRequest] = []
        self.terms: list[Terms] = []
        self.open_count = 0
        self.most_open_count = 0
        self.flow = asyncio.Event()
        self.flow.set()
        self.errors: dict[tuple[int, int], Exception] = {}

    @asynccontextmanager
    async def open(self, request: Any, wishes: Wishes) -> AsyncIterator[AsyncIterator[SealedPart]]:
        self.open_count += 1
        self.most_open_count = max(self.most_open_count, self.open_count)
        try:
            yield self._parts(request, wishes)
        finally:
            self.open_count -= 1

    async def _parts(self, request: Any, wishes: Wishes) -> AsyncIterator[SealedPart]:
        if isinstance(request, WorldRequest):
            yield sealed(WORLD.encode())
            return
        self.chunks.append(request)
        self.terms.append(wishes.terms)
        await self.flow.wait()
        if error := self.errors.pop((request.row, request.column), None):
            raise error
        yield sealed(b"height")


def exploring(world: World, **start: Any) -> Exploration:
    wanted: dict[str, Any] = {"landscape": LAND, "view_distance_m": 400.0, "credit": CREDIT_MAX} | start
    return Exploration(cast(Sessions, world), Start(**wanted), TERMS)


async def upto(events: AsyncGenerator[Event], kind: type[Event]) -> list[Event]:
    """The events until the first of a kind."""
    taken: list[Event] = []
    async with asyncio.timeout(5):
        async for event in events:
            taken.append(event)
            if isinstance(event, kind):
                break
    return taken


async def test_a_viewer_gets_all_it_sees_first_coarse_then_fine() -> None:
    world = World()
    async with aclosing(exploring(world).events()) as events:
        opened, *arrived, complete = await upto(events, Complete)
    assert isinstance(opened, Opened)
    assert opened.viewer == Viewer(100.0, 200.0)
    assert opened.world_json == WORLD
    chunks = [(each.key, each.vertices) for each in arrived if isinstance(each, Arrived)]
    assert len(chunks) == len(arrived)
    coarse = [key for key, vertices in chunks if vertices == 33]
    assert chunks[: len(coarse)] == [(key, 33) for key in coarse]
    assert dict(chunks)[0, 0] == 257
    assert complete == Complete(len(coarse))
    assert {(0, 0), (0, -1), (-1, 0), (1, 0)} <= set(coarse)
    assert all(terms.tenant == "a viewer" and terms.priority is Priority.INTERACTIVE for terms in world.terms)
    assert world.open_count == 0


async def test_only_near_chunks_bring_what_stands_on_them() -> None:
    world = World()
    async with aclosing(exploring(world, view_distance_m=700.0, maps=("props", "height")).events()) as events:
        await upto(events, Complete)
    assert {request.vertices: request.maps for request in world.chunks} == {
        33: ("height",),
        129: ("height", "props"),
        257: ("height", "props"),
    }


async def test_nothing_is_sent_beyond_the_credit() -> None:
    world = World()
    exploration = exploring(world, credit=3)
    async with aclosing(exploration.events()) as events:
        taken = [await anext(events) for _ in range(4)]
        waiting = asyncio.create_task(anext(events))
        await asyncio.sleep(0.05)
        assert not waiting.done()
        assert len(world.chunks) == 3
        exploration.grant(1)
        assert isinstance(await asyncio.wait_for(waiting, 5), Arrived)
        assert len(world.chunks) == 4
    assert isinstance(taken[0], Opened)
    assert all(isinstance(each, Arrived) for each in taken[1:])


async def test_no_more_than_a_few_are_made_at_a_time() -> None:
    world = World()
    world.flow.clear()
    async with aclosing(exploring(world).events()) as events:
        await anext(events)
        waiting = asyncio.create_task(anext(events))
        await asyncio.sleep(0.05)
        assert world.open_count == 4
        world.flow.set()
        await waiting
        await upto(events, Complete)
    assert world.most_open_count == 4


async def test_what_a_client_holds_is_not_sent_again() -> None:
    first, second = World(), World()
    async with aclosing(exploring(first).events()) as events:
        taken = await upto(events, Complete)
    held = {each.key: each.vertices for each in taken if isinstance(each, Arrived)}
    async with aclosing(exploring(second, held=held).events()) as events:
        assert (await upto(events, Complete))[1:] == [Complete(len(held))]
    assert second.chunks == []


async def test_a_teleport_lets_the_old_place_go() -> None:
    world = World()
    exploration = exploring(world)
    async with aclosing(exploration.events()) as events:
        before = await upto(events, Complete)
        held = {each.key: each.vertices for each in before if isinstance(each, Arrived)}
        exploration.move(Viewer(1e6, -1e6))
        after = await upto(events, Complete)
    assert after[0] == Left(held)
    assert {each.key for each in after if isinstance(each, Arrived)}.isdisjoint(held)


async def test_chunks_of_a_place_that_was_left_are_not_finished() -> None:
    world = World()
    exploration = exploring(world)
    async with aclosing(exploration.events()) as events:
        await anext(events)
        world.flow.clear()
        waiting = asyncio.create_task(upto(events, Complete))
        await asyncio.sleep(0.02)
        exploration.move(Viewer(1e6, 1e6))
        await asyncio.sleep(0.02)
        assert world.open_count == 4
        world.flow.set()
        taken = await waiting
    assert all(each.key[0] > 1000 for each in taken if isinstance(each, Arrived))
    assert exploration.credit == CREDIT_MAX - sum(isinstance(each, Arrived) for each in taken)


async def test_an_overloaded_server_is_asked_again() -> None:
    world = World()
    world.errors[0, 0] = OverloadedError("busy", 0.05)
    async with aclosing(exploring(world).events()) as events:
        taken = await upto(events, Complete)
    assert (0, 0) in {each.key for each in taken if isinstance(each, Arrived)}


async def test_other_errors_end_it_and_leave_nothing_open() -> None:
    world = World()
    world.errors[0, 0] = GenerationError("the generator failed")
    with pytest.raises(GenerationError, match="failed"):
        async with aclosing(exploring(world).events()) as events:
            await upto(events, Complete)
    assert world.open_count == 0


async def test_it_ends_after_the_last_message_once_all_is_sent() -> None:
    world = World()
    exploration = exploring(world)
    async with aclosing(exploration.events()) as events:
        await anext(events)
        exploration.finish()
        taken = [event async for event in events]
    assert isinstance(taken[-1], Complete)


async def test_it_ends_after_the_last_message_without_credit_too() -> None:
    exploration = exploring(World(), credit=2)
    async with aclosing(exploration.events()) as events:
        await anext(events)
        exploration.finish()
        assert [type(event) async for event in events] == [Arrived, Arrived]


async def test_a_viewer_outside_of_the_world_is_refused() -> None:
    exploration = exploring(World(), viewer=Viewer(1e12))
    with pytest.raises(InvalidRequestError, match=r"viewer\.x_m"):
        async with aclosing(exploration.events()) as events:
            await anext(events)
    exploration = exploring(World())
    async with aclosing(exploration.events()) as events:
        await anext(events)
        with pytest.raises(InvalidRequestError, match=r"viewer\.z_m"):
            exploration.move(Viewer(z_m=-1e12))


@pytest.mark.parametrize(
    ("field", "start"),
    [
        ("maps", {"maps": ("albedo",)}),
        ("maps", {"maps": ("height", "height")}),
        ("credit", {"credit": 0}),
        ("credit", {"credit": 65}),
        ("held", {"held": {(row, 0): 33 for row in range(LIMIT_MAX + 1)}}),
        ("vertices", {"held": {(0, 0): 34}}),
        ("row", {"held": {(2**31, 0): 33}}),
    ],
)
def test_impossible_starts_are_refused(field: str, start: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequestError, match=field):
        Start(**{"landscape": LAND} | start)
