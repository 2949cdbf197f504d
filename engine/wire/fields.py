"""Pieces of protobuf's encoding, for messages that are put together and taken apart by hand around large payloads."""

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


def read_varint(data: bytes, position: int) -> tuple[int, int]:
    """The integer that begins at `position`, and where it ends. Raises IndexError if it goes beyond the end."""
    byte = data[position]
    number, shift = byte & 0x7F, 7
    while byte > 0x7F:
        position += 1
        byte = data[position]
        number |= (byte & 0x7F) << shift
        shift += 7
    return number, position + 1
