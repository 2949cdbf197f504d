import asyncio
from dataclasses import dataclass

import pytest

from engine.errors import InvalidRequestError
from engine.server.steering import steered


@dataclass
class Delivery:
    """Takes 50 ms."""

    done: bool = False
    cancelled: bool = False

    async def run(self) -> None:
        try:
            await asyncio.sleep(0.05)
        except asyncio.CancelledError:
            self.cancelled = True
            raise
        self.done = True


async def following(refuses: bool = False, seconds: float = 0.0) -> None:
    await asyncio.sleep(seconds)
    if refuses:
        raise InvalidRequestError("control", 1, "none")


async def test_client_that_says_what_it_may_not_ends_the_call_with_that_error() -> None:
    delivery = Delivery()
    with pytest.raises(InvalidRequestError):
        await steered(delivery.run(), following(refuses=True))
    assert delivery.cancelled


async def test_client_that_has_said_everything_still_gets_everything() -> None:
    delivery = Delivery()
    await steered(delivery.run(), following())
    assert delivery.done


async def test_end_of_the_delivery_ends_the_call() -> None:
    delivery = Delivery()
    await asyncio.wait_for(steered(delivery.run(), following(seconds=60)), 5)
    assert delivery.done


async def test_cancelled_call_takes_both_along() -> None:
    delivery = Delivery()
    call = asyncio.create_task(steered(delivery.run(), following(seconds=60)))
    await asyncio.sleep(0.01)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert delivery.cancelled
