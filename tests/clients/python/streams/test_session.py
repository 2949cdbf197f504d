"""Which failures are tried again, how long is waited, and where the next attempt starts. Without network and clock."""

from collections.abc import Callable

import grpc
import pytest

from morphogen.v1 import common_pb2, texture_pb2
from morphogen_client import (
    BrokenStreamError,
    CancelledError,
    ChecksumMismatchError,
    GenerationError,
    IncompleteStreamError,
    InvalidRequestError,
    MorphogenError,
    OverloadedError,
    RetryPolicy,
    UnavailableError,
)
from morphogen_client.streams.assembly import Header, Trailer
from morphogen_client.streams.parts import Part
from morphogen_client.streams.session import NO_RETRY, StreamSession

Message = texture_pb2.GenerateTextureResponse
StreamOf = Callable[..., list[Message]]
POLICY = RetryPolicy(attempt_count=4, first_delay_s=1.0, longest_delay_s=3.0)
PARTS = [("albedo", 64 * 2**level, bytes([level]) * 10) for level in range(4)]
"""One chunk each, so that message N + 1 is part N."""


class Failure(grpc.RpcError):
    """A failed call."""

    def __init__(self, code: grpc.StatusCode) -> None:
        self._code = code

    def code(self) -> grpc.StatusCode:
        return self._code

    def details(self) -> str:
        return self._code.name

    def trailing_metadata(self) -> tuple[()]:
        return ()


CUT = Failure(grpc.StatusCode.UNAVAILABLE)
REFUSED = Failure(grpc.StatusCode.INVALID_ARGUMENT)


class Numbers:
    """A reader whose updates are the numbers of the parts, and whose result is how many it saw."""

    def __init__(self) -> None:
        self.seen: list[int] = []

    def read(self, header: Header, part: Part) -> int:  # noqa: ARG002
        self.seen.append(part.sequence)
        return part.sequence

    def result(self, header: Header, trailer: Trailer) -> tuple[int, str]:
        return header.first_sequence, trailer.sha256


def session_with(token: bytes = b"", *, tokens: bool = True) -> StreamSession[int, tuple[int, str]]:
    options = common_pb2.StreamOptions(resume_tokens=tokens, resume_token=token)
    return StreamSession(texture_pb2.GenerateTextureRequest(options=options), Numbers(), POLICY)


def attempt(session: StreamSession[int, tuple[int, str]], messages: list[Message]) -> tuple[bytes, list[int]]:
    """One attempt that receives `messages`: the token it asked with, and its updates."""
    token = session.begin_attempt().options.resume_token
    updates = [session.receive(message) for message in messages]
    return token, [number for number in updates if number is not None]


@pytest.mark.parametrize(("failed_count", "longest_s"), [(1, 1.0), (2, 2.0), (3, 3.0)])
def test_waits_double_up_to_the_longest_and_are_jittered(failed_count: int, longest_s: float) -> None:
    waits = [POLICY.delay_s(failed_count, UnavailableError("gone"), remaining_s=60.0) for _ in range(200)]
    assert all(wait is not None and longest_s / 2 <= wait <= longest_s for wait in waits)
    assert len(set(waits)) > 100


def test_suggested_wait_is_not_cut_short() -> None:
    assert POLICY.delay_s(1, OverloadedError("full", retry_after_s=7.0), remaining_s=60.0) == 7.0


@pytest.mark.parametrize(
    ("failed_count", "error", "remaining_s"),
    [
        (4, UnavailableError("last attempt"), 60.0),
        (1, UnavailableError("no time left"), 0.1),
        (1, OverloadedError("no wait suggested", None), 60.0),
        (1, OverloadedError("wait longer than the call", 90.0), 60.0),
        (1, CancelledError("on purpose"), 60.0),
        (1, GenerationError("a step failed"), 60.0),
        (1, InvalidRequestError("seed", -1, "0 or more"), 60.0),
        (1, IncompleteStreamError("the server ended it early"), 60.0),
    ],
)
def test_final_failures_are_not_tried_again(failed_count: int, error: MorphogenError, remaining_s: float) -> None:
    assert POLICY.delay_s(failed_count, error, remaining_s) is None


def test_next_attempt_continues_behind_the_last_part(stream_of: StreamOf) -> None:
    session = session_with()
    assert attempt(session, stream_of(PARTS, tokens=True)[:3]) == (b"", [0, 1])
    assert 0.5 <= session.retry_delay_s(CUT, 60.0) <= 1.0
    assert attempt(session, stream_of(PARTS, tokens=True, first_sequence=2)) == (b"behind 1", [2, 3])
    session.finish()
    assert session.result == (0, stream_of(PARTS)[-1].trailer.sha256.hex())
    assert session.resume_token == b"behind 3"


def test_part_that_was_cut_in_its_middle_is_asked_for_again(stream_of: StreamOf) -> None:
    session = session_with()
    in_chunks = stream_of(PARTS, chunk_bytes=4, tokens=True)
    assert attempt(session, in_chunks[:6]) == (b"", [0])
    session.retry_delay_s(CUT, 60.0)
    assert attempt(session, stream_of(PARTS, first_sequence=1)) == (b"behind 0", [1, 2, 3])


