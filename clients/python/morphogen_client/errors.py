"""The error tree, and how a failed call becomes one of its members.

Only this module knows which gRPC code and which `google.rpc` detail stands for what.
"""

from typing import cast

import grpc
from google.rpc import error_details_pb2  # type: ignore[import-untyped]
from grpc_status import rpc_status


class MorphogenError(Exception):
    """Root of every error that this package raises on purpose. `str(error)` is one line for a person."""


class InvalidRequestError(MorphogenError):
    """The request names something that does not exist or lies outside its range; sending it again is pointless.

    `field` is the dotted request field, `value` what was given, `allowed` the accepted values in words.
    """

    def __init__(self, field: str, value: object, allowed: str, message: str = "") -> None:
        super().__init__(message or f"{field}: {value!r} is not allowed; allowed: {allowed}")
        self.field = field
        self.value = value
        self.allowed = allowed


class NotFoundError(InvalidRequestError):
    """There is no generator, or no worker, of that name."""


class OverloadedError(MorphogenError):
    """The server is full, or cannot make this within the call's time beside what it has promised to others.

    `retry_after_s` is the wait it suggests in seconds, None if it suggests none.
    """

    def __init__(self, message: str, retry_after_s: float | None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class UnavailableError(MorphogenError):
    """The server cannot be reached, is starting or is draining; another attempt may succeed."""


class UnauthenticatedError(MorphogenError):
    """The server wants a token or a client certificate, or refused the one it was given."""


class DeadlineExceededError(MorphogenError):
    """The call's time was up before its last message."""


class CancelledError(MorphogenError):
    """The call was cancelled: by `close()`, by leaving the loop early, or by the server."""


class GenerationError(MorphogenError):
    """The generator failed on the server."""


class ServerError(MorphogenError):
    """Any other failed call. `code` is the gRPC code's name, e.g. "DATA_LOSS"."""

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.code = code


class UnsupportedError(ServerError):
    """This server does not have that call, or not the way it runs now: without worker processes for example."""


class MissingPackageError(MorphogenError):
    """What was asked for needs a package that is not installed; the error names it."""


class MissingMapsError(MorphogenError):
    """A result lacks maps or files that came before the point from which its stream was continued."""


class BrokenStreamError(MorphogenError):
    """The messages of a stream do not fit together. What was received before must not be used."""


class IncompleteStreamError(BrokenStreamError):
    """The stream ended without all its parts or without its trailer."""


class ChecksumMismatchError(BrokenStreamError):
    """Received bytes do not have the SHA-256 that the server announced, or changed between two attempts."""


def error_from_rpc(error: grpc.RpcError) -> MorphogenError:
    """The member of the error tree that stands for a failed call of `grpc` or `grpc.aio`."""
    code = error.code()
    message = error.details() or code.name.lower().replace("_", " ")
    info, retry_after_s = _details(error)
    match code:
        case grpc.StatusCode.INVALID_ARGUMENT | grpc.StatusCode.OUT_OF_RANGE | grpc.StatusCode.NOT_FOUND:
            kind = NotFoundError if code is grpc.StatusCode.NOT_FOUND else InvalidRequestError
            fields = info.metadata
            return kind(fields.get("field", ""), fields.get("value", ""), fields.get("allowed", ""), message)
        case grpc.StatusCode.RESOURCE_EXHAUSTED:
            return OverloadedError(message, retry_after_s)
        case grpc.StatusCode.UNAVAILABLE:
            return UnavailableError(message)
        case grpc.StatusCode.UNAUTHENTICATED | grpc.StatusCode.PERMISSION_DENIED:
            return UnauthenticatedError(message)
        case _:
            return _rarer_error(code, message)


def _rarer_error(code: grpc.StatusCode, message: str) -> MorphogenError:
    match code:
        case grpc.StatusCode.DEADLINE_EXCEEDED:
            return DeadlineExceededError(message)
        case grpc.StatusCode.CANCELLED:
            return CancelledError(message)
        case grpc.StatusCode.INTERNAL:
            return GenerationError(message)
        case grpc.StatusCode.UNIMPLEMENTED:
            return UnsupportedError(message, code.name)
        case _:
            return ServerError(f"{message} ({code.name})", code.name)


def _details(error: grpc.RpcError) -> tuple[error_details_pb2.ErrorInfo, float | None]:
    """The ErrorInfo (empty if there is none) and the delay of the RetryInfo in seconds (None if there is none)."""
    info, retry = error_details_pb2.ErrorInfo(), error_details_pb2.RetryInfo()
    retry_after_s: float | None = None
    try:
        status = rpc_status.from_call(cast(grpc.Call, error))
    except ValueError:  # details of another status: a proxy replaced the code, its word counts
        status = None
    for detail in status.details if status is not None else ():
        detail.Unpack(info)
        if detail.Unpack(retry):
            retry_after_s = retry.retry_delay.ToTimedelta().total_seconds()
    return info, retry_after_s
