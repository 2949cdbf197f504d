"""Who may run now, who waits, who is refused."""

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable

from engine.errors import MorphogenError, OverloadedError, UnavailableError
from engine.settings.sections import SessionSettings

RETRY_AFTER_MIN_S = 0.1
RETRY_AFTER_MAX_S = 30.0


class Admission:
    """Hands out at most `settings.max_running` slots, first come, first served.

    pressed  called whenever somebody has to wait
    """

    def __init__(self, settings: SessionSettings, pressed: Callable[[], None] = lambda: None) -> None:
        self._settings = settings
        self._pressed = pressed
        self._waiters: deque[asyncio.Future[None]] = deque()
        self._closed = False
        self._typical_s = 1.0
        self.running_count = 0

    @property
    def waiting_count(self) -> int:
        """Number of requests that wait for a slot."""
        return len(self._waiters)

    def check(self) -> None:
        """Raises UnavailableError once closed."""
        if self._closed:
            raise _shutting_down()

    async def enter(self) -> None:
        """Take a slot, waiting for one if need be; whoever returns from here must `leave`.

        Raises OverloadedError if the queue is full, UnavailableError once closed.
        """
        self.check()
        if self.running_count < self._settings.max_running:
            self.running_count += 1
            return
        if len(self._waiters) >= self._settings.queue_limit:
            message = f"all {self._settings.max_running} sessions are taken and {len(self._waiters)} requests wait"
            raise OverloadedError(message, self._retry_after_s())
        slot = asyncio.get_running_loop().create_future()
        self._waiters.append(slot)
        self._pressed()
        try:
            await slot
        except BaseException:
            if slot.done() and not slot.cancelled() and slot.exception() is None:
                self._pass_on()  # cancelled in the very moment in which the slot was handed over
            with contextlib.suppress(ValueError):
                self._waiters.remove(slot)
            raise

    def leave(self, held_s: float) -> None:
        """Give the slot back after `held_s` seconds."""
        self._typical_s += 0.2 * (held_s - self._typical_s)
        self._pass_on()

    def close(self) -> None:
        """Refuse everyone from now on, those who wait included."""
        self._closed = True
        error: MorphogenError = _shutting_down()
        while self._waiters:
            slot = self._waiters.popleft()
            if not slot.done():
                slot.set_exception(error)

    def _pass_on(self) -> None:
        """Hand the slot to the first who waits; while someone waits, no slot is ever free."""
        while self._waiters:
            slot = self._waiters.popleft()
            if not slot.done():
                slot.set_result(None)
                return
        self.running_count -= 1

    def _retry_after_s(self) -> float:
        estimate_s = self._typical_s * (len(self._waiters) + 1) / self._settings.max_running
        return min(max(estimate_s, RETRY_AFTER_MIN_S), RETRY_AFTER_MAX_S)


def _shutting_down() -> UnavailableError:
    return UnavailableError("the server is shutting down")
