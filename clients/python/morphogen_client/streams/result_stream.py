"""A running stream in its two faces, with `for` and with `async for`; what they share comes first."""

import asyncio
import threading
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator, Iterator
from contextlib import aclosing
from types import TracebackType
from typing import Any, Generic, Protocol, Self, TypeVar

import grpc

from morphogen_client.errors import BrokenStreamError, CancelledError, MorphogenError
from morphogen_client.streams.assembly import Header
from morphogen_client.streams.session import Result, StreamSession, Update, Update_co


class Cancellable(Protocol):
    """What is needed of any running call."""

    def cancel(self) -> bool:
        """Stop it; whether it still ran."""
        ...


class MessageCall(Cancellable, Protocol):
    """What is needed of a running `grpc` call."""

    def __iter__(self) -> Iterator[Any]:
        """The messages as they come."""
        ...


class AsyncMessageCall(Cancellable, Protocol):
    """What is needed of a running `grpc.aio` call."""

    def __aiter__(self) -> AsyncIterator[Any]:
        """The messages as they come."""
        ...


class Attempts(Protocol[Update_co]):
    """A stream across several calls: what to ask, what its messages mean, and which failures are tried again.

    Which messages it takes and what it asks with is between it and whoever opens the calls.
    """

    @property
    def finished(self) -> bool:
        """Whether `finish` was called."""
        ...

    def begin_attempt(self) -> Any:
        """Get ready for the next call: what to ask."""
        ...

    def receive(self, message: Any) -> Update_co | None:
        """Take the next message; the update that it completes, if it does. Raises BrokenStreamError."""
        ...

    def finish(self) -> None:
        """The call ended well. Raises IncompleteStreamError if it was too early."""
        ...

    def retry_delay_s(self, failure: grpc.RpcError, remaining_s: float) -> float:
        """The call failed: seconds to wait before the next one. Raises what the caller shall see if it is final."""
        ...


Call = TypeVar("Call", bound=Cancellable)


class StreamHandle(Generic[Update, Call]):
    """What a stream's owner can do with it, whichever face it has.

    open_stream  makes a call of what an attempt asks and the seconds that are left for it
    timeout_s    time for all attempts together; infinite: no limit
    """

    _closed: threading.Event | asyncio.Event

    def __init__(self, open_stream: Callable[[Any, float], Call], attempts: Attempts[Update], timeout_s: float) -> None:
        self._open_stream = open_stream
        self._attempts = attempts
        self._timeout_s = timeout_s
        self._started = False
        self._call: Call | None = None

    def close(self) -> None:
        """Cancel the call if it still runs. Harmless when repeated."""
        self._closed.set()
        if self._call is not None:
            self._call.cancel()

    def _start(self) -> None:
        if self._started:
            raise MorphogenError("a stream can be iterated once; ask the client for another one")
        self._started = True


class UpdateStream(StreamHandle[Update, MessageCall]):
    """A running stream: iterate it for updates.

    The call starts with the iteration. Leaving the loop early, `close()` (from any thread) and leaving a `with`
    block cancel it, and the server stops its work within one step. Can be iterated once.
    """

    def __init__(
        self, open_stream: Callable[[Any, float], MessageCall], attempts: Attempts[Update], timeout_s: float
    ) -> None:
        super().__init__(open_stream, attempts, timeout_s)
        self._closed: threading.Event = threading.Event()

    def __iter__(self) -> Iterator[Update]:
        """The updates. Raises a MorphogenError when the stream fails for good."""
        self._start()
        return self._updates()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _updates(self) -> Generator[Update, None, None]:
        ends_at_s = time.monotonic() + self._timeout_s
        delay_s = 0.0
        while not self._attempts.finished:
            if self._closed.wait(delay_s):
                raise CancelledError("the stream was closed")
            call = self._call = self._open_stream(self._attempts.begin_attempt(), ends_at_s - time.monotonic())
            if self._closed.is_set():  # between the two lines above
                call.cancel()
            try:
                for message in call:
                    update = self._attempts.receive(message)
                    if update is not None:
                        yield update
                self._attempts.finish()
            except grpc.RpcError as failure:
                delay_s = self._attempts.retry_delay_s(failure, ends_at_s - time.monotonic())
            finally:
                call.cancel()


