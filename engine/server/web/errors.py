"""Statuses as gRPC-Web and Connect say them."""

import grpc
from connectrpc.code import Code
from connectrpc.errors import ConnectError, ErrorDetail
from google.rpc import status_pb2  # type: ignore[import-untyped]  # ships no types
from protobuf.wkt import Any as PackedDetail

from engine.errors import MorphogenError
from engine.server.status import Pairs, status_of

STATUS_DETAILS = "grpc-status-details-bin"
CODES = {code.name: Code(code.name.lower()) for code in grpc.StatusCode if code.name not in ("OK", "CANCELLED")}
CODES["CANCELLED"] = Code.CANCELED  # Connect spells it the American way


def connect_error(code: grpc.StatusCode, text: str, trailing_metadata: Pairs) -> ConnectError:
    """A status with its google.rpc details, as connectrpc raises it."""
    details: list[ErrorDetail] = []
    for name, value in trailing_metadata:
        if name == STATUS_DETAILS and isinstance(value, bytes):
            rich = status_pb2.Status.FromString(value)
            details += [ErrorDetail(PackedDetail(type_url=each.type_url, value=each.value)) for each in rich.details]
    return ConnectError(CODES[code.name], text, details)


def refusal(error: MorphogenError) -> ConnectError:
    """What tells a client about `error`."""
    status = status_of(error)
    return connect_error(status.code, status.details, tuple(status.trailing_metadata or ()))
