"""What every stream can be asked for, whatever it carries, and how values get into messages."""

from collections.abc import Mapping
from typing import TypedDict, TypeVar

from morphogen.v1 import common_pb2
from morphogen_client.errors import InvalidRequestError

PRIORITIES = {"standard": common_pb2.PRIORITY_STANDARD, "interactive": common_pb2.PRIORITY_INTERACTIVE}
_UINT32_MAX = 2**32 - 1

Value = TypeVar("Value")


class StreamOptions(TypedDict, total=False):
    """How a stream is wanted; each may be left out. Nothing of it changes what is made.

    credit         parts that the server may be ahead of the reader: 1 to 64, default 4
    priority       "standard" (default), or "interactive": somebody is looking
    resume_tokens  whether the server sends tokens, so that a cut stream continues where it was cut; default: False
                   for probes, True for all else
    resume_token   a stream's `resume_token`, stored earlier: continue behind the last update that was received then
    """

    credit: int
    priority: str
    resume_tokens: bool
    resume_token: bytes


def stream_options(options: StreamOptions, *, resume_tokens: bool) -> common_pb2.StreamOptions:
    """The message; `resume_tokens` is the default. Raises InvalidRequestError for what the message cannot carry."""
    return common_pb2.StreamOptions(
        credit=uint32("credit", options["credit"], minimum=1) if "credit" in options else 0,
        priority=named("priority", options.get("priority", "standard"), PRIORITIES),
        resume_tokens=options.get("resume_tokens", resume_tokens),
        resume_token=options.get("resume_token", b""),
    )


def named(field_name: str, name: str, values: Mapping[str, Value]) -> Value:
    """What goes by this name; raises InvalidRequestError if nothing does."""
    if name not in values:
        raise InvalidRequestError(field_name, name, ", ".join(values))
    return values[name]


def uint32(field_name: str, number: int, minimum: int = 0) -> int:
    """The number, if a message can carry it; raises InvalidRequestError otherwise."""
    if not minimum <= number <= _UINT32_MAX:
        raise InvalidRequestError(field_name, number, f"{minimum} to {_UINT32_MAX}")
    return number


def positive(field_name: str, number: float) -> float:
    """The number, where a message takes 0 for its default; raises InvalidRequestError unless it is above 0."""
    if not number > 0.0:  # also refuses NaN
        raise InvalidRequestError(field_name, number, "more than 0")
    return number
