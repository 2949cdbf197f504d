"""Slots, the queue, and what happens to those who leave it."""

import asyncio
import random

import pytest

from engine.errors import OverloadedError, UnavailableError
from engine.sessions.admission import Admission, WaitingLine
from engine.settings.sections import SessionSettings


async def settled() -> None:
    for _ in range(3):
        await asyncio.sleep(0)


async def test_full_queue_refuses_with_a_retry_delay() -> None:
    admission = Admission(SessionSettings(max_running=1, queue_limit=1))
    await admission.enter("a")
    waiting = asyncio.create_task(admission.enter("a"))
    await settled()
    with pytest.raises(OverloadedError) as refused:
        await admission.enter("a")
    assert 0.1 <= refused.value.retry_after_s <= 30
    admission.leave("a", 0.1)
    await waiting
    assert (admission.running_count, admission.waiting_count) == (1, 0)


async def test_slots_are_handed_on_in_order_of_arrival() -> None:
    admission = Admission(SessionSettings(max_running=1, queue_limit=5))
    await admission.enter("a")
    order: list[int] = []

    async def take_turn(number: int) -> None:
        await admission.enter("a")
        order.append(number)
        admission.leave("a", 0.0)

    tasks = [asyncio.create_task(take_turn(number)) for number in range(5)]
    await settled()
    admission.leave("a", 0.0)
    await asyncio.gather(*tasks)
    assert order == [0, 1, 2, 3, 4]
    assert admission.running_count == 0


async def test_closing_refuses_those_who_wait_and_all_later_ones() -> None:
    admission = Admission(SessionSettings(max_running=1, queue_limit=5))
    await admission.enter("a")
    waiting = asyncio.create_task(admission.enter("a"))
    await settled()
    admission.close()
    with pytest.raises(UnavailableError):
        await waiting
    with pytest.raises(UnavailableError):
        await admission.enter("a")
    admission.leave("a", 0.0)
    assert (admission.running_count, admission.waiting_count) == (0, 0)


@pytest.mark.parametrize("cancel_first", [True, False])
async def test_slot_handed_to_a_leaving_waiter_is_passed_on(cancel_first: bool) -> None:
    admission = Admission(SessionSettings(max_running=1, queue_limit=5))
    await admission.enter("a")
    leaving, staying = (asyncio.create_task(admission.enter("a")) for _ in range(2))
    await settled()
    if cancel_first:
        leaving.cancel()
    admission.leave("a", 0.0)
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
        tenant = chance.choice("abc")
        await admission.enter(tenant)
        try:
            most_running = max(most_running, admission.running_count)
            for _ in range(chance.randrange(4)):
                await asyncio.sleep(0)
        finally:
            admission.leave(tenant, 0.0)

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
    assert not admission._running


async def test_free_slot_goes_to_the_tenant_that_runs_fewest() -> None:
    admission = Admission(SessionSettings(max_running=2, queue_limit=10))
    for _ in range(2):
        await admission.enter("many")
    order: list[str] = []

    async def take(tenant: str) -> None:
        await admission.enter(tenant)
        order.append(tenant)

    tasks = [asyncio.create_task(take(tenant)) for tenant in ("many", "many", "few", "few", "one")]
    await settled()
    admission.leave("many", 0.0)
    await settled()
    assert order == ["few"]
    admission.leave("many", 0.0)
    await settled()
    assert order == ["few", "one"]
    admission.leave("one", 0.0)
    await settled()
    assert order == ["few", "one", "many"]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_newcomer_takes_the_place_of_the_newest_of_those_who_wait_for_most() -> None:
    admission = Admission(SessionSettings(max_running=1, queue_limit=4))
    await admission.enter("many")
    waiting = [asyncio.create_task(admission.enter("many")) for _ in range(4)]
    await settled()
    newcomer = asyncio.create_task(admission.enter("few"))
    await settled()
    assert [task.done() for task in waiting] == [False, False, False, True]
    with pytest.raises(OverloadedError, match="others") as refused:
        await waiting[3]
    assert 0.1 <= refused.value.retry_after_s <= 30
    with pytest.raises(OverloadedError):
        await admission.enter("many")
    assert admission.waiting_count == 4
    admission.leave("many", 0.0)
    await newcomer
    admission.close()
    await asyncio.gather(*waiting, return_exceptions=True)


async def test_tenant_that_waits_for_as_much_as_any_other_is_refused_in_a_full_queue() -> None:
    admission = Admission(SessionSettings(max_running=1, queue_limit=4))
    await admission.enter("a")
    waiting = [asyncio.create_task(admission.enter(tenant)) for tenant in "aabb"]
    await settled()
    for tenant in "ab":
        with pytest.raises(OverloadedError):
            await admission.enter(tenant)
    assert not any(task.done() for task in waiting)
    admission.close()
    await asyncio.gather(*waiting, return_exceptions=True)


def test_line_serves_tenants_with_as_many_running_in_order_of_arrival() -> None:
    line: WaitingLine[int] = WaitingLine()
    for number, tenant in enumerate("aabc"):
        line.add(tenant, number)
    line.discard("b", 2)
    line.discard("b", 2)
    assert len(line) == 3
    assert [line.next({"a": 1, "c": 1}) for _ in range(3)] == [("a", 0), ("a", 1), ("c", 3)]
    assert (len(line), line.displaced_by("a")) == (0, None)


def test_line_lets_the_newest_of_the_largest_tenant_go() -> None:
    line: WaitingLine[int] = WaitingLine()
    for number, tenant in enumerate("aabbc"):
        line.add(tenant, number)
    assert line.displaced_by("a") is None
    assert line.displaced_by("c") == 3
    assert line.displaced_by("c") == 1
    assert line.displaced_by("c") is None
