"""Who may run now, who waits, who is refused: slots are shared between tenants, whoever asks more often."""

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Mapping
from typing import Generic, TypeVar

from engine.errors import MorphogenError, OverloadedError, UnavailableError
from engine.settings.sections import SessionSettings

RETRY_AFTER_MIN_S = 0.1
RETRY_AFTER_MAX_S = 30.0

Waiter = TypeVar("Waiter")


class WaitingLine(Generic[Waiter]):
    """Those who wait, by tenant and in order of arrival. Pure bookkeeping."""

    def __init__(self) -> None:
        self._by_tenant: dict[str, deque[tuple[int, Waiter]]] = {}
        self._arrival_count = 0
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, tenant: str, waiter: Waiter) -> None:
        """Join at the end."""
        self._by_tenant.setdefault(tenant, deque()).append((self._arrival_count, waiter))
        self._arrival_count += 1
        self._count += 1

    def discard(self, tenant: str, waiter: Waiter) -> None:
        """Leave, wherever one stands; nothing for those who have left."""
        for entry in self._by_tenant.get(tenant, ()):
            if entry[1] is waiter:
                self._by_tenant[tenant].remove(entry)
                self._left(tenant)
                return

    def next(self, running: Mapping[str, int]) -> tuple[str, Waiter]:
        """Take out who goes first: of the tenants that run fewest, whoever has waited longest."""
        tenant = min(self._by_tenant, key=lambda name: (running.get(name, 0), self._by_tenant[name][0][0]))
        _, waiter = self._by_tenant[tenant].popleft()
        self._left(tenant)
        return tenant, waiter

    def displaced_by(self, tenant: str) -> Waiter | None:
        """Take out who has to go for one more of `tenant`: the newest of the largest one; None if that has no more."""
        if not self._by_tenant:
            return None
        largest = max(self._by_tenant, key=lambda name: (len(self._by_tenant[name]), self._by_tenant[name][-1][0]))
        if len(self._by_tenant.get(tenant, ())) >= len(self._by_tenant[largest]):
            return None
        _, waiter = self._by_tenant[largest].pop()
        self._left(largest)
        return waiter

    def _left(self, tenant: str) -> None:
        self._count -= 1
        if not self._by_tenant[tenant]:
            del self._by_tenant[tenant]


class Admission:
    """Hands out at most `settings.max_running` slots.

    A free one goes to the tenant that runs fewest; whoever has just left still counts, so that even a single slot goes
    round. In a full queue the tenant that has most waiting makes room for one of a tenant that has fewer: nobody can
    lock the others out.

    pressed  called whenever somebody has to wait
    """

    def __init__(self, settings: SessionSettings, pressed: Callable[[], None] = lambda: None) -> None:
        self._settings = settings
        self._pressed = pressed
        self._line: WaitingLine[asyncio.Future[None]] = WaitingLine()
        self._running: Counter[str] = Counter()
        self._closed = False
        self._typical_s = 1.0
        self.running_count = 0

    @property
    def waiting_count(self) -> int:
        """Number of requests that wait for a slot."""
        return len(self._line)

    def check(self) -> None:
        """Raises UnavailableError once closed."""
        if self._closed:
            raise _shutting_down()

    async def enter(self, tenant: str) -> None:
        """Take a slot, waiting for one if need be; whoever returns from here must `leave`.

        Raises OverloadedError if the queue is full, or fills up with those of others while this one waits;
        UnavailableError once closed.
        """
        self.check()
        if self.running_count < self._settings.max_running:
            self.running_count += 1
            self._running[tenant] += 1
            return
        self._make_room(tenant)
        slot = asyncio.get_running_loop().create_future()
        self._line.add(tenant, slot)
        self._pressed()
        try:
            await slot
        except BaseException:
            if slot.done() and not slot.cancelled() and slot.exception() is None:
                self._pass_on(tenant)  # cancelled in the very moment in which the slot was handed over
            self._line.discard(tenant, slot)
            raise

    def leave(self, tenant: str, held_s: float) -> None:
        """Give the slot of `tenant` back after `held_s` seconds."""
        self._typical_s += 0.2 * (held_s - self._typical_s)
        self._pass_on(tenant)

    def close(self) -> None:
        """Refuse everyone from now on, those who wait included."""
        self._closed = True
        while self._line:
            _refuse(self._line.next(self._running)[1], _shutting_down())

    def _make_room(self, tenant: str) -> None:
        """Raises OverloadedError if the queue is full and nobody has to go for one more of `tenant`."""
        if len(self._line) < self._settings.queue_limit:
            return
        displaced = self._line.displaced_by(tenant)
        if displaced is None:
            message = f"all {self._settings.max_running} sessions are taken and {len(self._line)} requests wait"
            raise OverloadedError(message, self._retry_after_s())
        message = f"all {self._settings.max_running} sessions are taken and others, who wait for less, go first"
        _refuse(displaced, OverloadedError(message, self._retry_after_s()))

    def _pass_on(self, tenant: str) -> None:
        """Hand the slot of `tenant` to the next who waits; while someone waits, no slot is ever free."""
        self.running_count -= 1
        while self._line:
            successor, slot = self._line.next(self._running)
            if not slot.done():
                self.running_count += 1
                self._running[successor] += 1
                slot.set_result(None)
                break
        self._running[tenant] -= 1
        if not self._running[tenant]:
            del self._running[tenant]

    def _retry_after_s(self) -> float:
        estimate_s = self._typical_s * (len(self._line) + 1) / self._settings.max_running
        return min(max(estimate_s, RETRY_AFTER_MIN_S), RETRY_AFTER_MAX_S)


def _refuse(slot: asyncio.Future[None], error: MorphogenError) -> None:
    if not slot.done():
        slot.set_exception(error)


def _shutting_down() -> UnavailableError:
    return UnavailableError("the server is shutting down")
