"""What passes between a servicer and the protocol's side of a call."""

import asyncio
import time
from contextlib import aclosing

import grpc
import pytest

from engine.server.callers import host_of
from engine.server.web.call import AbortedError, WebCall


def call(client_address: str | None = "127.0.0.1:5000", timeout_s: float | None = None) -> WebCall:
    return WebCall(client_address, (("a", "b"),), timeout_s, None)


async def test_write_returns_once_the_message_has_been_taken() -> None:
    made = call()
    written: list[int] = []

    async def servicer() -> None:
        for number in range(3):
            await made.write(bytes([number]))
            written.append(number)

    async with aclosing(made.messages(asyncio.create_task(servicer()))) as messages:
        assert await anext(messages) == b"\0"
        await asyncio.sleep(0.01)
        assert written == []  # the transport is still at it
        assert await anext(messages) == b"\1"
        assert written == [0]
        assert [message async for message in messages] == [b"\2"]
    assert written == [0, 1, 2]


async def test_what_the_servicer_raises_comes_behind_its_messages() -> None:
    made = call()

    async def servicer() -> None:
        await made.write(b"x")
        await made.abort(grpc.StatusCode.NOT_FOUND, "gone")

    messages = made.messages(asyncio.create_task(servicer()))
    assert await anext(messages) == b"x"
    with pytest.raises(AbortedError) as aborted:
        await anext(messages)
    assert (aborted.value.code, aborted.value.text) == (grpc.StatusCode.NOT_FOUND, "gone")


async def test_servicer_that_is_cancelled_in_a_write_leaves_nothing_waiting() -> None:
    made = call()
    task = asyncio.create_task(made.write(b"x"))
    messages = made.messages(task)
    assert await anext(messages) == b"x"
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await anext(messages)


async def test_nothing_is_left_to_read() -> None:
    assert not isinstance(await call().read(), bytes)


@pytest.mark.parametrize(
    ("address", "host"), [("192.0.2.7:50000", "192.0.2.7"), ("::1:50000", "::1"), ("fe80::1%eth0:1", "fe80::1%eth0")]
)
def test_peer_is_named_as_grpc_names_it(address: str, host: str) -> None:
    assert host_of(call(address).peer()) == host


def test_unknown_peer_is_no_loopback_address() -> None:
    assert host_of(call(None).peer()) == "unknown"


def test_deadline_counts_down() -> None:
    assert call().time_remaining() is None
    limited = call(timeout_s=1.0)
    time.sleep(0.02)
    remaining_s = limited.time_remaining()
    assert remaining_s is not None
    assert 0.5 < remaining_s < 0.985
