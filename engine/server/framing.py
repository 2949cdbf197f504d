"""The messages of a generating stream, as bytes.

Every generating RPC has its own response message, and all of them number header, part and trailer alike, so one framing
serves them all. Chunks are put together from a serialized head and the payload itself: setting `data` on a message and
serializing that copies every payload twice, and this is where a stream's time goes.
"""

from collections.abc import Iterator

from engine.runtime.pool import SealedPart
from engine.runtime.sessions import SessionAccount
from morphogen.v1 import common_pb2, texture_pb2

CHUNK_MAX_BYTES = 256 * 1024

_LENGTH_DELIMITED = 2  # wire type of messages and bytes


def _tag(number: int) -> bytes:
    return bytes([number << 3 | _LENGTH_DELIMITED])


_PART_TAG = _tag(texture_pb2.GenerateTextureResponse.PART_FIELD_NUMBER)
_DATA_TAG = _tag(common_pb2.PartChunk.DATA_FIELD_NUMBER)


def header_frame(header: common_pb2.StreamHeader) -> bytes:
    """The first message of a stream."""
    return texture_pb2.GenerateTextureResponse(header=header).SerializeToString()


def part_frames(sealed: SealedPart) -> Iterator[bytes]:
    """The messages that carry one part, each with at most CHUNK_MAX_BYTES of its payload."""
    part = sealed.part
    size_bytes = len(part.payload)
    chunk_count = max(1, -(-size_bytes // CHUNK_MAX_BYTES))
    view = memoryview(part.payload)
    for index in range(chunk_count):
        head = common_pb2.PartChunk(
            sequence=part.sequence,
            map=part.map,
            lod_px=part.lod_px,
            media_type=part.media_type,
            part_size_bytes=size_bytes,
            part_sha256=sealed.sha256 if index == chunk_count - 1 else b"",
            chunk_index=index,
            chunk_count=chunk_count,
        ).SerializeToString()
        yield _frame(head, view[index * CHUNK_MAX_BYTES : (index + 1) * CHUNK_MAX_BYTES])


def trailer_frame(account: SessionAccount) -> bytes:
    """The last message of a stream."""
    timings = common_pb2.Timings(
        queue_ms=account.queue_ms,
        first_part_ms=account.first_part_ms,
        step_ms=account.step_ms,
        total_ms=account.total_ms,
    )
    trailer = common_pb2.StreamTrailer(
        sha256=account.sha256, part_count=account.part_count, size_bytes=account.size_bytes, timings=timings
    )
    return texture_pb2.GenerateTextureResponse(trailer=trailer).SerializeToString()


def _frame(head: bytes, data: memoryview) -> bytes:
    """A response whose `part` is `head` with `data` appended as its last field."""
    data_length = _varint(len(data))
    part_length = _varint(len(head) + len(_DATA_TAG) + len(data_length) + len(data))
    return b"".join((_PART_TAG, part_length, head, _DATA_TAG, data_length, data))


def _varint(number: int) -> bytes:
    """Protobuf's base-128 integer: seven bits a byte, lowest first, high bit set on all but the last."""
    encoded = bytearray()
    while number > 0x7F:
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    encoded.append(number)
    return bytes(encoded)