class AsyncUpdateStream(StreamHandle[Update, AsyncMessageCall]):
    """A running stream: iterate it with `async for`.

    The call starts with the iteration. Cancelling the task that iterates, `close()` and leaving an `async with`
    block cancel it, and the server stops its work within one step. After a plain `break`, the event loop cancels it
    as soon as it collects the iterator; inside of `async with` this happens at once. Can be iterated once.
    """

    def __init__(
        self, open_stream: Callable[[Any, float], AsyncMessageCall], attempts: Attempts[Update], timeout_s: float
    ) -> None:
        super().__init__(open_stream, attempts, timeout_s)
        self._closed: asyncio.Event = asyncio.Event()

    def __aiter__(self) -> AsyncGenerator[Update, None]:
        """The updates. Raises a MorphogenError when the stream fails for good."""
        self._start()
        return self._updates()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    async def _updates(self) -> AsyncGenerator[Update, None]:
        ends_at_s = time.monotonic() + self._timeout_s
        delay_s = 0.0
        while not self._attempts.finished:
            if self._closed.is_set() or await self._closes_within(delay_s):
                raise CancelledError("the stream was closed")
            call = self._call = self._open_stream(self._attempts.begin_attempt(), ends_at_s - time.monotonic())
            try:
                async for message in call:
                    if message is None:  # grpc.aio says so of bytes that its parser refused
                        raise BrokenStreamError("the stream sent a message that cannot be read")
                    update = self._attempts.receive(message)
                    if update is not None:
                        yield update
                self._attempts.finish()
            except asyncio.CancelledError:
                if _task_is_cancelled():
                    raise
                raise CancelledError("the stream was closed") from None
            except grpc.RpcError as failure:
                delay_s = self._attempts.retry_delay_s(failure, ends_at_s - time.monotonic())
            finally:
                call.cancel()

    async def _closes_within(self, delay_s: float) -> bool:
        try:
            async with asyncio.timeout(delay_s):
                return await self._closed.wait()
        except TimeoutError:
            return False


class ResultHandle(Generic[Update, Result]):
    """What a stream has that ends with a result."""

    _session: StreamSession[Update, Result]

    @property
    def resume_token(self) -> bytes:
        """Continues the stream behind its last update, in another process too; empty before the first update and if
        the server sends none.
        """
        return self._session.resume_token

    @property
    def header(self) -> Header | None:
        """What the server said first; None before that came."""
        return self._session.header

    def _made(self) -> Result:
        if self._session.result is None:
            raise CancelledError("the stream was left before its end, so it has no result")
        return self._session.result


class ResultStream(UpdateStream[Update], ResultHandle[Update, Result]):
    """A running generation: iterate it for updates, then ask for its `result()`.

    The call starts with the iteration. Leaving the loop early, `close()` (from any thread) and leaving a `with`
    block cancel it, and the server stops its work within one step. Can be iterated once.
    """

    def __init__(
        self,
        open_stream: Callable[[Any, float], MessageCall],
        session: StreamSession[Update, Result],
        timeout_s: float,
    ) -> None:
        super().__init__(open_stream, session, timeout_s)
        self._session = session

    def result(self) -> Result:
        """What the stream made; receives what is still to come. Raises CancelledError if it was left early."""
        if not self._started:
            for _ in self:
                pass
        return self._made()


class AsyncResultStream(AsyncUpdateStream[Update], ResultHandle[Update, Result]):
    """A running generation: iterate it with `async for`, then ask for its `result()`.

    The call starts with the iteration. Cancelling the task that iterates, `close()` and leaving an `async with`
    block cancel it, and the server stops its work within one step. After a plain `break`, the event loop cancels it
    as soon as it collects the iterator; inside of `async with` this happens at once. Can be iterated once.
    """

    def __init__(
        self,
        open_stream: Callable[[Any, float], AsyncMessageCall],
        session: StreamSession[Update, Result],
        timeout_s: float,
    ) -> None:
        super().__init__(open_stream, session, timeout_s)
        self._session = session

    async def result(self) -> Result:
        """What the stream made; receives what is still to come. Raises CancelledError if it was left early."""
        if not self._started:
            async with aclosing(aiter(self)) as updates:
                async for _ in updates:
                    pass
        return self._made()


def _task_is_cancelled() -> bool:
    """Whether somebody cancels the task that runs; `grpc.aio` raises the same error when only the call is cancelled."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
