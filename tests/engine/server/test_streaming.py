"""Streams over a real connection: what arrives, what a slow or leaving client costs, how they are continued."""

import asyncio
import hashlib
from collections.abc import Iterable
from typing import Any

import grpc
import pytest

from engine.assets import DIGEST_START, running_digest
from engine.requests.texture import TextureRequest
from engine.settings.sections import ServerSettings, SessionSettings, Settings, StoreSettings, WorkerSettings

PORT = ServerSettings(port=0)
NO_STORE = Settings(server=PORT, store=StoreSettings(memory_bytes=0))


def digest_over(payloads: Iterable[bytes]) -> bytes:
    """What a trailer says of the parts with these payloads."""
    digest = DIGEST_START
    for payload in payloads:
        digest = running_digest(digest, hashlib.sha256(payload).digest())
    return digest


def payloads_of(messages: list[Any]) -> dict[int, bytes]:
    """Payloads by sequence; checks every part's SHA-256."""
    payloads: dict[int, bytes] = {}
    for message in messages:
        if message.WhichOneof("payload") == "part":
            chunk = message.part
            payloads[chunk.sequence] = payloads.get(chunk.sequence, b"") + chunk.data
            if chunk.chunk_index == chunk.chunk_count - 1:
                assert chunk.part_sha256 == hashlib.sha256(payloads[chunk.sequence]).digest()
    return payloads


async def received(call: Any) -> list[Any]:
    return [message async for message in call]


async def test_texture_comes_as_header_parts_and_trailer(serve: Any) -> None:
    serving = await serve()
    messages = await received(serving.texture(size_px=1024))
    header, trailer = messages[0].header, messages[-1].trailer
    request = TextureRequest("stone", seed=7, size_px=1024)
    assert header.canonical_request == request.canonical()
    assert header.asset_id == serving.painted.info.asset_id(request)
    assert list(header.lods_px) == [64, 128, 256, 512, 1024]
    assert header.generator.weights_sha256 == "ab" * 32
    assert header.first_sequence == 0
    assert all(len(message.part.data) <= 256 * 1024 for message in messages)
    payloads = payloads_of(messages)
    assert sorted(payloads) == list(range(header.part_count))
    assert trailer.sha256 == digest_over(payloads.values())
    assert (trailer.part_count, trailer.size_bytes) == (5, sum(map(len, payloads.values())))
    timings = trailer.timings
    assert 0 <= timings.queue_ms <= timings.first_part_ms <= timings.total_ms
    assert 0 < timings.step_ms <= timings.total_ms


async def test_equal_requests_give_equal_bytes_beside_others(serve: Any) -> None:
    serving = await serve(NO_STORE)

    async def digest(texture_class: str) -> bytes:
        return bytes((await received(serving.texture(texture_class)))[-1].trailer.sha256)

    alone = await digest("stone")
    together = await asyncio.gather(*(digest("stone") for _ in range(16)), digest("slow"))
    assert set(together[:16]) == {alone}


async def test_failing_step_of_a_batch_fails_its_own_stream_only(serve: Any) -> None:
    serving = await serve(Settings(server=PORT, worker=WorkerSettings(batch_size=8), store=NO_STORE.store))
    seeds = (1, 2, 3)
    alone = [(await received(serving.texture("slow", 512, seed)))[-1].trailer.sha256 for seed in seeds]
    (error, _), *neighbours = await asyncio.gather(
        serving.failure(serving.texture("broken", 512)),
        *(received(serving.texture("slow", 512, seed)) for seed in seeds),
    )
    assert error.code() is grpc.StatusCode.INTERNAL
    assert [messages[-1].trailer.sha256 for messages in neighbours] == alone


async def test_failing_generator_is_internal_and_tells_no_internals(serve: Any) -> None:
    serving = await serve()
    neighbour = asyncio.create_task(serving.count(serving.texture("slow")))
    error, found = await serving.failure(serving.texture("broken"))
    assert error.code() is grpc.StatusCode.INTERNAL
    assert found["ErrorInfo"].reason == "GENERATION_FAILED"
    assert "incident" in str(error.details())
    assert "path" not in str(error.details())
    assert "Painted" not in str(error.details())
    assert await neighbour == 4


@pytest.mark.parametrize("disappear", [False, True], ids=["cancel", "lost connection"])
async def test_at_most_one_step_follows_a_leaving_client(serve: Any, disappear: bool) -> None:
    serving = await serve()
    call = serving.texture("slow", size_px=2048)
    await call.read()
    await call.read()
    before = serving.painted.step_count
    if disappear:
        await serving.channel.close(None)
    else:
        call.cancel()
    await serving.until(lambda: serving.session_count() == 0)
    await asyncio.sleep(0.15)
    assert serving.painted.step_count <= before + 1
    assert serving.gateway.sessions.running_count == 0


async def test_stalled_reader_bounds_what_is_made(serve: Any) -> None:
    serving = await serve()
    call = serving.probe(1_000_000)
    await call.read()
    await asyncio.sleep(0.3)
    made = serving.step_count()
    await asyncio.sleep(0.3)
    assert serving.step_count() == made < 2000
    assert serving.pool.undelivered_part_count() <= 4
    call.cancel()
    await serving.until(lambda: serving.session_count() == 0)


