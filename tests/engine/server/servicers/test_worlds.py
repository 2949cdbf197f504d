"""WorldService over a real connection, with a flat land behind it."""

import asyncio
import json
from typing import Any, cast

import grpc
import pytest
from google.rpc import error_details_pb2  # type: ignore[import-untyped]  # ships no types
from grpc_status import rpc_status

from engine.requests.world import ChunkRequest
from morphogen.v1 import world_pb2, world_pb2_grpc
from workers.local import LocalPool

Request = world_pb2.ExploreWorldRequest
EOF = grpc.aio.EOF  # type: ignore[attr-defined]  # missing in its types


async def worlds_of(serve: Any, catalog: Any) -> tuple[Any, Any]:
    """The gateway, and a stub of the service."""
    serving = await serve(pool_around=lambda _: LocalPool(catalog))
    return serving, world_pb2_grpc.WorldServiceStub(serving.channel)


def start(**fields: Any) -> Request:
    return Request(start=world_pb2.ExploreStart(**fields))


def moved(x_m: float, z_m: float = 0.0, **fields: float) -> Request:
    return Request(viewer=world_pb2.Viewer(x_m=x_m, z_m=z_m, **fields))


def credit(chunk_count: int) -> Request:
    return Request(credit=world_pb2.ExploreCredit(chunk_count=chunk_count))


async def exploring(stub: Any, *messages: Request) -> Any:
    """A call to which these messages have been written."""
    call = stub.ExploreWorld()
    for message in messages:
        await call.write(message)
    return call


def refused(address: str, messages: list[Request]) -> str:
    """The field that the server names when it gets these messages.

    Blocking: `grpc.aio` loses the status of a call that ends while something is written to it.
    """
    with grpc.insecure_channel(address) as channel:
        with pytest.raises(grpc.RpcError) as failed:
            list(world_pb2_grpc.WorldServiceStub(channel).ExploreWorld(iter(messages), timeout=10.0))
        assert failed.value.code() is grpc.StatusCode.INVALID_ARGUMENT
        (violation,) = [
            violation
            for packed in rpc_status.from_call(cast(grpc.Call, failed.value)).details
            if packed.Is(error_details_pb2.BadRequest.DESCRIPTOR)
            for violation in error_details_pb2.BadRequest.FromString(packed.value).field_violations
        ]
        return str(violation.field)


async def until(call: Any, kind: str, *, grants: bool = False) -> list[Any]:
    """The messages up to the first of a kind; `grants` gives credit for every chunk."""
    taken: list[Any] = []
    async with asyncio.timeout(10):
        while (message := await call.read()) is not EOF:
            taken.append(message)
            if grants and complete(message):
                await call.write(credit(1))
            if message.WhichOneof("payload") == kind:
                return taken
    raise AssertionError(f"the stream ended without {kind}")


def complete(message: Any) -> bool:
    """Whether it is the last piece of a chunk."""
    part = message.part
    last_part = message.WhichOneof("payload") == "part" and part.part.sequence + 1 == part.part_count
    return bool(last_part and part.part.chunk_index + 1 == part.part.chunk_count)


def keys_of(messages: list[Any]) -> list[tuple[int, int, int]]:
    """Row, column and vertices of the chunks that are whole."""
    return [(each.part.row, each.part.column, each.part.part.lod_px) for each in messages if complete(each)]


async def test_world_and_chunk_are_streamed_as_they_were_asked_for(serve: Any, flat_catalog: Any) -> None:
    _, stub = await worlds_of(serve, flat_catalog)
    world = [message async for message in stub.GenerateWorld(world_pb2.GenerateWorldRequest(landscape={"seed": 3}))]
    assert json.loads(world[1].part.data)["chunk_m"] == 512.0
    assert (world[0].header.part_count, world[-1].trailer.part_count) == (1, 1)
    request = world_pb2.GenerateChunkRequest(landscape={"seed": 3}, row=-4, column=5, vertices=33, maps=["height"])
    chunk = [message async for message in stub.GenerateChunk(request)]
    assert [message.part.map for message in chunk[1:-1]] == ["chunk", "height"]
    (asked,) = flat_catalog.chunk.requests
    assert isinstance(asked, ChunkRequest)
    assert (asked.landscape.seed, asked.row, asked.column, asked.vertices, asked.maps) == (3, -4, 5, 33, ("height",))


