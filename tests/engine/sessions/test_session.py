"""One session as its call sees it."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

import pytest

from engine.requests.probe import ProbeRequest
from engine.runtime.messages import Terms
from engine.sessions.session import Call, Session


@pytest.fixture
def stream(stream_of: Callable[..., Any]) -> Any:
    return stream_of(ProbeRequest(32, 6), 4, Terms())


def call(**fields: Any) -> Call:
    return Call(time.perf_counter(), "ab" * 32, "{}", **fields)


async def test_asking_for_the_next_part_grants_the_one_before(stream: Any) -> None:
    session = Session(stream, call())
    stream.make(3)
    await anext(session)
    assert stream.granted_count == 0
    await anext(session)
    assert stream.granted_count == 1
    await anext(session)
    assert (stream.granted_count, session.delivered_count) == (2, 3)


async def test_client_with_credit_of_its_own_grants_itself(stream: Any) -> None:
    session = Session(stream, call(credit=4))
    stream.make(3)
    for _ in range(3):
        await anext(session)
    assert stream.granted_count == 0
    session.grant(5)
    assert (stream.granted_count, session.granted_count) == (5, 9)


async def test_reader_waits_for_the_worker_only_while_it_has_room(stream: Any) -> None:
    session = Session(stream, call(credit=1))
    assert not session.waits_for_worker
    asking = asyncio.create_task(anext(session))
    await asyncio.sleep(0)
    assert session.waits_for_worker
    stream.make()
    await asking
    assert not session.waits_for_worker
    asking = asyncio.create_task(anext(session))
    await asyncio.sleep(0)
    assert not session.waits_for_worker  # it is the client's turn to grant
    session.grant(1)
    assert session.waits_for_worker
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    assert not session.waits_for_worker


async def test_controls_go_to_the_stream(stream: Any) -> None:
    session = Session(stream, call())
    session.steer(1, b"left")
    assert stream.steered == [(1, b"left")]


async def test_token_names_the_point_behind_the_part(stream: Any) -> None:
    stream.make(2)
    session = Session(stream, call(token_of=lambda point: b"token %d" % point.next_sequence))
    assert [session.token(await anext(session)) for _ in range(2)] == [b"token 1", b"token 2"]


async def test_client_that_wants_no_tokens_gets_none(stream: Any) -> None:
    stream.make()
    session = Session(stream, call())
    assert session.token(await anext(session)) == b""


async def test_account_says_where_the_time_went(stream: Any) -> None:
    session = Session(stream, call(first_sequence=0), queued_s=0.25)
    await asyncio.sleep(0.01)
    stream.finish()
    parts = [sealed async for sealed in session]
    account = session.account()
    assert account.tally.part_count == len(parts) == 6
    assert account.queue_ms == 251.0
    assert account.step_ms == 2.0
    assert 10 <= account.first_part_ms <= account.total_ms


async def test_wait_for_a_part_is_measured(stream: Any) -> None:
    session = Session(stream, call())
    asking = asyncio.create_task(anext(session))
    await asyncio.sleep(0.02)
    stream.make()
    await asking
    assert session.waited_s >= 0.02
