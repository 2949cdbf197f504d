"""Streams that survive what happens to connections and servers."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Protocol

import pytest

from engine.requests.texture import TextureRequest
from morphogen_client import (
    AsyncClient,
    Client,
    GenerationError,
    InvalidRequestError,
    MissingMapsError,
    OverloadedError,
    RetryPolicy,
    TextureResult,
    UnavailableError,
)

LEVELS = [64, 128, 256, 512]
QUICK = RetryPolicy(attempt_count=3, first_delay_s=0.1, longest_delay_s=0.2)
PATIENT = RetryPolicy(attempt_count=10, first_delay_s=0.1, longest_delay_s=0.5)


class Sketch(Protocol):
    begun: list[TextureRequest]
    resumed: list[int]


class Serving(Protocol):
    sketch: Sketch
    address: str

    async def stop(self) -> None: ...


class Proxy(Protocol):
    address: str
    connection_count: int

    def silence(self) -> None: ...


Serve = Callable[..., Awaitable[Serving]]
ProxyTo = Callable[..., Awaitable[Proxy]]
Stream = Callable[..., Awaitable[tuple[list[int], TextureResult]]]


async def test_stream_without_mishap_asks_once(serve: Serve, stream: Stream) -> None:
    serving = await serve()
    levels, result = await stream(serving.address)
    assert (levels, result.complete, len(serving.sketch.begun)) == (LEVELS, True, 1)


@pytest.mark.parametrize(
    ("cut_after_bytes", "levels_made"), [(50, 0), (3_000, 0), (6_000, 1), (30_000, 2), (100_000, 3), (200_000, 3)]
)
async def test_cut_connection_is_continued_where_it_was_cut(
    serve: Serve, proxy_to: ProxyTo, stream: Stream, cut_after_bytes: int, levels_made: int
) -> None:
    _, undisturbed = await stream((await serve()).address, seed=9)
    serving = await serve()
    proxy = await proxy_to(serving.address, cut_after_bytes)
    levels, result = await stream(proxy.address, seed=9)
    assert (levels, result.sha256, result.png) == (LEVELS, undisturbed.sha256, undisturbed.png)
    assert proxy.connection_count == 2
    assert levels_made == 0 or len(serving.sketch.begun) == 1
    assert serving.sketch.resumed in ([], [levels_made])  # none: all had been made and stored meanwhile


async def test_stream_survives_more_cuts_than_attempts_as_long_as_parts_arrive(
    serve: Serve, proxy_to: ProxyTo, stream: Stream
) -> None:
    serving = await serve()
    proxy = await proxy_to(serving.address, 6_000, 18_000, 67_000, 100_000)
    levels, _ = await stream(proxy.address)
    assert (levels, proxy.connection_count, len(serving.sketch.begun)) == (LEVELS, 5, 1)


async def test_connection_that_falls_silent_is_given_up_and_continued(serve: Serve, proxy_to: ProxyTo) -> None:
    proxy = await proxy_to((await serve()).address)
    async with AsyncClient(proxy.address, retry=QUICK, timeout_s=60.0) as client:
        sequences = []
        async for arrival in client.probe(part_size_bytes=1000, part_count=40, step_ms=20.0, resume_tokens=True):
            sequences.append(arrival.sequence)
            if arrival.sequence == 10:
                proxy.silence()
    assert (sequences, proxy.connection_count) == (list(range(40)), 2)


async def test_without_tokens_a_cut_stream_is_made_again_and_nothing_is_repeated(
    serve: Serve, proxy_to: ProxyTo, stream: Stream
) -> None:
    serving = await serve()
    proxy = await proxy_to(serving.address, 30_000)
    levels, _ = await stream(proxy.address, resume_tokens=False)
    assert (levels, len(serving.sketch.begun), serving.sketch.resumed) == (LEVELS, 2, [])


async def test_attempts_are_bounded_while_nothing_new_arrives(serve: Serve, proxy_to: ProxyTo, stream: Stream) -> None:
    serving = await serve()
    proxy = await proxy_to(serving.address, *[3_000] * 100)
    with pytest.raises(UnavailableError):
        await stream(proxy.address)
    assert proxy.connection_count == QUICK.attempt_count


async def test_failed_step_is_told_and_never_tried_again(serve: Serve, proxy_to: ProxyTo, stream: Stream) -> None:
    serving = await serve()
    proxy = await proxy_to(serving.address)
    with pytest.raises(GenerationError):
        await stream(proxy.address, "broken")
    assert (len(serving.sketch.begun), proxy.connection_count) == (1, 1)


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"credit": 65}, "options.credit"),
        ({"resume_token": b"forged" * 40}, "resume_token"),
        ({"resume_token": bytes(7000)}, "resume_token"),
    ],
)
async def test_refused_option_is_named(serve: Serve, stream: Stream, options: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        await stream((await serve()).address, **options)
    assert caught.value.field == field


@pytest.mark.parametrize("options", [{"credit": 1}, {"credit": 64}, {"priority": "interactive"}])
async def test_how_a_stream_is_wanted_changes_nothing_of_it(
    serve: Serve, stream: Stream, options: dict[str, Any]
) -> None:
    _, plain = await stream((await serve()).address)
    levels, result = await stream((await serve()).address, **options)
    assert (levels, result.sha256, result.header.asset_id) == (LEVELS, plain.sha256, plain.header.asset_id)


@pytest.mark.parametrize("key", ["a key that all of them share", "another key of the new one"])
async def test_stream_goes_on_at_a_server_that_replaces_the_first(serve: Serve, key: str) -> None:
    first = await serve()
    port = int(first.address.rpartition(":")[2])
    second = first
    async with AsyncClient(first.address, retry=PATIENT) as client:
        stream = client.generate_texture("stone", size_px=2048, maps=["albedo"])
        levels = []
        async for update in stream:
            levels.append(update.lod_px)
            if update.lod_px == 128:
                await first.stop()
                second = await serve(port=port, key=key)
        result = await stream.result()
    assert (levels, result.complete) == ([64, 128, 256, 512, 1024, 2048], True)
    continued = key == "a key that all of them share"
    assert (len(second.sketch.begun), bool(second.sketch.resumed)) == ((0, True) if continued else (1, False))


async def test_stored_token_continues_in_another_process(serve: Serve, stream: Stream, tmp_path: Path) -> None:
    serving, other = await serve(), await serve()
    _, undisturbed = await stream((await serve()).address, seed=4)
    async with AsyncClient(serving.address) as client, client.generate_texture("stone", seed=4) as begun:
        assert begun.resume_token == b""
        async for update in begun:
            if update.lod_px == 128:
                break
        token = begun.resume_token
    levels, result = await stream(other.address, seed=4, resume_token=token)
    assert (levels, other.sketch.resumed, result.header.first_sequence) == ([256, 512], [2], 2)
    assert (result.sha256, result.png, result.complete) == (undisturbed.sha256, undisturbed.png, True)
    assert len(result.save(tmp_path / "stone")) == 2


async def test_token_of_another_request_is_refused(serve: Serve, stream: Stream) -> None:
    serving = await serve()
    async with AsyncClient(serving.address) as client:
        begun = client.generate_texture("stone", seed=4)
        await begun.result()
    with pytest.raises(InvalidRequestError, match=r"resume_token: .* allowed: a token for asset"):
        await stream(serving.address, seed=5, resume_token=begun.resume_token)


async def test_continuation_behind_the_last_part_has_no_maps_and_says_so_when_saved(
    serve: Serve, stream: Stream, tmp_path: Path
) -> None:
    serving = await serve()
    async with AsyncClient(serving.address) as client:
        begun = client.generate_texture("stone", seed=4)
        whole = await begun.result()
    levels, result = await stream(serving.address, seed=4, resume_token=begun.resume_token)
    assert (levels, result.sha256, result.complete) == ([], whole.sha256, False)
    with pytest.raises(MissingMapsError, match=r"only no maps came at 512 px: .* at part 4 of 4"):
        result.save(tmp_path)


async def test_server_knows_the_time_limit_and_refuses_at_once(serve: Serve, stream: Stream) -> None:
    serving = await serve()
    for seed in range(8):  # it has to see what a step takes
        await stream(serving.address, seed=seed)
    async with AsyncClient(serving.address) as client:
        with pytest.raises(OverloadedError) as caught:
            await client.texture("stone", seed=100, timeout_s=0.06)
    assert caught.value.retry_after_s is not None


async def test_probe_continues_only_with_tokens(serve: Serve, proxy_to: ProxyTo) -> None:
    serving = await serve()
    async with AsyncClient((await proxy_to(serving.address, 30_000)).address, retry=QUICK) as client:
        probe = client.probe(part_size_bytes=5000, part_count=20, step_ms=2.0, resume_tokens=True)
        assert [arrival.sequence async for arrival in probe] == list(range(20))
    with (
        Client((await proxy_to(serving.address, 30_000)).address, retry=QUICK) as blocking,
        pytest.raises(UnavailableError),
    ):
        await asyncio.to_thread(blocking.probe(part_size_bytes=5000, part_count=20, step_ms=2.0).result)
