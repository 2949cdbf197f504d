"""What every message goes through on its way in: decoding, and the numbers of enums."""

from collections.abc import Mapping
from typing import TypeVar

from google.protobuf.message import DecodeError, Message

from engine.errors import InvalidRequestError

MessageType = TypeVar("MessageType", bound=Message)
Value = TypeVar("Value")


def parsed(message_type: type[MessageType], data: bytes) -> MessageType:
    """The message that `data` encodes. Raises InvalidRequestError (field `request`) for anything else."""
    try:
        return message_type.FromString(data)
    except DecodeError as error:
        allowed = f"an encoded {message_type.DESCRIPTOR.full_name}"
        raise InvalidRequestError("request", f"{len(data)} bytes", allowed) from error


def known(values: Mapping[int, Value], field: str, number: int) -> Value:
    """The value of an enum's number; proto3 lets unknown numbers through. Raises InvalidRequestError."""
    if number not in values:
        raise InvalidRequestError(field, number, f"the enum's numbers {min(values)} to {max(values)}")
    return values[number]
