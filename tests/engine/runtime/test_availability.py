"""Tasks wait for a yes or a no."""

import asyncio

from engine.runtime.availability import Availability


async def test_it_is_no_at_first() -> None:
    availability = Availability()
    assert not availability
    await asyncio.wait_for(availability.wait(False), 1)


async def test_every_change_wakes_those_who_wait_for_it() -> None:
    availability = Availability()
    for answer in (True, False, True):
        waiting = [asyncio.create_task(availability.wait(answer)) for _ in range(2)]
        await asyncio.sleep(0)
        assert not any(task.done() for task in waiting)
        availability.set(answer)
        await asyncio.wait_for(asyncio.gather(*waiting), 1)
        assert bool(availability) is answer
        await asyncio.wait_for(availability.wait(answer), 1)


async def test_saying_the_same_again_changes_nothing() -> None:
    availability = Availability()
    waiting = asyncio.create_task(availability.wait(True))
    availability.set(False)
    await asyncio.sleep(0)
    assert not waiting.done()
    waiting.cancel()
