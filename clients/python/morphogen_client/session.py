"""One request across several attempts: which failures are tried again, when, and what the caller has seen already.

No network and no clock: the faces (`client.py`, `async_client.py`) do the waiting and the I/O.
"""

import random
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from morphogen_client.assembly import Header, Part, StreamAssembler, StreamMessage, Trailer
from morphogen_client.errors import ChecksumMismatchError, MorphogenError, OverloadedError, UnavailableError

Update_co = TypeVar("Update_co", covariant=True)
Result_co = TypeVar("Result_co", covariant=True)
Update = TypeVar("Update")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """When a failed call is tried again.

    attempt_count   attempts in all, the first included; 1 means no retries
    first_delay_s   wait before the second attempt; it doubles with every further one
    longest_delay_s upper limit of the doubling

    Waits are drawn from the upper half of the delay, so that many clients of one server do not come back together.
    A wait that the server asks for is never cut short.
    """

    attempt_count: int = 5
    first_delay_s: float = 0.2
    longest_delay_s: float = 5.0

    def delay_s(self, failed_count: int, error: MorphogenError, remaining_s: float) -> float | None:
        """Seconds to wait after the `failed_count`-th failure, None if `error` is final.

        Final are all errors but UnavailableError and an OverloadedError with a suggested wait, the last attempt's,
        and those after whose wait the call's time (`remaining_s`) would be up.
        """
        asked_s = error.retry_after_s if isinstance(error, OverloadedError) else 0.0
        if not isinstance(error, UnavailableError | OverloadedError) or asked_s is None:
            return None
        longest_s = min(self.longest_delay_s, self.first_delay_s * 2.0 ** (failed_count - 1))
        delay_s = max(asked_s, longest_s * random.uniform(0.5, 1.0))
        return delay_s if failed_count < self.attempt_count and delay_s < remaining_s else None


NO_RETRY = RetryPolicy(attempt_count=1)
"""Fail at the first failure."""


class StreamReader(Protocol[Update_co, Result_co]):
    """Makes what a caller sees out of checked parts."""

    def read(self, header: Header, part: Part) -> Update_co | None:
        """The update that `part` completes, if it does."""
        ...

    def result(self, header: Header, trailer: Trailer) -> Result_co:
        """What the whole stream made."""
        ...


class StreamSession(Generic[Update, Result]):
    """A stream that survives being cut: a further attempt starts anew and skips what was delivered.

    The same request gives the same bytes, so the skipped parts are only compared by SHA-256. If they differ (another
    version of the generator answers now), the session fails instead of mixing two assets.
    """

    def __init__(self, reader: StreamReader[Update, Result], retry: RetryPolicy) -> None:
        self._reader = reader
        self._retry = retry
        self._failed_count = 0
        self._delivered: list[bytes] = []
        self._assembler = StreamAssembler()
        self._result: Result | None = None

    @property
    def result(self) -> Result | None:
        """What the stream made, None before `finish`."""
        return self._result

    def receive(self, message: StreamMessage) -> Update | None:
        """Take the next message; the update that it completes, if it does. Raises BrokenStreamError."""
        part = self._assembler.receive(message)
        header = self._assembler.header
        if part is None or header is None:
            return None
        if part.sequence < len(self._delivered):
            if self._delivered[part.sequence] != part.sha256:
                raise ChecksumMismatchError(f"part {part.sequence} changed between two attempts at the same request")
            return None
        self._delivered.append(part.sha256)
        return self._reader.read(header, part)

    def finish(self) -> None:
        """The stream ended well: make the result. Raises IncompleteStreamError if the trailer never came."""
        self._result = self._reader.result(*self._assembler.finish())

    def restart_delay_s(self, error: MorphogenError, remaining_s: float) -> float | None:
        """The attempt failed: get ready for the next one; seconds to wait, None if `error` is final."""
        self._failed_count += 1
        self._assembler = StreamAssembler()
        return self._retry.delay_s(self._failed_count, error, remaining_s)
