"""One running session as its call sees it: parts, credit, timings."""

import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

from engine.assets import GeneratorInfo
from engine.runtime.messages import ResumePoint, SealedPart, Tally
from engine.runtime.pool import PartStream

NOTHING_DELIVERED = Tally()


@dataclass(frozen=True, slots=True)
class SessionAccount:
    """What a finished session delivered and where the time went, in milliseconds since its request arrived.

    queue_ms       until its first step
    first_part_ms  until its first part was handed to the transport
    step_ms        sum of its steps
    total_ms       until this account
    """

    tally: Tally
    queue_ms: float
    first_part_ms: float
    step_ms: float
    total_ms: float


@dataclass(frozen=True, slots=True)
class Call:
    """What a session needs to know of the call that it answers.

    arrived_at_s    when the request came
    asset_id        content address of what it asks for
    canonical       its request as canonical JSON; worked out once, for a large mask takes milliseconds
    first_sequence  number of the first part it gets
    control_count   controls that the state in which it begins contains
    tally           what was delivered before its first part
    credit          parts that a client which grants credit itself has room for at first; None: asking for the next part
                    says that the one before was taken
    token_of        makes the resume tokens, if the client wants them
    """

    arrived_at_s: float
    asset_id: str
    canonical: str
    first_sequence: int = 0
    control_count: int = 0
    tally: Tally = NOTHING_DELIVERED
    credit: int | None = None
    token_of: Callable[[ResumePoint], bytes] | None = None


class Session:
    """An asynchronous iterator over the parts of one call.

    queued_s         how long it waited for admission
    granted_count    parts that a client which grants credit itself has had room for so far
    delivered_count  parts given out so far
    waited_s         how long the reader waited for the last one
    """

    def __init__(self, stream: PartStream, call: Call, queued_s: float = 0.0) -> None:
        self._stream = stream
        self._call = call
        self._queued_s = queued_s
        self._first_part_at_s: float | None = None
        self._delivering = False
        self._asking = False
        self.granted_count = call.credit or 0
        self.delivered_count = 0
        self.waited_s = 0.0

    @property
    def asset_id(self) -> str:
        """Content address of what the call asks for."""
        return self._call.asset_id

    @property
    def canonical(self) -> str:
        """The request as canonical JSON."""
        return self._call.canonical

    @property
    def first_sequence(self) -> int:
        """Number of the first part."""
        return self._call.first_sequence

    @property
    def control_count(self) -> int:
        """Number of controls that the state in which it begins contains; the next one has the number behind that."""
        return self._call.control_count

    @property
    def tally(self) -> Tally:
        """What was delivered before its first part."""
        return self._call.tally

    @property
    def info(self) -> GeneratorInfo:
        """The generator that answers."""
        return self._stream.info

    @property
    def part_count(self) -> int:
        """Number of parts the whole asset has."""
        return self._stream.part_count

    @property
    def waits_for_worker(self) -> bool:
        """Whether the reader waits for a part that it has room for."""
        return self._asking and (self._call.credit is None or self.delivered_count < self.granted_count)

    def __aiter__(self) -> AsyncIterator[SealedPart]:
        return self

    async def __anext__(self) -> SealedPart:
        """The next part."""
        if self._delivering and self._call.credit is None:
            self._stream.grant(1)
        self._delivering = False
        self._asking = True
        asked_at_s = time.perf_counter()
        try:
            sealed = await self._stream.__anext__()
        finally:
            self._asking = False
        now_s = time.perf_counter()
        self.waited_s = now_s - asked_at_s
        self._delivering = True
        self.delivered_count += 1
        if self._first_part_at_s is None:
            self._first_part_at_s = now_s
        return sealed

    def token(self, sealed: SealedPart) -> bytes:
        """The token that continues behind `sealed`; empty if the client wants none."""
        return b"" if self._call.token_of is None else self._call.token_of(sealed.resume_point)

    def grant(self, part_count: int) -> None:
        """The client has room for `part_count` more parts."""
        self.granted_count += part_count
        self._stream.grant(part_count)

    def steer(self, number: int, control: bytes) -> None:
        """Control number `number`, from `control_count` + 1. Raises InvalidRequestError for too many at once."""
        self._stream.steer(number, control)

    def account(self) -> SessionAccount:
        """The account, once every part has been taken."""
        summary = self._stream.summary()
        now_s = time.perf_counter()
        first_part_at_s = now_s if self._first_part_at_s is None else self._first_part_at_s
        return SessionAccount(
            tally=summary.tally,
            queue_ms=1e3 * self._queued_s + summary.queue_ms,
            first_part_ms=1e3 * (first_part_at_s - self._call.arrived_at_s),
            step_ms=summary.step_ms,
            total_ms=1e3 * (now_s - self._call.arrived_at_s),
        )
