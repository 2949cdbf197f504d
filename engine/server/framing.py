"""The messages of a generating stream, as bytes.

Every generating RPC has its own response message, and all of them number header, part and trailer alike, so one framing
serves them all. Chunks are put together from a serialized head and the payload itself: setting `data` on a message and
serializing that copies every payload twice, and this is where a stream's time goes.
"""

from collections.abc import Iterator

from engine.runtime.messages import SealedPart
from engine.sessions.session import SessionAccount
from engine.wire.fields import tag, varint
from morphogen.v1 import common_pb2, texture_pb2

CHUNK_MAX_BYTES = 256 * 1024

_PART_TAG = tag(texture_pb2.GenerateTextureResponse.PART_FIELD_NUMBER)
_DATA_TAG = tag(common_pb2.PartChunk.DATA_FIELD_NUMBER)


def header_frame(header: common_pb2.StreamHeader) -> bytes:
    """The first message of a stream."""
    return texture_pb2.GenerateTextureResponse(header=header).SerializeToString()


def part_frames(sealed: SealedPart, resume_token: bytes = b"") -> Iterator[bytes]:
    """The messages that carry one part, each with at most CHUNK_MAX_BYTES of its payload."""
    size_bytes = len(sealed.part.payload)
    if size_bytes <= CHUNK_MAX_BYTES:
        yield _frame(_head(sealed, 0, 1, resume_token), sealed.part.payload)
        return
    chunk_count = -(-size_bytes // CHUNK_MAX_BYTES)
    view = memoryview(sealed.part.payload)
    for index in range(chunk_count):
        data = view[index * CHUNK_MAX_BYTES : (index + 1) * CHUNK_MAX_BYTES]
        yield _frame(_head(sealed, index, chunk_count, resume_token), data)


def part_pieces(sealed: SealedPart) -> Iterator[common_pb2.PartChunk]:
    """The pieces of a part as messages, for streams whose own messages hold more than a piece."""
    view = memoryview(sealed.part.payload)
    chunk_count = max(1, -(-len(view) // CHUNK_MAX_BYTES))
    for index in range(chunk_count):
        piece = common_pb2.PartChunk.FromString(_head(sealed, index, chunk_count, b""))
        piece.data = bytes(view[index * CHUNK_MAX_BYTES : (index + 1) * CHUNK_MAX_BYTES])
        yield piece


def trailer_frame(account: SessionAccount) -> bytes:
    """The last message of a stream."""
    timings = common_pb2.Timings(
        queue_ms=account.queue_ms,
        first_part_ms=account.first_part_ms,
        step_ms=account.step_ms,
        total_ms=account.total_ms,
    )
    trailer = common_pb2.StreamTrailer(
        sha256=account.tally.digest,
        part_count=account.tally.part_count,
        size_bytes=account.tally.size_bytes,
        timings=timings,
    )
    return texture_pb2.GenerateTextureResponse(trailer=trailer).SerializeToString()


def _head(sealed: SealedPart, index: int, chunk_count: int, resume_token: bytes) -> bytes:
    """Everything of a chunk but its data. Checksum and token come with the last one."""
    part = sealed.part
    head = common_pb2.PartChunk(
        sequence=part.sequence,
        map=part.map,
        lod_px=part.lod_px,
        media_type=part.media_type,
        part_size_bytes=len(part.payload),
        chunk_index=index,
        chunk_count=chunk_count,
        control_count=sealed.control_count,
    )
    if index == chunk_count - 1:
        head.part_sha256 = sealed.sha256
        head.resume_token = resume_token
    return head.SerializeToString()


def _frame(head: bytes, data: bytes | memoryview) -> bytes:
    """A response whose `part` is `head` with `data` appended as its last field."""
    data_length = varint(len(data))
    part_length = varint(len(head) + len(_DATA_TAG) + len(data_length) + len(data))
    return b"".join((_PART_TAG, part_length, head, _DATA_TAG, data_length, data))
