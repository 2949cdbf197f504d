"""Pieces of protobuf's encoding, for messages that are put together by hand around large payloads."""

from functools import lru_cache

_LENGTH_DELIMITED = 2  # wire type of messages and bytes


def tag(number: int) -> bytes:
    """What stands before a field of messages or bytes with this number, 1 to 15."""
    return bytes([number << 3 | _LENGTH_DELIMITED])


@lru_cache(maxsize=256)
def varint(number: int) -> bytes:
    """Protobuf's base-128 integer: seven bits a byte, lowest first, high bit set on all but the last."""
    encoded = bytearray()
    while number > 0x7F:
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    encoded.append(number)
    return bytes(encoded)