async def test_exploration_opens_and_sends_what_is_in_view(serve: Any, flat_catalog: Any) -> None:
    serving, stub = await worlds_of(serve, flat_catalog)
    call = await exploring(stub, start(credit=64, view_distance_m=300.0))
    opened, *others = await until(call, "settled")
    assert opened.WhichOneof("payload") == "opened"
    assert (opened.opened.viewer.x_m, opened.opened.chunk_m, opened.opened.view_distance_m) == (8.0, 512.0, 300.0)
    assert json.loads(opened.opened.world_json)["spawn"] == {"x_m": 8.0, "z_m": -4.0}
    chunks = keys_of(others)
    assert {(row, column) for row, column, _ in chunks} == {(-1, 0), (0, 0), (-1, -1), (0, -1)}
    assert others[-1].settled.chunk_count == 4
    await call.done_writing()
    assert await serving.count(call) == 0
    assert await call.code() is grpc.StatusCode.OK
    assert serving.gateway.sessions.running_count == 0


@pytest.mark.parametrize(
    ("messages", "field"),
    [
        ([], "start"),
        ([moved(0.0)], "start"),
        ([credit(1)], "start"),
        ([Request()], "start"),
        ([start(), start()], "payload"),
        ([start(), Request()], "payload"),
        ([start(view_distance_m=float("nan"))], "view_distance_m"),
        ([start(view_distance_m=1e9)], "view_distance_m"),
        ([start(chunk_limit=1)], "chunk_limit"),
        ([start(chunk_limit=5000)], "chunk_limit"),
        ([start(vertices_max=64)], "vertices_max"),
        ([start(maps=["height", "height"])], "maps"),
        ([start(credit=65)], "credit"),
        ([start(priority=99)], "priority"),
        ([start(landscape={"cell_m": 99.0})], "cell_m"),
        ([start(landscape={"biomes": {"lava": 1.0}})], "biomes"),
        ([start(held=[{"row": 0, "column": 0, "vertices": 5}])], "vertices"),
        ([start(held=[{"row": 2**31 - 1, "column": 0, "vertices": 33}])], "row"),
        ([start(held=[{"row": row, "vertices": 33} for row in range(1025)])], "held"),
        ([start(viewer={"x_m": float("nan")})], "viewer.x_m"),
        ([start(viewer={"z_m": float("inf")})], "viewer.z_m"),
        ([start(viewer={"x_m": 1e300})], "viewer.x_m"),
        ([start(viewer={"velocity_x": float("nan")})], "viewer.velocity_x"),
        ([start(), moved(float("nan"))], "viewer.x_m"),
        ([start(), moved(0.0, float("-inf"))], "viewer.z_m"),
        ([start(), moved(-1e12)], "viewer.x_m"),
        ([start(), moved(0.0, velocity_z=1e5)], "viewer.velocity_z"),
        ([start(), credit(0)], "credit.chunk_count"),
        ([start(), credit(65)], "credit.chunk_count"),
        ([start(credit=64), credit(64)], "credit.chunk_count"),
    ],
)
async def test_message_that_cannot_be_is_an_invalid_argument(
    serve: Any, flat_catalog: Any, messages: list[Request], field: str
) -> None:
    flat_catalog.chunk.stalled.set()
    serving, _ = await worlds_of(serve, flat_catalog)
    assert await asyncio.to_thread(refused, serving.address, messages) == field
    flat_catalog.chunk.stalled.clear()
    await serving.until(lambda: serving.gateway.sessions.running_count == 0)


@pytest.mark.parametrize("after_start", [False, True])
async def test_broken_bytes_are_an_invalid_argument(serve: Any, flat_catalog: Any, after_start: bool) -> None:
    serving, _ = await worlds_of(serve, flat_catalog)
    messages = [start().SerializeToString()] * after_start + [b"\xff\xff\xff"]

    def blocking() -> grpc.StatusCode:
        with grpc.insecure_channel(serving.address) as channel:
            call = channel.stream_stream("/morphogen.v1.WorldService/ExploreWorld", None, None)(iter(messages))
            with pytest.raises(grpc.RpcError) as failed:
                list(call)
            return failed.value.code()

    assert await asyncio.to_thread(blocking) is grpc.StatusCode.INVALID_ARGUMENT


