"""Blocking calls beside the event loop, in threads that never keep the process alive."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

Result = TypeVar("Result")


class BlockingCalls:
    """Runs at most `thread_count` calls at once, each in a daemon thread of its own; others wait for their turn.

    (An executor's threads are joined when the interpreter ends: one hanging file system, and the process stays.)
    """

    def __init__(self, name: str, thread_count: int) -> None:
        self._name = name
        self._turns = asyncio.Semaphore(thread_count)

    async def run(self, call: Callable[[], Result]) -> Result:
        """The call's result or exception. Cancelled while it waits, it never runs; later, it runs to its end unheard.

        A call that hangs keeps its turn.
        """
        await self._turns.acquire()
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Result] = loop.create_future()

        def settle(result: Result | None, error: Exception | None) -> None:
            self._turns.release()
            if future.done():  # cancelled
                return
            if error is not None:
                future.set_exception(error)
            else:
                future.set_result(result)  # type: ignore[arg-type]  # no error: it is a result

        def work() -> None:
            result, failure = None, None
            try:
                result = call()
            except Exception as error:  # noqa: BLE001  # handed to whoever waits for it
                failure = error
            with suppress(RuntimeError):  # the loop has ended meanwhile
                loop.call_soon_threadsafe(settle, result, failure)

        try:
            threading.Thread(target=work, name=self._name, daemon=True).start()
        except RuntimeError:  # the system gives no more threads
            self._turns.release()
            raise
        return await future
