"""One request across several attempts: which failures are tried again, when, and what the caller has seen already.

No network and no clock: the faces (`result_stream.py`) do the waiting and the I/O.
"""

import random
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

import grpc

from morphogen.v1 import character_pb2, diagnostics_pb2, scene_pb2, texture_pb2, world_pb2
from morphogen_client.errors import (
    BrokenStreamError,
    ChecksumMismatchError,
    InvalidRequestError,
    MorphogenError,
    OverloadedError,
    UnavailableError,
    error_from_rpc,
)
from morphogen_client.streams.assembly import Header, Progress, StreamAssembler, StreamMessage, Trailer
from morphogen_client.streams.parts import Part

StreamRequest = (
    texture_pb2.GenerateTextureRequest
    | scene_pb2.GenerateLevelRequest
    | scene_pb2.GenerateSceneRequest
    | world_pb2.GenerateWorldRequest
    | world_pb2.GenerateChunkRequest
    | character_pb2.GenerateCharacterRequest
    | character_pb2.FramesStart
    | character_pb2.PlayFramesRequest
    | diagnostics_pb2.StreamProbeRequest
    | diagnostics_pb2.ProbeStart
)

Update_co = TypeVar("Update_co", covariant=True)
Result_co = TypeVar("Result_co", covariant=True)
Update = TypeVar("Update")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """When a failed call is tried again.

    attempt_count   attempts in all, the first included; 1 means no retries. A stream counts anew after each new part
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
    """A stream that survives being cut.

    A further attempt continues behind the last part, with the token that it brought. If there is none, or the server
    refuses it, the attempt starts anew and skips what was delivered: the same request gives the same bytes, so of the
    skipped parts only the digest is compared. If it differs, or if the server now makes another asset (another version
    of the generator answers), the session fails instead of mixing two assets.

    request  what every attempt sends; its `options` say whether to ask for tokens, and where the first attempt starts
    gaps     whether the server may leave parts out
    """

    def __init__(
        self, request: StreamRequest, reader: StreamReader[Update, Result], retry: RetryPolicy, *, gaps: bool = False
    ) -> None:
        self.resume_token = request.options.resume_token
        """Continues behind the last update; empty: from the start."""
        self._request = request
        self._reader = reader
        self._retry = retry
        self._gaps = gaps
        self._failed_count = 0
        self._given_token = self._token = request.options.resume_token
        self._behind = None if self._token else Progress()
        self._delivered: Progress | None = None
        self._header: Header | None = None
        self._assembler = StreamAssembler()
        self._result: Result | None = None

    @property
    def header(self) -> Header | None:
        """What the server said first, None before it has."""
        return self._header

    @property
    def finished(self) -> bool:
        """Whether the result is there."""
        return self._result is not None

    @property
    def result(self) -> Result | None:
        """What the stream made, None before `finish`."""
        return self._result

    def begin_attempt(self) -> StreamRequest:
        """Get ready for the next attempt: the request to send."""
        self._assembler = StreamAssembler(self._behind, gaps=self._gaps)
        self._request.options.resume_token = self._token
        return self._request

    def receive(self, message: StreamMessage) -> Update | None:
        """Take the next message; the update that it completes, if it does. Raises BrokenStreamError."""
        match self._assembler.receive(message):
            case Header() as header:
                self._answered(header)
            case Part() as part:
                return self._arrived(part)
        return None

    def finish(self) -> None:
        """The stream ended well: make the result. Raises IncompleteStreamError if the trailer never came."""
        header, trailer = self._assembler.finish()
        self._result = self._reader.result(self._header or header, trailer)

    def retry_delay_s(self, failure: grpc.RpcError, remaining_s: float) -> float:
        """The attempt failed: seconds to wait before the next one. Raises what the caller shall see if it is final."""
        error = error_from_rpc(failure)
        again = self._retry.attempt_count > 1
        if again and isinstance(error, InvalidRequestError) and self._token not in (b"", self._given_token):
            # The request was good enough before, so it is the token that this server does not take.
            self._token, self._behind, self.resume_token = b"", Progress(), b""
            return 0.0
        self._failed_count += 1
        delay_s = self._retry.delay_s(self._failed_count, error, remaining_s)
        if delay_s is None:
            raise error from failure
        return delay_s

    def _answered(self, header: Header) -> None:
        """An attempt's header came: it stands for the stream until a part has been delivered; later ones must fit."""
        if self._behind is None:
            self._behind = self._assembler.progress
        if self._header is None or self._delivered is None:
            self._header = header
        elif (header.asset_id, header.part_count) != (self._header.asset_id, self._header.part_count):
            raise BrokenStreamError("the server makes another asset of the same request than it did before the cut")

    def _arrived(self, part: Part) -> Update | None:
        assert self._header is not None
        progress = self._assembler.progress
        if part.resume_token:
            self._token, self._behind = part.resume_token, progress
        if self._delivered is not None and part.sequence < self._delivered.next_sequence:
            if progress.next_sequence == self._delivered.next_sequence:
                self._check_same(progress, self._delivered)
            return None
        self._delivered = progress
        self._failed_count = 0
        update = self._reader.read(self._header, part)
        if update is not None:
            self.resume_token = part.resume_token
        return update

    @staticmethod
    def _check_same(repeated: Progress, delivered: Progress) -> None:
        """Raises ChecksumMismatchError. What lies before a token that the caller gave is not known, nor its digest."""
        if None not in (repeated.digest, delivered.digest) and repeated.digest != delivered.digest:
            raise ChecksumMismatchError(
                f"the first {delivered.next_sequence} parts changed between two attempts at the same request"
            )
