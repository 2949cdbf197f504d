"""One generating call from admission to trailer; the same for every kind of asset."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

from engine.assets import AssetRequest
from engine.server.callers import Context
from engine.server.convert import stream_header
from engine.server.framing import header_frame, part_frames, trailer_frame
from engine.server.status import IdleError
from engine.server.telemetry.metrics import Metrics
from engine.server.video import VideoParts
from engine.sessions.session import Session
from engine.sessions.sessions import Sessions, Wishes

__all__ = ["AssetStreamer", "Context", "IdleLimit"]


async def open_answer(context: Context) -> None:
    """Send the headers by themselves, for a call whose writes may be cancelled before it ends with a status.

    They go out with the first write otherwise, and `grpc.aio` sends them again with the status if that write is
    cancelled on its way: the transport refuses the second ones, and the client never hears how the call ended.
    """
    await context.send_initial_metadata(())


class IdleLimit:
    """Ends a call whose client takes nothing for `limit_s`.

    excused  asked when that time is over: whether it is not the client that is waited for
    """

    def __init__(self, limit_s: float, excused: Callable[[], bool]) -> None:
        self._limit_s = limit_s
        self._excused = excused
        self._event_loop = asyncio.get_running_loop()
        self._timeout = asyncio.timeout(None)
        self._progress_at_s = self._event_loop.time()

    def progress(self) -> None:
        """The client took something, or its turn has begun."""
        self._progress_at_s = self._event_loop.time()  # no timer is moved: that costs more than sending a small part

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        """Around the call. Raises IdleError."""
        self._check()
        try:
            async with self._timeout:
                yield
        except TimeoutError:
            if not self._timeout.expired():
                raise
            raise IdleError(f"the client took nothing for {self._limit_s:g} s") from None
        finally:
            self._timer.cancel()

    def _check(self) -> None:
        now_s = self._event_loop.time()
        if self._excused():
            self._progress_at_s = now_s
        ends_at_s = self._progress_at_s + self._limit_s
        if now_s < ends_at_s:
            self._timer = self._event_loop.call_at(ends_at_s, self._check)
        else:
            self._timeout.reschedule(now_s)


class AssetStreamer:
    """Streams assets to clients.

    idle_timeout_s  a client that takes nothing for so long is let go
    """

    def __init__(self, sessions: Sessions, metrics: Metrics, idle_timeout_s: float) -> None:
        self._sessions = sessions
        self._metrics = metrics
        self._idle_timeout_s = idle_timeout_s

    @property
    def idle_timeout_s(self) -> float:
        """How long a client may take nothing."""
        return self._idle_timeout_s

    async def stream(self, request: AssetRequest, wishes: Wishes, context: Context) -> None:
        """Write header, parts and trailer."""
        async with self._sessions.open(request, wishes) as session:
            await self.deliver(request, session, context)

    async def write(self, context: Context, frame: bytes) -> None:
        """Write one message of a stream that has no end of its own. Raises IdleError if the client does not take it."""
        try:
            async with asyncio.timeout(self._idle_timeout_s):
                await context.write(frame)
        except TimeoutError:
            raise IdleError(f"the client took nothing for {self._idle_timeout_s:g} s") from None

    async def deliver(
        self,
        request: AssetRequest,
        session: Session,
        context: Context,
        *,
        session_id: str = "",
        video: VideoParts | None = None,
    ) -> None:
        """Write header, parts and trailer of a session.

        session_id  what other calls steer it by
        video       what encodes its pictures, if they are wanted as video

        Writes through the context instead of yielding: a cancelled call then raises in here, where the session is
        released at once; a suspended generator would keep it until it is collected.
        """
        meter = self._metrics.meter(session.info.asset_kind)
        idle = IdleLimit(self._idle_timeout_s, lambda: session.waits_for_worker)
        async with idle.watching():
            await context.write(header_frame(stream_header(request, session, session_id)))
            if video is not None:
                video.tally = session.tally
            async for made in session:
                idle.progress()
                sealed = made if video is None else await video.encoded(made)
                for frame in part_frames(sealed, session.token(sealed)):
                    await context.write(frame)
                idle.progress()
                meter.part_delivered(len(sealed.part.payload), session.waited_s)
            account = session.account()
            if video is not None:
                account = replace(account, tally=video.tally)
            await context.write(trailer_frame(account))
            meter.finished(account)
