"""The error tree on the wire."""

import asyncio
from typing import Any, cast

import grpc
import pytest
from google.rpc import error_details_pb2, status_pb2  # type: ignore[import-untyped]  # ships no types

from engine.errors import (
    GenerationError,
    InvalidRequestError,
    MorphogenError,
    OverloadedError,
    SettingsError,
    UnavailableError,
    WeightsError,
)
from engine.server.status import (
    CODES,
    DeadlineError,
    ForbiddenError,
    IdleError,
    NotFoundError,
    UnauthenticatedError,
    UnsupportedError,
    abort,
    status_of,
)


def details(status: grpc.Status) -> dict[str, Any]:
    ((key, encoded),) = status.trailing_metadata
    assert key == "grpc-status-details-bin"
    assert len(encoded) < 4096
    rich = status_pb2.Status.FromString(encoded)
    found: dict[str, Any] = {}
    for packed in rich.details:
        kind = getattr(error_details_pb2, packed.TypeName().rpartition(".")[2])
        message = kind()
        packed.Unpack(message)
        found[kind.__name__] = message
    return found


@pytest.mark.parametrize(
    ("error", "code", "reason"),
    [
        (InvalidRequestError("size_px", 3, "64"), grpc.StatusCode.INVALID_ARGUMENT, "INVALID_REQUEST"),
        (NotFoundError("name", "x", "texgen"), grpc.StatusCode.NOT_FOUND, "NOT_FOUND"),
        (OverloadedError("full", 1.5), grpc.StatusCode.RESOURCE_EXHAUSTED, "OVERLOADED"),
        (UnavailableError("draining"), grpc.StatusCode.UNAVAILABLE, "UNAVAILABLE"),
        (UnauthenticatedError("token"), grpc.StatusCode.UNAUTHENTICATED, "UNAUTHENTICATED"),
        (DeadlineError("late"), grpc.StatusCode.DEADLINE_EXCEEDED, "DEADLINE_EXCEEDED"),
        (IdleError("idle"), grpc.StatusCode.DEADLINE_EXCEEDED, "IDLE_TIMEOUT"),
        (ForbiddenError("operators only"), grpc.StatusCode.PERMISSION_DENIED, "PERMISSION_DENIED"),
        (UnsupportedError("no workers"), grpc.StatusCode.UNIMPLEMENTED, "UNSUPPORTED"),
        (GenerationError("failed; incident 1"), grpc.StatusCode.INTERNAL, "GENERATION_FAILED"),
    ],
)
def test_each_error_has_its_code_and_reason(error: MorphogenError, code: grpc.StatusCode, reason: str) -> None:
    status = status_of(error)
    assert status.code is code
    assert status.details == str(error)
    info = details(status)["ErrorInfo"]
    assert (info.reason, info.domain) == (reason, "morphogen")
    assert any(isinstance(error, kind) for kind, _ in CODES)


def test_invalid_field_is_named() -> None:
    (violation,) = details(status_of(InvalidRequestError("size_px", 3, "64")))["BadRequest"].field_violations
    assert violation.field == "size_px"
    assert violation.description == "size_px: 3 is not allowed; allowed: 64"


def test_overload_says_when_to_retry() -> None:
    delay = details(status_of(OverloadedError("full", 1.5)))["RetryInfo"].retry_delay
    assert delay.ToMilliseconds() == 1500


@pytest.mark.parametrize(
    "error",
    [ValueError("/home/x/secret"), WeightsError("/home/x/w.safetensors: damaged"), SettingsError("/home/x"), OSError()],
)
def test_everything_else_tells_only_the_name_of_its_log_entry(
    error: Exception, capsys: pytest.CaptureFixture[str]
) -> None:
    status = status_of(error)
    assert status.code is grpc.StatusCode.INTERNAL
    text, _, incident = status.details.rpartition(" ")
    assert text == "internal error; incident"
    assert incident in capsys.readouterr().out
    assert list(details(status)) == ["ErrorInfo"]


@pytest.mark.parametrize("letter", ["x", "\u00e9", "\u20ac", "\N{GRINNING FACE}", "\0"])
def test_long_values_are_shortened_to_what_the_metadata_can_hold(letter: str) -> None:
    status = status_of(InvalidRequestError("attributes." + letter * 10_000, letter * 100_000, letter * 10_000))
    assert len(status.details.encode()) <= 400
    assert details(status)["ErrorInfo"].metadata["allowed"].endswith("...")
    assert "BadRequest" in details(status)


class FinishedCall:
    """A call that the transport has ended already: it takes no status any more."""

    async def abort(self, *_: object) -> None:
        raise grpc.aio.InternalError


async def test_status_for_a_client_that_has_gone_is_no_error() -> None:
    context = cast("grpc.aio.ServicerContext[bytes, bytes]", FinishedCall())
    with pytest.raises(asyncio.CancelledError):
        await abort(context, status_of(DeadlineError("late")))
