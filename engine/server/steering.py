"""Calls whose client speaks while it listens."""

import asyncio
from collections.abc import Coroutine
from typing import Any


async def steered(delivering: Coroutine[Any, Any, None], following: Coroutine[Any, Any, None]) -> None:
    """Deliver while the client is followed; both end with the call.

    A client that has sent its last message still gets what it has granted; one that sends what it may not ends the call
    with the error that `following` raises.
    """
    delivery, steering = asyncio.create_task(delivering), asyncio.create_task(following)
    try:
        await asyncio.wait((delivery, steering), return_when=asyncio.FIRST_COMPLETED)
        if steering.done():
            steering.result()
        await delivery
    finally:
        for task in (delivery, steering):
            task.cancel()
        await asyncio.gather(delivery, steering, return_exceptions=True)
