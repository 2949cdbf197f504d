"""What goes over the wire when something fails: a canonical code, one clear line, and google.rpc details.

This is the only place that knows both the error tree and gRPC's codes. Errors outside the tree, and those of the tree
that tell of the server's own files, become INTERNAL with nothing but the name of a log entry.
"""

import asyncio
import uuid
from collections.abc import Sequence
from typing import NoReturn, Protocol

import grpc
import structlog
from google.protobuf import any_pb2, duration_pb2, message
from google.rpc import code_pb2, error_details_pb2, status_pb2  # type: ignore[import-untyped]  # ships no types
from grpc_status import rpc_status

from engine.errors import (
    GenerationError,
    InvalidRequestError,
    MorphogenError,
    OverloadedError,
    UnavailableError,
)

DOMAIN = "morphogen"
TEXT_MAX_BYTES = 400
"""Error texts quote what the caller sent; longer ones would not fit into the trailing metadata (8 KiB).

In bytes of UTF-8, not in characters: six of these texts travel, one of them percent-encoded at three times its size.
"""

Pairs = Sequence[tuple[str, str | bytes]]

_log = structlog.get_logger(__name__)


class Abortable(Protocol):
    """A call that can be ended."""

    async def abort(self, code: grpc.StatusCode, details: str, trailing_metadata: Pairs, /) -> NoReturn:
        """End the call; raises."""


class NotFoundError(InvalidRequestError):
    """A resource is asked for by a name that does not exist."""

    reason = "NOT_FOUND"


class UnauthenticatedError(MorphogenError):
    """The call carries no accepted bearer token."""

    reason = "UNAUTHENTICATED"


class ForbiddenError(MorphogenError):
    """The caller is known but may not do this."""

    reason = "PERMISSION_DENIED"


class UnsupportedError(MorphogenError):
    """This server cannot do this, as it is configured."""

    reason = "UNSUPPORTED"


class IdleError(MorphogenError):
    """The client took nothing for too long."""

    reason = "IDLE_TIMEOUT"


class DeadlineError(MorphogenError):
    """The stream took longer than the client or the server allows."""

    reason = "DEADLINE_EXCEEDED"


CODES: tuple[tuple[type[MorphogenError], int], ...] = (
    (NotFoundError, code_pb2.NOT_FOUND),
    (InvalidRequestError, code_pb2.INVALID_ARGUMENT),
    (OverloadedError, code_pb2.RESOURCE_EXHAUSTED),
    (UnavailableError, code_pb2.UNAVAILABLE),
    (UnauthenticatedError, code_pb2.UNAUTHENTICATED),
    (DeadlineError, code_pb2.DEADLINE_EXCEEDED),
    (IdleError, code_pb2.DEADLINE_EXCEEDED),
    (ForbiddenError, code_pb2.PERMISSION_DENIED),
    (UnsupportedError, code_pb2.UNIMPLEMENTED),
    (GenerationError, code_pb2.INTERNAL),
)
"""The first class that fits decides."""


def status_of(error: Exception) -> grpc.Status:
    """The status that tells a client about `error`; logs it if only the log may know the details."""
    code = next((code for kind, code in CODES if isinstance(error, kind)), None)
    if code is None or not isinstance(error, MorphogenError):
        incident = uuid.uuid4().hex[:12]
        _log.error("unexpected error", incident=incident, exc_info=error)
        return _status(code_pb2.INTERNAL, f"internal error; incident {incident}", "INTERNAL", [])
    return _status(code, _shortened(str(error)), error.reason, _details(error), _metadata(error))


async def abort(context: Abortable, status: grpc.Status) -> None:
    """End the call with `status`; never returns normally. Raises CancelledError if the client has gone."""
    try:
        await context.abort(status.code, status.details, status.trailing_metadata)
    except grpc.aio.InternalError as error:
        raise asyncio.CancelledError from error


def _details(error: MorphogenError) -> list[message.Message]:
    if isinstance(error, InvalidRequestError):
        violation = error_details_pb2.BadRequest.FieldViolation(
            field=_shortened(error.field), description=_shortened(str(error)), reason=error.reason
        )
        return [error_details_pb2.BadRequest(field_violations=[violation])]
    if isinstance(error, OverloadedError):
        delay = duration_pb2.Duration()
        delay.FromMilliseconds(round(1e3 * error.retry_after_s))
        return [error_details_pb2.RetryInfo(retry_delay=delay)]
    return []


def _metadata(error: MorphogenError) -> dict[str, str]:
    """Field, value and allowed range, for clients that look further than at the text."""
    if not isinstance(error, InvalidRequestError):
        return {}
    fields = {"field": error.field, "value": str(error.value), "allowed": error.allowed}
    return {name: _shortened(text) for name, text in fields.items()}


def _status(
    code: int, text: str, reason: str, details: list[message.Message], metadata: dict[str, str] | None = None
) -> grpc.Status:
    rich = status_pb2.Status(code=code, message=text)
    for detail in (error_details_pb2.ErrorInfo(reason=reason, domain=DOMAIN, metadata=metadata or {}), *details):
        packed = any_pb2.Any()
        packed.Pack(detail)
        rich.details.append(packed)
    return rpc_status.to_status(rich)


def _shortened(text: str) -> str:
    encoded = text.encode()
    if len(encoded) <= TEXT_MAX_BYTES:
        return text
    return f"{encoded[: TEXT_MAX_BYTES - 3].decode(errors='ignore')}..."  # not half a character
