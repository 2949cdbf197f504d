"""Slots, the queue, and what happens to those who leave it."""

import asyncio
import random

import pytest

from engine.errors import OverloadedError, UnavailableError
from engine.sessions.admission import Admission
from engine.settings.sections import SessionSettings


async def settled() -> None:
    for _ in range(3):
        await asyncio.sleep(0)


async def test_full_queue_refuses_with_a_retry_delay() -> None:
    admission = Admission(SessionSettings(max_running=1, queue_limit=1))
    await admission.enter()
    waiting = asyncio.create_task(admission.enter())
    await settled()
    with pytest.raises(OverloadedError) as refused:
        await admission.enter()
    assert 0.1 <= refused.value.retry_after_s <= 30
    admission.leave(0.1)
    await waiting
    assert (admission.running_count, admission.waiting_count) == (1, 0)


async def test_slots_are_handed_on_in_order_of_arrival() -> None:
    admission = Admission(SessionSettings(max_running=1, queue_limit=5))
    await admission.enter()
    order: list[int] = []

    async def take_turn(number: int) -> None:
        await admission.enter()
        order.append(number)
        admission.leave(0.0)

    tasks = [asyncio.create_task(take_turn(number)) for number in range(5)]
    await settled()
    admission.leave(0.0)
    await asyncio.gather(*tasks)
    assert order == [0, 1, 2, 3, 4]
    assert admission.running_count == 0


async def test_closing_refuses_those_who_wait_and_all_later_ones() -> None:
    admission = Admission(SessionSettings(max_running=1, queue_limit=5))
    await admission.enter()
    waiting = asyncio.create_task(admission.enter())
    await settled()
    admission.close()
    with pytest.raises(UnavailableError):
        await waiting
    with pytest.raises(UnavailableError):
        await admission.enter()
    admission.leave(0.0)
    assert (admission.running_count, admission.waiting_count) == (0, 0)


@pytest.mark.parametrize("cancel_first", [True, False])
async def test_slot_handed_to_a_leaving_waiter_is_passed_on(cancel_first: bool) -> None:
    admission = Admission(SessionSettings(max_running=1, queue_limit=5))
    await admission.enter()
    leaving, staying = asyncio.create_task(admission.enter()), asyncio.create_task(admission.enter())
    await settled()
    if cancel_first:
        leaving.cancel()
    admission.leave(0.0)
    leaving.cancel()
    await staying
    assert leaving.cancelled()
    assert admission.running_count == 1


async def test_random_arrivals_and_cancels_lose_no_slot() -> None:
    chance = random.Random(5)
    admission = Admission(SessionSettings(max_running=3, queue_limit=8))
    most_running = 0

    async def visit() -> None:
        nonlocal most_running
        await admission.enter()
        try:
            most_running = max(most_running, admission.running_count)
            for _ in range(chance.randrange(4)):
                await asyncio.sleep(0)
        finally:
            admission.leave(0.0)

    tasks: list[asyncio.Task[None]] = []
    for _ in range(3000):
        tasks.append(asyncio.create_task(visit()))
        if chance.random() < 0.5:
            chance.choice(tasks[-12:]).cancel()
        if chance.random() < 0.4:
            await asyncio.sleep(0)
    await asyncio.gather(*tasks, return_exceptions=True)
    assert (admission.running_count, admission.waiting_count) == (0, 0)
    assert most_running == 3