def test_without_tokens_the_next_attempt_starts_anew_and_skips(stream_of: StreamOf) -> None:
    session = session_with(tokens=False)
    assert attempt(session, stream_of(PARTS)[:3]) == (b"", [0, 1])
    session.retry_delay_s(CUT, 60.0)
    assert attempt(session, stream_of(PARTS)) == (b"", [2, 3])
    session.finish()


def test_refused_token_is_forgotten_and_the_stream_starts_anew_at_once(stream_of: StreamOf) -> None:
    session = session_with()
    attempt(session, stream_of(PARTS, tokens=True)[:3])
    session.retry_delay_s(CUT, 60.0)
    assert attempt(session, []) == (b"behind 1", [])
    assert session.retry_delay_s(REFUSED, 60.0) == 0.0
    assert session.resume_token == b""
    assert attempt(session, stream_of(PARTS)) == (b"", [2, 3])
    session.finish()


def test_refusal_of_a_stream_that_is_never_retried_is_final_whatever_tokens_it_brought(stream_of: StreamOf) -> None:
    request = texture_pb2.GenerateTextureRequest(options=common_pb2.StreamOptions(resume_tokens=True))
    session = StreamSession(request, Numbers(), NO_RETRY)
    attempt(session, stream_of(PARTS, tokens=True)[:3])
    with pytest.raises(InvalidRequestError):
        session.retry_delay_s(REFUSED, 60.0)
    assert session.resume_token == b"behind 1"


def test_request_that_is_refused_without_a_token_is_final() -> None:
    session = session_with()
    attempt(session, [])
    with pytest.raises(InvalidRequestError):
        session.retry_delay_s(REFUSED, 60.0)


def test_token_of_the_caller_is_sent_first_and_its_refusal_is_final(stream_of: StreamOf) -> None:
    session = session_with(b"behind 0")
    assert attempt(session, stream_of(PARTS, first_sequence=1)[:2]) == (b"behind 0", [1])
    session.retry_delay_s(CUT, 60.0)
    assert attempt(session, stream_of(PARTS, first_sequence=1)[:1]) == (b"behind 0", [])
    with pytest.raises(InvalidRequestError):
        session.retry_delay_s(REFUSED, 60.0)


def test_result_of_a_stored_token_tells_where_it_began(stream_of: StreamOf) -> None:
    session = session_with(b"behind 1")
    assert attempt(session, stream_of(PARTS, first_sequence=2)) == (b"behind 1", [2, 3])
    session.finish()
    assert session.result == (2, stream_of(PARTS)[-1].trailer.sha256.hex())


def test_attempts_are_counted_anew_after_each_new_part(stream_of: StreamOf) -> None:
    session = session_with()
    for count in range(1, 5):
        attempt(session, stream_of(PARTS, tokens=True, first_sequence=count - 1)[:2])
        assert session.retry_delay_s(CUT, 60.0) <= 1.0
    for _ in range(2):
        attempt(session, [])
        session.retry_delay_s(CUT, 60.0)
    attempt(session, [])
    with pytest.raises(UnavailableError):
        session.retry_delay_s(CUT, 60.0)


def test_skipped_parts_do_not_count_as_new(stream_of: StreamOf) -> None:
    session = session_with(tokens=False)
    for _ in range(3):
        attempt(session, stream_of(PARTS)[:2])
        session.retry_delay_s(CUT, 60.0)
    attempt(session, stream_of(PARTS)[:2])
    with pytest.raises(UnavailableError):
        session.retry_delay_s(CUT, 60.0)


def test_other_bytes_in_the_repetition_are_refused_before_anything_new_is_given_out(stream_of: StreamOf) -> None:
    session = session_with(tokens=False)
    attempt(session, stream_of(PARTS)[:3])
    session.retry_delay_s(CUT, 60.0)
    session.begin_attempt()
    other = stream_of([("albedo", 64, b"other"), *PARTS[1:]])
    assert [session.receive(message) for message in other[:2]] == [None, None]
    with pytest.raises(ChecksumMismatchError, match="the first 2 parts changed"):
        session.receive(other[2])


@pytest.mark.parametrize("field", ["asset_id", "part_count"])
def test_another_asset_after_the_cut_is_refused(stream_of: StreamOf, field: str) -> None:
    session = session_with()
    attempt(session, stream_of(PARTS, tokens=True)[:3])
    session.retry_delay_s(CUT, 60.0)
    session.begin_attempt()
    header = stream_of(PARTS, first_sequence=2)[0]
    setattr(header.header, field, {"asset_id": "ef" * 32, "part_count": 9}[field])
    with pytest.raises(BrokenStreamError, match="another asset of the same request"):
        session.receive(header)


def test_another_asset_is_welcome_while_nothing_has_been_given_out(stream_of: StreamOf) -> None:
    session = session_with()
    other = stream_of(PARTS)[0]
    other.header.asset_id = "ef" * 32
    attempt(session, [other])
    session.retry_delay_s(CUT, 60.0)
    assert attempt(session, stream_of(PARTS)) == (b"", [0, 1, 2, 3])
    session.finish()
