import asyncio
import threading
import time
from collections import deque

import pytest

from morphogen_client import CancelledError
from morphogen_client.streams.outbox import OUTBOX_MAX, AsyncOutbox, Outbox


def test_messages_come_in_order_and_end_with_the_last_one() -> None:
    outbox = Outbox[int]()
    for number in range(5):
        outbox.put(number)
    outbox.finish()
    assert list(outbox.messages(-1)) == [-1, 0, 1, 2, 3, 4]
    with pytest.raises(CancelledError):
        outbox.put(6)


async def test_messages_come_in_order_in_an_event_loop_too() -> None:
    outbox = AsyncOutbox[int]()
    for number in range(5):
        await outbox.put(number)
    outbox.finish()
    assert [message async for message in outbox.messages(-1)] == [-1, 0, 1, 2, 3, 4]
    with pytest.raises(CancelledError):
        await outbox.put(6)


def test_ended_outbox_drops_what_waits() -> None:
    outbox = Outbox[int]()
    outbox.put(1)
    outbox.end()
    assert list(outbox.messages(-1)) == [-1]


def test_whoever_waits_for_room_gets_it_before_a_thread_that_came_later() -> None:
    outbox = Outbox[str]()
    for _ in range(OUTBOX_MAX):
        outbox.put("fills it")
    messages = outbox.messages("start")

    def flood() -> None:
        try:
            while True:
                outbox.put("flood")
        except CancelledError:
            return

    patient = threading.Thread(target=outbox.put, args=["patient"])
    patient.start()
    while not outbox._turns:
        time.sleep(0.001)
    flooding = threading.Thread(target=flood)
    flooding.start()
    taken = [next(messages) for _ in range(OUTBOX_MAX + 3)]
    outbox.end()
    patient.join(5.0)
    flooding.join(5.0)
    assert taken.index("patient") == OUTBOX_MAX + 1


async def test_whoever_waits_for_room_in_a_loop_gets_it_in_turn() -> None:
    outbox = AsyncOutbox[str]()
    for _ in range(OUTBOX_MAX):
        await outbox.put("fills it")
    waiting = [asyncio.create_task(outbox.put(name)) for name in ("first", "second")]
    await asyncio.sleep(0)
    messages = outbox.messages("start")
    taken = []
    for _ in range(OUTBOX_MAX + 3):
        taken.append(await anext(messages))
        await asyncio.sleep(0)
    assert taken[-2:] == ["first", "second"]
    await asyncio.gather(*waiting)
    outbox.end()


def test_message_joins_one_that_waits() -> None:
    def newest(waiting: deque[int], message: int) -> bool:
        if waiting:
            waiting[0] = message
        return bool(waiting)

    outbox = Outbox(newest)
    for number in range(1000):
        outbox.put_now(number)
    outbox.finish()
    assert list(outbox.messages(-1)) == [-1, 999]
