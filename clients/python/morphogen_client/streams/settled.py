"""A call to which the client writes while it reads, ending as the server ended it.

`grpc.aio` takes the end of a call for an internal error if a message of the client is on its way at that moment: it
replaces the server's status by that error, or is replaced by it a little later.
"""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from typing import Any, Generic, TypeVar

import grpc
from grpc import aio

MISTAKEN_DETAILS = "Internal error from Core"
STATUS_WAIT_S = 1.0

Received = TypeVar("Received")
Value = TypeVar("Value")


class SettledCall(Generic[Received]):
    """The messages of `call`, then its true end."""

    def __init__(self, call: "aio.StreamStreamCall[Any, Received]") -> None:
        self._call = call
        self._true_end: asyncio.Future[aio.AioRpcError] = asyncio.get_running_loop().create_future()
        call.add_done_callback(self._note_end)

    def cancel(self) -> bool:
        """Stop it; whether it still ran."""
        return self._call.cancel()

    async def __aiter__(self) -> AsyncIterator[Received]:
        """The messages as they come. Raises AioRpcError with the server's status."""
        try:
            async for message in self._call:
                yield message
        except aio.AioRpcError as failure:
            if failure.details() != MISTAKEN_DETAILS:
                raise
            try:
                async with asyncio.timeout(STATUS_WAIT_S):
                    end = await self._true_end
            except TimeoutError:
                raise failure from None
            if end.code() is not grpc.StatusCode.OK:
                raise end from None

    def _note_end(self, call: "aio.StreamStreamCall[Any, Received]") -> None:
        """Keep the first status that is no mistake. `grpc.aio` calls this each time it has set one."""
        code, details = _at_once(call.code()), _at_once(call.details())
        if details != MISTAKEN_DETAILS and not self._true_end.done():
            no_metadata = aio.Metadata()
            trailing = _at_once(call.trailing_metadata())
            self._true_end.set_result(aio.AioRpcError(code, no_metadata, trailing or no_metadata, details, None))


def _at_once(known: Coroutine[Any, Any, Value]) -> Value:
    """The result of a coroutine that has nothing to wait for."""
    try:
        known.send(None)
    except StopIteration as done:
        value: Value = done.value
        return value
    known.close()
    raise AssertionError("the call has no status yet")
