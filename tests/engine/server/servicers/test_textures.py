"""TextureService over a real connection."""

import asyncio
from typing import Any

import grpc
import pytest

from engine.requests.texture import TextureRequest
from morphogen.v1 import texture_pb2


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"texture_class": "lava"}, "texture_class"),
        ({"size_px": 65}, "size_px"),
        ({"wrap": 9}, "wrap"),
        ({"options": {"credit": 65}}, "options.credit"),
        ({"options": {"priority": 7}}, "options.priority"),
        ({"options": {"resume_token": b"x"}}, "resume_token"),
    ],
)
async def test_invalid_request_names_its_field(serve: Any, fields: dict[str, Any], field: str) -> None:
    serving = await serve()
    request = texture_pb2.GenerateTextureRequest(**{"texture_class": "stone", **fields})
    error, found = await serving.failure(serving.textures.GenerateTexture(request))
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert found["ErrorInfo"].domain == "morphogen"
    assert found["BadRequest"].field_violations[0].field == field
    assert (serving.session_count(), serving.gateway.sessions.running_count) == (0, 0)


@pytest.mark.parametrize("method", ["GenerateTexture", "PrefetchTextures"])
async def test_broken_bytes_are_an_invalid_argument(serve: Any, method: str) -> None:
    serving = await serve()
    call = serving.channel.unary_stream(f"/morphogen.v1.TextureService/{method}")
    error, _ = await serving.failure(call(b"\xff\xff\xff"))
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_second_equal_request_costs_no_step(serve: Any) -> None:
    serving = await serve()
    first = [message async for message in serving.texture()]
    steps = serving.painted.step_count
    second = [message async for message in serving.texture()]
    assert serving.painted.step_count == steps
    assert [message.part for message in second] == [message.part for message in first]
    assert second[-1].trailer.sha256 == first[-1].trailer.sha256


async def test_equal_requests_at_the_same_time_share_their_steps(serve: Any) -> None:
    serving = await serve()
    calls = await asyncio.gather(*(collected(serving.texture("slow", size_px=256)) for _ in range(64)))
    assert serving.painted.step_count == 3
    assert serving.gateway.sessions.counters.flight_count == 1
    assert serving.gateway.sessions.counters.join_count == 63
    assert len({call[-1].trailer.sha256 for call in calls}) == 1


async def test_prefetched_texture_is_there_when_it_is_asked_for(serve: Any) -> None:
    serving = await serve()
    hints = [texture_pb2.GenerateTextureRequest(texture_class="stone", seed=seed, size_px=128) for seed in (1, 2)]
    response = await serving.textures.PrefetchTextures(texture_pb2.PrefetchTexturesRequest(requests=hints))
    info = serving.painted.info
    assert list(response.asset_ids) == [info.asset_id(TextureRequest("stone", seed, 128)) for seed in (1, 2)]
    await serving.until(lambda: serving.gateway.sessions.prefetch_counters.made_count == 2)
    assert [request.seed for request in serving.painted.requests] == [2, 1]  # the most urgent one was named last
    steps = serving.painted.step_count
    messages = await collected(serving.texture(seed=1))
    assert messages[0].header.asset_id == response.asset_ids[0]
    assert serving.painted.step_count == steps


@pytest.mark.parametrize(
    ("hints", "field"),
    [
        ([], "requests"),
        ([{"texture_class": "stone"}] * 65, "requests"),
        ([{"texture_class": "stone"}, {"texture_class": "stone", "size_px": 65}], "requests[1].size_px"),
    ],
    ids=["none", "too many", "second is wrong"],
)
async def test_prefetch_that_cannot_be_followed_names_its_field(
    serve: Any, hints: list[dict[str, Any]], field: str
) -> None:
    serving = await serve()
    requests = [texture_pb2.GenerateTextureRequest(**hint) for hint in hints]
    call = serving.textures.PrefetchTextures(texture_pb2.PrefetchTexturesRequest(requests=requests))
    error, found = await serving.failure(call)
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert found["BadRequest"].field_violations[0].field == field


async def collected(call: Any) -> list[Any]:
    return [message async for message in call]