async def test_teleporting_viewer_gets_the_new_place_only(serve: Any, flat_catalog: Any) -> None:
    _, stub = await worlds_of(serve, flat_catalog)
    call = await exploring(stub, start(credit=64))
    before = keys_of(await until(call, "settled", grants=True))
    for place in (1e6, -3e6, 8e6):
        await call.write(moved(place, place))
    after = await until(call, "settled", grants=True)
    while not any(row > 15_000 for row, _, _ in keys_of(after)):  # it may settle at a place in between
        after += await until(call, "settled", grants=True)
    gone = {(each.row, each.column) for message in after for each in message.evicted.chunks}
    assert gone >= {(row, column) for row, column, _ in before}
    assert after[-1].settled.chunk_count == len({key[:2] for key in keys_of(after)} - gone)
    call.cancel()


async def test_spam_of_positions_makes_no_more_than_is_in_view(serve: Any, flat_catalog: Any) -> None:
    flat_catalog.chunk.step_s = 0.002
    serving, stub = await worlds_of(serve, flat_catalog)
    call = await exploring(stub, start(credit=64))

    async def spam() -> None:
        for number in range(3000):
            await call.write(moved(float(number % 7)))
        await call.write(moved(0.0))

    spamming = asyncio.create_task(spam())
    seen = keys_of(await until(call, "settled"))
    await spamming
    assert len(seen) == len(set(seen))
    assert serving.gateway.sessions.running_count <= 4
    call.cancel()


async def test_slow_reader_is_bounded_by_its_credit(serve: Any, flat_catalog: Any) -> None:
    serving, stub = await worlds_of(serve, flat_catalog)
    call = await exploring(stub, start(credit=2))
    await asyncio.sleep(0.5)  # reads nothing
    assert len(flat_catalog.chunk.requests) == 2
    messages: list[Any] = []
    async with asyncio.timeout(10):
        while len(keys_of(messages)) < 2:
            messages.append(await call.read())
        waiting = asyncio.ensure_future(call.read())
        await asyncio.sleep(0.3)
        assert not waiting.done()
        await call.write(credit(1))
        await waiting
    await serving.until(lambda: len(flat_catalog.chunk.requests) == 3)
    call.cancel()


async def test_cancel_stops_the_work(serve: Any, flat_catalog: Any) -> None:
    flat_catalog.chunk.stalled.set()
    serving, stub = await worlds_of(serve, flat_catalog)
    call = await exploring(stub, start(credit=64))
    await until(call, "opened")
    await serving.until(lambda: serving.gateway.sessions.running_count == 4)
    call.cancel()
    flat_catalog.chunk.stalled.clear()
    await serving.until(lambda: serving.gateway.sessions.running_count == 0)
    made = len(flat_catalog.chunk.requests)
    await asyncio.sleep(0.2)
    assert len(flat_catalog.chunk.requests) == made <= 4


async def test_held_chunks_are_not_sent_again(serve: Any, flat_catalog: Any) -> None:
    _, stub = await worlds_of(serve, flat_catalog)
    first = await exploring(stub, start(credit=64))
    held = [
        world_pb2.HeldChunk(row=row, column=column, vertices=vertices)
        for row, column, vertices in keys_of(await until(first, "settled", grants=True))
    ]
    first.cancel()
    finest = {(each.row, each.column): each for each in held}
    asked = len(flat_catalog.chunk.requests)
    second = await exploring(stub, start(credit=64, held=finest.values()))
    messages = await until(second, "settled")
    assert [message.WhichOneof("payload") for message in messages] == ["opened", "settled"]
    assert len(flat_catalog.chunk.requests) == asked
    second.cancel()


async def test_two_viewers_of_one_world_share_its_chunks(serve: Any, flat_catalog: Any) -> None:
    flat_catalog.chunk.step_s = 0.005
    _, stub = await worlds_of(serve, flat_catalog)
    calls = [await exploring(stub, start(credit=64)) for _ in range(2)]
    seen = await asyncio.gather(*(until(call, "settled", grants=True) for call in calls))
    assert keys_of(seen[0]) == keys_of(seen[1]) or set(keys_of(seen[0])) == set(keys_of(seen[1]))
    keys = [(each.row, each.column, each.vertices) for each in flat_catalog.chunk.requests]
    assert len(keys) == len(set(keys))
    for call in calls:
        call.cancel()