@pytest.mark.parametrize("credit", [1, 4])
async def test_stalled_reader_of_large_parts_stops_the_worker_one_part_behind_its_credit(
    serve: Any, credit: int
) -> None:
    serving = await serve()
    call = serving.probe(1000, part_size_bytes=16 * 1024 * 1024, credit=credit)  # one does not fit into the transport
    await call.read()
    await serving.until(lambda: serving.step_count() >= credit)
    await asyncio.sleep(0.3)
    assert serving.step_count() <= credit + 1
    call.cancel()


async def test_client_that_takes_nothing_is_let_go(serve: Any) -> None:
    serving = await serve(Settings(server=PORT, sessions=SessionSettings(idle_timeout_s=1.0)))
    call = serving.probe(1_000_000, part_size_bytes=1_000_000)
    await call.read()
    await serving.until(lambda: serving.session_count() == 0)
    error, found = await serving.failure(call)
    assert error.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    assert found["ErrorInfo"].reason == "IDLE_TIMEOUT"


async def test_client_that_waits_for_a_slow_worker_is_not_idle(serve: Any) -> None:
    settings = Settings(server=PORT, sessions=SessionSettings(idle_timeout_s=1.0))
    serving = await serve(settings)
    hold_up = asyncio.create_task(serving.count(serving.probe(3, step_ms=1000, priority="PRIORITY_INTERACTIVE")))
    await serving.until(lambda: serving.session_count() == 1)
    assert await serving.count(serving.probe(3, step_ms=500)) == 5
    assert await hold_up == 5


async def test_stream_is_continued_behind_any_part_with_the_same_bytes(serve: Any) -> None:
    serving = await serve(NO_STORE)
    whole = await received(serving.texture(size_px=512, resume_tokens=True))
    payloads, trailer = payloads_of(whole), whole[-1].trailer
    tokens = [message.part.resume_token for message in whole if message.part.resume_token]
    assert len(tokens) == len(payloads) == 4
    for taken_count, token in enumerate(tokens, start=1):
        rest = await received(serving.texture(size_px=512, resume_token=token))
        assert rest[0].header.first_sequence == taken_count
        assert rest[0].header.part_count == 4
        assert payloads_of(rest) == {at: payload for at, payload in payloads.items() if at >= taken_count}
        assert rest[-1].trailer.sha256 == trailer.sha256
        assert rest[-1].trailer.part_count == 4
        assert rest[-1].trailer.size_bytes == trailer.size_bytes
        assert not any(message.part.resume_token for message in rest)


async def test_stream_that_was_cut_goes_on_over_a_new_connection(serve: Any) -> None:
    serving = await serve()
    whole = payloads_of(await received(serving.probe(40, part_size_bytes=300_000)))
    async with grpc.aio.insecure_channel(serving.address) as lost:
        stub = type(serving)(serving.gateway, serving.pool, serving.painted, serving.address, lost)
        call = stub.probe(40, part_size_bytes=300_000, step_ms=1, resume_tokens=True)
        before: list[Any] = []
        while len([message for message in before if message.part.resume_token]) < 7:
            before.append(await call.read())
    token = before[-1].part.resume_token
    # Another step time makes another asset: the token fits the very same request only.
    _, found = await serving.failure(serving.probe(40, part_size_bytes=300_000, resume_token=token))
    assert found["BadRequest"].field_violations[0].field == "resume_token"
    after = await received(serving.probe(40, part_size_bytes=300_000, step_ms=1, resume_token=token))
    assert {**payloads_of(before), **payloads_of(after)} == whole
    assert sorted(payloads_of(after)) == list(range(7, 40))
    assert after[-1].trailer.sha256 == digest_over(whole[at] for at in range(40))


async def test_token_is_taken_by_another_server_with_the_same_keys(serve: Any, tmp_path: Any) -> None:
    keys = tmp_path / "keys"
    keys.write_text("a-key-of-sixteen-characters-or-more\n", encoding="ascii")
    settings = Settings(server=PORT, sessions=SessionSettings(resume_keys_file=keys), store=NO_STORE.store)
    one, other, stranger = await serve(settings), await serve(settings), await serve(NO_STORE)
    messages = await received(one.texture(size_px=256, resume_tokens=True))
    token = messages[1].part.resume_token
    rest = await received(other.texture(size_px=256, resume_token=token))
    assert rest[-1].trailer.sha256 == messages[-1].trailer.sha256
    error, found = await stranger.failure(stranger.texture(size_px=256, resume_token=token))
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert found["ErrorInfo"].metadata["field"] == "resume_token"


@pytest.mark.parametrize("token", [b"x", b"\1" * 200, b"x" * 6145], ids=["short", "forged", "oversize"])
async def test_token_that_is_none_is_an_invalid_argument(serve: Any, token: bytes) -> None:
    serving = await serve()
    error, found = await serving.failure(serving.texture(resume_token=token))
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert found["BadRequest"].field_violations[0].field == "resume_token"


async def test_hundreds_of_random_cancels_leak_nothing(serve: Any) -> None:
    settings = Settings(server=PORT, sessions=SessionSettings(max_running=4, queue_limit=500))
    serving = await serve(settings)

    async def call(number: int) -> None:
        stream = serving.probe(1 + number % 9, step_ms=0.2 * (number % 3))
        for _ in range(number % 7):
            if await stream.read() is grpc.aio.EOF:  # type: ignore[attr-defined]  # missing in its types
                return
        stream.cancel()

    for batch in range(4):
        await asyncio.gather(*(call(number) for number in range(batch, batch + 100)), return_exceptions=True)
    sessions = serving.gateway.sessions
    await serving.until(lambda: sessions.running_count == sessions.waiting_count == serving.session_count() == 0)
    assert await serving.count(serving.probe(3)) == 5
